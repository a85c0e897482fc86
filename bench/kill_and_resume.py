#!/usr/bin/env python3
"""Kills distillations at random moments and goes on from their checkpoints.

  python3 bench/kill_and_resume.py DATA_FOLDER

DATA_FOLDER holds citeulike-loo/{train,valid,test,candidates}.tsv.gz. Distils once undisturbed by DE-RRD,
then again and again, each time killed (kill -9) at a random moment and started again with --resume until
it ends by itself. Prints for every trial at which seconds it was killed and whether the model has the same
bits, and ends with 1 when one has not.
"""

import argparse
import hashlib
import pathlib
import random
import subprocess
import sys
import tempfile
import time

SPLITS = ("train", "valid", "test", "candidates")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="folder that holds the data sets")
    parser.add_argument("--derrd", default="build/release/derrd", help="the program")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def run(words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def killed_at(words, seconds):
    """Whether the run was still on its way after so long (None: is left alone); then it is killed."""
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if process.wait(seconds) != 0:
            sys.exit(f"{' '.join(map(str, words))}\nended with {process.returncode}")
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def main():
    options = parse()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        dataset, teacher, whole, output = (folder / f"{name}.derrd" for name in ("data", "teacher", "whole", "student"))
        flags = [word for split in SPLITS
                 for word in (f"--{split}", options.data / "citeulike-loo" / f"{split}.tsv.gz")]
        run([options.derrd, "import", *flags, "-o", dataset])
        run([options.derrd, "train", dataset, "--width", 200, "--epochs", 3, "-o", teacher])
        words = [options.derrd, "distill", dataset, "--teacher", teacher, "--method", "de-rrd", "--width", 20,
                 "--de-experts", 4, "--epochs", options.epochs, "--threads", options.threads, "--checkpoint-every", 1, "--resume"]
        begin = time.monotonic()
        run([*words, "-o", whole])
        seconds = time.monotonic() - begin
        expected = hashlib.sha256(whole.read_bytes()).hexdigest()
        print(f"undisturbed: {seconds:.1f} s, sha256 {expected[:16]}", flush=True)

        same = 0
        for trial in range(options.trials):
            moments = []
            while not moments:  # one that ended before its moment is no trial: the machine has become faster
                output.unlink(missing_ok=True)
                while True:
                    # After four kills it is left alone.
                    moment = draw.uniform(0, seconds) if len(moments) < 4 else None
                    begin = time.monotonic()
                    if not killed_at([*words, "-o", output], moment):
                        break
                    moments.append(moment)
                seconds = seconds if moments else min(seconds, time.monotonic() - begin)
            equal = hashlib.sha256(output.read_bytes()).hexdigest() == expected
            same += equal
            at = ", ".join(f"{moment:.2f} s" for moment in moments)
            print(f"trial {trial + 1}: killed at {at}: "
                  f"{'the same bits' if equal else 'OTHER BITS'}", flush=True)
    print(f"{same} of {options.trials} trials ended with the bits of the undisturbed run")
    sys.exit(same != options.trials)


if __name__ == "__main__":
    main()
