#!/usr/bin/env python3
"""Reproduces the paper's comparison on the citeulike leave-one-out split, at the paper's sizes.

  python3 bench/fidelity.py DATA_FOLDER --derrd build/release/derrd --runs runs/fidelity

DATA_FOLDER holds citeulike-loo/{train,valid,test,candidates}.tsv.gz. For each seed: its own 200-d teacher,
then 20-d students from scratch and by DE, RRD and DE-RRD with the default weights, and the teacher cut by truncated
SVD. Then DE, RRD and DE-RRD with weights chosen on validation HR@5 at the first seed, from the grids
below. Every run is a model file in the runs folder; a run that is there is not run again, so a
killed script continues where it was. Ends with the table of test metrics, mean over the seeds.
"""

import argparse
import concurrent.futures
import itertools
import json
import pathlib
import statistics
import subprocess
import sys
import time

# The declared grids. The defaults of the paper's code are 0.01 and 0.001.
DE_WEIGHTS = (0.003, 0.01, 0.03)
RRD_WEIGHTS = (0.0005, 0.001, 0.002)
DE_RRD_WEIGHTS = tuple(itertools.product((0.01, 0.03), RRD_WEIGHTS))
METRICS = [f"{name}@{k}" for name in ("HR", "NDCG", "MRR") for k in (5, 10, 20)]


class Runner:
    def __init__(self, options):
        self.options = options
        self.runs = pathlib.Path(options.runs)
        self.runs.mkdir(parents=True, exist_ok=True)
        self.dataset = self.runs / "citeulike-loo.derrd"

    def derrd(self, *words):
        command = [self.options.derrd, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stderr.splitlines()[-1]}")
        return done.stdout

    def make(self, name, *words):
        """Runs `derrd WORDS -o NAME` unless its model is there; returns the model's path."""
        model = self.runs / f"{name}.derrd"
        if not model.exists():
            begin = time.monotonic()
            self.derrd(*words, "-o", model, "--log", self.runs / f"{name}.jsonl",
                       "--threads", self.options.threads)
            print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
        return model

    def import_data(self):
        if not self.dataset.exists():
            folder = pathlib.Path(self.options.data) / "citeulike-loo"
            flags = [word for split in ("train", "valid", "test", "candidates")
                     for word in (f"--{split}", folder / f"{split}.tsv.gz")]
            self.derrd("import", *flags, "-o", self.dataset)

    def teacher(self, seed):
        return self.make(f"teacher-{seed}", "train", self.dataset, "--width", 200, "--seed", seed)

    def student(self, seed, method, *flags, name=None):
        return self.make(f"{name or method}-{seed}", "distill", self.dataset, "--teacher",
                         self.teacher(seed), "--method", method, "--width", 20, "--seed", seed, *flags)

    def weighted(self, seed, method, de=None, rrd=None):
        """A student with these weights; the default weights share the default's run."""
        flags, name = [], method
        if de not in (None, 0.01):
            flags += ["--lambda-de", de]
            name += f"-de{de:g}"
        if rrd not in (None, 0.001):
            flags += ["--lambda-rrd", rrd]
            name += f"-rrd{rrd:g}"
        return self.student(seed, method, *flags, name=name)

    def metrics(self, models, split):
        answer = json.loads(self.derrd("evaluate", self.dataset, *models, "--split", split, "--json"))
        return [model["metrics"] for model in answer["models"]]


def choose(runner, pool, seed, method, grid):
    """The weights with the best validation HR@5 at this seed."""
    models = list(pool.map(lambda weights: runner.weighted(seed, method, *weights), grid))
    valid = [metrics["HR@5"] for metrics in runner.metrics(models, "valid")]
    for weights, value in zip(grid, valid):
        print(f"{method} {weights}: validation HR@5 {value:.4f}", file=sys.stderr, flush=True)
    return grid[valid.index(max(valid))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", help="folder that holds citeulike-loo/")
    parser.add_argument("--derrd", default="build/release/derrd", help="the program")
    parser.add_argument("--runs", default="runs/fidelity", help="folder for models and logs")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("--threads", type=int, default=1, help="threads a run")
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    runner = Runner(options)
    runner.import_data()

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        teachers = list(pool.map(runner.teacher, seeds))
        best_de = choose(runner, pool, seeds[0], "de", [(w, None) for w in DE_WEIGHTS])
        best_rrd = choose(runner, pool, seeds[0], "rrd", [(None, w) for w in RRD_WEIGHTS])
        best_both = choose(runner, pool, seeds[0], "de-rrd", list(DE_RRD_WEIGHTS))
        rows = {
            "scratch": lambda seed: runner.student(seed, "none"),
            "svd": lambda seed: runner.student(seed, "svd"),
            "de": lambda seed: runner.weighted(seed, "de"),
            "rrd": lambda seed: runner.weighted(seed, "rrd"),
            "de-rrd": lambda seed: runner.weighted(seed, "de-rrd"),
            f"de, chosen {best_de[0]:g}": lambda seed: runner.weighted(seed, "de", *best_de),
            f"rrd, chosen {best_rrd[1]:g}": lambda seed: runner.weighted(seed, "rrd", *best_rrd),
            "de-rrd, chosen {:g} {:g}".format(*best_both):
                lambda seed: runner.weighted(seed, "de-rrd", *best_both),
        }
        made = {name: list(pool.map(make, seeds)) for name, make in rows.items()}

    print("| 20-d student | " + " | ".join(METRICS) + " |")
    print("| --- |" + " --- |" * len(METRICS))
    for name, models in {"teacher, 200-d": teachers, **made}.items():
        values = runner.metrics(models, "test")
        means = (statistics.mean(v[metric] for v in values) for metric in METRICS)
        print(f"| {name} | " + " | ".join(f"{mean:.4f}" for mean in means) + " |")


if __name__ == "__main__":
    main()
