#!/usr/bin/env python3
"""How time and memory grow with the data: made-up interactions, BPR of width 64, a row-sparse optimizer.

  python3 bench/scale.py [--interactions 1e6,1e7,1e8] [--optimizer row-adam] [--users 300000 --items 150000]

For each size `derrd synth` makes that many interactions, of a twentieth as many users and a fortieth as many
items unless told how many (no validation: the seconds are those of training alone), and `derrd train` runs some
epochs over them.
Prints the median seconds of the epochs after the first, nanoseconds an interaction, the peak resident memory
(the mapped data set included), and what 16 bytes an interaction and 16 bytes a parameter would be. The largest
size takes 9 GB of memory and 1 GB of disk.
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--derrd", default="build/release/derrd")
    parser.add_argument("--interactions", default="1e6,1e7,1e8")
    parser.add_argument("--users", type=int, help="the same at every size")
    parser.add_argument("--items", type=int, help="the same at every size")
    parser.add_argument("--optimizer", default="row-adam")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    print("| interactions | users | items | s an epoch | ns an interaction | peak GB | 16 B each, GB |\n"
          "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for interactions in (int(float(number)) for number in options.interactions.split(",")):
        users, items = options.users or interactions // 20, options.items or interactions // 40
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            data, log = folder / "data.derrd", folder / "log.jsonl"
            peak_gigabytes([options.derrd, "synth", "--users", users, "--items", items, "--interactions",
                            interactions, "--split", "ratio", "--ratio", "1,0,0", "-o", data])
            peak = peak_gigabytes([options.derrd, "train", data, "--width", WIDTH, "--optimizer", options.optimizer,
                                   "--epochs", options.epochs, "--threads", options.threads, "--log", log,
                                   "-o", folder / "model.derrd"])
            seconds = [json.loads(line)["train_seconds"] for line in log.read_text().splitlines()]
        median = statistics.median(seconds[1:] or seconds)
        allowed = 16 * (interactions + (users + items) * WIDTH) / 1e9
        print(f"| {interactions:,} | {users:,} | {items:,} | {median:.2f} | {1e9 * median / interactions:.0f} | "
              f"{peak:.2f} | {allowed:.2f} |", flush=True)


if __name__ == "__main__":
    main()
