#!/usr/bin/env python3
"""The whole program, from text files to recommendations.

  program_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import hashlib
import json
import os
import unittest

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file

from program_case import SMALL, ProgramCase, interactions, known_methods, tags_of


class ProgramTest(ProgramCase):
    # --- what it does ---

    def test_every_method_distils_evaluates_and_recommends(self):
        students = []
        for method in known_methods():
            students.append(self.folder / f"student-{method}.derrd")
            self.distill(method, students[-1])
        answer = json.loads(self.ok("evaluate", self.dataset, self.teacher, *students, "--json").stdout)
        self.assertEqual(answer["protocol"], "sampled")
        self.assertEqual(len(answer["models"]), 1 + len(known_methods()))
        for model in answer["models"]:
            self.assertEqual(model["split"], "test")
            for name in ("HR@5", "HR@10", "HR@20", "NDCG@5", "MRR@20"):
                self.assertTrue(0 <= model["metrics"][name] <= 1)
        # Four groups of items: the teacher has learned which is whose (chance is 5 in 31).
        self.assertGreater(answer["models"][0]["metrics"]["HR@5"], 0.35)
        table = self.ok("evaluate", self.dataset, self.teacher, students[0]).stdout
        self.assertIn("student-none", table)

    def test_every_kind_of_model_is_teacher_and_student_with_the_same_bits_at_any_number_of_threads(self):
        def both(command, output, *flags):
            sums = set()
            for threads in (1, 3):
                self.ok(command, self.dataset, "--width", 8, "--epochs", 3, "--batch-size", 128, *flags, "-o", output,
                        threads=threads)
                sums.add(hashlib.sha256(output.read_bytes()).hexdigest())
            self.assertEqual(len(sums), 1, flags)

        for kind in ("lightgcn", "neumf", "cdae", "ials"):
            teacher, student = self.folder / f"{kind}-teacher.derrd", self.folder / f"{kind}-student.derrd"
            both("train", teacher, "--model", kind)
            with safe_open(teacher, "numpy") as file:
                self.assertEqual(file.metadata()["derrd.model"], kind)
                self.assertEqual(json.loads(file.metadata()["derrd.config"])["model"], kind)
            self.ok("distill", self.dataset, "--teacher", teacher, "--width", 4, "--epochs", 2, *SMALL, "-o", student)
            if kind != "ials":
                both("distill", student, "--teacher", self.teacher, "--model", kind, *SMALL)
            self.ok("evaluate", self.dataset, teacher, student)
            self.ok("recommend", student, "--user", "u7", "--dataset", self.dataset)
            if kind != "neumf":
                self.ok("recommend", student, "--items", "i7", "i11")

    def test_what_a_kind_of_model_cannot_do(self):
        output = self.folder / "cannot.derrd"
        self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "--model", "ials", "-o", output,
                   says=["--model ials", "another kind"], output=output)
        self.fails(2, "train", self.dataset, "--model", "neumf", "--width", 1, "-o", output, says=["--width 1"],
                   output=output)
        self.fails(2, "train", self.dataset, "--model", "ials", "--init", self.teacher, "-o", output,
                   says=["--model ials", "--init"], output=output)
        for kind in ("lightgcn", "neumf"):
            model = self.folder / f"{kind}.derrd"
            self.ok("train", self.dataset, "--model", kind, "--width", 4, "--epochs", 1, "-o", model)
        self.fails(2, "train", self.dataset, "--model", "lightgcn", "--width", 4, "--init", self.folder / "lightgcn.derrd",
                   "-o", output, says=["lightgcn.derrd", "leave it out"], output=output)
        self.fails(2, "train", self.dataset, "--model", "neumf", "--width", 4, "--neumf-layers", 2, "--init",
                   self.folder / "neumf.derrd", "-o", output, says=["neumf.derrd", "other layers"], output=output)
        self.fails(1, "recommend", self.folder / "neumf.derrd", "--items", "i7", says=["neumf"])

    def test_same_bits_at_any_number_of_threads_and_at_every_run(self):
        # Large enough that every piece of work is cut into several tasks.
        csv, dataset, teacher = (self.folder / f"bits.{end}" for end in ("csv", "derrd", "teacher"))
        csv.write_text("user,item\n" + "".join(f"{u},{i}\n" for u, i in interactions(600, 900)))
        self.ok("import", csv, "--negatives", 30, "-o", dataset)
        self.ok("train", dataset, "--width", 48, "--epochs", 3, "--keep-every", 1, "-o", teacher)
        stages = ",".join(f"{teacher}.epoch-{epochs}.derrd" for epochs in (1, 2))
        for method in (*known_methods(), "de+rce-kd", "hint+hetcomp"):
            sums = set()
            for number, (threads, blas) in enumerate(((1, 1), (2, 2), (3, 8), (8, 1), (8, 3))):
                output = self.folder / f"bits-{number}.derrd"
                environment = dict(os.environ, OPENBLAS_NUM_THREADS=str(blas))
                self.ok("distill", dataset, "--teacher", teacher, "--method", method, "--width", 32, "--epochs", 3,
                        "--de-experts", 6, "--rd-discrepancy-epoch", 1, "--hetcomp-stages", stages, "--hetcomp-period", 1,
                        "-o", output, threads=threads, environment=environment)
                sums.add(hashlib.sha256(output.read_bytes()).hexdigest())
            self.assertEqual(len(sums), 1, method)

    def test_another_seed_gives_another_model(self):
        outputs = [self.folder / f"seed-{seed}.derrd" for seed in (1, 2)]
        for seed, output in zip((1, 2), outputs):
            self.distill("de-rrd", output, "--seed", seed)
        self.assertNotEqual(*(load_file(output)["user_embedding"].tobytes() for output in outputs))

    def test_python_reads_a_model_and_agrees_about_the_scores(self):
        tensors = load_file(self.teacher)
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        config = json.loads(metadata["derrd.config"])
        self.assertEqual((config["width"], config["learning_rate"]), (16, 0.01))
        self.assertIn("HR@5", json.loads(metadata["derrd.metrics"]))
        for name in ("path", "time", "thread"):
            self.assertNotIn(name, " ".join(config))

        def ids(name):
            blob, at = tensors[f"{name}.blob"].tobytes(), tensors[f"{name}.offsets"]
            return [blob[a:b].decode() for a, b in zip(at, at[1:])]

        users, items = ids("user_ids"), ids("item_ids")
        scores = tensors["item_embedding"] @ tensors["user_embedding"][users.index("u7")]
        answer = json.loads(self.ok("recommend", self.teacher, "--user", "u7", "-k", 3, "--json").stdout)
        found = json.dumps(answer)
        for best in numpy.argsort(-scores)[:3]:
            self.assertIn(f'"{items[best]}"', found)

    def test_recommends_with_names_without_what_is_known_and_for_new_users(self):
        known = [item for user, item in interactions() if user == "u3"]
        asked = ("recommend", self.teacher, "--user", "u3", "-k", 80)
        self.assertIn("Item number", self.ok(*asked).stdout)

        def answered(*flags):
            answer = json.loads(self.ok(*asked, *flags, "--json").stdout)
            return {entry["item"] for entry in answer["recommendations"][0]["items"]}

        everything, new = answered(), answered("--dataset", self.dataset)
        self.assertEqual(len(everything), 80)
        self.assertLess(new, everything)
        self.assertLess(everything - new, set(known))  # all that is left out is known,
        self.assertEqual(len(everything - new), len(set(known)) - 2)  # but for the two held out
        liked = [f"i{4 * i + 2}" for i in range(6)]
        text = self.ok("recommend", self.teacher, "--items", *liked, "-k", 5).stdout
        for item in liked:
            self.assertNotIn(f" {item} ", text)

    def test_recommends_only_what_is_allowed_and_fits(self):
        fitting = {f"i{i}" for i in range(1, 80, 2) if {"by 3", "by 7"} & set(tags_of(i))}
        where = ("--dataset", self.dataset, "--where", "group=odd", "--where", "tags=by 3", "tags=by 7")
        allowed = ("i3", "i4", "i7", "i9", "i15")

        def answered(*words):
            answer = json.loads(self.ok("recommend", self.teacher, "-k", 80, *words, "--json").stdout)
            return [entry["item"] for entry in answer["recommendations"][0]["items"]]

        everything = answered("--user", "u3", "--dataset", self.dataset)
        self.assertEqual(answered("--user", "u3", *where), [item for item in everything if item in fitting])
        self.assertEqual(answered("--user", "u3", "--allow", *allowed, *where),
                         [item for item in everything if item in fitting and item in allowed])
        self.assertEqual(answered("--user", "u3", *where, "--where", "tags=by 5", "group=even"),
                         [item for item in everything if {"by 3", "by 5", "by 7"} & set(tags_of(int(item[1:])))])
        new = answered("--items", "i2", "i6")
        self.assertEqual(answered("--items", "i2", "i6", *where), [item for item in new if item in fitting])
        self.assertEqual(answered("--items", "i2", "--allow", "i2"), [])
        output = self.folder / "fitting.tsv"
        self.ok("recommend", self.teacher, "--all", "-k", 80, *where, "-o", output)
        rows = [line.split("\t") for line in output.read_text().splitlines()[1:]]
        self.assertEqual([row[2] for row in rows if row[0] == "u3"], [item for item in everything if item in fitting])
        self.assertEqual({row[2] for row in rows}, fitting)

    def test_attributes_are_summed_up(self):
        told = json.loads(self.ok("info", self.dataset, "--json").stdout)["dataset"]["attributes"]
        tagged = sum(bool(tags_of(i)) for i in range(80))
        self.assertEqual(told, [{"name": "group", "values": 2, "items": 80}, {"name": "tags", "values": 4, "items": tagged}])
        self.assertRegex(self.ok("info", self.dataset).stdout, rf"\| tags +\| +4 \| +{tagged} \|")
        done = self.ok("import", self.csv, "--item-attributes", self.attributes, "--negatives", 30, "-o", self.folder / "again.derrd")
        self.assertIn("known    6 values of 2 attributes for 80 of 80 items, 0 lines about other items", done.stderr)

    def test_recommends_for_all(self):
        table, array = self.folder / "all.tsv", self.folder / "all.npy"
        self.ok("recommend", self.teacher, "--all", "-k", 4, "-o", table)
        self.ok("recommend", self.teacher, "--all", "-k", 4, "-o", array)
        self.assertEqual(numpy.load(array).shape, (60, 4))
        self.assertGreaterEqual(len(table.read_text().splitlines()), 240)

    def test_the_log_has_a_line_an_epoch(self):
        log = self.folder / "log.jsonl"
        self.distill("de-rrd", self.folder / "logged.derrd", "--log", log)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        self.assertEqual([line["epoch"] for line in lines], list(range(6)))
        self.assertEqual(set(lines[0]["loss"]), {"bpr", "de", "rrd"})
        self.assertAlmostEqual(lines[0]["de"]["temperature"], 1.0)
        self.assertAlmostEqual(lines[5]["de"]["temperature"], 1e-10 ** (5 / 1000))

    def test_every_optimizer_learns_and_has_the_same_bits_at_any_number_of_threads(self):
        for optimizer in ("adam", "row-adam", "adagrad", "sgd"):
            outputs = [self.folder / f"{optimizer}-{threads}.derrd" for threads in (1, 3)]
            for threads, output in zip((1, 3), outputs):
                self.ok("train", self.dataset, "--optimizer", optimizer, "--width", 8, "--epochs", 40, "--batch-size", 32,
                        "--learning-rate", 0.02 if "adam" in optimizer else 0.1, "-o", output, threads=threads)
            self.assertEqual(*(output.read_bytes() for output in outputs))
            answer = json.loads(self.ok("info", outputs[0], "--json").stdout)["model"]
            self.assertEqual(answer["config"]["optimizer"], optimizer)
            self.assertGreater(answer["metrics"]["HR@5"], 0.3)  # chance is 5 in 31
        self.assertEqual(answer["config"]["dense_learning_rate"], 0.001)

    def test_a_config_file_says_what_flags_say(self):
        config = self.folder / "config.toml"
        config.write_text('method = "de"\nwidth = 4\nepochs = 2\nde-experts = 3\nlambda_de = 0.02\n')
        output = self.folder / "configured.derrd"
        self.ok("distill", self.dataset, "--teacher", self.teacher, "--config", config, "--batch-size", 128,
                "-o", output)
        with safe_open(output, "numpy") as file:
            found = json.loads(file.metadata()["derrd.config"])
        self.assertEqual((found["method"], found["de"]["experts"], found["de"]["weight"]), ("de", 3, 0.02))

    def test_json_is_all_there_is_on_standard_output(self):
        done = self.distill("none", self.folder / "json.derrd", "--json")
        self.assertEqual(json.loads(done.stdout)["config"]["method"], "none")
        for file in (self.dataset, self.teacher):
            json.loads(self.ok("info", file, "--json").stdout)
            self.assertTrue(self.ok("info", file).stdout)

    def test_full_ranking(self):
        dataset, model = self.folder / "full.derrd", self.folder / "full-model.derrd"
        self.ok("import", self.csv, "--split", "ratio", "-o", dataset)
        self.ok("train", dataset, "--width", 8, "--epochs", 5, "-o", model)
        answer = json.loads(self.ok("evaluate", dataset, model, "--json").stdout)
        self.assertEqual(answer["protocol"], "full")
        self.assertIn("Recall@20", answer["models"][0]["metrics"])


if __name__ == "__main__":
    unittest.main()
