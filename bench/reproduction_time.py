#!/usr/bin/env python3
"""How long the whole reproduction on the citeulike leave-one-out split takes: a 200-d teacher, then 20-d
students from scratch and by DE, RRD and DE-RRD, each to early stopping. The teacher takes all cores; the students,
which do not wait for each other, take one core each.

  python3 bench/reproduction_time.py DATA_FOLDER

DATA_FOLDER holds citeulike-loo/{train,valid,test,candidates}.tsv.gz. Prints for each run its seconds, from
starting the program to its end, its epochs and its test HR@5, and the time from the first run's start to the
last one's end. Nothing else should run on the machine. Every run is made anew.
"""

import concurrent.futures
import os
import time

from runner import Runner, command_line

# The longest first, so that no core is left with it alone at the end.
STUDENTS = (("DE-RRD", "de-rrd"), ("DE", "de"), ("RRD", "rrd"), ("from scratch", "none"))


def main():
    parser = command_line(__doc__, "runs/reproduction-time")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)), help="to use (all)")
    parser.add_argument("--epochs", type=int, default=1000, help="at most, of each run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pace", type=float, default=1.0,
                        help="factor of the learning rate where DE is in the method; its temperatures fall as much "
                             "faster")
    options = parser.parse_args()
    runner = Runner(options)
    dataset = runner.import_splits("citeulike-loo", ("train", "valid", "test", "candidates"))
    common = ("--seed", options.seed, "--epochs", options.epochs)
    pace = {"de": ("--learning-rate", 1e-3 * options.pace, "--de-temperature-epochs", 1000 / options.pace)}
    pace["de-rrd"] = pace["de"]

    print("| run | seconds | epochs | test HR@5 |\n| --- | ---: | ---: | ---: |", flush=True)

    def timed(title, name, *words):
        (runner.runs / f"{name}.derrd").unlink(missing_ok=True)
        begin = time.monotonic()
        model = runner.make(name, *words, *common)
        seconds = time.monotonic() - begin
        hit_rate = runner.metrics(dataset, [model], "test")[0]["HR@5"]
        print(f"| {title} | {seconds:.1f} | {len(runner.log(model))} | {hit_rate:.4f} |", flush=True)
        return model

    begin = time.monotonic()
    options.threads = options.cores
    teacher = timed("teacher, 200-d", "teacher", "train", dataset, "--width", 200)
    options.threads = 1
    with concurrent.futures.ThreadPoolExecutor(options.cores) as pool:
        students = [pool.submit(timed, f"{title}, 20-d", method, "distill", dataset, "--teacher", teacher,
                                "--method", method, "--width", 20, *pace.get(method, ()))
                    for title, method in STUDENTS]
        for student in students:
            student.result()
    print(f"| **from start to end** | **{time.monotonic() - begin:.1f}** | | |")
    print(f"\n{options.cores} cores, at most {options.epochs} epochs, seed {options.seed}, pace {options.pace}.")


if __name__ == "__main__":
    main()
