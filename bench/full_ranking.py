#!/usr/bin/env python3
"""Full ranking on the citeulike 8:1:1 split, with the settings of a published table (arXiv 2509.20989).

  python3 bench/full_ranking.py DATA_FOLDER --seeds 0

DATA_FOLDER holds citeulike-rou/{train,valid,test}.tsv.gz. A 400-d matrix factorization as teacher; 20-d
students from scratch, by RRD and by DE-RRD: batches of 2048, patience 30 on validation NDCG@10; RRD
with K 100, L 200, weight 0.1 and L2 1e-5; from scratch L2 1e-3. Ends with the table of test metrics.
About half an hour a seed on two cores.
"""

import concurrent.futures

from runner import Runner, arguments

COMMON = ("--batch-size", 2048, "--patience", 30, "--stop-metrics", "NDCG@10", "--keep-metric", "NDCG@10")
RRD = ("--rrd-interesting", 100, "--rrd-uninteresting", 200, "--lambda-rrd", 0.1, "--l2", 1e-5)
METRICS = ("Recall@10", "NDCG@10", "Recall@20", "NDCG@20", "HR@10", "MRR@10")


class FullRanking(Runner):
    def __init__(self, options):
        super().__init__(options)
        self.dataset = self.import_splits("citeulike-rou", ("train", "valid", "test"))

    def teacher(self, seed):
        return self.make(f"teacher-{seed}", "train", self.dataset, "--width", 400, "--seed", seed, *COMMON)

    def student(self, name, seed, method, *flags):
        return self.make(f"{name}-{seed}", "distill", self.dataset, "--teacher", self.teacher(seed),
                         "--method", method, "--width", 20, "--seed", seed, *COMMON, *flags)


def main():
    options = arguments(__doc__, "runs/full-ranking")
    runner, seeds = FullRanking(options), options.seeds
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        rows = {"teacher, 400-d": list(pool.map(runner.teacher, seeds))}
        for title, method, flags in (("scratch", "none", ("--l2", 1e-3)), ("RRD", "rrd", RRD),
                                     ("DE-RRD", "de-rrd", RRD)):
            rows[title] = list(
                pool.map(lambda seed: runner.student(method, seed, method, *flags), seeds))
    runner.table(runner.dataset, rows, METRICS)


if __name__ == "__main__":
    main()
