#!/usr/bin/env python3
"""derrd synth: interactions with a known structure, from the command line.

  synth_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import hashlib
import json
import unittest

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file

from program_case import ProgramCase, interactions


class SynthTest(ProgramCase):
    def test_synth_makes_what_models_can_learn(self):
        dataset, truth, model = (self.folder / f"synth.{end}" for end in ("derrd", "truth", "model"))
        self.ok("synth", "--users", 2000, "--items", 1000, "--interactions", 60000, "--truth", truth, "-o", dataset)
        self.ok("train", dataset, "--width", 16, "--epochs", 60, "--learning-rate", 0.01, "--batch-size", 512,
                "-o", model)
        answer = json.loads(self.ok("evaluate", dataset, model, "--json").stdout)
        learned = answer["models"][0]["metrics"]["HR@10"]
        data, law = load_file(dataset), load_file(truth)
        with safe_open(truth, "numpy") as file:
            strength = float(file.metadata()["synthetic.strength"])
        candidates = numpy.concatenate([data["test.items"][:, None], data["candidates.items"].reshape(2000, -1)], 1)

        def hit_rate(scores):
            return ((scores[:, 1:] >= scores[:, :1]).sum(1) < 10).mean()

        popular = hit_rate(numpy.bincount(data["train.items"], minlength=1000)[candidates])
        taste = numpy.take_along_axis(law["user_taste"], law["item_topic"][candidates], 1)
        best = hit_rate(law["item_log_popularity"][candidates] + strength * taste)
        self.assertGreater(learned, popular + 0.05)
        self.assertGreater(best, learned)

    def test_synth_has_the_same_bits_at_any_number_of_threads(self):
        sums = set()
        for threads in (1, 2, 3, 8):
            output, truth = self.folder / "synth-bits.derrd", self.folder / "synth-bits.truth"
            self.ok("synth", "--users", 5000, "--interactions", 50000, "--truth", truth, "-o", output, threads=threads)
            sums.add(hashlib.sha256(output.read_bytes() + truth.read_bytes()).hexdigest())
        self.assertEqual(len(sums), 1)

    def test_synth_lines_can_be_imported(self):
        asked = ("synth", "--users", 300, "--items", 200, "--interactions", 4000, "--seed", 5)
        lines, imported, direct = (self.folder / name for name in ("synth.tsv", "synth-a.derrd", "synth-b.derrd"))
        done = self.ok(*asked, "-o", lines, "--json")
        self.assertEqual(json.loads(done.stdout)["interactions"], 4000)
        self.ok("import", lines, "--seed", 5, "--split", "ratio", "-o", imported)
        self.ok(*asked, "--split", "ratio", "-o", direct)
        users, items = (numpy.loadtxt(lines, dtype=int).T)
        self.assertEqual((len(users), len(set(users)), len(set(items))), (4000, 300, 200))
        a, b = load_file(imported), load_file(direct)
        for name in ("train.items", "train.offsets", "test.items"):
            numpy.testing.assert_array_equal(a[name], b[name])

    def test_synth_refuses_what_cannot_be(self):
        output = self.folder / "never.derrd"
        for flags, says in ((("--users", 10, "--items", 5, "--interactions", 51), ["--interactions 51", "50 pairs"]),
                            (("--users", 10, "--interactions", 29), ["--interactions 29", "30"]),
                            (("--items", 2), ["--items"]),
                            (("--users", 0), ["--users"]),
                            (("--strength", "nan"), ["--strength", "nan"]),
                            (("--min-user", 1), ["--min-user 1", "--split ratio"]),
                            (("--ratio", "0.5,0.5,0"), ["--ratio", "--split"]),
                            (("--users", 1000000, "--items", 1000000, "--interactions", 999999999999),
                             ["--interactions", "GB"])):
            self.fails(2, "synth", *flags, "-o", output, says=says, output=output)
        self.fails(1, "synth", "--users", 10, "--items", 50, "--interactions", 100, "-o", output,
                   says=["99", "--negatives"], output=output)
        for name in ("never.tsv.gz", "never.csv", "never.tsv"):
            output = self.folder / name
            self.fails(2, "synth", "--split", "ratio", "-o", output, says=[".tsv"], output=output)
        self.fails(2, "synth", "--truth", output, "-o", output, says=[output], output=output)
        self.fails(1, "synth", "-o", "/dev/full", says=["/dev/full", "space"])


if __name__ == "__main__":
    unittest.main()
