#!/usr/bin/env python3
"""Fails when a room includes a room above it. The order of the rooms is that of CMakeLists.txt."""

import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
rooms = re.search(r"set\(DERRD_ROOMS ([^)]*)\)", (root / "CMakeLists.txt").read_text()).group(1).split()
rooms.append("cli")
height = {room: number for number, room in enumerate(rooms)}

wrong = []
seen = 0
for path in sorted((root / "derrd").rglob("*")):
    if path.suffix not in (".h", ".cc"):
        continue
    room = path.relative_to(root / "derrd").parts[0]
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        match = re.match(r'#include "derrd/([a-z]+)/', line)
        if not match:
            continue
        seen += 1
        if height[match.group(1)] > height[room]:
            wrong.append(f"{path.relative_to(root)}:{number}: {room} may not know {match.group(1)}")

if not seen:
    wrong.append("no #include of a room was found: the pattern of this check is out of date")
print("\n".join(wrong) or f"{seen} includes, every arrow points down")
sys.exit(bool(wrong))
