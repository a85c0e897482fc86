#!/usr/bin/env python3
"""Reproduces the paper's comparison on the citeulike leave-one-out split, at the paper's sizes.

  python3 bench/fidelity.py DATA_FOLDER

DATA_FOLDER holds citeulike-loo/{train,valid,test,candidates}.tsv.gz. For each seed: its own 200-d
teacher, then 20-d students from scratch and by DE, RRD and DE-RRD with the default weights, and the
teacher cut by truncated SVD. Then DE, RRD and DE-RRD with the weights that have the best validation
HR@5 at the first seed, out of the grids below. Ends with the table of test metrics, mean over the
seeds. About two hours on two cores.
"""

import concurrent.futures
import itertools
import sys

from runner import Runner, arguments

# The declared grids of (DE's weight, RRD's weight); the defaults are 0.01 and 0.001. DE-RRD has no weight
# to choose from that DE and RRD do not have.
DE_WEIGHTS, RRD_WEIGHTS = (0.01, 0.03), (0.0005, 0.001)
DE_GRID = tuple((weight, None) for weight in DE_WEIGHTS)
RRD_GRID = tuple((None, weight) for weight in RRD_WEIGHTS)
DE_RRD_GRID = tuple(itertools.product(DE_WEIGHTS, RRD_WEIGHTS))
METRICS = [f"{name}@{k}" for name, k in itertools.product(("HR", "NDCG", "MRR"), (5, 10, 20))]


class Fidelity(Runner):
    def __init__(self, options):
        super().__init__(options)
        self.dataset = self.import_splits("citeulike-loo", ("train", "valid", "test", "candidates"))

    def teacher(self, seed):
        return self.make(f"teacher-{seed}", "train", self.dataset, "--width", 200, "--seed", seed)

    def student(self, seed, method, weights=(None, None)):
        """A student; one with the default weights is the same run as one without."""
        flags, name = [], method
        for term, weight, default in zip(("de", "rrd"), weights, (0.01, 0.001)):
            if weight not in (None, default):
                flags += [f"--lambda-{term}", weight]
                name += f"-{term}{weight:g}"
        return self.make(f"{name}-{seed}", "distill", self.dataset, "--teacher", self.teacher(seed),
                         "--method", method, "--width", 20, "--seed", seed, *flags)

    def choose(self, pool, seed, method, grid):
        """The weights with the best validation HR@5 at this seed."""
        models = list(pool.map(lambda weights: self.student(seed, method, weights), grid))
        valid = [metrics["HR@5"] for metrics in self.metrics(self.dataset, models, "valid")]
        for weights, value in zip(grid, valid):
            print(f"{method} {weights}: validation HR@5 {value:.4f}", file=sys.stderr, flush=True)
        return grid[valid.index(max(valid))]


def main():
    options = arguments(__doc__, "runs/fidelity")
    runner, seeds = Fidelity(options), options.seeds
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        rows = {"teacher, 200-d": list(pool.map(runner.teacher, seeds))}
        for title, method in (("scratch", "none"), ("teacher cut by SVD", "svd"), ("DE", "de"),
                              ("RRD", "rrd"), ("DE-RRD", "de-rrd")):
            rows[title] = list(pool.map(lambda seed: runner.student(seed, method), seeds))
        for title, method, grid in (("DE", "de", DE_GRID), ("RRD", "rrd", RRD_GRID),
                                    ("DE-RRD", "de-rrd", DE_RRD_GRID)):
            best = runner.choose(pool, seeds[0], method, grid)
            chosen = " and ".join(f"{weight:g}" for weight in best if weight is not None)
            rows[f"{title}, chosen: {chosen}"] = list(
                pool.map(lambda seed: runner.student(seed, method, best), seeds))
    runner.table(runner.dataset, rows, METRICS)


if __name__ == "__main__":
    main()
