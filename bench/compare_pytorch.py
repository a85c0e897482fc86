#!/usr/bin/env python3
"""derrd beside PyTorch, in one run: the same mathematics, batches and data on the same cores.

  python3 -m venv .venv-bench && .venv-bench/bin/pip install -r bench/requirements.txt
  .venv-bench/bin/python bench/compare_pytorch.py DATA_FOLDER

DATA_FOLDER holds citeulike-loo/{train,valid,test,candidates}.tsv.gz. Prints a markdown table: seconds of
derrd, seconds of the reference (bench/pytorch_reference.py), their ratio, and how near derrd comes to what
the machine could do at best (bench/ceilings.py). Each is the median of --repeats after a warm-up; nothing else
should run on the machine. --check compares instead what the two compute.
"""

import dataclasses
import itertools
import os
import statistics
import sys
import time

from runner import Runner, command_line

try:
    import numpy
    import torch

    import ceilings
    import pytorch_check
    import pytorch_ranking as ranking
    import pytorch_reference as reference
except ImportError as error:
    sys.exit(f"{error}; install what bench/requirements.txt lists")

WIDTH, TEACHER_WIDTH = 20, 200
TOP_K = 20
VARIANTS = [reference.Variant(by_rows, fused) for by_rows in (True, False) for fused in (True, False)]


@dataclasses.dataclass
class Row:
    title: str
    derrd: float
    pytorch: float
    limit: float
    note: str = ""  # how PyTorch's figure came about

    def cells(self):
        limit = (f"{self.limit:.3g}", f"{100 * self.limit / self.derrd:.0f} %") if self.limit > 0 else ("–", "–")
        return (self.title, f"{self.derrd:.3g}", f"{self.pytorch:.3g}", f"{self.pytorch / self.derrd:.1f}", *limit)


def say(text):
    print(text, file=sys.stderr, flush=True)


