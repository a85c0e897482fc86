"""What tests of the whole program share: running it, a small data set and a teacher for it.

A test file is run as `python3 X_test.py path/to/derrd` and needs numpy and safetensors.
"""

import hashlib
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unittest

DERRD = str(pathlib.Path(sys.argv.pop(1)).resolve())
SMALL = ["--batch-size", "128", "--de-experts", "4", "--rrd-interesting", "5", "--rrd-uninteresting", "7",
         "--rrd-top", "20", "--htd-groups", "4", "--rd-discrepancy-epoch", "2", "--ir-interesting", "4",
         "--ir-uninteresting", "6", "--ir-top", "20", "--dcd-corrections", "5", "--dcd-top", "20",
         "--hetcomp-top", "20", "--hetcomp-period", "2", "--rce-kd-top", "10", "--rce-kd-drawn", "10",
         "--rce-kd-pool", "30"]


def run(*words, threads=None, environment=None):
    command = [DERRD, *map(str, words)]
    if threads:
        command += ["--threads", str(threads)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)


def known_methods():
    """What `derrd methods` lists, in words that --method takes."""
    listing = json.loads(run("methods", "--json").stdout)
    alone = [method["name"] for method in listing["methods"] if not method["builds_on"]]
    return alone + [named["name"] for named in listing["sums"]]


def interactions(users=60, items=80, groups=4, seed=1):
    """Users of a group like the items of that group: something that can be learned."""
    draw = random.Random(seed)
    for user in range(users):
        own = [item for item in range(items) if item % groups == user % groups]
        for item in sorted(draw.sample(own, 9) + draw.sample(range(items), 2)):
            yield f"u{user}", f"i{item}"


def tags_of(item):
    return [f"by {n}" for n in (3, 5, 7, 79) if item % n == 0]


def ids_of(tensors, name):
    """Ids as a model file holds them."""
    blob, offsets = tensors[f"{name}.blob"].tobytes(), tensors[f"{name}.offsets"]
    return [blob[begin:end].decode() for begin, end in zip(offsets, offsets[1:])]


def log_without_seconds(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in line.items() if not key.endswith("_seconds")} for line in lines]


class ProgramCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)  # comes after the clean-ups of what runs in the folder
        cls.folder = pathlib.Path(scratch.name)
        cls.csv = cls.folder / "likes.csv"
        cls.csv.write_text("user,item\n" + "".join(f"{u},{i}\n" for u, i in interactions()))
        cls.names = cls.folder / "names.csv"
        cls.names.write_text("item,name\n" + "".join(f"i{i},Item number {i}\n" for i in range(80)))
        cls.attributes = cls.folder / "attributes.csv"
        cls.attributes.write_text("item,group,tags\n" + "".join(
            f"i{i},{'odd' if i % 2 else 'even'},{'|'.join(tags_of(i))}\n" for i in range(80)))
        cls.dataset = cls.folder / "likes.derrd"
        cls.ok("import", cls.csv, "--item-names", cls.names, "--item-attributes", cls.attributes, "--negatives", 30,
               "-o", cls.dataset)
        cls.teacher = cls.folder / "teacher.derrd"
        cls.ok("train", cls.dataset, "--width", 16, "--epochs", 40, "--batch-size", 128,
               "--learning-rate", 0.01, "--keep-every", 5, "-o", cls.teacher)
        cls.stages = [cls.folder / f"teacher.derrd.epoch-{epochs}.derrd" for epochs in (5, 10, 15)]
        cls.along = ("--hetcomp-stages", ",".join(map(str, cls.stages)))

    @classmethod
    def ok(cls, *words, **options):
        done = run(*words, **options)
        if done.returncode != 0:
            raise AssertionError(f"derrd {' '.join(map(str, words))}: {done.stderr}")
        return done

    def fails(self, code, *words, says, output=None):
        """The run ends with this code and one line that says all of `says`, and leaves no output."""
        done = run(*words)
        message = done.stderr.splitlines()[-1] if done.stderr else ""
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertTrue(message.startswith("derrd: "), done.stderr)
        for part in says:
            self.assertIn(str(part), message)
        self.assertEqual(done.stdout, "")
        if output is not None:
            self.assertFalse(output.exists())
            self.assertFalse(pathlib.Path(f"{output}.partial").exists())
        return message

    def distill(self, method, output, *flags, **options):
        return self.ok("distill", self.dataset, "--teacher", self.teacher, "--method", method, "--width", 4,
                       "--epochs", 6, *SMALL, *self.along, *flags, "-o", output, **options)

    # --- runs that are killed ---

    def killed(self, words, after):
        """Starts a run and kills it after so many seconds; whether that was in time."""
        process = subprocess.Popen([DERRD, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(after)
            return False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True

    def checkpoint_run(self, name, *flags, epochs=200):
        """Words of a distillation that writes checkpoints, and its output."""
        output = self.folder / f"{name}.derrd"
        return output, ("distill", self.dataset, "--teacher", self.teacher, "--width", 4, "--epochs", epochs,
                        "--patience", 1000, *SMALL, *self.along, "--checkpoint-every", 1, "--resume", *flags,
                        "-o", output)

    def expect_same_bits_after_kills(self, draw, *flags, epochs=200):
        """A run that is killed three times at moments that `draw` draws, beside one that is not."""
        output, words = self.checkpoint_run("whole", *flags, epochs=epochs)
        whole_log, log = self.folder / "whole.jsonl", self.folder / "killed.jsonl"
        begin = time.monotonic()
        self.ok(*words, "--log", whole_log, "--threads", 2)
        seconds = time.monotonic() - begin
        whole = hashlib.sha256(output.read_bytes()).hexdigest()

        output, words = self.checkpoint_run("killed", *flags, epochs=epochs)
        output.unlink(missing_ok=True)
        kills = sum(self.killed((*words, "--log", log), draw.uniform(0, seconds / 2)) for _ in range(3))
        done = self.ok(*words, "--log", log, "--threads", 3)
        self.assertEqual(hashlib.sha256(output.read_bytes()).hexdigest(), whole, (flags, kills))
        self.assertEqual(log_without_seconds(log), log_without_seconds(whole_log))
        self.assertEqual(sorted(self.folder.glob("killed.derrd.*")), [], done.stderr)
