#!/usr/bin/env python3
"""How long the whole reproduction on the citeulike leave-one-out split takes: a 200-d teacher, then 20-d
students from scratch and by DE, RRD and DE-RRD, one after the other on all cores, each to early stopping.

  python3 bench/reproduction_time.py DATA_FOLDER

DATA_FOLDER holds citeulike-loo/{train,valid,test,candidates}.tsv.gz. Prints for each run its seconds, from
starting the program to its end, its epochs and its test HR@5, and the total. Nothing else should run on
the machine. Every run is made anew.
"""

import os
import time

from runner import Runner, command_line

STUDENTS = (("from scratch", "none"), ("DE", "de"), ("RRD", "rrd"), ("DE-RRD", "de-rrd"))


def main():
    parser = command_line(__doc__, "runs/reproduction-time")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="threads a run (all cores)")
    parser.add_argument("--epochs", type=int, default=1000, help="at most, of each run")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    runner = Runner(options)
    dataset = runner.import_splits("citeulike-loo", ("train", "valid", "test", "candidates"))
    common = ("--seed", options.seed, "--epochs", options.epochs)

    print("| run | seconds | epochs | test HR@5 |\n| --- | ---: | ---: | ---: |", flush=True)
    total = 0.0

    def timed(title, name, *words):
        nonlocal total
        (runner.runs / f"{name}.derrd").unlink(missing_ok=True)
        begin = time.monotonic()
        model = runner.make(name, *words, *common)
        seconds = time.monotonic() - begin
        total += seconds
        hit_rate = runner.metrics(dataset, [model], "test")[0]["HR@5"]
        print(f"| {title} | {seconds:.1f} | {len(runner.log(model))} | {hit_rate:.4f} |", flush=True)
        return model

    teacher = timed("teacher, 200-d", "teacher", "train", dataset, "--width", 200)
    for title, method in STUDENTS:
        timed(f"{title}, 20-d", method, "distill", dataset, "--teacher", teacher, "--method", method, "--width", 20)
    print(f"| **total** | **{total:.1f}** | | |")
    print(f"\n{options.threads} threads, at most {options.epochs} epochs, seed {options.seed}.")


if __name__ == "__main__":
    main()
