#!/usr/bin/env python3
"""`--method` and `derrd methods`: what is known, alone and in sums, and what is refused.

  methods_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import json
import pathlib
import random
import unittest

import numpy
from safetensors.numpy import load_file

from program_case import SMALL, ProgramCase, interactions

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


class MethodsTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.listing = json.loads(cls.ok("methods", "--json").stdout)
        cls.methods = [method for method in cls.listing["methods"] if "flags" in method]

    @staticmethod
    def said(method):
        """What --method takes for it: one that builds on another is not named alone."""
        return "+".join(filter(None, (method["builds_on"], method["name"])))

    def info(self, model):
        return json.loads(self.ok("info", model, "--json").stdout)["model"]

    def config(self, model):
        return self.info(model)["config"]

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
                self.assertNotEqual(flag["about"], "")
                self.assertEqual(flag["default"] == "", flag["flag"] == "--hetcomp-stages")
        self.assertIn({"name": "de-rrd", "sum": "de+rrd", "source": "Kang et al., CIKM 2020"}, self.listing["sums"])
        self.assertEqual([method["name"] for method in self.methods if method["replaces_base"]],
                         ["hetcomp", "als"])
        self.assertEqual([method["name"] for method in self.methods if method["solved"]], ["als"])
        self.assertEqual([method["name"] for method in self.methods if method["builds_on"]], ["ir"])

    def test_flags_default_to_what_the_list_says(self):
        for method in self.methods:
            given = [word for flag in method["flags"] if flag["default"] for word in (flag["flag"], flag["default"])]
            outputs = [self.folder / f"default-{number}.derrd" for number in (0, 1)]
            # Where it is not given, validation has a word in it.
            searched = ("--als-l2", "0.011") if method["name"] == "als" else ()
            for flags, output in zip((searched, given), outputs):
                # SMALL stands last: this data set is too small for the default lists.
                self.ok("distill", self.dataset, "--teacher", self.teacher, "--method", self.said(method), "--width", 4,
                        "--epochs", 1, *flags, *SMALL, *self.along, "-o", output)
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
        names = [method["name"] for method in self.methods if not method["replaces_base"]]
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
                            ("de+", ["'de+'", "beside a '+'"]),
                            ("", ["no method ''"]),
                            ("DE", ["no method 'DE'"]),
                            ("de+de", ["'de+de'", "names de twice"]),
                            ("de-rrd+rrd", ["names rrd twice"]),
                            ("none+de", ["none stands alone"]),
                            ("de+svd", ["svd stands alone"]),
                            ("als+de", ["als stands alone"]),
                            ("ir", ["'ir'", "builds on rrd", "rrd+ir"]),
                            ("de+ir", ["ir builds on rrd"])):
            self.fails(2, *base, wrong, says=["--method", *says], output=output)
        config = self.folder / "wrong.toml"
        config.write_text("width = 4\n[distill]\nmethod = 'dee'\n")
        self.fails(2, *base[:-1], "--config", config, says=[f"{config}:3", "no method 'dee'", "'de'"], output=output)

    def test_best_is_a_name(self):
        outputs = {method: self.folder / f"{method}-named.derrd" for method in ("best", "als")}
        for method, output in outputs.items():
            self.ok("distill", self.dataset, "--teacher", self.teacher, "--method", method, "--width", 4, "-o", output)
        self.assertEqual(outputs["best"].read_bytes(), outputs["als"].read_bytes())

    # --- one by one ---

    def test_als_is_solved_and_says_what_it_has_no_use_for(self):
        output, log = self.folder / "als.derrd", self.folder / "als.jsonl"
        base = ("distill", self.dataset, "--teacher", self.teacher, "--method", "als", "--width", 4, "-o", output)
        for flags, says in ((("--init", self.teacher), ["--init"]), (("--resume",), ["--resume"]),
                            (("--checkpoint-every", 2), ["--checkpoint-every"]), (("--model", "neumf"), ["--model neumf"]), (("--loss", "bpr"), ["--loss"])):
            self.fails(2, *base, *flags, says=["--method als", *says], output=output)
        told = self.ok(*base, "--als-users", 5, "--als-sweeps", 3, "--log", log).stderr
        self.assertRegex(told, r"choosing --als-l2 9 sweeps in .* 0\.\d+")
        self.assertEqual(len(log.read_text().splitlines()), 3)
        info = self.info(output)
        self.assertEqual((info["kind"], info["config"]["als"]["users"]), ("bpr-mf", 5))
        given = self.folder / "als-given.derrd"
        found = str(info["config"]["als"]["l2"])
        self.ok(*base[:-1], given, "--als-users", 5, "--als-sweeps", 3, "--als-l2", found)
        self.assertTrue(info["config"]["als"]["l2_chosen"])
        for name, rows in load_file(output).items():
            numpy.testing.assert_array_equal(load_file(given)[name], rows)
        started = self.folder / "als-started.derrd"
        self.ok("distill", self.dataset, "--teacher", self.teacher, "--method", "none", "--width", 4, "--init", output,
                "--epochs", 1, "-o", started)

    def test_every_method_goes_on_after_a_kill_to_the_same_bits(self):
        draw = random.Random(11)
        for method in ("rd", "cd", "ir-rrd", "dcd", "hetcomp", "rce-kd", "de+rce-kd", "htd"):
            self.expect_same_bits_after_kills(draw, "--method", method, epochs=60)

    def test_ir_rrd_is_named_however_it_is_said(self):
        outputs = [self.folder / f"ir-{number}.derrd" for number in range(3)]
        for method, output in zip(("ir-rrd", "rrd+ir", "ir+rrd"), outputs):
            self.distill(method, output)
        self.assertEqual(len({output.read_bytes() for output in outputs}), 1)
        self.assertEqual(self.config(outputs[0])["method"], "ir-rrd")
        without = self.folder / "ir-without.derrd"
        self.distill("rrd", without)
        self.assertNotEqual(without.read_bytes(), outputs[0].read_bytes())

    def test_dcd_asks_for_rankings_of_users_only_where_items_are_taught(self):
        output = self.folder / "dcd.derrd"
        many = ("--dcd-top", 65, "--dcd-corrections", 61)  # there are 60 users and 80 items
        self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "--method", "dcd", *many, "-o", output,
                   says=["--dcd-corrections 61", "users an item", "--lambda-dcd-item 0"], output=output)
        self.distill("dcd", output, *many, "--lambda-dcd-item", 0)
        self.assertEqual(self.config(output)["dcd"]["item_weight"], 0)

    def test_cd_samples_from_the_guides_ranking(self):
        outputs = {guide: self.folder / f"cd-{guide}.derrd" for guide in ("student", "teacher")}
        for guide, output in outputs.items():
            self.distill("cd", output, "--cd-guide", guide)
            self.assertEqual(self.config(output)["cd"]["guide"], guide)
        self.assertNotEqual(*(output.read_bytes() for output in outputs.values()))
        self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "--method", "cd", "--cd-guide", "both",
                   "-o", self.folder / "never.derrd", says=["--cd-guide", "both"])

    def test_lists_that_are_longer_than_there_is(self):
        output = self.folder / "never.derrd"
        base = ("distill", self.dataset, "--teacher", self.teacher, *SMALL, "-o", output, "--method")
        for words, says in ((("rd", "--rd-top", 80), "--rd-top 80"),
                            (("cd", "--cd-items", 80), "--cd-items 80"),
                            (("cd", "--cd-items", 9, "--cd-top", 8, "--cd-guide", "teacher"), "--cd-top"),
                            (("ir-rrd", "--ir-interesting", 60), "--ir-interesting 60"),
                            (("ir-rrd", "--ir-uninteresting", 60), "--ir-uninteresting 60"),
                            (("dcd", "--dcd-corrections", 80), "--dcd-corrections 80"),
                            (("rce-kd", "--rce-kd-pool", 81), "--rce-kd-pool 81"),
                            (("rce-kd", "--rce-kd-pool", 9), "--rce-kd-pool 9")):
            self.fails(2, *base, *words, says=[says], output=output)

    # --- HetComp, which learns from a teacher along its training ---

    def test_hetcomp_takes_the_place_of_the_base_loss(self):
        log = self.folder / "hetcomp.jsonl"
        for method, losses in (("hetcomp", ["hetcomp"]), ("hetcomp+de", ["de", "hetcomp"])):
            output = self.folder / f"{method}.derrd"
            self.distill(method, output, "--log", log)
            lines = [json.loads(line) for line in log.read_text().splitlines()]
            self.assertEqual(list(lines[0]["loss"]), losses)
            self.assertFalse({"loss", "negatives_per_interaction"} & set(self.config(output)))
        self.assertEqual(lines[0]["hetcomp"]["stages"], 4)
        self.assertEqual(lines[0]["hetcomp"]["mean_stage"], 0)
        self.assertEqual(len(self.config(output)["hetcomp"]["stages"]), 3)
        output = self.folder / "never.derrd"
        for flags in (("--loss", "bpr"), ("--negatives-per-interaction", 2)):
            self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "--method", "hetcomp", *self.along, *flags,
                       "-o", output, says=[flags[0], "--method hetcomp"], output=output)
        self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "--method", "hetcomp", *self.along,
                   "--hetcomp-top", 100000, "-o", output, says=["--hetcomp-top", "in training", "or less"], output=output)

    def test_hetcomps_users_move_on_to_the_last_stage(self):
        log = self.folder / "moving.jsonl"
        self.distill("hetcomp", self.folder / "moving.derrd", "--epochs", 60, "--patience", 1000, "--hetcomp-alpha", 0.5,
                     "--learning-rate", 0.01, "--log", log)
        lines = [json.loads(line)["hetcomp"] for line in log.read_text().splitlines()]
        stages = [line["mean_stage"] for line in lines]
        self.assertEqual(stages, sorted(stages))
        self.assertGreater(stages[-1], 2.9)
        self.assertTrue(lines[-1]["ranking"])

    def test_stages_that_are_none(self):
        output = self.folder / "never.derrd"
        first, second = self.stages[:2]
        other_csv, other, model = (self.folder / f"stages-other.{end}" for end in ("csv", "derrd", "model"))
        other_csv.write_text("user,item\n" + "".join(f"x{u},{i}\n" for u, i in interactions()))
        self.ok("import", other_csv, "--negatives", 30, "-o", other)
        self.ok("train", other, "--width", 4, "--epochs", 1, "-o", model)
        copy = self.folder / "copy-of-a-stage.derrd"
        copy.write_bytes(first.read_bytes())
        absent = self.folder / "absent.derrd"
        base = ("distill", self.dataset, "--teacher", self.teacher, "--method", "hetcomp", *SMALL, "-o", output)
        self.fails(2, *base, says=["--method hetcomp", "rankings along its training", self.teacher, "--hetcomp-stages",
                                   "--keep-every"], output=output)
        for code, stages, says in ((1, (first, absent), [absent]),
                                   (1, (first, self.dataset), [self.dataset, "model"]),
                                   (1, (first, model), [model, self.dataset, "'xu"]),
                                   (2, (first, second, first), ["--hetcomp-stages", first, "the same model"]),
                                   (2, (first, copy), ["--hetcomp-stages", copy, first]),
                                   (2, (second, first), ["--hetcomp-stages", first, second, "earliest"]),
                                   (2, (first, self.teacher), ["--hetcomp-stages", self.teacher])):
            self.fails(code, *base, "--hetcomp-stages", ",".join(map(str, stages)), says=says, output=output)
        before = first.read_bytes()
        self.fails(2, *base[:-1], first, "--hetcomp-stages", first, says=[first, "would be overwritten"])
        self.assertEqual(first.read_bytes(), before)

    def test_stages_in_a_config_file(self):
        config = self.folder / "stages.toml"
        config.write_text(f"hetcomp-stages = {json.dumps([str(stage) for stage in self.stages])}\n")
        outputs = [self.folder / f"stages-{number}.derrd" for number in (0, 1)]
        for flags, output in zip((self.along, ("--config", config)), outputs):
            self.ok("distill", self.dataset, "--teacher", self.teacher, "--method", "hetcomp", "--width", 4, "--epochs", 2,
                    *SMALL, *flags, "-o", output)
        self.assertEqual(*(output.read_bytes() for output in outputs))

    def test_resume_with_other_stages_is_refused(self):
        output, words = self.checkpoint_run("other-stages", "--method", "hetcomp", epochs=100000)
        seconds = 0.25
        while not pathlib.Path(f"{output}.checkpoint").exists():
            self.assertTrue(self.killed(words, seconds))
            seconds *= 2
        self.fails(2, *words, "--hetcomp-stages", self.stages[0], says=["--resume", "hetcomp.stages is"], output=output)

    # --- train --keep-every ---

    def test_models_along_the_training_are_kept(self):
        output = self.folder / "along.derrd"
        words = ("train", self.dataset, "--width", 8, "--epochs", 7, "--batch-size", 128, "--model")
        for kind in ("bpr-mf", "lightgcn", "neumf", "cdae"):
            kept = {}
            for every, threads in ((1, 2), (3, 3)):
                self.ok(*words, kind, "--keep-every", every, "-o", output, threads=threads)
                found = sorted(self.folder.glob("along.derrd.*"))
                self.assertEqual([path.name for path in found],
                                 [f"along.derrd.epoch-{epochs}.derrd" for epochs in range(every, 8, every)])
                for path in found:
                    self.assertEqual(kept.setdefault(path.name, path.read_bytes()), path.read_bytes())
                    if every == 3:
                        path.unlink()
                        continue
                    epochs = int(path.name.split("-")[1].split(".")[0])
                    self.assertEqual(self.config(path)["kept_epoch"], epochs - 1)
                if every == 1:
                    best = self.folder / f"along.derrd.epoch-{self.config(output)['best_epoch'] + 1}.derrd"
                    evaluated = json.loads(self.ok("evaluate", self.dataset, output, best, "--json").stdout)["models"]
                    self.assertEqual(evaluated[0]["metrics"], evaluated[1]["metrics"])
                    self.assertEqual(*(self.info(path)["metrics"] for path in (output, best)))
                    for path in found:
                        path.unlink()
            plain = self.folder / "along-plain.derrd"
            self.ok(*words, kind, "-o", plain)
            self.assertEqual(plain.read_bytes(), output.read_bytes())

    def test_models_are_kept_of_a_run_that_is_killed(self):
        def run_of(name):
            output = self.folder / f"{name}.derrd"
            return output, ("train", self.dataset, "--width", 8, "--epochs", 150, "--patience", 1000, "--batch-size", 64,
                            "--keep-every", 1, "--checkpoint-every", 4, "--resume", "-o", output)

        output, words = run_of("kept-whole")
        self.ok(*words)
        whole = {path.name.replace("kept-whole", ""): path.read_bytes() for path in self.folder.glob("kept-whole.derrd*")}
        self.assertEqual(len(whole), 151)
        output, words = run_of("kept-killed")
        kills = sum(self.killed(words, seconds) for seconds in (0.05, 0.15, 0.3))
        self.ok(*words)
        found = {path.name.replace("kept-killed", ""): path.read_bytes() for path in self.folder.glob("kept-killed.derrd*")}
        self.assertEqual(found, whole, kills)

    def test_models_that_cannot_be_kept(self):
        output = self.folder / "never.derrd"
        base = ("train", self.dataset, "-o", output)
        self.fails(2, *base, "--keep-every", 1, "--epochs", 1000000, says=["--keep-every 1", "1000000"], output=output)
        self.fails(2, *base, "--keep-every", 1, "--model", "ials", says=["--model ials", "--keep-every"], output=output)
        self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "--keep-every", 1, "-o", output,
                   says=["--keep-every"], output=output)
        kept = self.folder / "never.derrd.epoch-2.derrd"
        kept.mkdir()
        self.fails(1, *base, "--keep-every", 2, "--epochs", 9, says=[kept, "directory"], output=output)
        kept.rmdir()
        kept.write_bytes(self.teacher.read_bytes())
        for flag in ("--init", "--log"):
            self.fails(2, *base, "--keep-every", 2, "--width", 16, "--epochs", 9, flag, kept, says=[kept], output=output)
        self.assertEqual(kept.read_bytes(), self.teacher.read_bytes())


if __name__ == "__main__":
    unittest.main()
