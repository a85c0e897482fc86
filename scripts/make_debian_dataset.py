#!/usr/bin/env python3
"""Makes the bundled data set from the package index of the Debian system it runs on.

A user is a Debian source package, an item is a binary package that some binary package of that
source relates to. data/README.md says what is counted and what is left out. Needs nothing beyond
Python 3; the index is what `apt-cache dumpavail` prints:

    apt-cache dumpavail | scripts/make_debian_dataset.py --interactions FILE --names FILE

The same index gives the same bytes.
"""

import argparse
import collections
import re
import sys

RELATIONS = ("Pre-Depends", "Depends", "Recommends", "Suggests")
NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")  # Debian Policy 5.6.1; ends before ":any" or " (>= 1)"


def paragraphs(lines):
    """The fields of each package, as a dict. Continuation lines are skipped: none is needed."""
    fields = {}
    for line in lines:
        if line == "\n":
            if fields:
                yield fields
            fields = {}
        elif line[0] not in " \t":
            key, _, value = line.partition(":")
            fields[key] = value.strip()
    if fields:
        yield fields


def related_names(fields):
    """Every package that the relation fields name, each alternative included."""
    for relation in RELATIONS:
        for alternative in re.split(r"[,|]", fields.get(relation, "")):
            match = NAME.match(alternative.strip())
            if match:
                yield match.group()


def core(pairs, least):
    """The largest subset in which each user and each item has at least `least` interactions."""
    while True:
        users = collections.Counter(user for user, _ in pairs)
        items = collections.Counter(item for _, item in pairs)
        kept = {(user, item) for user, item in pairs
                if users[user] >= least and items[item] >= least}
        if len(kept) == len(pairs):
            return kept
        pairs = kept


def write_table(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for row in (header, *rows):
            out.write("\t".join(row) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--interactions", required=True, help="TSV to write: source, package")
    parser.add_argument("--names", required=True, help="TSV to write: package, its description")
    parser.add_argument("--least", type=int, default=5,
                        help="interactions that every user and item must have (default: 5)")
    arguments = parser.parse_args()

    sys.stdin.reconfigure(encoding="utf-8")
    packages = list(paragraphs(sys.stdin))
    if not packages:
        sys.exit("standard input holds no package; pipe the output of 'apt-cache dumpavail' into it")
    # "Source" is absent when it equals the package's name, and may carry a version: "gcc-12 (12.2)".
    source = {p["Package"]: p.get("Source", p["Package"]).split(" ")[0] for p in packages}
    description = {p["Package"]: p.get("Description", "") for p in packages}

    pairs = {(source[p["Package"]], name) for p in packages for name in related_names(p)
             if name in source and source[name] != source[p["Package"]]}
    pairs = core(pairs, arguments.least)
    items = {item for _, item in pairs}

    write_table(arguments.interactions, ("source", "package"), sorted(pairs))
    write_table(arguments.names, ("package", "description"),
                sorted((item, " ".join(description[item].split())) for item in items))
    print(f"{len({user for user, _ in pairs})} users, {len(items)} items, {len(pairs)} interactions")


if __name__ == "__main__":
    main()
