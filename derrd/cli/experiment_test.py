#!/usr/bin/env python3
"""`derrd experiment`: grids, searches, kills, and what is refused before anything is trained.

  experiment_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import itertools
import json
import pathlib
import random
import re
import shutil
import subprocess
import time
import unittest

import numpy

from program_case import DERRD, ProgramCase, interactions, run

ROOT = pathlib.Path(__file__).resolve().parents[2]

TOML = """\
seeds = [0, 1]

[flags]
batch-size = 128
epochs = 12
learning-rate = 0.01

[data.likes]
file = "likes.derrd"

[teacher.big]
width = 16
[teacher.solved]
model = "ials"
width = 8
ials-sweeps = 3

[student.mf]
width = 4

[method.none]
[method.svd]
[method.rrd]
rrd-interesting = 5
rrd-uninteresting = 7
rrd-top = 20
[method.rrd.search]
lambda-rrd = {from = 0.001, to = 1.0, scale = "log"}
[method.both]
method = "rrd+de"
rrd-interesting = 5
rrd-uninteresting = 7
rrd-top = 20
de-experts = 4
[method.both.search]
lambda-de = [0.001, 0.01, 0.1]

[search]
kind = "random"
budget = 3
"""
# Kinds of 3 runs of trials and 2 of students less the one that was a trial, for two methods and teachers;
# svd over both seeds and teachers; scratch over both seeds; the teachers.
DISTINCT = 2 * 2 * (3 + 2 - 1) + 2 * 2 + 2 + 4


def timeless(path):
    """The lines of a results file without what a clock measured."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("seconds", "microseconds_per_query", "int8")}
            for line in lines]


