#!/usr/bin/env python3
"""The whole program, from text files to recommendations, and what it says when something is wrong.

  program_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import hashlib
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from program_case import DERRD, SMALL, ProgramCase, interactions, known_methods


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

    # --- going on after a kill ---

    def interrupted(self, name, *flags, epochs=100000):
        """The same, killed once two checkpoints are there."""
        output, words = self.checkpoint_run(name, *flags, epochs=epochs)
        files = [pathlib.Path(f"{output}.checkpoint{end}") for end in ("", ".previous")]
        while not all(path.exists() for path in files):
            process = subprocess.Popen([DERRD, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not all(path.exists() for path in files):
                self.assertIsNone(process.poll(), "ended by itself")
                time.sleep(0.002)
            process.kill()
            process.wait()
        return output, words

    def test_a_run_killed_at_any_moment_goes_on_to_the_same_bits(self):
        draw = random.Random(7)
        for method, optimizer in (("none", "adam"), ("de", "adam"), ("rrd", "sgd"), ("de-rrd", "adagrad"),
                                  ("de-rrd", "row-adam"), ("de-rrd", "adam")):
            self.expect_same_bits_after_kills(draw, "--method", method, "--optimizer", optimizer)

    def test_checkpoints_change_no_bit_and_are_gone_at_the_end(self):
        outputs = [self.folder / f"every-{every}.derrd" for every in (0, 4)]
        for every, output in zip((0, 4), outputs):
            self.distill("de-rrd", output, "--checkpoint-every", every)
            self.assertEqual(list(self.folder.glob(f"{output.name}.*")), [])
        self.assertEqual(*(output.read_bytes() for output in outputs))

    def test_resume_without_a_checkpoint_starts_and_says_so(self):
        output = self.folder / "nothing-yet.derrd"
        done = self.distill("none", output, "--resume")
        self.assertIn(f"{output}.checkpoint: is not there; starting from the beginning", done.stderr)
        self.assertTrue(output.exists())

    def test_resume_of_another_run_is_refused(self):
        output, words = self.interrupted("refused", "--method", "de-rrd")
        checkpoint = pathlib.Path(f"{output}.checkpoint")
        before = checkpoint.read_bytes()
        for flag, value, says in (("--width", 5, "width is 4 there and 5 here"),
                                  ("--seed", 8, "seed is 0 there and 8 here"),
                                  ("--learning-rate", 0.5, "learning_rate is 0.001 there and 0.5 here"),
                                  ("--optimizer", "sgd", 'optimizer is "adam" there and "sgd" here'),
                                  ("--epochs", 7, "epochs is 100000 there and 7 here"),
                                  ("--stop-metrics", "HR@5", "stop_metrics"),
                                  ("--lambda-rrd", 0.5, "rrd.weight is 0.001 there and 0.5 here"),
                                  ("--de-experts", 3, "de.experts is 4 there and 3 here"),
                                  ("--method", "de", 'method is "de-rrd" there and "de" here')):
            message = self.fails(2, *words, flag, value, says=["--resume", checkpoint, says], output=output)
            self.assertIn("start without --resume", message)
        other_teacher, other_data = self.folder / "refused-teacher.derrd", self.folder / "refused-data.derrd"
        self.ok("train", self.dataset, "--width", 16, "--epochs", 1, "--seed", 3, "-o", other_teacher)
        self.ok("import", self.csv, "--item-names", self.names, "--negatives", 31, "-o", other_data)
        self.fails(2, *words, "--teacher", other_teacher, says=["teacher is"], output=output)
        self.fails(2, "distill", other_data, *words[2:], says=["dataset is"], output=output)
        self.fails(2, *words, "--method", "svd", says=["--method svd", "--resume"], output=output)
        self.assertEqual(checkpoint.read_bytes(), before)

    def test_a_damaged_checkpoint_falls_back_to_the_one_before(self):
        output, words = self.checkpoint_run("damaged-whole", "--method", "none", epochs=60)
        self.ok(*words)
        whole = output.read_bytes()
        damages = (lambda data: data[:len(data) // 2], lambda data: data[:-200] + b"x" + data[-199:], lambda data: b"")
        for number, damage in enumerate(damages):
            output, words = self.interrupted(f"damaged-{number}", "--method", "none", epochs=60)
            last = pathlib.Path(f"{output}.checkpoint")
            last.write_bytes(damage(last.read_bytes()))
            done = self.ok(*words)
            self.assertIn(f"going on from {last}.previous", done.stderr)
            self.assertEqual(output.read_bytes(), whole)
        output, words = self.interrupted("damaged-both", "--method", "none")
        last = pathlib.Path(f"{output}.checkpoint")
        for path in (last, pathlib.Path(f"{last}.previous")):
            path.write_bytes(path.read_bytes()[:-1])
        self.fails(1, *words, says=[f"{last}:", f"{last}.previous", "start without --resume"], output=output)

    def test_no_room_for_a_checkpoint(self):
        output, words = self.interrupted("no-room", "--method", "none")
        files = [pathlib.Path(f"{output}.checkpoint{end}") for end in ("", ".previous")]
        before = [path.read_bytes() for path in files]

        def little_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before[0]) // 2,) * 2)

        done = subprocess.run([DERRD, *map(str, words)], capture_output=True, text=True, preexec_fn=little_room)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"derrd: {files[0]}: cannot write: File too large", done.stderr.splitlines()[-1])
        self.assertEqual([path.read_bytes() for path in files], before)
        shutil.rmtree(files[0].with_name(files[0].name + ".partial"), ignore_errors=True)
        files[0].unlink()
        files[0].mkdir()
        self.fails(1, *words, says=[files[0], "directory"], output=output)

    def test_a_checkpoint_that_is_not_gone_on_from_is_told_of(self):
        output, words = self.interrupted("forgotten", "--method", "none")
        done = self.ok(*(word for word in words if word != "--resume"), "--epochs", 2)
        self.assertIn("an earlier run's checkpoint will be replaced; --resume goes on from it", done.stderr)

    # --- going on from yesterday's model ---

    def test_init_takes_over_users_and_items_by_their_ids(self):
        def rows(path):
            tensors = load_file(path)
            found = {}
            for side in ("user", "item"):
                blob, at = tensors[f"{side}_ids.blob"].tobytes(), tensors[f"{side}_ids.offsets"]
                for row, (a, b) in enumerate(zip(at, at[1:])):
                    found[blob[a:b].decode()] = tensors[f"{side}_embedding"][row]
            return found

        # Today u0 to u4 are gone, and 5 users and an item are new.
        today, dataset = self.folder / "today.csv", self.folder / "today.derrd"
        pairs = [(u, i) for u, i in interactions() if int(u[1:]) >= 5]
        pairs += [(f"new{u}", f"i{(u + 7 * i) % 80}") for u in range(5) for i in range(9)]
        pairs += [(f"new{u}", "fresh") for u in range(5)]
        today.write_text("user,item\n" + "".join(f"{u},{i}\n" for u, i in pairs))
        self.ok("import", today, "--negatives", 30, "-o", dataset)
        # With a rate of next to nothing a model stays what it started as.
        still = ("--epochs", 1, "--learning-rate", 1e-12, "--l2", 0, "--width", 16)
        fresh, warm = self.folder / "fresh.derrd", self.folder / "warm.derrd"
        self.ok("train", dataset, *still, "-o", fresh)
        done = self.ok("train", dataset, *still, "--init", self.teacher, "-o", warm)
        self.assertIn(f"{self.teacher}: took 55 users (5 are new, 5 gone) and 80 items (1 are new, 0 gone)", done.stderr)
        before, now, unknown = rows(self.teacher), rows(warm), rows(fresh)
        for name, row in now.items():
            expected = before[name] if name in before else unknown[name]
            numpy.testing.assert_allclose(row, expected, atol=1e-6, err_msg=name)
        self.assertEqual(len(now), 60 + 81)
        config = json.loads(self.ok("info", warm, "--json").stdout)["model"]["config"]
        self.assertRegex(config["init"], "^[0-9a-f]{16}$")
        self.assertNotIn("init", json.loads(self.ok("info", fresh, "--json").stdout)["model"]["config"])

    def test_init_spares_epochs_and_serves_distillation(self):
        student, again = self.folder / "init-student.derrd", self.folder / "init-again.derrd"
        self.distill("de-rrd", student)
        logs = [self.folder / f"init-{number}.jsonl" for number in (0, 1)]
        self.distill("de-rrd", again, "--log", logs[0])
        self.distill("de-rrd", again, "--init", student, "--log", logs[1])
        first = [json.loads(log.read_text().splitlines()[0])["loss"]["bpr"] for log in logs]
        self.assertLess(first[1], first[0])

    def test_init_that_does_not_fit(self):
        output = self.folder / "never.derrd"
        base = ("train", self.dataset, "-o", output)
        self.fails(2, *base, "--width", 8, "--init", self.teacher, says=["--init", self.teacher, "width 16", "--width is 8"],
                   output=output)
        self.fails(1, *base, "--init", self.dataset, says=[self.dataset, "model"], output=output)
        self.fails(1, *base, "--init", self.folder / "absent.derrd", says=["absent.derrd"], output=output)
        self.fails(2, "train", self.dataset, "--init", self.teacher, "-o", self.teacher, says=[self.teacher])
        self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "--method", "svd", "--init", self.teacher,
                   "-o", output, says=["--method svd", "--init"], output=output)
        self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "--method", "svd", "--model", "cdae",
                   "-o", output, says=["--method svd", "--model cdae"], output=output)

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
        for name in ("never.tsv.gz", "never.tsv"):
            output = self.folder / name
            self.fails(2, "synth", "--split", "ratio", "-o", output, says=[".tsv"], output=output)
        self.fails(2, "synth", "--truth", output, "-o", output, says=[output], output=output)
        self.fails(1, "synth", "-o", "/dev/full", says=["/dev/full", "space"])

    def test_every_help_has_an_example(self):
        for command in ("import", "synth", "train", "distill", "evaluate", "recommend", "info", "methods",
                        "bench"):
            self.assertIn(f"derrd {command} ", self.ok(command, "--help").stdout)

    # --- what it says when something is wrong ---

    def test_wrong_usage_is_exit_2(self):
        output = self.folder / "never.derrd"
        self.fails(2, "train", says=["DATASET"])
        self.fails(2, "trian", says=["train"])
        self.fails(2, "train", self.dataset, "-o", output, "--widht", 3, says=["--width"], output=output)
        self.fails(2, "train", self.dataset, "-o", output, "--width", 0, says=["--width"], output=output)
        self.fails(2, "train", self.dataset, "-o", output, "--width", "wide", says=["wide"], output=output)
        self.fails(2, "train", self.dataset, "-o", output, "--threads", -1, says=["--threads"], output=output)
        self.fails(2, "distill", self.dataset, "-o", output, says=["--teacher"], output=output)
        base = ("distill", self.dataset, "--teacher", self.teacher, "-o", output)
        self.fails(2, *base, "--method", "de-rd", says=["de-rd"], output=output)
        self.fails(2, *base, "--method", "rrd", "--rrd-interesting", 600, says=["--rrd-interesting"], output=output)
        self.fails(2, *base, "--method", "rrd", "--rrd-top", 60, "--rrd-uninteresting", 60,
                   says=["--rrd-uninteresting", "--rrd-top"], output=output)
        self.fails(2, *base, "--method", "de", "--de-routing-tolerance", 0.9,
                   says=["--de-routing-tolerance"], output=output)

    def test_a_metric_that_is_not_there(self):
        output = self.folder / "metric.derrd"
        for flag in ("--keep-metric", "--stop-metrics"):
            self.fails(2, "train", self.dataset, flag, "HR@7", "-o", output, says=[flag, "HR@7", "HR@5"],
                       output=output)

    def test_files_of_another_kind_or_cut_short(self):
        output = self.folder / "never.derrd"
        for wrong in (self.csv, self.folder, self.folder / "absent.derrd", self.teacher):
            self.fails(1, "train", wrong, "-o", output, says=[wrong], output=output)
        self.fails(1, "distill", self.dataset, "--teacher", self.dataset, "-o", output,
                   says=[self.dataset, "model"], output=output)
        whole = self.teacher.read_bytes()
        cut = self.folder / "cut.derrd"
        for size in (0, 7, 100, len(whole) // 2, len(whole) - 1):
            cut.write_bytes(whole[:size])
            self.fails(1, "evaluate", self.dataset, cut, says=[cut])
        lying = self.folder / "lying.derrd"
        lying.write_bytes(whole.replace(b'"shape":[60,16]', b'"shape":[61,16]', 1))
        self.fails(1, "evaluate", self.dataset, lying, says=[lying, "user_embedding"])

    def test_a_teacher_of_other_ids(self):
        other = self.folder / "other.csv"
        other.write_text("user,item\n" + "".join(f"x{u},{i}\n" for u, i in interactions()))
        dataset, output = self.folder / "other.derrd", self.folder / "never.derrd"
        self.ok("import", other, "--negatives", 30, "-o", dataset)
        self.fails(1, "distill", dataset, "--teacher", self.teacher, "-o", output,
                   says=[self.teacher, dataset], output=output)
        self.fails(1, "evaluate", dataset, self.teacher, says=[self.teacher, dataset])

    def test_scores_that_are_not_finite(self):
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        tensors = load_file(self.teacher)
        tensors["item_embedding"][3, 2] = numpy.nan
        broken, output = self.folder / "nan.derrd", self.folder / "never.derrd"
        save_file(tensors, broken, metadata)
        says = [broken, "row 3", "item_embedding", "finite"]
        self.fails(1, "evaluate", self.dataset, broken, says=says)
        self.fails(1, "recommend", broken, "--user", "u1", says=says)
        self.fails(1, "distill", self.dataset, "--teacher", broken, "--method", "de", "--width", 4, *SMALL,
                   "-o", output, says=says, output=output)

    def test_a_loss_that_explodes_stops_the_run(self):
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        tensors = load_file(self.teacher)
        tensors["user_embedding"] *= numpy.float32(1e25)  # finite, but not when squared
        huge, output = self.folder / "huge.derrd", self.folder / "never.derrd"
        save_file(tensors, huge, metadata)
        self.fails(1, "distill", self.dataset, "--teacher", huge, "--method", "de", "--width", 4, *SMALL,
                   "-o", output, says=["the loss 'de' became", "epoch 0", "lower"], output=output)

    def test_unknown_users_and_items(self):
        self.fails(1, "recommend", self.teacher, "--user", "u99", says=["u99"])
        self.fails(1, "recommend", self.teacher, "--items", "i2", "i999", says=["i999"])

    def test_numbers_that_are_none(self):
        output = self.folder / "never.derrd"
        for flag, wrong in (("--learning-rate", "nan"), ("--l2", "inf"), ("--l2", "-1"), ("--width", "1e99"),
                            ("--seed", "-1"), ("--patience", "0"), ("--threads", "0"), ("--epsilon", "0")):
            self.fails(2, "train", self.dataset, "-o", output, flag, wrong, says=[flag, wrong], output=output)
        for flag, wrong in (("--rrd-temperature", "nan"), ("--lambda-de", "nan"), ("--lambda-rrd", "inf"),
                            ("--de-final-temperature", "0"), ("--de-routing-tolerance", "nan")):
            self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "-o", output, flag, wrong,
                       says=[flag, wrong], output=output)
        self.fails(2, "recommend", self.teacher, "--user", "u1", "-k", "-1", says=["--top", "-1"])

    def test_an_output_never_replaces_an_input(self):
        before = [path.read_bytes() for path in (self.csv, self.dataset, self.teacher)]
        link = self.folder / "link.derrd"
        link.symlink_to(self.dataset)
        self.fails(2, "import", self.csv, "-o", self.csv, says=[self.csv])
        for flag in ("-o", "--log"):
            for wrong in (self.dataset, link, self.teacher):
                other = () if flag == "-o" else ("-o", self.folder / "never.derrd")
                self.fails(2, "distill", self.dataset, "--teacher", self.teacher, flag, wrong, *other, says=[wrong])
        output = self.folder / "never.derrd"
        self.fails(2, "train", self.dataset, "-o", output, "--log", output, says=[output], output=output)
        self.fails(2, "train", self.dataset, "-o", "", says=["--output"])
        self.assertEqual(before, [path.read_bytes() for path in (self.csv, self.dataset, self.teacher)])

    def test_more_memory_than_there_is(self):
        output = self.folder / "never.derrd"
        wide = self.folder / "wide.csv"
        wide.write_text("user,item\n" + "".join(f"{u},{i}\n" for u, i in interactions(9000, 40000)))
        dataset = self.folder / "wide.derrd"
        self.ok("import", wide, "--negatives", 1, "-o", dataset)
        needed = []
        for optimizer in ("adam", "adagrad", "sgd"):
            message = self.fails(2, "train", dataset, "--width", 65536, "--optimizer", optimizer, "-o", output,
                                 says=["--width", "GB"], output=output)
            needed.append(float(re.search(r"needs about ([0-9.]+) GB", message).group(1)))
        self.assertAlmostEqual(needed[0] / needed[2], 2, delta=0.4)
        self.assertGreater(needed[0], needed[1])
        self.assertGreater(needed[1], needed[2])
        teacher = self.folder / "wide-teacher.derrd"
        self.ok("train", dataset, "--width", 2, "--epochs", 1, "-o", teacher)
        base = ("distill", dataset, "--teacher", teacher, "-o", output)
        self.fails(2, *base, "--method", "rrd", "--rrd-interesting", 1 << 20, "--rrd-uninteresting", 1 << 20,
                   says=["--rrd-interesting and --rrd-uninteresting: needs about", "GB"], output=output)
        self.fails(2, *base, "--method", "de", "--width", 16384, "--de-experts", 4096,
                   says=["--de-experts: needs about", "GB"], output=output)

    def test_a_full_standard_output(self):
        for words in (("info", self.teacher), ("evaluate", self.dataset, self.teacher, "--json")):
            with open("/dev/full", "w") as full:
                done = subprocess.run([DERRD, *map(str, words)], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("standard output", done.stderr)

    def test_metadata_that_is_no_account(self):
        tensors = load_file(self.teacher)
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        broken = self.folder / "deep.derrd"
        for wrong in ("[" * 100000 + "]" * 100000, "3", "{"):
            save_file(tensors, broken, dict(metadata, **{"derrd.config": wrong}))
            self.fails(1, "info", broken, says=[broken, "derrd.config"])

    def test_no_space_left(self):
        self.fails(1, "train", self.dataset, "--width", 2, "--epochs", 1, "-o", "/dev/full", says=["/dev/full", "space"])
        self.fails(1, "import", self.csv, "--negatives", 30, "-o", "/dev/full", says=["/dev/full", "space"])

    def test_a_folder_that_is_not_there_is_found_before_the_work(self):
        begin = time.monotonic()
        self.fails(1, "train", self.dataset, "--epochs", 100000, "--patience", 100000, "-o",
                   self.folder / "absent" / "model.derrd", says=["absent/model.derrd"])
        self.assertLess(time.monotonic() - begin, 20)

    def test_a_kill_leaves_the_old_file(self):
        output = self.folder / "kept.derrd"
        output.write_text("precious")
        process = subprocess.Popen([DERRD, "train", str(self.dataset), "--epochs", "1000000", "--patience", "1000000",
                                    "-o", str(output)], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.assertEqual(output.read_text(), "precious")


if __name__ == "__main__":
    unittest.main()
