"""What the reproduction scripts share: running derrd, keeping finished runs, tables of metrics."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time


# They pin OpenBLAS to another kernel than the machine's, which no benchmark wants.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)


def command_line(description, runs):
    """A parser of the arguments that every script has."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder that holds the data sets")
    parser.add_argument("--derrd", default="build/release/derrd", help="the program")
    parser.add_argument("--runs", default=runs, help="folder for models and logs")
    return parser


def arguments(description, runs):
    """Parses the command line of the scripts that take the mean over seeds."""
    parser = command_line(description, runs)
    parser.add_argument("--seeds", default="0,1,2", help="of the runs whose mean is taken")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("--threads", type=int, default=1, help="threads a run")
    options = parser.parse_args()
    options.seeds = [int(seed) for seed in options.seeds.split(",")]
    return options


class Runner:
    """Makes models in a folder. A model that is there is not made again, so a script that was killed
    continues where it was."""

    def __init__(self, options):
        self.options = options
        self.runs = pathlib.Path(options.runs)
        self.runs.mkdir(parents=True, exist_ok=True)

    def derrd(self, *words):
        command = [self.options.derrd, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def import_splits(self, name, splits):
        """The data set of given splits in the data folder's subfolder of that name."""
        dataset = self.runs / f"{name}.derrd"
        if not dataset.exists():
            folder = pathlib.Path(self.options.data) / name
            flags = [word for split in splits for word in (f"--{split}", folder / f"{split}.tsv.gz")]
            self.derrd("import", *flags, "-o", dataset)
        return dataset

    def make(self, name, *words):
        """Runs `derrd WORDS -o NAME` unless its model is there; returns the model's path."""
        model = self.runs / f"{name}.derrd"
        if not model.exists():
            begin = time.monotonic()
            self.derrd(*words, "-o", model, "--log", self.runs / f"{name}.jsonl",
                       "--threads", self.options.threads)
            print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
        return model

    def log(self, model):
        """The lines of a model's training log, one an epoch."""
        return [json.loads(line) for line in model.with_suffix(".jsonl").read_text().splitlines()]

    def metrics(self, dataset, models, split):
        answer = json.loads(self.derrd("evaluate", dataset, *models, "--split", split, "--json"))
        return [model["metrics"] for model in answer["models"]]

    def table(self, dataset, rows, names, split="test"):
        """Prints a markdown table: for each row its name and the mean over its models."""
        print("| model | " + " | ".join(names) + " |")
        print("| --- |" + " ---: |" * len(names))
        for title, models in rows.items():
            values = self.metrics(dataset, models, split)
            means = (statistics.mean(value[name] for value in values) for name in names)
            print(f"| {title} | " + " | ".join(f"{mean:.4f}" for mean in means) + " |", flush=True)
