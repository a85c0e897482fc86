#!/usr/bin/env python3
"""Draws docs/images/demo.svg from what scripts/demo.sh left in runs/demo: the README's picture.

  scripts/demo.sh && python3 scripts/make_demo_chart.py
"""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUNS = ROOT / "runs" / "demo"
ROWS = [("teacher", "teacher, 200 numbers"), ("scratch", "20, from scratch"),
        ("svd", "20, teacher cut by SVD"), ("rrd", "20, RRD"), ("de", "20, DE"),
        ("de-rrd", "20, DE-RRD"), ("best", "20, ALS (best)")]
LEFT, WIDTH, BAR, GAP = 190, 420, 22, 10


def main():
    command = [ROOT / "build/release/derrd", "evaluate", RUNS / "packages.derrd",
               *(RUNS / f"{name}.derrd" for name, _ in ROWS), "--json"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    height = len(ROWS) * (BAR + GAP) + 40
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 70} {height}" '
             'font-family="sans-serif" font-size="13">',
             '<style>text{fill:#24292f}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>',
             f'<text x="{LEFT}" y="16">HR@5 on held-out items (Debian packages)</text>']
    for number, ((name, label), model) in enumerate(zip(ROWS, answer["models"])):
        value = model["metrics"]["HR@5"]
        y = 30 + number * (BAR + GAP)
        colour = {"teacher": "#8c959f", "best": "#0969da"}.get(name, "#54aeff")
        lines += [f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end">{label}</text>',
                  f'<rect x="{LEFT}" y="{y}" width="{value * WIDTH:.0f}" height="{BAR}" fill="{colour}"/>',
                  f'<text x="{LEFT + value * WIDTH + 6:.0f}" y="{y + 16}">{value:.3f}</text>']
    (ROOT / "docs/images/demo.svg").write_text("\n".join([*lines, "</svg>"]) + "\n")


if __name__ == "__main__":
    main()
