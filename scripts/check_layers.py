#!/usr/bin/env python3
"""Fails when a room includes one that it may not know."""

import pathlib
import re
import sys

MAY_KNOW = {
    "kernels": set(),
    "core": {"kernels"},
    "data": {"core"},
    "models": {"core", "kernels"},
    "losses": {"core", "kernels"},
    "eval": {"models", "data", "core", "kernels"},
    "train": {"losses", "models", "eval", "data", "core", "kernels"},
    "methods": {"train", "losses", "models", "eval", "data", "core"},
    "serve": {"eval", "models", "data", "core", "kernels"},
    "experiment": {"serve", "train", "eval", "models", "data", "core"},
    "report": {"serve", "eval", "models", "data", "core"},
    "export": {"models", "data", "core", "kernels"},
    "cli": {"export", "report", "serve", "experiment", "methods", "train", "losses", "eval", "models", "data", "core"},
}

root = pathlib.Path(__file__).resolve().parent.parent
wrong = []
seen = 0
for path in sorted((root / "derrd").rglob("*")):
    if path.suffix not in (".h", ".cc"):
        continue
    room = path.relative_to(root / "derrd").parts[0]
    if room not in MAY_KNOW:
        sys.exit(f"{path.relative_to(root)}: the room {room} is not listed in {__file__}")
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        match = re.match(r'#include "derrd/([a-z]+)/', line)
        if not match:
            continue
        seen += 1
        if match.group(1) not in MAY_KNOW[room] | {room}:
            wrong.append(f"{path.relative_to(root)}:{number}: {room} may not know {match.group(1)}")

if not seen:
    wrong.append("no #include of a room was found: the pattern of this check is out of date")
print("\n".join(wrong) or f"{seen} includes, every arrow points down")
sys.exit(bool(wrong))
