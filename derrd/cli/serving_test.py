#!/usr/bin/env python3
"""Models that answer: recommend at either precision, bench, and users folded in."""

import json
import unittest

from program_case import ProgramCase


class ServingTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = cls.folder / "network.derrd"
        cls.ok("train", cls.dataset, "--model", "neumf", "--width", 8, "--epochs", 2, "-o", cls.network)
        cls.encoder = cls.folder / "encoder.derrd"
        cls.ok("train", cls.dataset, "--model", "cdae", "--width", 8, "--epochs", 2, "-o", cls.encoder)

    def test_int8_answers_the_same_bytes_at_any_number_of_threads(self):
        answers = set()
        for precision in ("float32", "int8"):
            for threads in (1, 2, 3, 8):
                output = self.folder / f"{precision}-{threads}.tsv"
                self.ok("recommend", self.teacher, "--all", "-k", 7, "--dataset", self.dataset, "--precision", precision,
                        "-o", output, threads=threads)
                answers.add(output.read_bytes())
        self.assertEqual(len(answers), 1)

    def test_alone_and_for_all_are_the_same(self):
        output = self.folder / "all.tsv"
        for model in (self.teacher, self.network, self.encoder):
            self.ok("recommend", model, "--all", "-k", 3, "-o", output)
            rows = [line.split("\t") for line in output.read_text().splitlines()[1:]]
            whole = [(item, float(score)) for user, _, item, score, *_ in rows if user == "u5"]
            alone = json.loads(self.ok("recommend", model, "--user", "u5", "-k", 3, "--json").stdout)
            for (item, score), entry in zip(whole, alone["recommendations"][0]["items"], strict=True):
                self.assertEqual(item, entry["item"])
                self.assertAlmostEqual(score, entry["score"], places=4)

    def test_benches_models_side_by_side(self):
        asked = ("bench", self.teacher, self.network, "--dataset", self.dataset, "--queries", 120, "--batch", 16,
                 "--seconds", 0.05)
        told = json.loads(self.ok(*asked, "--json").stdout)
        self.assertEqual([(model["path"], model.get("precision")) for model in told["models"]],
                         [(str(self.teacher), "float32"), (str(self.teacher), "int8"), (str(self.network), None)])
        for model in told["models"]:
            times = model["microseconds"]
            self.assertLessEqual(times["p50"], times["p99.9"])
            self.assertGreater(times["whole_table"], 0)
            self.assertGreater(model["batch_queries_per_second"], 0)
            self.assertEqual((model["items"], model["queries"] >= 100), (80, True))
        self.assertLess(told["models"][1]["table_bytes"], told["models"][0]["table_bytes"])
        self.assertIn("| int8 ", self.ok(*asked).stdout)
        one = json.loads(self.ok(*asked[:2], *asked[5:], "--precision", "int8", "--json").stdout)
        self.assertEqual([model["precision"] for model in one["models"]], ["int8"])

    def test_a_network_has_no_table_to_search(self):
        asked = "recommend", self.network, "--user", "u1"
        plain, int8 = self.ok(*asked), self.ok(*asked, "--precision", "int8")
        self.assertEqual(int8.stdout, plain.stdout)
        self.assertEqual(plain.stderr, "")
        self.assertIn("network.derrd, a neumf model, scores every item", int8.stderr)

    def test_folds_users_in(self):
        told = json.loads(self.ok("evaluate", self.dataset, self.teacher, self.encoder, "--fold-in", "--json").stdout)
        for model in told["models"]:
            self.assertEqual(list(model["fold_in_metrics"]), list(model["metrics"]))
        self.assertGreater(told["models"][0]["fold_in_metrics"]["HR@20"], 0.5)  # of 31 candidates, in 4 groups
        self.assertIn("users folded in", self.ok("evaluate", self.dataset, self.teacher, "--fold-in").stdout)

    def test_a_model_that_cannot_fold_in_does_not_stop_the_others(self):
        done = self.ok("evaluate", self.dataset, self.teacher, self.network, "--fold-in")
        self.assertEqual(done.stdout.count("users folded in"), 1)
        self.assertIn("note: --fold-in", done.stderr)
        self.assertIn("network.derrd", done.stderr)

    def test_what_it_refuses(self):
        self.fails(2, "bench", self.teacher, "--precision", "int4", says=["--precision", "int4"])
        self.fails(2, "bench", self.teacher, "--batch", 0, says=["--batch"])
        self.fails(2, "recommend", self.teacher, "--user", "u1", "--precision", "half", says=["float32"])
        self.fails(1, "bench", self.folder / "absent.derrd", says=["absent.derrd"])


if __name__ == "__main__":
    unittest.main()