def seconds_of(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


class Comparison(Runner):
    def __init__(self, options):
        super().__init__(options)
        reference.configure(options.threads)
        self.dataset = self.import_splits("citeulike-loo", ("train", "valid", "test", "candidates"))
        self.teacher = self.make("teacher", "train", self.dataset, "--width", TEACHER_WIDTH, "--epochs",
                                 options.teacher_epochs)
        self.data = reference.Data(self.dataset)
        self.teacher_tables = reference.load_tables(self.teacher)
        self.interactions = len(self.data.splits["train"][0])
        self.steps = -(-self.interactions // reference.Trainer.batch_size)

    # derrd's side.

    def anew(self, name, *words):
        """A run that is always made, and its log."""
        (self.runs / f"{name}.derrd").unlink(missing_ok=True)
        model = self.make(name, *words)
        return model, self.log(model)

    def distill(self, method, epochs):
        return self.anew(method, "distill", self.dataset, "--teacher", self.teacher, "--method", method, "--width",
                         WIDTH, "--epochs", epochs)

    def warm_seconds(self, log, key="train_seconds"):
        """The median of the epochs after the first."""
        return statistics.median(line[key] for line in log[1:])

    def recommend_seconds(self, model):
        """The time of the whole program, less that of one that opens the same files and answers one user."""
        whole = [seconds_of(lambda: self.recommend_all(model)) for _ in range(self.options.repeats + 1)][1:]
        start = [seconds_of(lambda: self.recommend(model, "--user", self.data.first_user))
                 for _ in range(self.options.repeats)]
        return statistics.median(whole) - statistics.median(start)

    def recommend(self, model, *words):
        return self.derrd("recommend", model, "--dataset", self.dataset, "-k", TOP_K, "--threads",
                          self.options.threads, "--json", *words)

    def recommend_all(self, model):
        """derrd's answers as an array of users x TOP_K."""
        path = self.runs / "top.npy"
        self.recommend(model, "--all", "-o", path)
        return numpy.load(path)

    # PyTorch's side.

    def terms(self, method):
        terms = [reference.Bpr()]
        if method == "rrd":
            terms.append(self.rrd)
        if method == "de":
            terms.append(reference.De(self.teacher_tables, WIDTH))
        return terms

    def fastest_variant(self, method, width, steps):
        """The variant with the smallest median seconds a step, after a few to warm up."""
        def step_seconds(variant):
            trainer = reference.Trainer(self.data, width, self.terms(method), variant)
            batches = list(itertools.islice(trainer.batches(0), steps + 3))
            seconds = [seconds_of(lambda: trainer.step(batch)) for batch in batches][3:]
            say(f"{method} {width}-d, {variant}: {1e3 * statistics.median(seconds):.2f} ms a step")
            return statistics.median(seconds)

        variants = list(VARIANTS)
        if self.options.compile:
            variants += [dataclasses.replace(variant, compiled=True) for variant in variants if variant.fused]
        return min(variants, key=step_seconds)

    def pytorch_epoch(self, method, width):
        """Median seconds of whole epochs, drawing included, and how they were reckoned."""
        variant = self.fastest_variant(method, width, 20)
        trainer = reference.Trainer(self.data, width, self.terms(method), variant)
        seconds = [seconds_of(lambda: trainer.train_epoch(epoch)) for epoch in range(self.options.repeats + 1)][1:]
        return statistics.median(seconds), str(variant)

    def pytorch_de(self, epochs):
        """Seconds of each of these epochs of DE, from their first batches where a whole one takes too long."""
        variant = self.fastest_variant("de", WIDTH, 3)
        trainer = reference.Trainer(self.data, WIDTH, self.terms("de"), variant)
        for batch in itertools.islice(trainer.batches(0), 3):
            trainer.step(batch)
        seconds, counted = [], self.steps
        for epoch in epochs:
            begin = time.perf_counter()
            batches = trainer.batches(epoch)
            first = next(batches)  # draws the whole epoch, which is not to be scaled up
            drawn = time.perf_counter()
            for count, batch in enumerate(itertools.chain([first], batches), 1):
                trainer.step(batch)
                if time.perf_counter() - begin > self.options.longest_epoch:
                    break
            seconds.append(drawn - begin + (time.perf_counter() - drawn) * self.steps / count)
            counted = min(counted, count)
            say(f"de, PyTorch, epoch {epoch}: {seconds[-1]:.1f} s by {count} of {self.steps} batches")
        note = "" if counted == self.steps else f", scaled up from {counted} or more of an epoch's {self.steps} batches"
        return seconds, f"{variant}{note}"

    def fastest(self, ways):
        """Median seconds of the fastest of some functions, by name, and its name."""
        found = {}
        for name, work in ways.items():
            work()
            found[name] = statistics.median(seconds_of(work) for _ in range(self.options.repeats))
            say(f"{name}: {found[name]:.3f} s")
        name = min(found, key=found.get)
        return found[name], name

    # The rows.

    def bpr_row(self, width):
        epochs = (4 if width == WIDTH else 1) * self.options.repeats + 1
        model, log = self.anew(f"bpr-{width}", "train", self.dataset, "--width", width, "--epochs", epochs)
        if width == WIDTH:
            self.student, self.student_log = model, log
        seconds, note = self.pytorch_epoch("none", width)
        return Row(f"BPR-{width}, an epoch", self.warm_seconds(log), seconds, self.adam_limit(width), note)

    def rrd_row(self):
        self.rrd = reference.Rrd(self.teacher_tables, self.data)
        _, log = self.distill("rrd", self.options.repeats + 1)
        seconds, note = self.pytorch_epoch("rrd", WIDTH)
        distinct = sum(len(batch.users.unique()) for batch in
                       reference.Trainer(self.data, 1, [reference.Bpr()], VARIANTS[0]).batches(0))
        lists = distinct * (self.rrd.interesting + self.rrd.uninteresting)
        limit = self.adam_limit(WIDTH) + ceilings.lists_limit(self.peaks, lists, WIDTH)
        return Row(f"RRD-{WIDTH}, an epoch with its sampling", self.warm_seconds(log), seconds, limit, note)

    def de_rows(self):
        firsts = [self.distill("de", 1)[1][0] for _ in range(min(3, self.options.repeats))]
        _, log = self.distill("de", self.options.de_epochs)
        last = len(log) - 1
        (first, *others), note = self.pytorch_de([0, last // 2, last])
        yield Row(f"DE-{WIDTH}, the first epoch", statistics.median(line["train_seconds"] for line in firsts), first,
                  self.de_limit(firsts[0]), note)
        train = sum(line["train_seconds"] for line in log)
        every = statistics.mean((first, *others))
        routed = [line for line in log if max(line["de"][side]["experts_per_row"] for side in ("user", "item")) < 1.2]
        if routed:
            yield Row(f"DE-{WIDTH}, an epoch with one expert a row", self.warm_seconds(routed), others[-1],
                      statistics.median(map(self.de_limit, routed)),
                      f"epoch {last}, where it computes as much as at first, {note}")
        yield Row(f"DE-{WIDTH}, {len(log)} epochs", train, every * len(log), sum(map(self.de_limit, log)),
                  f"{len(log)} times the mean of epochs 0, {last // 2} and {last}, {note}")

    def evaluation_row(self):
        evaluation = ranking.SampledEvaluation(self.data, "valid")
        tables = reference.load_tables(self.student)
        seconds, name = self.fastest({way.__name__: lambda way=way: evaluation.metrics(tables, way)
                                      for way in ranking.SCORES})
        limit = ceilings.evaluation_limit(self.peaks, int(evaluation.counts.sum()), WIDTH)
        return Row(f"validation, {WIDTH}-d, sampled", self.warm_seconds(self.student_log, "evaluate_seconds"), seconds,
                   limit, name)

    def ranking_row(self):
        tables = reference.load_tables(self.student)
        seconds, name = self.fastest({
            f"{way.__name__}, {chunk} users at once":
                lambda way=way, chunk=chunk: ranking.top_unobserved(tables, self.data, TOP_K, way, chunk)
            for way in ranking.TOP_K for chunk in (64, 512)})
        limit = ceilings.ranking_limit(self.peaks, self.data.users, self.data.items, WIDTH)
        return Row(f"top {TOP_K} of all users, {WIDTH}-d", self.recommend_seconds(self.student), seconds, limit, name)

    def adam_limit(self, width):
        parameters = (self.data.users + self.data.items) * width
        return ceilings.adam_limit(self.peaks, parameters, self.steps)

    def de_limit(self, log_line):
        experts = reference.De(self.teacher_tables, WIDTH)
        hidden = experts.parameters()[1].numel() // experts.experts
        dense = sum(parameter.numel() for parameter in experts.parameters())
        return (self.adam_limit(WIDTH) + ceilings.dense_adam_limit(self.peaks, dense, self.steps)
                + ceilings.experts_limit(self.peaks, log_line, (WIDTH, hidden, TEACHER_WIDTH), experts.experts))

    def compare(self):
        self.peaks = ceilings.measure(self.options.threads, self.options.adam_rate)
        say(str(self.peaks))
        rows = [self.bpr_row(TEACHER_WIDTH), self.bpr_row(WIDTH), self.rrd_row(), *self.de_rows(),
                self.evaluation_row(), self.ranking_row()]
        print("| | derrd, s | PyTorch, s | ratio | limit, s | share of the limit |\n"
              "| --- | ---: | ---: | ---: | ---: | ---: |")
        for row in rows:
            print("| " + " | ".join(row.cells()) + " |")
        print(f"\n{self.options.threads} threads; PyTorch {torch.__version__}; teacher: {TEACHER_WIDTH}-d, "
              f"{self.options.teacher_epochs} epochs. Ceilings: {self.peaks}.\n\nPyTorch's figures:\n")
        for row in rows:
            print(f"* {row.title}: {row.note}")


def main():
    parser = command_line(__doc__, "runs/compare-pytorch")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of both (all cores)")
    parser.add_argument("--repeats", type=int, default=5, help="measurements whose median is taken")
    parser.add_argument("--teacher-epochs", type=int, default=50, help="of the 200-d teacher")
    parser.add_argument("--de-epochs", type=int, default=1000, help="at most, of DE's whole run; it may stop early")
    parser.add_argument("--longest-epoch", type=float, default=30, help="seconds after which PyTorch's epoch of DE is "
                        "broken off and scaled up")
    parser.add_argument("--adam-rate", type=float, help="parameter-steps/s of Adam, all cores, for the limits")
    parser.add_argument("--compile", action="store_true", help="try torch.compile, too (minutes, and a C++ compiler)")
    parser.add_argument("--check", action="store_true", help="compare results instead of times")
    options = parser.parse_args()
    if os.getloadavg()[0] > 0.5:
        say("Something else runs on this machine: the times will be wrong, PyTorch's more so.")
    comparison = Comparison(options)
    if options.check:
        pytorch_check.check(comparison)
    else:
        comparison.compare()


if __name__ == "__main__":
    main()
