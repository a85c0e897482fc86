#!/usr/bin/env python3
"""How fast `derrd import` reads text, on one core.

  python3 bench/import_speed.py [--megabytes 300] [--runs 5]

Writes a CSV of user, item, rating and time, and the same compressed with gzip and zstd where those programs
are there; imports each several times on one thread and prints the median seconds of the whole import (reading,
numbering, splitting and writing) and the megabytes of text a second that this makes. Nothing else should
run on the machine.
"""

import argparse
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import time


def write_csv(path, megabytes):
    draw = random.Random(1)
    with open(path, "w") as file:
        file.write("user,item,rating,timestamp\n")
        size, user = 0, 0
        while size < megabytes * 1e6:
            lines = "".join(f"{user},{int(draw.paretovariate(0.7)) % 200000},{draw.randint(1, 5)},"
                            f"{1100000000 + draw.randrange(10**8)}\n" for _ in range(30))
            file.write(lines)
            size += len(lines)
            user += 1
    return path.stat().st_size / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--derrd", default="build/release/derrd")
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plain = folder / "big.csv"
        megabytes = write_csv(plain, options.megabytes)
        files = [plain]
        for program, ending in (("gzip", ".gz"), ("zstd", ".zst")):
            if shutil.which(program):
                with open(folder / f"big.csv{ending}", "wb") as out:
                    subprocess.run([program, "-c", "-q", plain], stdout=out, check=True)
                files.append(folder / f"big.csv{ending}")
        print("| input | text | whole import | rate |\n| --- | ---: | ---: | ---: |")
        for file in files:
            seconds = []
            for _ in range(options.runs):
                begin = time.monotonic()
                subprocess.run([options.derrd, "import", file, "--split", "ratio", "--threads", "1",
                                "-o", folder / "big.derrd"], capture_output=True, check=True)
                seconds.append(time.monotonic() - begin)
            median = statistics.median(seconds)
            print(f"| {file.name} | {megabytes:.0f} MB | {median:.1f} s | {megabytes / median:.0f} MB/s |", flush=True)


if __name__ == "__main__":
    main()
