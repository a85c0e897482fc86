#!/usr/bin/env python3
"""How time and memory grow with the data: made-up interactions, BPR of width 64, a row-sparse optimizer.

  python3 bench/scale.py [--interactions 1e6,1e7,1e8] [--optimizer row-adam] [--rounds 3]

First with 300,000 users and 150,000 items at every size, so that interactions alone grow; then with a twentieth as
many users and a fortieth as many items as interactions, so that the tables grow along. For each size `derrd synth`
makes the data (no validation: the seconds are those of training alone), and `derrd train` runs some epochs over
them, in several rounds over all sizes, as a machine's speed may change in between.
Prints the median seconds of the epochs after each run's first, nanoseconds an interaction, those in relation to the
first size's, the peak resident memory (the mapped data set included), and what 16 bytes an interaction and 16 bytes a
parameter would be. The largest size takes 9 GB of memory and 1 GB of disk; all takes some 10 minutes.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

WIDTH = 64


def peak_gigabytes(command):
    """Runs the command; the peak resident memory of its process."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss * 1024 / 1e9


def make_data(options, interactions, users, items, path):
    peak_gigabytes([options.derrd, "synth", "--users", users, "--items", items, "--interactions", interactions,
                    "--split", "ratio", "--ratio", "1,0,0", "-o", path])


def train(options, data, folder):
    """Seconds of each epoch after the first; the peak in GB."""
    log = folder / "log.jsonl"
    peak = peak_gigabytes([options.derrd, "train", data, "--width", WIDTH, "--optimizer", options.optimizer,
                           "--epochs", options.epochs, "--threads", options.threads, "--log", log,
                           "-o", folder / "model.derrd"])
    seconds = [json.loads(line)["train_seconds"] for line in log.read_text().splitlines()]
    return seconds[1:] or seconds, peak


def print_table(options, sizes):
    """sizes: (interactions, users, items) of each row."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = [folder / f"{interactions}.derrd" for interactions, _, _ in sizes]
        for size, path in zip(sizes, data):
            make_data(options, *size, path)
        seconds, peaks = [[] for _ in sizes], [0.0] * len(sizes)
        for _ in range(options.rounds):
            for i, path in enumerate(data):
                run, peak = train(options, path, folder)
                seconds[i] += run
                peaks[i] = max(peaks[i], peak)
    print("| interactions | users | items | s an epoch | ns an interaction | to the first | peak GB | 16 B each, GB |\n"
          "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    first = statistics.median(seconds[0]) / sizes[0][0]
    for (interactions, users, items), of_size, peak in zip(sizes, seconds, peaks):
        median = statistics.median(of_size)
        allowed = 16 * (interactions + (users + items) * WIDTH) / 1e9
        print(f"| {interactions:,} | {users:,} | {items:,} | {median:.2f} | {1e9 * median / interactions:.0f} | "
              f"{median / interactions / first:.2f} | {peak:.2f} | {allowed:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--derrd", default="build/release/derrd")
    parser.add_argument("--interactions", default="1e6,1e7,1e8")
    parser.add_argument("--users", type=int, default=300_000, help="of the first table")
    parser.add_argument("--items", type=int, default=150_000, help="of the first table")
    parser.add_argument("--optimizer", default="row-adam")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    counts = [int(float(number)) for number in options.interactions.split(",")]
    print("Users and items stay:\n")
    print_table(options, [(n, options.users, options.items) for n in counts])
    print("\nUsers and items grow along:\n")
    print_table(options, [(n, n // 20, n // 40) for n in counts])


if __name__ == "__main__":
    main()
