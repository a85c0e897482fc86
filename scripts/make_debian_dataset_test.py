#!/usr/bin/env python3
"""Runs make_debian_dataset.py on a package index written here, whose answer is known."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("make_debian_dataset.py")

# With --least 2: "one" and "two" share libc6 and tool; every other pair falls away.
INDEX = """\
Package: libc6
Source: glibc (2.36-9)
Description: GNU C Library
 more text: Depends: rare

Package: tool
Description: a\ttool

Package: rare
Description: seldom needed

Package: one
Depends: libc6 (>= 2.34), one-data (= 1.0), tool:any | absent-virtual, libc6

Package: one-data
Source: one
Recommends: rare

Package: two
Pre-Depends: libc6
Suggests: absent-virtual | tool [amd64]

Package: lonely
Depends: libc6
"""


def run(index, least="2"):
    with tempfile.TemporaryDirectory() as folder:
        interactions, names = (pathlib.Path(folder) / name for name in ("i.tsv", "n.tsv"))
        done = subprocess.run(
            [sys.executable, SCRIPT, "--least", least, "--interactions", interactions, "--names", names],
            input=index, text=True, capture_output=True)
        read = [path.read_text() if path.exists() else None for path in (interactions, names)]
    return done, *read


class MakeDebianDataset(unittest.TestCase):
    def test_counts_what_the_readme_says(self):
        done, interactions, names = run(INDEX)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(interactions,
                         "source\tpackage\none\tlibc6\none\ttool\ntwo\tlibc6\ntwo\ttool\n")
        self.assertEqual(names, "package\tdescription\nlibc6\tGNU C Library\ntool\ta tool\n")
        self.assertEqual(done.stdout, "2 users, 2 items, 4 interactions\n")

    def test_keeps_everything_when_one_interaction_suffices(self):
        _, interactions, _ = run(INDEX, least="1")
        self.assertIn("one\trare\n", interactions)
        self.assertIn("lonely\tlibc6\n", interactions)
        self.assertNotIn("one-data", interactions)
        self.assertNotIn("absent-virtual", interactions)

    def test_order_of_the_index_does_not_matter(self):
        backwards = "\n\n".join(reversed(INDEX.strip().split("\n\n"))) + "\n"
        self.assertEqual(run(INDEX)[1:], run(backwards)[1:])

    def test_empty_input_is_an_error_and_writes_nothing(self):
        done, interactions, names = run("")
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-cache dumpavail", done.stderr)
        self.assertIsNone(interactions)
        self.assertIsNone(names)


if __name__ == "__main__":
    unittest.main()
