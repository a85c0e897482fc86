#!/usr/bin/env python3
"""`derrd export`: what is written answers as `derrd recommend` does, in the programs it is for.

  export_test.py path/to/derrd      (run by CTest; needs numpy, safetensors, pglast, and Debian's python3-faiss
                                     and python3-hnswlib)
"""

import json
import pathlib
import re
import subprocess
import unittest

import numpy
import pglast
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from program_case import DERRD, ProgramCase, ids_of

DEBIANS_PYTHON = "/usr/bin/python3"
SEARCH = pathlib.Path(__file__).with_name("search_exported.py")
BESIDE = [".item_ids.txt", ".users.npy", ".user_ids.txt"]
FILES = {"npy": [".users.npy", ".items.npy", ".user_ids.txt", ".item_ids.txt"], "int8": [""],
         "faiss": ["", *BESIDE], "hnswlib": ["", *BESIDE], "pgvector": [""]}
UNESCAPED = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def search(*words):
    done = subprocess.run([DEBIANS_PYTHON, SEARCH, *map(str, words)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def copied(sql):
    """Statements of a file for psql without the data of COPY, and that data: {table: [[field, ...], ...]}."""
    tables = {}

    def take(match):
        unescape = lambda field: re.sub(r"\\.", lambda found: UNESCAPED[found.group()], field)
        tables[match["table"]] = [[unescape(field) for field in line.split("\t")]
                                  for line in match["data"].removesuffix("\n").split("\n")]
        return match["copy"]

    pattern = r"(?P<copy>COPY (?P<table>\w+) [^;]*FROM stdin;\n)(?P<data>.*?\n)\\\.\n"
    return re.sub(pattern, take, sql, flags=re.DOTALL), tables


class ExportTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tensors = load_file(cls.teacher)
        cls.user_rows, cls.item_rows = tensors["user_embedding"], tensors["item_embedding"]
        cls.user_ids, cls.item_ids = ids_of(tensors, "user_ids"), ids_of(tensors, "item_ids")
        cls.scores = cls.user_rows.astype("f8") @ cls.item_rows.astype("f8").T
        cls.top = cls.folder / "top.npy"
        cls.ok("recommend", cls.teacher, "--all", "-k", 10, "-o", cls.top)
        cls.recommended = numpy.load(cls.top)

    def export(self, format, *flags, model=None, name="exported", **options):
        output = self.folder / f"{name}-{format}"
        done = self.ok("export", model or self.teacher, "--format", format, *flags, "-o", output, "--json", **options)
        told = json.loads(done.stdout)
        self.assertEqual(told["files"], [f"{output}{suffix}" for suffix in FILES[format]])
        for path in told["files"]:
            self.assertTrue(pathlib.Path(path).is_file(), path)
        self.assertEqual((told["users"], told["items"], told["width"]), (60, 80, 16))
        return output, told

    def refused(self, code, *words, says):
        """Ends with one line that says all of `says`, and leaves no file behind."""
        before = sorted(self.folder.iterdir())
        self.fails(code, "export", *words, says=says)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def lines(self, path):
        return pathlib.Path(path).read_text().splitlines()

    def assert_same_top(self, found, tolerance=1e-6):
        """The recommended items in their order, but that equal scores may come in another."""
        found = numpy.asarray(found)
        self.assertEqual(found.shape, self.recommended.shape)
        for user, (ours, theirs) in enumerate(zip(self.recommended, found)):
            self.assertEqual(len(set(theirs)), len(theirs))
            numpy.testing.assert_allclose(self.scores[user][theirs], self.scores[user][ours], atol=tolerance)

    def model_with(self, **texts):
        """The teacher with other ids: a list of one id more or less would not open."""
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        tensors = load_file(self.teacher)
        for name, strings in texts.items():
            encoded = [string.encode() for string in strings]
            tensors[f"{name}.blob"] = numpy.frombuffer(b"".join(encoded), dtype="u1")
            tensors[f"{name}.offsets"] = numpy.cumsum([0, *map(len, encoded)]).astype("i8")
        save_file(tensors, self.folder / "renamed.derrd", metadata)
        return self.folder / "renamed.derrd"

    # Formats.

    def test_npy_comes_back_as_the_same_model(self):
        output, _ = self.export("npy")
        imported = self.folder / "imported.derrd"
        self.ok("import-teacher", self.dataset, "--user-embeddings", f"{output}.users.npy", "--item-embeddings",
                f"{output}.items.npy", "--user-ids", f"{output}.user_ids.txt", "--item-ids",
                f"{output}.item_ids.txt", "-o", imported)
        again, before = load_file(imported), load_file(self.teacher)
        for name in before:
            numpy.testing.assert_array_equal(again[name], before[name], name)
        self.ok("recommend", imported, "--all", "-k", 10, "-o", self.folder / "again.npy")
        self.assertEqual((self.folder / "again.npy").read_bytes(), self.top.read_bytes())
        numpy.testing.assert_array_equal(numpy.load(f"{output}.users.npy"), self.user_rows)
        self.assertEqual(self.lines(f"{output}.item_ids.txt"), self.item_ids)

    def test_int8_is_a_quarter_and_ranks_nearly_alike(self):
        output, _ = self.export("int8")
        tensors = load_file(output)
        for side, rows in (("user", self.user_rows), ("item", self.item_rows)):
            values, scales = tensors[f"{side}_int8"], tensors[f"{side}_scale"]
            self.assertEqual((values.dtype, values.shape), (numpy.int8, rows.shape))
            numpy.testing.assert_allclose(scales, abs(rows).max(axis=1) / 127, rtol=1e-6)
            self.assertLessEqual((abs(values * scales[:, None].astype("f8") - rows) / scales[:, None]).max(), 0.50001)
        self.assertEqual(ids_of(tensors, "user_ids"), self.user_ids)
        self.assertEqual(ids_of(tensors, "item_ids"), self.item_ids)
        self.assertEqual(ids_of(tensors, "item_names")[0], f"Item number {self.item_ids[0][1:]}")
        products = tensors["user_int8"].astype("i4") @ tensors["item_int8"].astype("i4").T
        scores = products * tensors["user_scale"][:, None] * tensors["item_scale"]
        numpy.testing.assert_allclose(scores, self.scores, atol=0.02 * abs(self.scores).max())
        found = numpy.argsort(-scores, axis=1, kind="stable")[:, :10]
        same = sum(len(set(a) & set(b)) for a, b in zip(found, self.recommended)) / found.size
        self.assertGreaterEqual(same, 0.95)
        told = json.loads(self.ok("info", output, "--json").stdout)
        self.assertEqual(told["kind"], "int8")

    def test_faiss_reads_the_index_and_answers_alike(self):
        output, _ = self.export("faiss")
        found = search("faiss", output, f"{output}.users.npy", 10)
        self.assertEqual((found["by_inner_product"], found["rows"], found["width"]), (True, 80, 16))
        self.assertTrue(found["same_bytes"])
        self.assert_same_top(found["labels"])
        self.assertEqual(self.lines(f"{output}.item_ids.txt"), self.item_ids)
        self.assertEqual(self.lines(f"{output}.user_ids.txt"), self.user_ids)

    def test_hnswlib_reads_the_graph_and_finds_what_is_stated(self):
        output, told = self.export("hnswlib")
        found = search("hnswlib", output, f"{output}.users.npy", 10, told["recall"]["ef"])
        self.assertEqual(found["rows"], 80)
        labels = numpy.array(found["labels"])
        numpy.testing.assert_allclose(found["scores"], numpy.take_along_axis(self.scores, labels, axis=1), atol=1e-4)
        recall = sum(len(set(a) & set(b)) for a, b in zip(labels, self.recommended)) / labels.size
        self.assertGreaterEqual(recall, 0.99)
        self.assertAlmostEqual(told["recall"]["value"], recall, delta=0.002)
        first = output.read_bytes()
        for flags, threads in (((), 3), (("--hnsw-m", 16, "--hnsw-ef-construction", 200), 1)):
            self.export("hnswlib", *flags, threads=threads)
            self.assertEqual(output.read_bytes(), first)
        self.export("hnswlib", "--hnsw-m", 4)
        self.assertLess(output.stat().st_size, len(first))

    def test_postgresql_parses_the_sql_and_its_rows_answer_alike(self):
        output, _ = self.export("pgvector", "--tables", "shop", "--hnsw-ef-construction", 64)
        statements, tables = copied(output.read_text())
        parsed = [type(node.stmt).__name__ for node in pglast.parse_sql(statements)]
        self.assertEqual(parsed, ["VariableSetStmt", "CreateExtensionStmt", "TransactionStmt", "CreateStmt", "CopyStmt",
                                  "CreateStmt", "CopyStmt", "IndexStmt", "TransactionStmt"])
        index = pglast.parse_sql(statements)[-2].stmt
        self.assertEqual((index.relation.relname, index.accessMethod), ("shop_items", "hnsw"))
        self.assertEqual(index.indexParams[0].opclass[0].sval, "vector_ip_ops")
        self.assertEqual({option.defname: option.arg.ival for option in index.options}, {"m": 16, "ef_construction": 64})
        query = "".join(line.removeprefix("--") for line in statements.splitlines(True) if line.startswith("--   "))
        self.assertEqual(len(pglast.parse_sql(query)), 1)
        self.assertIn("ORDER BY embedding <#> (SELECT embedding FROM shop_users WHERE user_id = $1)", query)

        self.assertEqual([row[0] for row in tables["shop_users"]], self.user_ids)
        self.assertEqual([row[:2] for row in tables["shop_items"]],
                         [[item, f"Item number {item[1:]}"] for item in self.item_ids])
        users, items = (numpy.array([json.loads(row[-1]) for row in tables[f"shop_{side}"]], dtype="f4")
                        for side in ("users", "items"))
        numpy.testing.assert_array_equal(users, self.user_rows)
        numpy.testing.assert_array_equal(items, self.item_rows)
        self.assert_same_top(numpy.argsort(-(users @ items.T), axis=1, kind="stable")[:, :10])

    def test_any_text_survives_in_sql(self):
        odd = ["\\.", "a\tb", "two\nlines", "\\N", "it's; DROP TABLE", "-- ä"]
        model = self.model_with(item_ids=odd + self.item_ids[len(odd):], user_ids=odd[::-1] + self.user_ids[len(odd):])
        output, _ = self.export("pgvector", model=model, name="odd")
        statements, tables = copied(output.read_text())
        pglast.parse_sql(statements)
        self.assertEqual([row[0] for row in tables["derrd_items"]][:len(odd)], odd)
        self.assertEqual([row[0] for row in tables["derrd_users"]][:len(odd)], odd[::-1])

    def test_a_pipe_takes_the_sql(self):
        done = self.ok("export", self.teacher, "--format", "pgvector", "-o", "/dev/stdout")
        output, _ = self.export("pgvector")
        self.assertEqual(done.stdout, output.read_text())

    # What is refused.

    def test_models_that_are_no_inner_products_are_refused(self):
        lists = self.folder / "lists.tsv"
        self.ok("recommend", self.teacher, "--all", "-k", 80, "-o", lists)
        models = {"rankings": self.folder / "rankings.derrd"}
        self.ok("import-teacher", self.dataset, "--rankings", lists, "-o", models["rankings"])
        for kind in ("neumf", "cdae"):
            models[kind] = self.folder / f"{kind}.derrd"
            self.ok("train", self.dataset, "--model", kind, "--width", 4, "--epochs", 1, "-o", models[kind])
        for kind, model in models.items():
            for format in FILES:
                self.refused(1, model, "--format", format, "-o", self.folder / "never",
                             says=[model, f"a {kind} model", "inner products", f"--teacher {model} --model bpr-mf"])
        for kind in ("lightgcn", "ials"):
            model = self.folder / f"{kind}.derrd"
            self.ok("train", self.dataset, "--model", kind, "--width", 16, "--epochs", 1, "-o", model)
            self.export("faiss", model=model, name=kind)

    def test_ids_that_are_no_lines_leave_nothing_behind(self):
        model = self.model_with(item_ids=[*self.item_ids[:-1], "two\nlines"])
        for format in ("npy", "faiss", "hnswlib"):
            output = self.folder / "never"
            self.refused(1, model, "--format", format, "-o", output,
                         says=[f"{output}.item_ids.txt", "item 79", "line break", "--format int8"])
        output, _ = self.export("int8", model=model, name="odd")
        self.assertEqual(ids_of(load_file(output), "item_ids")[-1], "two\nlines")

    def test_a_full_disk_leaves_the_files_of_one_model(self):
        output, _ = self.export("npy", name="full")
        before = {path: path.read_bytes() for path in self.folder.glob("full-npy*")}
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        tensors = load_file(self.teacher)
        tensors["user_embedding"] = -tensors["user_embedding"]
        other = self.folder / "other.derrd"
        save_file(tensors, other, metadata)
        # The users' rows fit into four kilobytes, the items' do not.
        done = subprocess.run(["bash", "-c", 'ulimit -f 4; exec "$@"', "-", DERRD, "export", other, "--format", "npy",
                               "-o", output], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("full-npy.items.npy", done.stderr)
        self.assertEqual({path: path.read_bytes() for path in self.folder.glob("full-npy*")}, before)

    def test_outputs_are_checked_before_anything_is_written(self):
        clash = self.folder / "clash"
        (self.folder / "clash.users.npy").mkdir()
        for format in ("npy", "faiss", "hnswlib"):
            self.refused(1, self.teacher, "--format", format, "-o", clash, says=["clash.users.npy"])
        self.refused(2, self.teacher, "--format", "int8", "-o", self.teacher, says=["would be overwritten"])
        self.refused(1, self.teacher, "--format", "int8", "-o", self.folder / "no" / "x", says=["no/x"])
        self.refused(1, self.csv, "--format", "int8", "-o", self.folder / "never", says=[self.csv])

    def test_flags_without_meaning_are_refused(self):
        output = self.folder / "never"
        asked = lambda format, *flags: (self.teacher, "--format", format, *flags, "-o", output)
        self.refused(2, self.teacher, "-o", output, says=["--format"])
        self.refused(2, self.teacher, "--format", "faiss", says=["--output"])
        self.refused(2, *asked("onnx"), says=["'onnx'", "npy|int8|faiss|hnswlib|pgvector"])
        self.refused(2, *asked("faiss", "--hnsw-m", 8), says=["--format faiss", "--hnsw-m"])
        self.refused(2, *asked("hnswlib", "--tables", "a"), says=["--tables"])
        self.refused(2, *asked("hnswlib", "--hnsw-m", 1), says=["--hnsw-m"])
        self.refused(2, *asked("hnswlib", "--hnsw-m", 50, "--hnsw-ef-construction", 99), says=["at least 100"])
        for tables in ("a;b", "A", "1"):
            self.refused(2, *asked("pgvector", "--tables", tables), says=["--tables", "a-z"])
        self.refused(2, *asked("pgvector", "--tables", ""), says=["--tables", "empty"])
        self.refused(2, self.teacher, "--format", "int8", "-o", "", says=["--output"])


if __name__ == "__main__":
    unittest.main()
