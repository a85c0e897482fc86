#!/usr/bin/env python3
"""`--method` and `derrd methods`: what is known, alone and in sums, and what is refused.

  methods_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import json
import pathlib
import unittest

from program_case import SMALL, ProgramCase

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


class MethodsTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.listing = json.loads(cls.ok("methods", "--json").stdout)
        cls.methods = [method for method in cls.listing["methods"] if "flags" in method]

    def config(self, model):
        return json.loads(self.ok("info", model, "--json").stdout)["model"]["config"]

    def test_methods_are_listed_with_all_there_is_to_know(self):
        names = [method["name"] for method in self.listing["methods"]]
        self.assertEqual(len(set(names)), len(names))
        self.assertLessEqual({"none", "svd", "de", "rrd"}, set(names))
        text = self.ok("methods").stdout
        for method in self.listing["methods"]:
            for part in ("name", "formula", "needs", "source"):
                self.assertIn(method[part], text)
                self.assertNotEqual(method[part], "")
        for method in self.methods:
            self.assertIn("weight", method["defaults"])
            self.assertEqual(method["flags"][0]["flag"], f"--lambda-{method['name']}")
            for flag in method["flags"]:
                self.assertIn(flag["flag"], text)
                self.assertTrue(flag["flag"].startswith((f"--lambda-{method['name']}", f"--{method['name']}-")))
                self.assertNotIn("", (flag["default"], flag["about"]))
        self.assertIn({"name": "de-rrd", "sum": "de+rrd", "source": "Kang et al., CIKM 2020"}, self.listing["sums"])

    def test_flags_default_to_what_the_list_says(self):
        for method in self.methods:
            if method["needs"] == "rankings along its training":
                continue
            given = [word for flag in method["flags"] for word in (flag["flag"], flag["default"])]
            outputs = [self.folder / f"default-{number}.derrd" for number in (0, 1)]
            for flags, output in zip(((), given), outputs):
                # SMALL stands last: this data set is too small for the default lists.
                self.ok("distill", self.dataset, "--teacher", self.teacher, "--method", method["name"], "--width", 4,
                        "--epochs", 1, *flags, *SMALL, "-o", output)
            self.assertEqual(*(output.read_bytes() for output in outputs), method["name"])

    def test_every_method_has_a_page(self):
        index = (DOCS / "methods.md").read_text()
        for method in self.methods:
            self.assertIn(f"(methods/{method['name']}.md)", index)
            page = (DOCS / "methods" / f"{method['name']}.md").read_text()
            for flag in method["flags"]:
                self.assertIn(f"`{flag['flag']}", page, method["name"])

    def test_any_sum_is_a_method_in_whatever_order(self):
        outputs = {}
        for method in ("de-rrd", "de+rrd", "rrd+de"):
            outputs[method] = self.folder / f"sum-{method}.derrd"
            self.distill(method, outputs[method])
        self.assertEqual(len({output.read_bytes() for output in outputs.values()}), 1)
        config = self.config(outputs["rrd+de"])
        self.assertEqual(config["method"], "de-rrd")
        self.assertEqual(list(config)[-3:], ["de", "rrd", "best_epoch"])

    def test_a_sum_has_the_loss_of_each(self):
        log = self.folder / "sum.jsonl"
        names = [method["name"] for method in self.methods if method["needs"] != "rankings along its training"]
        output = self.folder / "all.derrd"
        self.distill("+".join(reversed(names)), output, "--log", log)
        self.assertEqual(list(json.loads(log.read_text().splitlines()[0])["loss"]), ["bpr", *names])
        config = self.config(output)
        for name in names:
            self.assertIn("weight", config[name])

    def test_the_settings_of_methods_that_are_not_used_are_not_written(self):
        output = self.folder / "none-only.derrd"
        self.distill("none", output, "--lambda-de", 0.5)
        self.assertEqual({method["name"] for method in self.methods} & set(self.config(output)), set())

    def test_methods_that_are_none(self):
        output = self.folder / "never.derrd"
        base = ("distill", self.dataset, "--teacher", self.teacher, "-o", output, "--method")
        for wrong, says in (("de-rd", ["'de-rd'", "did you mean 'de-rrd'", "none, svd, de, rrd"]),
                            ("rdd", ["'rdd'", "did you mean 'rrd'"]),
                            ("xyzzy+de", ["'xyzzy'", "de-rrd"]),
                            ("de+", ["no method ''"]),
                            ("", ["no method ''"]),
                            ("DE", ["no method 'DE'"]),
                            ("de+de", ["'de+de'", "names de twice"]),
                            ("de-rrd+rrd", ["names rrd twice"]),
                            ("none+de", ["none stands alone"]),
                            ("de+svd", ["svd stands alone"])):
            self.fails(2, *base, wrong, says=["--method", *says], output=output)
        config = self.folder / "wrong.toml"
        config.write_text("width = 4\n[distill]\nmethod = 'dee'\n")
        self.fails(2, *base[:-1], "--config", config, says=[f"{config}:3", "no method 'dee'", "'de'"], output=output)


if __name__ == "__main__":
    unittest.main()
