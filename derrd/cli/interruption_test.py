#!/usr/bin/env python3
"""Runs that are killed and go on, and runs that start from an earlier model.

  interruption_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import json
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import time
import unittest

import numpy
from safetensors.numpy import load_file

from program_case import DERRD, ProgramCase, interactions


class InterruptionTest(ProgramCase):
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


if __name__ == "__main__":
    unittest.main()
