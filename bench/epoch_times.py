#!/usr/bin/env python3
"""Seconds an epoch of every model and every method, on the leave-one-out data.

  python3 bench/epoch_times.py DATA.derrd --teacher TEACHER.derrd [--epochs 4] [--along EARLY.derrd,LATER.derrd]

DATA.derrd is made by `derrd import`, TEACHER.derrd by `derrd train`; --along names models of the teacher's training
for HetComp (`derrd train --keep-every`), which is left out without them. Each row is the median of the epochs after the
first, validation not counted; a method's epoch holds the student's BPR, and its first epoch, with what it
prepares, is told beside it. What is solved is told by the sweep. Nothing else should run on the machine.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

MODELS = (("bpr-mf", 20), ("bpr-mf", 200), ("lightgcn", 20), ("lightgcn", 200), ("neumf", 20), ("neumf", 200),
          ("cdae", 20), ("cdae", 200), ("ials", 20), ("ials", 200))


def seconds(command, epochs):
    """Training seconds of each epoch."""
    with tempfile.TemporaryDirectory() as name:
        log = pathlib.Path(name) / "log.jsonl"
        done = subprocess.run([*map(str, command), "--epochs", str(epochs), "--log", log, "-o", pathlib.Path(name) / "model"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr}")
        return [json.loads(line)["train_seconds"] for line in log.read_text().splitlines()][:epochs]


def row(name, found):
    print(f"| {name} | {statistics.median(found[1:]):.3g} | {found[0]:.3g} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--derrd", default="build/release/derrd")
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--along")
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    print("| | s an epoch | the first |\n| :--- | ---: | ---: |")
    for model, width in MODELS:
        row(f"{model}, {width}-d", seconds([options.derrd, "train", options.data, "--model", model, "--width", width],
                                           options.epochs))
    listing = json.loads(subprocess.run([options.derrd, "methods", "--json"], capture_output=True, check=True).stdout)
    for method in listing["methods"]:
        name = "+".join(filter(None, (method["builds_on"], method["name"])))
        if name in ("none", "svd") or (name == "hetcomp" and not options.along):
            continue
        along = ("--hetcomp-stages", options.along) if name == "hetcomp" else ()
        row(f"{name}, 20-d student",
            seconds([options.derrd, "distill", options.data, "--teacher", options.teacher, "--method", name,
                     "--width", 20, *along], options.epochs))


if __name__ == "__main__":
    main()