class ExperimentTest(ProgramCase):
    def experiment(self, name, toml=TOML, *flags, **options):
        """Runs it; the path of its results."""
        file = self.folder / f"{name}.toml"
        file.write_text(toml)
        self.ok("experiment", file, "-o", self.folder / name, *flags, **options)
        return self.folder / name / "results.jsonl"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.folder / "whole.toml").write_text(TOML)
        cls.ok("experiment", cls.folder / "whole.toml", "-o", cls.folder / "whole", "--jobs", 3)
        cls.whole = cls.folder / "whole" / "results.jsonl"
        cls.lines = [json.loads(line) for line in cls.whole.read_text().splitlines()]

    def of(self, role, **wanted):
        return [line for line in self.lines if line["role"] == role
                and all(line[key] == value for key, value in wanted.items())]

    def test_every_combination_is_there_and_what_is_shared_is_done_once(self):
        self.assertEqual(len(self.of("student")), 2 * 4 * 2)
        self.assertEqual(len(self.of("teacher")), 4)
        self.assertEqual(len({line["run"] for line in self.lines}), DISTINCT)
        scratch = self.of("student", method="none", seed=1)
        self.assertEqual(len({line["run"] for line in scratch}), 1)
        self.assertEqual({line["teacher"] for line in scratch}, {"big", "solved"})

    def test_a_line_says_all_of_a_run(self):
        for line in self.of("student"):
            self.assertEqual((line["data"], line["student"], line["width"]), ("likes", "mf", 4))
            for key in ("HR@5", "NDCG@10"):
                self.assertTrue(0 <= line["test"][key] <= 1 and 0 <= line["valid"][key] <= 1)
            self.assertGreater(line["parameters"], 0)
            self.assertGreater(line["microseconds_per_query"], 0)
            self.assertEqual(set(line["overlap"]), {"overlap@10", "overlap@50"})
            model = self.folder / "whole" / "runs" / f"{line['run']}.derrd"
            self.assertEqual(line["bytes"], model.stat().st_size)
            answer = json.loads(self.ok("evaluate", self.dataset, model, "--json").stdout)["models"][0]
            self.assertEqual(answer["metrics"], line["test"])
            log = self.folder / "whole" / line["log"]
            self.assertEqual(line["epochs"], len(log.read_text().splitlines()) if log.exists() else 0)
            self.assertEqual(line["config"].get("seed", line["seed"]), line["seed"])
            self.assertEqual(line["config"]["width"], 4)

    def test_a_teacher_is_also_measured_as_int8(self):
        for line in self.of("teacher"):
            self.assertLess(line["int8"]["bytes"], line["bytes"])
            self.assertEqual(set(line["int8"]["test"]), set(line["test"]))

    def test_a_student_is_what_distill_alone_makes(self):
        line = self.of("student", method="both", teacher="big", seed=1)[0]
        teacher = self.folder / "whole" / "runs" / f"{line['teacher_run']}.derrd"
        output = self.folder / "alone.derrd"
        self.ok("distill", self.dataset, "--teacher", teacher, "--method", "de-rrd", "--seed", 1, "--width", 4,
                "--batch-size", 128, "--epochs", 12, "--learning-rate", 0.01, "--rrd-interesting", 5,
                "--rrd-uninteresting", 7, "--rrd-top", 20, "--de-experts", 4,
                "--lambda-de", line["values"]["--lambda-de"], "-o", output)
        model = self.folder / "whole" / "runs" / f"{line['run']}.derrd"
        self.assertEqual(output.read_bytes(), model.read_bytes())

    def test_values_are_chosen_on_validation_alone(self):
        for teacher in ("big", "solved"):
            for method, budget in (("rrd", 3), ("both", 3)):
                trials = self.of("trial", method=method, teacher=teacher)
                self.assertEqual(len({json.dumps(trial["values"]) for trial in trials}), budget)
                best = max(trials, key=lambda trial: trial["valid"]["HR@5"])
                for student in self.of("student", method=method, teacher=teacher):
                    self.assertEqual(student["values"], best["values"])
                for trial in trials:
                    self.assertNotIn("test", trial)
                    self.assertEqual(trial["seed"], 0)
                    model = self.folder / "whole" / "runs" / f"{trial['run']}.derrd"
                    self.assertEqual(model.exists(), trial["values"] == best["values"])

    def test_the_same_results_whatever_runs_at_once(self):
        for jobs in (1, 5):
            other = self.experiment(f"jobs-{jobs}", TOML, "--jobs", jobs)
            self.assertEqual(timeless(other), timeless(self.whole))

    def test_what_is_done_is_not_done_again(self):
        folder = self.folder / "again"
        shutil.copytree(self.folder / "whole", folder)
        times = {path: path.stat().st_mtime_ns for path in (folder / "runs").glob("*.derrd")}
        other = self.experiment("again", TOML.replace("seeds = [0, 1]", "seeds = [0, 1, 2]"))
        for path, when in times.items():
            self.assertEqual(path.stat().st_mtime_ns, when)
        for line in timeless(self.whole):
            self.assertIn(line, timeless(other))

    def test_results_of_another_file_are_kept(self):
        folder, file = self.folder / "other", self.folder / "other-file.toml"
        shutil.copytree(self.folder / "whole", folder)
        for toml, kept in ((TOML.replace("seeds = [0, 1]", "seeds = [0, 1, 2]"), []),
                           (TOML, ["results.previous.jsonl"]),
                           (TOML.replace("[method.svd]\n", ""), ["results.previous-2.jsonl", "results.previous.jsonl"])):
            file.write_text(toml)
            self.assertEqual("is kept as" in self.ok("experiment", file, "-o", folder).stderr, bool(kept))
            self.assertEqual(sorted(path.name for path in folder.glob("results.previous*")), kept)
        self.assertEqual(timeless(folder / "results.previous-2.jsonl"), timeless(self.whole))

    def test_killed_at_any_moment_it_goes_on_to_the_same_results(self):
        draw = random.Random(5)
        file, folder = self.folder / "killed.toml", self.folder / "killed"
        file.write_text(TOML)
        words = [DERRD, "experiment", str(file), "-o", str(folder), "--jobs", "2", "--checkpoint-every", "1"]
        for _ in range(6):
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(draw.uniform(0.05, 0.8))
            process.kill()
            process.wait()
            results = folder / "results.jsonl"
            if results.exists():
                for line in results.read_text().splitlines():
                    json.loads(line)
        self.ok(*words[1:])
        self.assertEqual(timeless(folder / "results.jsonl"), timeless(self.whole))
        self.assertEqual(list((folder / "runs").glob("*.checkpoint*")), [])

    def test_a_program_that_is_replaced_meanwhile_goes_on_as_it_was(self):
        program, file, folder = self.folder / "derrd-before", self.folder / "replaced.toml", self.folder / "replaced"
        shutil.copy(DERRD, program)
        file.write_text(TOML)
        process = subprocess.Popen([program, "experiment", str(file), "-o", str(folder), "--jobs", "1"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while not list((folder / "runs").glob("*.txt")):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        program.unlink()
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
        _, said = process.communicate()
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(timeless(folder / "results.jsonl"), timeless(self.whole))

    def test_one_experiment_a_folder_at_a_time(self):
        file, folder = self.folder / "busy.toml", self.folder / "busy"
        file.write_text(TOML.replace("epochs = 12", "epochs = 100000\npatience = 100000"))
        process = subprocess.Popen([DERRD, "experiment", str(file), "-o", str(folder)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        while not list((folder / "runs").glob("*.txt")):
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        self.fails(1, "experiment", file, "-o", folder, says=[folder, "another experiment runs there"])
        process.kill()
        process.wait()

    def test_halving_goes_on_with_the_better_ones(self):
        toml = TOML.replace('kind = "random"\nbudget = 3', 'kind = "halving"\nbudget = 4\nepochs = 2\nfactor = 2')
        lines = [json.loads(line) for line in self.experiment("halving", toml).read_text().splitlines()]
        trials = [line for line in lines if line["role"] == "trial" and line["method"] == "rrd" and line["teacher"] == "big"]
        rungs = {rung: [trial for trial in trials if trial["rung"] == rung] for rung in (0, 1)}
        self.assertEqual([len(rungs[0]), len(rungs[1])], [4, 2])
        self.assertEqual({trial["config"]["epochs"] for trial in rungs[0]}, {2})
        self.assertEqual({trial["config"]["epochs"] for trial in rungs[1]}, {4})
        best = sorted(rungs[0], key=lambda trial: -trial["valid"]["HR@5"])[:2]
        self.assertEqual([trial["values"] for trial in best], [trial["values"] for trial in rungs[1]])

    def test_halving_deals_out_the_epochs(self):
        file, folder = self.folder / "halving-wrong.toml", self.folder / "never"
        halving = TOML.replace('"random"', '"halving"').replace("budget = 3", "budget = 4\nepochs = 3")
        file.write_text(halving + "[search.flags]\nepochs = [5, 10]\n")
        self.fails(2, "experiment", file, "-o", folder, says=["'epochs' is what halving deals out"])
        file.write_text(halving + "[method.als]\n[method.als.search]\nlambda-als = [0.1, 0.2, 0.3, 0.4]\n")
        self.fails(2, "experiment", file, "-o", folder, says=["als is solved", '"grid"'])

    def test_what_is_solved_takes_no_flags_of_training(self):
        file = self.folder / "solved.toml"
        file.write_text(TOML + "[method.als]\n[search.flags]\nlearning-rate = [0.1, 0.01]\n")
        answer = json.loads(self.ok("experiment", file, "-o", self.folder / "never", "--dry-run", "--json").stdout)
        values = {run["run"].split(".")[3]: run["values"] for run in answer["runs"] if run["run"].count(".") > 4}
        self.assertFalse(values["als"])
        self.assertTrue(values["rrd"])

    def test_a_value_of_its_own_is_not_searched(self):
        file = self.folder / "own.toml"
        for old, new in (("[student.mf]", "[student.mf]\nmodel = 'ials'"), ("[student.mf]", "[student.mf]\nl2 = 0.5"),
                         ("[method.none]", "[method.none]\nl2 = 0.5")):
            toml = TOML.replace(old, new).replace("[student.mf]", "[student.other]\nwidth = 5\n[student.mf]")
            file.write_text(toml + "[search.flags]\nl2 = [0.1, 0.2]\n[[grid]]\nmethod = 'none'\nstudent = 'mf'\n"
                            "[[grid]]\nmethod = 'rrd'\nstudent = 'other'\n")
            answer = json.loads(self.ok("experiment", file, "-o", self.folder / "never", "--dry-run", "--json").stdout)
            values = {run["run"].split(".")[-4]: run["values"] for run in answer["runs"] if ".w" in run["run"]}
            self.assertFalse(values["mf"], new)

    def test_a_search_may_choose_between_models(self):
        toml = re.sub(r"\[method.none\](.|\n)*?\[search\]", "[method.none]\n[method.none.search]\n"
                      "model = ['ials', 'bpr-mf']\n[search]", TOML).replace("seeds = [0, 1]", "seeds = [0]")
        lines = [json.loads(line) for line in self.experiment("models", toml).read_text().splitlines()]
        self.assertEqual([line["config"]["model"] for line in lines if line["role"] == "trial"], ["ials", "bpr-mf"] * 2)

    def test_a_teacher_whose_model_is_gone_is_trained_again(self):
        toml = TOML.split("[method.svd]")[0].replace("seeds = [0, 1]", "seeds = [0]") + "[method.svd]\n"
        results = self.experiment("gone", toml)
        teachers = sorted((self.folder / "gone" / "runs").glob("likes.big.s0-*.derrd"))
        bytes_of = [teacher.read_bytes() for teacher in teachers]
        teachers[0].write_bytes(bytes_of[0][:100])
        self.experiment("gone", toml)  # nobody needs it
        self.assertEqual(len(teachers[0].read_bytes()), 100)
        self.experiment("gone", toml + "[method.de]\nde-experts = 2\n")
        self.assertEqual([teacher.read_bytes() for teacher in teachers], bytes_of)
        self.assertIn("de", {json.loads(line).get("method") for line in results.read_text().splitlines()})

    def test_models_that_are_gone_are_trained_again_where_they_are_to_be_measured(self):
        folder = self.folder / "unmeasured"
        shutil.copytree(self.folder / "whole", folder)
        runs = folder / "runs"
        for teacher in runs.glob("likes.*.s?-*.derrd"):
            if ".w" not in teacher.name:
                teacher.unlink()
        students = [line["run"] for line in self.of("student", teacher="big", method="svd")]
        (runs / f"{students[0]}.derrd").write_bytes(b"half")
        facts = runs / f"{students[0]}.json"
        facts.write_text(json.dumps({key: value for key, value in json.loads(facts.read_text()).items() if key != "overlap"}))
        (runs / f"{students[1]}.derrd").write_bytes(b"half")  # and what was killed before it was looked at
        (runs / f"{students[1]}.json").unlink()
        results = self.experiment("unmeasured", TOML.replace("width = 4", "width = [4, 5]"))
        for line in timeless(self.whole):
            self.assertIn(line, timeless(results))
        for line in map(json.loads, results.read_text().splitlines()):
            self.assertIn("overlap" if line["role"] == "student" else "run", line)

    def test_checkpoints_of_a_run_that_was_killed_at_its_end_are_removed(self):
        results = self.experiment("ended")
        before, runs = timeless(results), self.folder / "ended" / "runs"
        line = next(line for line in map(json.loads, results.read_text().splitlines()) if line["role"] == "student")
        (runs / f"{line['run']}.json").unlink()
        left = runs / f"{line['run']}.derrd.checkpoint.previous"
        left.write_bytes(b"what a kill left")
        self.experiment("ended")
        self.assertFalse(left.exists())
        self.assertEqual(timeless(results), before)

    def test_a_run_that_diverges_is_a_result(self):
        toml = TOML.replace("[method.none]",
                            "[method.none]\noptimizer = 'sgd'\n[method.none.search]\nlearning-rate = [1000.0, 0.01]")
        lines = [json.loads(line) for line in self.experiment("diverges", toml).read_text().splitlines()]
        trials = [line for line in lines if line["role"] == "trial" and line["method"] == "none"]
        failed = {trial["values"]["--learning-rate"] for trial in trials if "error" in trial}
        self.assertEqual(failed, {"1000"})
        for line in lines:
            if line["role"] == "student" and line["method"] == "none":
                self.assertEqual(line["values"]["--learning-rate"], "0.01")

    def test_what_depends_on_what_diverges_is_left_out_and_told_at_the_end(self):
        toml = TOML.replace("[method.none]", "[method.none]\noptimizer = 'sgd'\n[method.none.search]\n"
                            "learning-rate = [1000.0, 999.0]").replace("seeds = [0, 1]", "seeds = [0]")
        file, folder = self.folder / "left-out.toml", self.folder / "left-out"
        for teacher, left in (("", {"svd", "rrd", "both"}), ("optimizer = 'sgd'\nlearning-rate = 1000.0\n", set())):
            file.write_text(toml.replace("[teacher.big]", "[teacher.big]\n" + teacher))
            for _ in range(2):  # nothing of it is tried again
                done = run("experiment", file, "-o", folder)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("none of the 2 tried values trains", done.stderr)
                self.assertEqual("change the teacher's flags" in done.stderr, bool(teacher))
            lines = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
            for name, methods in (("big", left), ("solved", {"svd", "rrd", "both"})):
                students = [line for line in lines if line["role"] == "student" and line["teacher"] == name]
                self.assertEqual({line["method"] for line in students}, methods)
                for line in students:
                    self.assertIn("overlap", line)
            self.ok("report", folder / "results.jsonl", "-o", self.folder / "left-out.html")

    def test_a_teacher_that_is_there_already(self):
        toml = TOML.replace('[teacher.big]\nwidth = 16', f'[teacher.big]\nfile = "{self.teacher}"')
        lines = [json.loads(line) for line in self.experiment("given", toml).read_text().splitlines()]
        teachers = [line for line in lines if line["role"] == "teacher" and line["teacher"] == "big"]
        self.assertEqual(len(teachers), 1)
        answer = json.loads(self.ok("evaluate", self.dataset, self.teacher, "--json").stdout)["models"][0]
        self.assertEqual(teachers[0]["test"], answer["metrics"])

    def test_a_teacher_that_has_representations_alone(self):
        draw, sides = numpy.random.default_rng(3), {}
        for side, width, ids in (("user", 10, {u for u, _ in interactions()}), ("item", 16, {i for _, i in interactions()})):
            rows, names = self.folder / f"rows-{side}.npy", self.folder / f"ids-{side}.txt"
            numpy.save(rows, draw.standard_normal((len(ids), width)).astype("f4"))
            names.write_text("\n".join(sorted(ids)) + "\n")
            sides.update({f"--{side}-embeddings": rows, f"--{side}-ids": names})
        teacher = self.folder / "rows.derrd"
        self.ok("import-teacher", self.dataset, *itertools.chain(*sides.items()), "--score", "none", "-o", teacher)
        toml = f"""
[data.likes]
file = "likes.derrd"
[teacher.rows]
file = "{teacher}"
[flags]
epochs = 3
batch-size = 128
[student.mf]
width = 4
[method.none]
[method.de]
de-experts = 3
"""
        results = self.experiment("rows", toml)
        lines = {line.get("method", line["role"]): line for line in map(json.loads, results.read_text().splitlines())}
        self.assertEqual(lines["teacher"]["test"], {})
        for method in ("none", "de"):
            self.assertGreater(lines[method]["microseconds_per_query"], 0)
            self.assertIn("HR@5", lines[method]["test"])
            self.assertNotIn("overlap", lines[method])
        self.assertIn("| de  ", self.ok("report", results, "-o", self.folder / "rows.html").stdout)

    def test_models_along_the_teachers_training(self):
        toml = TOML.replace("[teacher.big]", "[teacher.big]\nkeep-every = 1").replace("[method.none]",
                            "[method.hetcomp]\nhetcomp-top = 20\nhetcomp-rest = 0\nstages = 3") + """
[[grid]]
teacher = "big"
method = "hetcomp"
"""
        lines = [json.loads(line) for line in self.experiment("stages", toml).read_text().splitlines()]
        students = [line for line in lines if line["role"] == "student"]
        self.assertEqual([len(line["config"]["hetcomp"]["stages"]) for line in students], [3, 3])
        # Kept after the last epoch alone: none is before the best one, and the other students go on.
        late = toml.replace("keep-every = 1", "keep-every = 12").replace("seeds = [0, 1]", "seeds = [0]") + \
            '[[grid]]\nteacher = "big"\nmethod = "svd"\n'
        file = self.folder / "late.toml"
        file.write_text(late)
        done = run("experiment", file, "-o", self.folder / "late")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("lower the teacher's keep-every", done.stderr)
        lines = [json.loads(line) for line in (self.folder / "late" / "results.jsonl").read_text().splitlines()]
        students = {line["method"]: line for line in lines if line["role"] == "student"}
        self.assertIn("lower the teacher's keep-every", students["hetcomp"]["error"])
        self.assertIn("HR@5", students["svd"]["test"])
        file, folder = self.folder / "no-stages.toml", self.folder / "never"
        file.write_text(toml.replace("keep-every = 1\n", ""))
        self.fails(2, "experiment", file, "-o", folder, says=[f"{file}:21", "keep-every", "[teacher.big]"])

    def test_stages_of_a_teacher_that_is_there(self):
        teacher, stage = self.folder / "kept.derrd", self.folder / "kept.derrd.epoch-2.derrd"
        self.ok("train", self.dataset, "--width", 8, "--epochs", 4, "--keep-every", 2, "-o", teacher)
        toml = f"""
seeds = [0]
[data.likes]
file = "{self.dataset.name}"
[teacher.there]
file = "{teacher.name}"
[student.mf]
width = 4
epochs = 2
[method.hetcomp]
hetcomp-top = 20
hetcomp-stages = ["{stage}"]
"""
        file = self.folder / "unnamed.toml"
        file.write_text("".join(line for line in toml.splitlines(True) if "stages" not in line))
        message = self.fails(2, "experiment", file, "-o", self.folder / "never", says=["hetcomp-stages", "[method.hetcomp]"])
        self.assertNotIn("keep-every", message)
        first = self.experiment("there", toml)
        name = [line["run"] for line in map(json.loads, first.read_text().splitlines()) if line["role"] == "student"]
        shutil.copy(self.folder / "kept.derrd.epoch-4.derrd", stage)  # another model: another run
        second = self.experiment("there", toml)
        other = [line["run"] for line in map(json.loads, second.read_text().splitlines()) if line["role"] == "student"]
        self.assertEqual((len(name), len(other)), (1, 1))
        self.assertNotEqual(name, other)
        searched = toml.replace("hetcomp-stages", "[method.hetcomp.search]\nhetcomp-stages") + "[search]\nbudget = 1\n"
        trials = [line for line in map(json.loads, self.experiment("searched", searched).read_text().splitlines())
                  if line["role"] == "trial"]
        self.assertEqual([line["values"] for line in trials], [{"--hetcomp-stages": str(stage)}])

    def test_searched_lengths_are_checked_each(self):
        toml = re.sub(r"\[method.rrd\](.|\n)*?\[method.both\]", "[method.rrd]\nrrd-uninteresting = 7\nrrd-top = 20\n"
                      "[method.rrd.search]\nrrd-interesting = LENGTHS\n[method.both]", TOML)
        file, folder = self.folder / "lengths.toml", self.folder / "never"
        for lengths, code in (("[5, 10]", 0), ("[5, 50]", 2)):
            file.write_text(toml.replace("LENGTHS", lengths))
            if code == 0:
                self.ok("experiment", file, "-o", folder, "--dry-run")
            else:
                self.fails(code, "experiment", file, "-o", folder, "--dry-run", says=["--rrd-interesting 50"])

    def test_grids_say_what_is_combined(self):
        toml = TOML + """
[[grid]]
teacher = "big"
method = ["none", "svd"]
width = [2, 3]
[[grid]]
teacher = "solved"
method = "svd"
seeds = 7
"""
        lines = [json.loads(line) for line in self.experiment("grids", toml).read_text().splitlines()]
        found = [(line["teacher"], line["method"], line["width"], line["seed"])
                 for line in lines if line["role"] == "student"]
        self.assertEqual(found, [("big", method, width, seed) for width in (2, 3) for method in ("none", "svd")
                                 for seed in (0, 1)] + [("solved", "svd", 4, 7)])

    def test_a_dry_run_lists_and_trains_nothing(self):
        file, folder = self.folder / "dry.toml", self.folder / "dry"
        file.write_text(TOML)
        answer = json.loads(self.ok("experiment", file, "-o", folder, "--dry-run", "--json").stdout)
        self.assertEqual((answer["total"], answer["done"], len(answer["runs"])), (DISTINCT, 0, DISTINCT))
        self.assertFalse(folder.exists())
        text = self.ok("experiment", file, "-o", self.folder / "whole", "--dry-run").stdout
        self.assertIn(f"{DISTINCT} of {DISTINCT} runs are done", text)

    def test_bad_input_is_told_with_its_line_before_anything_is_trained(self):
        file, folder = self.folder / "wrong.toml", self.folder / "never"
        for old, new, line, says in (
                ("seeds = [0, 1]", "seed = [0, 1]", 1, ["'seed' is no key", "did you mean 'seeds'"]),
                ("batch-size", "bach-size", 4, ["'bach-size'", "did you mean 'batch-size'"]),
                ("epochs = 12", "epochs = 0", 5, ["--epochs"]),
                ("epochs = 12", "keep-every = 2", 5, ["'keep-every' is of teachers alone", "[teacher.NAME]"]),
                ("epochs = 12", 'epochs = "many"', 5, ["'epochs' needs"]),
                ("epochs = 12", "width = 12", 5, ["'width' is not set here"]),
                ("epochs = 12", "seed = 12", 5, ["'seed' is not set here"]),
                ('file = "likes', 'fil = "likes', 9, ["'fil' is no key", "'file'"]),
                ('file = "likes', 'file = "absent', 8, ["absent.derrd is not there", "--data"]),
                ("[method.svd]", "[method.svdd]", 22, ["no method 'svdd'", "'svd'"]),
                ('"rrd+de"', '"rrd+none"', 29, ["none stands alone"]),
                ("lambda-rrd = {", "lambda_rrd = [0.1]\nlambda-rrd = {", 28, ["'lambda", "twice"]),
                ("lambda-rrd = {", "lamda-rrd = {", 28, ["'lamda-rrd'", "'lambda-rrd'"]),
                ("from = 0.001, to", "from = 0, to", 28, ["0 < from"]),
                ("from = 0.001, to", "form = 0.001, to", 28, ["'form' is no key of a range", "'from'"]),
                ("[0.001, 0.01, 0.1]", "[0.001, -1.0]", 36, ["--lambda-de"]),
                ("[0.001, 0.01, 0.1]", "[0.1, 0.1]", 36, ["twice"]),
                ('"random"', '"randon"', 39, ["'randon'", "'random'"]),
                ('budget = 3', 'budget = 3\nfactor = 3', 41, ["'factor'", "halving"]),
                ("[method.svd]", "[method.svd]\n[method.svd.search]\nl2 = [0.1, 0.2]", 23, ["svd", "nothing to search"]),
                ("[method.svd]", "[method.svd]\nepochs = 77", 23, ["'epochs'", "nothing of svd"]),
                ("[method.svd]", "[method.svd]\npatience = 7", 23, ["'patience'", "nothing of svd"]),
                ("[method.svd]", "[method.als]\nlearning-rate = 0.1", 23, ["'learning-rate'", "nothing of als"]),
                ("[method.svd]", "[method.als]\n[method.als.search]\nl2 = [0.1, 0.2]", 24, ["'l2'", "nothing of als"]),
                ("[student.mf]", "[student.mf]\nmodel = 'ials'\nl2 = 0.1", 20, ["--l2", "nothing of --model ials"]),
                ('model = "ials"', 'model = "ials"\nl2 = 0.1', 15, ["--l2", "nothing of --model ials"]),
                ("[method.none]", "[method.none]\n[method.none.search]\nmodel = ['ials', 'bpr-mf']\nl2 = [0.1]", 24,
                 ["--l2", "nothing of --model ials"]),
                ("budget = 3", "budget = 3\n[search.flags]\nl2 = [0.1]\n[[grid]]\nmethod = 'svd'", 42,
                 ["--l2", "none of the methods"]),
                ("[method.rrd]", "[method.rrd]\nstages = 7", 24, ["'stages'", "nothing of rrd"]),
                ("[method.svd]", "[method.hetcomp]\nstages = 7\nhetcomp-stages = ['a']", 23, ["'stages'", "hetcomp-stages"]),
                ("budget = 3", "", 38, ["[search]", "budget"]),
                ("[method.rrd]", "[method.rrd]\nde-experts = 3", 24, ["'de-experts' is of method de", "rrd"]),
                ("lambda-rrd = {", "de-experts = [3]\nlambda-rrd = {", 28, ["'de-experts' is of method de", "rrd"]),
                ("[method.rrd]", "[method.rrd]\nlambda-rrd = 1", 29, ["--lambda-rrd", "searched", "leave one out"]),
                ("to = 1.0", "to = 1e9", 28, ["--lambda-rrd", "1000000000"]),
                ('"random"', '"grid"', 28, ["needs a list"]),
                ("budget = 3", "budget = 0", 40, ["'budget' is 0"]),
                ("budget = 3", "budget = 3\nmetric = 'HR@6'", 41, ["no metric 'HR@6'", "'HR@5'"]),
                ("rrd-top = 20", "rrd-top = 4", 23, ["--rrd-"]),
                ("[student.mf]", "[student.mf]\nmodel = 'ials'", 23, ["--model ials"]),
                ("[teacher.big]", "[teacher.big]\nmodel = 'neumf'", 23, ["--method svd", "big is neumf"]),
                ("[student.mf]", "[student.mf]\nmodel = 'neumf'", 23, ["--method svd", "leave out --model neumf"]),
                ("[method.svd]", "[method.hetcomp]\nloss = 'bpr'", 22, ["--loss", "--method hetcomp"]),
                ('model = "ials"', 'model = "ials"\nkeep-every = 2', 13, ["--model ials", "--keep-every"]),
                ("[teacher.big]", "[teacher.'b/g']", 11, ["'b/g' is no name"]),
                ("[student.mf]\nwidth = 4", "[student.mf]", 18, ["has no width"]),
                ("seeds = [0, 1]", "seeds = [0, 0]", 1, ["twice"]),
                ("seeds = [0, 1]", "seeds = []", 1, ["empty"]),
                ("seeds = [0, 1]", "seeds = [0", 3, ["not TOML"]),
                ("budget = 3", "budget = 3\n[[grid]]\nteacher = 'bigg'", 42, ["no [teacher.bigg]", "'big'"]),
                ("budget = 3", "budget = 3\n[[grid]]\nteachers = 'big'", 42, ["'teachers'", "'teacher'"]),
                ("budget = 3", "budget = 3\n[[grid]]\n[[grid]]", 42, ["earlier grid"])):
            with self.subTest(new=new):
                self.assertIn(old, TOML)
                file.write_text(TOML.replace(old, new))
                self.fails(2, "experiment", file, "-o", folder, says=[f"{file}:{line}", *says])
                self.assertFalse(folder.exists())
        file.write_text(TOML.replace("[method.none]\n[method.svd]\n", "").split("[method")[0])
        self.fails(2, "experiment", file, "-o", folder, says=[file, "[method.NAME]"])

    def test_impossible_combinations_with_a_given_teacher(self):
        file, folder = self.folder / "other.toml", self.folder / "never"
        csv, data, teacher = (self.folder / f"other.{end}" for end in ("csv", "derrd", "teacher"))
        csv.write_text("user,item\n" + "".join(f"x{u},y{(u + i) % 9}\n" for u in range(9) for i in range(6)))
        self.ok("import", csv, "--negatives", 2, "-o", data)
        self.ok("train", data, "--width", 4, "--epochs", 1, "-o", teacher)
        file.write_text(TOML.replace('[teacher.big]\nwidth = 16', f'[teacher.big]\nfile = "{teacher}"'))
        done = run("experiment", file, "-o", folder)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(teacher), done.stderr)
        self.assertFalse(folder.exists())

    def test_a_dry_run_tells_what_no_folder_or_machine_takes(self):
        file, folder = self.folder / "takes.toml", self.folder / "never"
        toml = TOML
        for part in ("data.likes", "teacher.big", "student.mf", "method.both"):
            toml = toml.replace(f"[{part}", f"[{part.split('.')[0]}.{'x' * 64}")
        file.write_text(toml)
        self.fails(2, "experiment", file, "-o", folder, "--dry-run", says=["letters", "shorten the names"])
        file.write_text(TOML.replace("[teacher.big]", "[teacher.big]\nkeep-every = 1").replace(
            "[method.none]", "[method.hetcomp]\nhetcomp-top = 20") + "[[grid]]\nteacher = 'big'\nmethod = 'hetcomp'\n")
        self.fails(2, "experiment", file, "-o", self.folder / "a,b", "--dry-run", says=["a,b", "comma"])
        file.write_text(TOML.replace("seeds = [0, 1]", f"seeds = {list(range(1000))}").replace(
            "batch-size = 128", "batch-size = 16777216") + "[[grid]]\nmethod = 'none'\n")
        self.ok("experiment", file, "-o", folder, "--jobs", 1, "--dry-run")
        message = self.fails(2, "experiment", file, "-o", folder, "--jobs", 1000, "--dry-run", says=["--jobs 1000: the 1000"])
        fit = re.search("give --jobs ([0-9]+)", message)[1]
        self.assertTrue(1 <= int(fit) < 1000)

    def test_data_sets_are_found_beside_the_file_or_where_told(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        file = elsewhere / "small.toml"
        file.write_text(TOML)
        self.fails(2, "experiment", file, "-o", elsewhere / "runs", says=[elsewhere / "likes.derrd"])
        self.ok("experiment", file, "--data", self.folder, "-o", elsewhere / "runs", "--dry-run")

    def test_the_experiments_that_ship_are_sound(self):
        data = self.folder / "shipped"
        data.mkdir()
        csv = data / "many.csv"  # items enough for the lists of their settings
        csv.write_text("user,item\n" + "".join(f"{u},{i}\n" for u, i in interactions(300, 900)))
        for file in sorted((ROOT / "experiments").glob("*.toml")):
            for name in re.findall(r'^file = "(.*)"', file.read_text(), re.MULTILINE):
                split = ("--split", "ratio") if "rou" in name else ("--negatives", 30)
                self.ok("import", csv, *split, "-o", data / name)
            answer = json.loads(self.ok("experiment", file, "--data", data, "-o", data / "runs", "--dry-run", "--json").stdout)
            self.assertGreater(answer["total"], 5)
            self.assertFalse((data / "runs").exists())


if __name__ == "__main__":
    unittest.main()
