#!/usr/bin/env python3
"""`derrd import-teacher`: what NumPy and safetensors write comes in, whatever is wrong is told.

  import_teacher_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import json
import unittest

import numpy
from safetensors.numpy import load_file, save_file

from program_case import SMALL, ProgramCase, ids_of


class ImportTeacherTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tensors = load_file(cls.teacher)
        cls.user_rows, cls.item_rows = tensors["user_embedding"], tensors["item_embedding"]
        cls.user_ids, cls.item_ids = ids_of(tensors, "user_ids"), ids_of(tensors, "item_ids")
        cls.users = cls.save("users.npy", cls.user_rows)
        cls.items = cls.save("items.npy", cls.item_rows)
        cls.output = cls.folder / "imported.derrd"

    @classmethod
    def save(cls, name, array):
        numpy.save(cls.folder / name, array)  # in the order that it has: a[:, picked] is column by column
        return cls.folder / name

    @classmethod
    def write(cls, name, lines):
        (cls.folder / name).write_text("".join(f"{line}\n" for line in lines))
        return cls.folder / name

    @classmethod
    def bring(cls, *flags, output=None, **options):
        return cls.ok("import-teacher", cls.dataset, *flags, "-o", output or cls.output, **options)

    def refused(self, code, *flags, says):
        """Is refused with one line that says all of `says`; nothing is written."""
        never = self.folder / "never.derrd"
        return self.fails(code, "import-teacher", self.dataset, *flags, "-o", never, says=says, output=never)

    def metrics(self, model):
        done = self.ok("evaluate", self.dataset, model, "--json")
        return json.loads(done.stdout)["models"][0]["metrics"]

    def student(self, teacher, method, *flags):
        """The tensors of a student of this teacher."""
        output = self.folder / "student.derrd"
        self.ok("distill", self.dataset, "--teacher", teacher, "--method", method, "--width", 4, "--epochs", 3,
                *SMALL, *flags, "-o", output)
        return load_file(output)

    def assert_same_tensors(self, a, b):
        self.assertEqual(a.keys(), b.keys())
        for name in a:
            numpy.testing.assert_array_equal(a[name], b[name], name)

    # Embeddings.

    def test_rows_in_the_data_sets_order_are_the_teacher(self):
        self.bring("--user-embeddings", self.users, "--item-embeddings", self.items)
        self.assert_same_tensors(load_file(self.output), load_file(self.teacher))
        self.assertEqual(self.metrics(self.output), self.metrics(self.teacher))
        self.assert_same_tensors(self.student(self.output, "de-rrd"), self.student(self.teacher, "de-rrd"))

    def test_rows_are_matched_by_id_and_what_is_over_is_left_out(self):
        draw = numpy.random.default_rng(3)
        sides = {}
        for side, rows, ids in (("user", self.user_rows, self.user_ids), ("item", self.item_rows, self.item_ids)):
            rows = numpy.concatenate([rows, draw.normal(size=(5, 16)).astype("f4")])
            ids = ids + [f"stranger-{side}-{n}" for n in range(5)]
            order = draw.permutation(len(ids))
            sides[side] = [f"--{side}-embeddings", self.save(f"{side}-shuffled.npy", rows[order]),
                           f"--{side}-ids", self.write(f"{side}-shuffled.txt", [ids[n] for n in order])]
        done = self.bring(*sides["user"], *sides["item"], "--json")
        self.assert_same_tensors(load_file(self.output), load_file(self.teacher))
        told = json.loads(done.stdout)
        self.assertEqual(told["left_out"], {"users": 5, "items": 5})
        self.assertEqual((told["kind"], told["representation_width"]), ("bpr-mf", 16))
        self.assertEqual(set(told["valid"]), set(self.metrics(self.teacher)))
        self.assertIn("note: left out 5 users", done.stderr)
        self.assertIn("'stranger-item-", done.stderr)
        first = self.output.read_bytes()
        self.bring(*sides["user"], *sides["item"])
        self.assertEqual(self.output.read_bytes(), first)

    def test_every_float_and_header_that_numpy_writes(self):
        for dtype in ("<f8", "<f2"):
            self.bring("--user-embeddings", self.save("u.npy", self.user_rows.astype(dtype)),
                       "--item-embeddings", self.save("i.npy", self.item_rows.astype(dtype)))
            numpy.testing.assert_array_equal(load_file(self.output)["item_embedding"],
                                             self.item_rows.astype(dtype).astype("f4"))
        for version in ((1, 0), (2, 0), (3, 0)):
            with open(self.folder / "v.npy", "wb") as file:
                numpy.lib.format.write_array(file, self.user_rows, version=version)
            self.bring("--user-embeddings", self.folder / "v.npy", "--item-embeddings", self.items)
            self.assert_same_tensors(load_file(self.output), load_file(self.teacher))

    def test_tensors_of_a_safetensors_file(self):
        both = self.folder / "both.safetensors"
        save_file({"a.weight": self.user_rows.astype("f8"), "b.weight": self.item_rows, "c": numpy.arange(3),
                   "d": numpy.array([True])}, both)
        sides = ("--user-embeddings", both, "--item-embeddings", both)
        self.bring(*sides, "--user-tensor", "a.weight", "--item-tensor", "b.weight")
        self.assert_same_tensors(load_file(self.output), load_file(self.teacher))
        self.refused(1, *sides, "--user-tensor", "a.weight", says=[both, "4 tensors", "--item-tensor", "b.weight"])
        self.refused(1, *sides, "--user-tensor", "A", says=[both, "no tensor 'A'", "a.weight"])
        self.refused(2, "--user-embeddings", self.users, "--user-tensor", "x", "--item-embeddings", self.items,
                     says=[self.users, "no tensor 'x'"])

    def test_biases_and_cosines_are_in_the_scores(self):
        count = len(self.item_ids)
        biases = numpy.random.default_rng(1).normal(size=count)
        sides = ("--user-embeddings", self.users, "--item-embeddings", self.items)
        length = lambda rows: rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
        cosines = length(self.user_rows.astype("f8")) @ length(self.item_rows.astype("f8")).T
        for flags, scores in (
                (("--item-biases", self.save("b.npy", biases)), self.user_rows @ self.item_rows.T + biases),
                (("--item-biases", self.save("column.npy", biases[:, None].astype("f4"))),
                 self.user_rows @ self.item_rows.T + biases),
                (("--score", "cosine"), cosines),
                (("--score", "cosine", "--item-biases", self.save("b.npy", biases)), cosines + biases)):
            self.bring(*sides, *flags)
            tensors = load_file(self.output)
            numpy.testing.assert_allclose(tensors["user_embedding"] @ tensors["item_embedding"].T, scores, rtol=1e-4,
                                          atol=1e-5)
        self.refused(1, *sides, "--item-biases", self.save("short.npy", biases[1:]), says=["short.npy", f"{count - 1} x 1",
                                                                                f"{count} rows"])
        self.refused(1, *sides, "--item-biases", self.items, says=[self.items, f"{count} x 16"])
        nothing = self.user_rows.copy()
        nothing[3] = 0
        self.refused(1, "--user-embeddings", self.save("zero.npy", nothing), "--item-embeddings", self.items,
                     "--score", "cosine", says=[f"user '{self.user_ids[3]}'", "--score dot"])

    def test_language_model_widths(self):
        draw = numpy.random.default_rng(2)
        wide = [self.save(f"{name}-4096.npy", draw.normal(size=(count, 4096)).astype("f2") / 64)
                for name, count in (("u", len(self.user_ids)), ("i", len(self.item_ids)))]
        self.bring("--user-embeddings", wide[0], "--item-embeddings", wide[1])
        tensors = self.student(self.output, "hint")
        self.assertTrue(numpy.isfinite(tensors["user_embedding"]).all())

    def test_representations_alone(self):
        narrow = self.save("narrow.npy", self.user_rows[:, :10])
        sides = ("--user-embeddings", narrow, "--item-embeddings", self.items)
        self.refused(2, *sides, says=["--score dot", "width 10", narrow, "16", "--score none"])
        done = self.bring(*sides, "--score", "none", "--json")
        told = json.loads(done.stdout)
        self.assertEqual((told["kind"], told["representation_width"], told["valid"]), ("representations", 16, {}))
        tensors = load_file(self.output)
        numpy.testing.assert_array_equal(tensors["user_embedding"][:, :10], self.user_rows[:, :10])
        numpy.testing.assert_array_equal(tensors["user_embedding"][:, 10:], 0)
        self.student(self.output, "de")
        never = self.folder / "never.derrd"
        distill = ("distill", self.dataset, "--teacher", self.output, "--width", 4, *SMALL, "-o", never)
        self.fails(2, *distill, "--method", "de-rrd", says=["rrd: needs rankings", "neither rankings"], output=never)
        self.fails(2, *distill, "--method", "svd", says=["products of rows", "representations"], output=never)
        self.fails(1, "evaluate", self.dataset, self.output, says=[self.output, "no score"])
        self.fails(1, "recommend", self.output, "--user", "u1", says=["no score"])
        self.fails(1, "recommend", self.output, "--items", "i1", says=["no score"])

    # Rankings.

    def rankings(self, name, k):
        output = self.folder / name
        self.ok("recommend", self.teacher, "--all", "-k", k, "-o", output)
        return output

    def test_rankings_of_all_items_teach_and_score_as_their_model_does(self):
        wanted, student = self.metrics(self.teacher), self.student(self.teacher, "rrd")
        tsv, npy = self.rankings("all.tsv", 80), self.rankings("all.npy", 80)
        lines = [line.split("\t") for line in tsv.read_text().splitlines()[1:]]
        by_score = sorted(lines, key=lambda line: (line[2], line[0]))  # of no user's order
        plain = self.write("plain.tsv", (f"{line[0]}\t{line[2]}" for line in lines))
        scored = self.write("scored.tsv", (f"{line[0]}\t{line[2]}\t{line[3]}" for line in by_score))
        for source in (tsv, npy, plain, scored):
            done = self.bring("--rankings", source, "--json")
            told = json.loads(done.stdout)
            self.assertEqual((told["kind"], told["ordered_by"]),
                             ("rankings", "score" if source in (tsv, scored) else "place"))
            self.assertEqual(self.metrics(self.output), wanted, source)
            self.assert_same_tensors(self.student(self.output, "rrd"), student)

    def test_numbers_of_npy_rankings_follow_the_ids_that_are_given(self):
        numbers = numpy.load(self.rankings("own.npy", 40))
        draw = numpy.random.default_rng(4)
        user_order, item_order = draw.permutation(len(self.user_ids)), draw.permutation(len(self.item_ids))
        renumbered = numpy.argsort(item_order)[numbers[user_order]]
        scores = -numpy.arange(40.0) + draw.normal(size=(60, 1))
        mixed, in_rows = draw.permutation(40), numpy.ascontiguousarray
        ids = ("--user-ids", self.write("users.txt", [self.user_ids[n] for n in user_order]),
               "--item-ids", self.write("items.txt", [self.item_ids[n] for n in item_order]))
        own = self.folder / "own.derrd"
        self.bring("--rankings", self.folder / "own.npy", output=own)
        self.bring("--rankings", self.save("other.npy", renumbered), *ids)
        self.assertEqual(self.output.read_bytes(), own.read_bytes())
        self.bring("--rankings", self.save("other.npy", in_rows(renumbered[:, mixed].astype("i2"))),
                   "--ranking-scores", self.save("scores.npy", in_rows(scores[:, mixed].astype("f2"))), *ids)
        for name in ("lists.items", "lists.offsets"):
            numpy.testing.assert_array_equal(load_file(self.output)[name], load_file(own)[name])

    def test_rankings_answer_and_refuse(self):
        self.bring("--rankings", self.rankings("short.tsv", 30))
        told = json.loads(self.ok("recommend", self.output, "--user", "u1", "-k", 5, "--json").stdout)
        wanted = json.loads(self.ok("recommend", self.teacher, "--user", "u1", "-k", 5, "--json").stdout)
        self.assertEqual([item["item"] for item in told["recommendations"][0]["items"]],
                         [item["item"] for item in wanted["recommendations"][0]["items"]])
        self.assertIn("rankings of 60 users", self.ok("info", self.output).stdout)
        self.fails(1, "recommend", self.output, "--items", "i1", says=["no score"])
        self.fails(1, "evaluate", self.dataset, self.output, says=[self.output, "longer lists"])
        never = self.folder / "never.derrd"
        distill = ("distill", self.dataset, "--teacher", self.output, "--width", 4, *SMALL)
        for method in ("de", "de-rrd", "hint", "ftd", "htd"):
            self.fails(2, *distill, "--method", method, "-o", never,
                       says=["needs representations", "(rankings) has no representations"], output=never)
        self.fails(2, *distill, "--method", "svd", "-o", never, says=["products of rows"], output=never)
        for method in ("cd", "rce-kd", "rrd+ir", "dcd", "hetcomp"):
            self.fails(2, *distill, "--method", method, "-o", never,
                       says=["(rankings) has no score for any user and item"], output=never)
        for method in ("rrd", "rd", "dcd"):
            self.fails(2, *distill, "--method", method, f"--{method}-top", 40, "--lambda-dcd-item", 0, "-o", never,
                       says=[f"--{method}-top 40", "the teacher's list of user 'u", "ask for at most"], output=never)

    def test_rankings_teach_by_every_method_that_needs_no_more(self):
        full = self.folder / "full.derrd"
        self.bring("--rankings", self.rankings("all.npy", 80), output=full)
        for method, flags in (("rd", ()), ("dcd", ("--lambda-dcd-item", 0)), ("rrd+rd", ())):
            self.assert_same_tensors(self.student(full, method, *flags), self.student(self.teacher, method, *flags))

    def test_unknown_users_and_items_are_left_out_with_a_note(self):
        lines = [f"{user}\t{item}" for user in self.user_ids for item in self.item_ids[:25]]
        done = self.bring("--rankings", self.write("r.tsv", [*lines, "nobody\ti1", "u1\tnothing"]), "--json")
        self.assertEqual(json.loads(done.stdout)["left_out"], {"users": 1, "items": 1})
        self.assertIn("'nobody'", done.stderr)
        self.assertIn("'nothing'", done.stderr)

    # What is wrong.

    def test_bad_embeddings(self):
        def bad(array=None, ids=None, code=1, says=()):
            flags = [] if ids is None else ["--user-ids", self.write("bad.txt", ids)]
            path = self.users if array is None else self.save("bad.npy", array)
            self.refused(code, "--user-embeddings", path, *flags, "--item-embeddings", self.items, says=says)

        broken = self.user_rows.copy()
        broken[7, 3] = numpy.nan
        bad(broken, says=["bad.npy: row 7", f"user '{self.user_ids[7]}'", "nan in column 3"])
        bad(numpy.full_like(self.user_rows, 1e300, dtype="f8"), says=["bad.npy: row 0", "inf"])
        bad(self.user_rows.astype(">f4"), says=["big-endian", "astype('<f4')"])
        bad(numpy.asfortranarray(self.user_rows), says=["ascontiguousarray"])
        bad(self.user_rows.astype("i4"), says=["I32", "astype('float32')"])
        bad(self.user_rows[:, 0], says=["holds no rows"])
        bad(self.user_rows[:, :0], says=["holds no rows"])
        bad(self.user_rows[None], says=["3 dimensions"])
        bad(self.user_rows[:-1], says=["bad.npy: is for 59 users", "has 60", "--user-ids"])
        bad(self.user_rows[:, :9], code=2, says=["width 9", "16", "--score none"])
        bad(ids=self.user_ids[:-1], says=["bad.txt: has 59 ids", "60 users"])
        bad(ids=[*self.user_ids[:-1], self.user_ids[0]], says=["bad.txt: 1 lines repeat", f"'{self.user_ids[0]}'"])
        bad(ids=[*self.user_ids[:-2], "x", "y"], says=["2 of the 60 users", "have no row", f"'{self.user_ids[-1]}'"])
        bad(ids=[*self.user_ids[:-1], ""], says=["bad.txt:60", "blank"])
        whole = self.users.read_bytes()
        cut = self.folder / "cut.npy"
        for size in (3, 30, 100, len(whole) - 1):
            cut.write_bytes(whole[:size])
            self.refused(1, "--user-embeddings", cut, "--item-embeddings", self.items, says=[cut, "numpy.save"])
        cut.write_bytes(b"")
        self.refused(1, "--user-embeddings", cut, "--item-embeddings", self.items, says=[cut])
        huge = numpy.full_like(self.user_rows, 1e30)
        self.refused(3, "--user-embeddings", self.save("huge-u.npy", huge), "--item-embeddings",
                     self.save("huge-i.npy", numpy.full_like(self.item_rows, 1e30)), says=["inf", "finite"])

    def test_bad_rankings(self):
        def bad(*lines, says):
            self.refused(1, "--rankings", self.write("bad.tsv", lines), says=["bad.tsv", *says])

        whole = [f"{user}\t{item}\t{100 - n}" for user in self.user_ids for n, item in enumerate(self.item_ids[:25])]
        bad(*whole[:-25], says=["1 of the 60 users", f"'{self.user_ids[-1]}'"])
        bad(*whole, whole[3], says=[f"user '{self.user_ids[0]}' has item '{self.item_ids[3]}' twice"])
        bad(*whole[:4], f"{self.user_ids[0]}\t{self.item_ids[9]}\tnan", says=["bad.tsv:5", "'nan'"])
        bad(*whole[:4], "u1\ti1", says=["bad.tsv:5", "2 columns"])
        bad("u1,i1", says=["bad.tsv:1", "tabs"])
        numbers = numpy.load(self.rankings("own.npy", 30))
        for change, says in ((len(self.item_ids), "in column 2"), (-5, "holds -5"), (numbers[1, 0], "twice")):
            changed = numbers.copy()
            changed[1, 2] = change
            self.refused(1, "--rankings", self.save("bad.npy", changed), says=["bad.npy", says])
        self.refused(1, "--rankings", self.save("bad.npy", numbers.astype("f4")), says=["astype('int32')"])
        self.refused(1, "--rankings", self.save("bad.npy", numbers[1:]), says=["59 users"])

    def test_flags_that_do_not_belong_together(self):
        both = ("--user-embeddings", self.users, "--item-embeddings", self.items)
        self.refused(2, says=["--user-embeddings", "--rankings"])
        self.refused(2, *both, "--rankings", "r.tsv", says=["either"])
        self.refused(2, "--user-embeddings", self.users, says=["--item-embeddings is missing"])
        self.refused(2, *both, "--score", "sum", says=["--score", "sum"])
        self.refused(2, *both, "--score", "none", "--item-biases", self.items, says=["--item-biases", "no biases"])
        self.refused(2, *both, "--ranking-scores", self.items, says=["--ranking-scores"])
        self.refused(2, "--rankings", "r.npy", "--score", "dot", says=["--score", "embeddings"])
        self.refused(2, "--rankings", "r.tsv", "--user-ids", "u.txt", says=["--user-ids", "lines"])
        self.refused(2, "--user-embeddings", "u.pt", "--item-embeddings", self.items, says=["u.pt", ".npy"])
        self.refused(1, "--rankings", self.folder / "nowhere.tsv", says=["nowhere.tsv"])
        self.fails(2, "import-teacher", self.dataset, *both, "-o", self.users, says=[self.users, "overwritten"])

    def test_help_has_examples(self):
        text = self.ok("import-teacher", "--help").stdout
        for part in ("--rankings top500.tsv", "--user-tensor", "--user-ids users.txt"):
            self.assertIn(part, text)


if __name__ == "__main__":
    unittest.main()
