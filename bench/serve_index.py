#!/usr/bin/env python3
"""Exact top-K: derrd beside Debian's Faiss, PyPI's faiss-cpu and NumPy, in one run on the same cores and tables.

  python3 bench/serve_index.py                                    # the table of single queries and batches
  python3 bench/serve_index.py --sizes "" student.derrd           # the same of trained models
  python3 bench/serve_index.py --sizes "" --all --threads 2       # the top 100 of each of 1,000,000 users

Debian's Faiss is the package python3-faiss and answers in /usr/bin/python3. The others are installed into a virtual
environment (--venv) by this script. Tables are drawn from a normal distribution and written as derrd model files.
One thread, and nothing else should run. derrd's answers to the first hundred users are compared with Debian's Faiss.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
import venv

SIZES = [(25182, 20), (25182, 200), (1_000_000, 32)]
PACKAGES = ["numpy==2.4.6", "safetensors==0.8.0", "faiss-cpu==1.15.1"]
USERS = 4096
HERE = pathlib.Path(__file__).resolve().parent
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # they pin OpenBLAS to another kernel than the machine's
    os.environ.pop(name, None)


def run(*words):
    command = list(map(str, words))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr[-800:]}")
    return done.stdout


def environment(folder):
    """The Python of a virtual environment that has the peers."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    run(python, "-m", "pip", "install", "--quiet", *PACKAGES)
    return python


def draw(python, folder, items, width, users):
    """A table of items and of users as .npy files, and both as a model file."""
    stem = folder / f"{items}x{width}x{users}"
    model = stem.with_suffix(".derrd")
    if not model.exists():
        run(python, HERE / "draw_model.py", stem, items, width, users)
    return f"{stem}.items.npy", f"{stem}.users.npy", model


class Peers:
    def __init__(self, options, python):
        self.options = options
        self.pythons = {"Faiss (Debian)": ("/usr/bin/python3", "faiss"), "faiss-cpu (PyPI)": (python, "faiss"),
                        "NumPy (PyPI)": (python, "numpy")}

    def measure(self, title, items, users, k, batch):
        python, kind = self.pythons[title]
        print(f"{title} on {pathlib.Path(items).name}", file=sys.stderr, flush=True)
        return json.loads(run(python, HERE / "search_peer.py", kind, items, users, k, batch, self.options.threads))


def agreement(derrd, python, model, peer_top, k, folder):
    """The share of users whose answers hold the same items as the peer's, in any order among equals."""
    answers = folder / "answers.npy"
    share = []
    for precision in ("float32", "int8"):
        run(derrd, "recommend", model, "--all", "-k", k, "-o", answers, "--precision", precision)
        ours = json.loads(run(python, "-c", "import json, numpy, sys; "
                              "print(json.dumps(numpy.load(sys.argv[1])[:100].tolist()))", answers))
        share.append(sum(set(a) == set(b) for a, b in zip(ours, peer_top)) / len(peer_top))
    return share


def exported(options, folder, model):
    """The tables of a trained factor model as .npy files, and the model."""
    stem = folder / pathlib.Path(model).stem
    run(options.derrd, "export", model, "--format", "npy", "-o", stem)
    return f"{stem}.items.npy", f"{stem}.users.npy", pathlib.Path(model)


def compare(options, python, folder, item_rows, user_rows, model):
    print(f"derrd on {model.name}", file=sys.stderr, flush=True)
    ours = json.loads(run(options.derrd, "bench", model, "-k", options.k, "--batch", options.batch, "--threads",
                          options.threads, "--json"))
    peers = Peers(options, python)
    results = {title: peers.measure(title, item_rows, user_rows, options.k, options.batch) for title in peers.pythons}
    base = results["Faiss (Debian)"]
    same = agreement(options.derrd, python, model, base["top"], options.k, folder)
    rows = [(f"derrd {entry['precision']}", entry["microseconds"]["p50"], entry["batch_queries_per_second"],
             entry["microseconds"]["p50"] / entry["microseconds"]["whole_table"], f"{100 * share:.0f} %")
            for entry, share in zip(ours["models"], same)]
    rows += [(f"{title} {result['version']}", result["single_us"], result["batch_queries_per_second"],
              result["single_us"] / ours["models"][0]["microseconds"]["whole_table"], "") for title, result in results.items()]
    first = ours["models"][0]
    print(f"\n{model.name}, {first['items']:,} x {first['width']}, top {options.k}, batches of {options.batch}, {options.threads} thread(s); memory "
          f"{ours['memory_gigabytes_per_second']:.1f} GB/s\n")
    print("| | one query, us | Faiss's / its | x the time to read its table | batch, us a query | Faiss's / its "
          "| answers as Faiss's |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for title, single, rate, limit, share in rows:
        print(f"| {title} | {single:.1f} | {base['single_us'] / single:.2f} | {limit:.2f} | {1e6 / rate:.2f} | "
              f"{rate / base['batch_queries_per_second']:.2f} | {share} |")


def everybody(options, python, folder):
    """Top 100 of many users at 100,000 items: a share of a million users, and the time for all by its rate."""
    users, items, width, k, whole = options.all_users, 100_000, 32, 100, 1_000_000
    item_rows, user_rows, model = draw(python, folder, items, width, users)
    times = {}
    for precision in ("float32", "int8"):
        start = time.perf_counter()
        run(options.derrd, "recommend", model, "--all", "-k", k, "-o", folder / "all.npy", "--precision", precision,
            "--threads", options.threads)
        times[f"derrd recommend --all, {precision}, with start and file"] = time.perf_counter() - start
    peers = Peers(options, python)
    for title in ("Faiss (Debian)", "faiss-cpu (PyPI)"):
        rate = peers.measure(title, item_rows, user_rows, k, min(users, 4096))["batch_queries_per_second"]
        times[f"{title}, search alone"] = users / rate
    print(f"\nTop {k} of {users:,} users x {items:,} items x {width}, {options.threads} thread(s); for {whole:,} users "
          "scaled by their number\n")
    print("| | seconds | scaled |\n| --- | ---: | ---: |")
    for title, seconds in times.items():
        print(f"| {title} | {seconds:.1f} | {seconds * whole / users:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", metavar="MODEL", nargs="*", help="trained factor models to measure, too")
    parser.add_argument("--derrd", default="build/release/derrd", help="the program")
    parser.add_argument("--runs", default="runs/serve_index", help="folder for tables and models")
    parser.add_argument("--venv", default=".venv-serve", help="folder of the virtual environment")
    parser.add_argument("--sizes", default=",".join(f"{items}x{width}" for items, width in SIZES))
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="also the top 100 of every user at 100,000 items x 32")
    parser.add_argument("--all-users", type=int, default=1_000_000, help="how many users to answer for that")
    options = parser.parse_args()
    folder = pathlib.Path(options.runs)
    folder.mkdir(parents=True, exist_ok=True)
    python = environment(pathlib.Path(options.venv))
    for size in filter(None, options.sizes.split(",")):
        compare(options, python, folder, *draw(python, folder, *map(int, size.split("x")), USERS))
    for model in options.models:
        compare(options, python, folder, *exported(options, folder, model))
    if options.all:
        everybody(options, python, folder)


main()
