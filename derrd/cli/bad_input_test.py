#!/usr/bin/env python3
"""What the program says when something is wrong, and that it loses nothing.

  bad_input_test.py path/to/derrd      (run by CTest; needs numpy and safetensors)
"""

import json
import os
import re
import signal
import subprocess
import time
import unittest

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from program_case import DERRD, SMALL, ProgramCase, interactions


class BadInputTest(ProgramCase):
    def test_every_help_has_an_example(self):
        for command in ("import", "synth", "train", "distill", "evaluate", "recommend", "info", "methods",
                        "bench"):
            self.assertIn(f"derrd {command} ", self.ok(command, "--help").stdout)

    # --- what it says when something is wrong ---

    def test_wrong_usage_is_exit_2(self):
        output = self.folder / "never.derrd"
        self.fails(2, "train", says=["DATASET"])
        self.fails(2, "trian", says=["train"])
        self.fails(2, "train", self.dataset, "-o", output, "--widht", 3, says=["--width"], output=output)
        self.fails(2, "train", self.dataset, "-o", output, "--width", 0, says=["--width"], output=output)
        self.fails(2, "train", self.dataset, "-o", output, "--width", "wide", says=["wide"], output=output)
        self.fails(2, "train", self.dataset, "-o", output, "--threads", -1, says=["--threads"], output=output)
        self.fails(2, "distill", self.dataset, "-o", output, says=["--teacher"], output=output)
        base = ("distill", self.dataset, "--teacher", self.teacher, "-o", output)
        self.fails(2, *base, "--method", "de-rd", says=["de-rd"], output=output)
        self.fails(2, *base, "--method", "rrd", "--rrd-interesting", 600, says=["--rrd-interesting"], output=output)
        self.fails(2, *base, "--method", "rrd", "--rrd-top", 60, "--rrd-uninteresting", 60,
                   says=["--rrd-uninteresting", "the fewest of all", "--rrd-top"], output=output)
        self.fails(2, *base, "--method", "de", "--de-routing-tolerance", 0.9,
                   says=["--de-routing-tolerance"], output=output)

    def test_a_metric_that_is_not_there(self):
        output = self.folder / "metric.derrd"
        for flag in ("--keep-metric", "--stop-metrics"):
            self.fails(2, "train", self.dataset, flag, "HR@7", "-o", output, says=[flag, "HR@7", "HR@5"],
                       output=output)

    def test_files_of_another_kind_or_cut_short(self):
        output = self.folder / "never.derrd"
        for wrong in (self.csv, self.folder, self.folder / "absent.derrd", self.teacher):
            self.fails(1, "train", wrong, "-o", output, says=[wrong], output=output)
        self.fails(1, "distill", self.dataset, "--teacher", self.dataset, "-o", output,
                   says=[self.dataset, "model"], output=output)
        whole = self.teacher.read_bytes()
        cut = self.folder / "cut.derrd"
        for size in (0, 7, 100, len(whole) // 2, len(whole) - 1):
            cut.write_bytes(whole[:size])
            self.fails(1, "evaluate", self.dataset, cut, says=[cut])
        lying = self.folder / "lying.derrd"
        lying.write_bytes(whole.replace(b'"shape":[60,16]', b'"shape":[61,16]', 1))
        self.fails(1, "evaluate", self.dataset, lying, says=[lying, "user_embedding"])

    def test_a_teacher_of_other_ids(self):
        other = self.folder / "other.csv"
        other.write_text("user,item\n" + "".join(f"x{u},{i}\n" for u, i in interactions()))
        dataset, output = self.folder / "other.derrd", self.folder / "never.derrd"
        self.ok("import", other, "--negatives", 30, "-o", dataset)
        self.fails(1, "distill", dataset, "--teacher", self.teacher, "-o", output,
                   says=[self.teacher, dataset], output=output)
        self.fails(1, "evaluate", dataset, self.teacher, says=[self.teacher, dataset])

    def test_scores_that_are_not_finite(self):
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        tensors = load_file(self.teacher)
        tensors["item_embedding"][3, 2] = numpy.nan
        broken, output = self.folder / "nan.derrd", self.folder / "never.derrd"
        save_file(tensors, broken, metadata)
        says = [broken, "row 3", "item_embedding", "finite"]
        self.fails(1, "evaluate", self.dataset, broken, says=says)
        self.fails(1, "recommend", broken, "--user", "u1", says=says)
        self.fails(1, "distill", self.dataset, "--teacher", broken, "--method", "de", "--width", 4, *SMALL,
                   "-o", output, says=says, output=output)

    def test_a_loss_that_explodes_stops_the_run(self):
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        tensors = load_file(self.teacher)
        tensors["user_embedding"] *= numpy.float32(1e25)  # finite, but not when squared
        huge, output = self.folder / "huge.derrd", self.folder / "never.derrd"
        save_file(tensors, huge, metadata)
        self.fails(3, "distill", self.dataset, "--teacher", huge, "--method", "de", "--width", 4, *SMALL,
                   "-o", output, says=["the loss 'de' became", "epoch 0", "lower"], output=output)

    def test_a_last_step_that_explodes_writes_no_model(self):
        data, output = self.folder / "unvalidated.derrd", self.folder / "never.derrd"
        told = json.loads(self.ok("import", self.csv, "--split", "ratio", "--ratio", "1,0,0", "-o", data, "--json").stdout)
        # Each of four steps multiplies the rows by a million; the fourth loss is the last to be finite.
        self.fails(3, "train", data, "--optimizer", "sgd", "--learning-rate", 1000, "--l2", 1000, "--epochs", 1, "--width", 8,
                   "--batch-size", -(-told["train"] // 4), "-o", output, says=["_embedding'", "--learning-rate"],
                   output=output)

    def test_stopping_without_validation_is_told_to_change_nothing(self):
        data, output = self.folder / "all-training.derrd", self.folder / "unstopped.derrd"
        self.ok("import", self.csv, "--split", "ratio", "--ratio", "1,0,0", "-o", data)
        done = self.ok("train", data, "--keep-metric", "NDCG@10", "--keep-every", 9, "--epochs", 3,
                       "--width", 4, "-o", output)
        self.assertIn("no validation split", done.stderr)
        self.assertIn("no model is kept besides", done.stderr)
        self.assertFalse({"patience", "keep_metric"} & set(json.loads(self.ok("info", output, "--json").stdout)["model"]["config"]))

    def test_unknown_users_and_items(self):
        self.fails(1, "recommend", self.teacher, "--user", "u99", says=["u99"])
        self.fails(1, "recommend", self.teacher, "--items", "i2", "i999", says=["i999"])

    def test_attributes_that_are_none(self):
        plain, output = self.folder / "plain.derrd", self.folder / "never.derrd"
        self.ok("import", self.csv, "--negatives", 30, "-o", plain)
        asked = ("recommend", self.teacher, "--user", "u1")
        self.fails(2, *asked, "--where", "group=odd", says=["--where", "--dataset"])
        self.fails(2, *asked, "--dataset", self.dataset, "--where", "odd", says=["--where odd", "NAME=VALUE"])
        self.fails(1, *asked, "--dataset", plain, "--where", "group=odd", says=[plain, "--item-attributes"])
        known = (*asked, "--dataset", self.dataset, "--where")
        self.fails(1, *known, "group=evn", says=[self.dataset, "'group' is 'evn'", "did you mean 'even'?"])
        self.fails(1, *known, "grup=odd", says=[self.dataset, "'grup'", "did you mean 'group'?"])
        self.fails(1, *asked, "--allow", "i2", "i999", says=["i999"])
        table = self.folder / "table.csv"
        for text, says in (("item,tag,\ni1,a,b\n", "table.csv:1"), ("item,tag\ni1,a\ni2\n", "table.csv:3"),
                           ("i1,a\ni2,b\n", "table.csv:1"), ("item,tag\nx,a\n", "none of the 80 items")):
            table.write_text(text)
            self.fails(1, "import", self.csv, "--negatives", 30, "--item-attributes", table, "-o", output, says=[says], output=output)
        self.fails(2, "import", self.csv, "--item-attributes", table, "-o", table, says=[table])
        self.assertEqual(table.read_text(), text)

    def test_numbers_that_are_none(self):
        output = self.folder / "never.derrd"
        for flag, wrong in (("--learning-rate", "nan"), ("--l2", "inf"), ("--l2", "-1"), ("--width", "1e99"),
                            ("--seed", "-1"), ("--patience", "0"), ("--threads", "0"), ("--epsilon", "0")):
            self.fails(2, "train", self.dataset, "-o", output, flag, wrong, says=[flag, wrong], output=output)
        for flag, wrong in (("--rrd-temperature", "nan"), ("--lambda-de", "nan"), ("--lambda-rrd", "inf"),
                            ("--de-final-temperature", "0"), ("--de-routing-tolerance", "nan")):
            self.fails(2, "distill", self.dataset, "--teacher", self.teacher, "-o", output, flag, wrong,
                       says=[flag, wrong], output=output)
        self.fails(2, "recommend", self.teacher, "--user", "u1", "-k", "-1", says=["--top", "-1"])
        for flag, wrong in (("--min-user", "-1"), ("--min-item", "1.5"), ("--min-rating", "nan")):
            self.fails(2, "import", self.csv, "-o", output, flag, wrong, says=[flag, wrong], output=output)

    def test_lines_of_one_column(self):
        table, output = self.folder / "one-column.csv", self.folder / "never.derrd"
        for text, flags in (('"u1,i1"\n"u1,i2"\n"u2,i1"\n', ()), ("u1,i1\nu1,i2\n", ("--delimiter", ";")),
                            ("u1,i1\nu1,i2\n", ("--format", "tsv")), ("0\n1\n", ("--format", "csv"))):
            table.write_text(text)
            self.fails(1, "import", table, *flags, "--negatives", 0, "-o", output, says=[table], output=output)

    def test_what_is_no_file_of_ours_is_told_apart(self):
        self.fails(1, "evaluate", self.csv, self.teacher, says=[self.csv, "is text", "derrd import"])

    def test_ids_that_no_tsv_can_hold(self):
        table, dataset, model = (self.folder / name for name in ("tabs.csv", "tabs.derrd", "tabs-model.derrd"))
        table.write_text("user,item\n" + "".join(f'"a\tb{u}",{i}\n' for u, i in interactions()))
        self.ok("import", table, "--negatives", 5, "-o", dataset)
        self.ok("train", dataset, "--width", 2, "--epochs", 1, "-o", model)
        never = self.folder / "never.tsv"
        self.fails(1, "recommend", model, "--all", "-o", never, says=["tab", ".npy"], output=never)
        self.ok("recommend", model, "--all", "-o", self.folder / "tabs.npy")

    def test_names_without_a_column_of_names(self):
        names, output = self.folder / "descriptions.csv", self.folder / "never.derrd"
        names.write_text("item,category,description\n" + "".join(f"i{i},book,Of {i}\n" for i in range(80)))
        self.fails(1, "import", self.csv, "--negatives", 5, "--item-names", names, "-o", output,
                   says=[names, "category, description", "'name'"], output=output)

    def test_a_model_of_another_split_is_told(self):
        other = self.folder / "other-split.derrd"
        self.ok("import", self.csv, "--negatives", 30, "--seed", 5, "-o", other)
        self.assertIn("was made from another file", self.ok("evaluate", other, self.teacher).stderr)
        self.assertNotIn("another file", self.ok("evaluate", self.dataset, self.teacher).stderr)
        said = self.ok("train", other, "--width", 16, "--epochs", 1, "--init", self.teacher, "-o", self.folder / "on.derrd")
        self.assertIn("was made from another file", said.stderr)

    def test_flags_of_other_methods_are_told(self):
        base = ("distill", self.dataset, "--teacher", self.teacher, "--width", 2, "--epochs", 1, *SMALL, "-o",
                self.folder / "noted.derrd")
        said = self.ok(*base, "--method", "de", "--lambda-rrd", 3).stderr
        self.assertIn("--lambda-rrd is of method rrd and changes nothing of --method de", said)
        self.assertNotIn("--lambda-de", self.ok(*base, "--method", "de-rrd", "--lambda-de", 1).stderr)

    def test_flags_of_other_models_are_told(self):
        base = ("train", self.dataset, "--width", 4, "--epochs", 1, "--lightgcn-layers", 2, "-o", self.folder / "noted.derrd")
        self.assertIn("--lightgcn-layers is of model lightgcn and changes nothing of --model bpr-mf", self.ok(*base).stderr)
        self.assertNotIn("note:", self.ok(*base, "--model", "lightgcn").stderr)
        said = self.ok("distill", self.dataset, "--teacher", self.teacher, "--method", "de", *SMALL, *base[2:]).stderr
        self.assertEqual(said.count("--lightgcn-layers is of model lightgcn"), 1)

    def test_flags_that_a_solved_model_has_no_use_for_are_told(self):
        output = self.folder / "noted.derrd"
        said = self.ok("train", self.dataset, "--model", "ials", "--width", 4, "--ials-sweeps", 2, "--l2", 0.3, "-o", output).stderr
        self.assertIn("--l2 is of training by gradients and changes nothing of --model ials", said)
        self.assertNotIn("--ials", said)
        log = self.folder / "no-log.jsonl"
        said = self.ok("distill", self.dataset, "--teacher", self.teacher, "--method", "svd", "--width", 4, "--log", log,
                       "-o", output).stderr
        self.assertIn("--log is of training by gradients and changes nothing of --method svd", said)

    def test_a_list_of_words_ends_before_the_data_set(self):
        self.ok("train", "--stop-metrics", "HR@5,HR@10", self.dataset, "--width", 4, "--epochs", 1, "-o",
                self.folder / "listed.derrd")
        self.ok("bench", "--precision", "int8", self.teacher, "--queries", 10)

    def test_a_warm_start_from_strangers(self):
        table, dataset = self.folder / "strangers.csv", self.folder / "strangers.derrd"
        table.write_text("user,item\n" + "".join(f"x{u},y{i}\n" for u, i in interactions()))
        self.ok("import", table, "--negatives", 5, "-o", dataset)
        never = self.folder / "never.derrd"
        self.fails(2, "train", dataset, "--width", 16, "--epochs", 1, "--init", self.teacher, "-o", never,
                   says=["--init", "knows none"], output=never)

    def test_an_output_never_replaces_an_input(self):
        before = [path.read_bytes() for path in (self.csv, self.dataset, self.teacher)]
        link = self.folder / "link.derrd"
        link.symlink_to(self.dataset)
        self.fails(2, "import", self.csv, "-o", self.csv, says=[self.csv])
        for flag in ("-o", "--log"):
            for wrong in (self.dataset, link, self.teacher):
                other = () if flag == "-o" else ("-o", self.folder / "never.derrd")
                self.fails(2, "distill", self.dataset, "--teacher", self.teacher, flag, wrong, *other, says=[wrong])
        output = self.folder / "never.derrd"
        self.fails(2, "train", self.dataset, "-o", output, "--log", output, says=[output], output=output)
        self.fails(2, "train", self.dataset, "-o", "", says=["--output"])
        partial = self.folder / "never.derrd.partial"
        self.fails(2, "train", self.dataset, "-o", output, "--log", partial, says=[partial, output], output=output)
        for wrong in (self.dataset, self.teacher):
            self.fails(2, "serve", self.teacher, "--dataset", self.dataset, "--port", 0, "--access-log", wrong, says=[wrong])
        self.assertEqual(before, [path.read_bytes() for path in (self.csv, self.dataset, self.teacher)])

    def test_more_memory_than_there_is(self):
        output = self.folder / "never.derrd"
        wide = self.folder / "wide.csv"
        # Twice the memory of whatever machine this is, at 65,536 numbers a row in two copies.
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        items = 2 * memory // (2 * 4 * 65536)
        wide.write_text("user,item\n" + "".join(f"u{item // 8},i{item}\n" for item in range(items)))
        dataset = self.folder / "wide.derrd"
        self.ok("import", wide, "--negatives", 1, "-o", dataset)
        needed = []
        for optimizer in ("adam", "adagrad", "sgd"):
            message = self.fails(2, "train", dataset, "--width", 65536, "--optimizer", optimizer, "-o", output,
                                 says=["--width", "GB"], output=output)
            needed.append(float(re.search(r"needs about ([0-9.]+) GB", message).group(1)))
        self.assertAlmostEqual(needed[0] / needed[2], 2, delta=0.4)
        self.assertGreater(needed[0], needed[1])
        self.assertGreater(needed[1], needed[2])
        teacher = self.folder / "wide-teacher.derrd"
        self.ok("train", dataset, "--width", 2, "--epochs", 1, "-o", teacher)
        base = ("distill", dataset, "--teacher", teacher, "-o", output)
        self.fails(2, *base, "--method", "rrd", "--rrd-interesting", 1 << 20, "--rrd-uninteresting", 1 << 20,
                   says=["--rrd-interesting and --rrd-uninteresting: needs about", "GB"], output=output)
        self.fails(2, *base, "--method", "de", "--width", 4096, "--de-experts", 4096,
                   says=["--de-experts: needs about", "GB"], output=output)

    def test_a_full_standard_output(self):
        for words in (("info", self.teacher), ("evaluate", self.dataset, self.teacher, "--json")):
            with open("/dev/full", "w") as full:
                done = subprocess.run([DERRD, *map(str, words)], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("standard output", done.stderr)

    def test_a_terminal_that_is_gone_ends_no_work(self):
        outputs = [self.folder / f"gone-{name}" for name in ("train", "als", "import")]
        commands = (("train", self.dataset, "--width", 3, "--epochs", 2),
                    ("distill", self.dataset, "--teacher", self.teacher, "--method", "als", "--width", 3),
                    ("import", self.csv, "--negatives", 30))
        for words, output in zip(commands, outputs):
            with open("/dev/full", "w") as full:
                done = subprocess.run([DERRD, *map(str, words), "-o", output], stdout=subprocess.PIPE, stderr=full)
            self.assertEqual(done.returncode, 0, words)
            self.ok("info", output)

    def test_closed_standard_streams_take_no_part_in_files(self):
        words = ("train", self.dataset, "--width", 3, "--epochs", 2)
        self.ok(*words, "--log", self.folder / "open.jsonl", "-o", self.folder / "open.derrd")
        command = 'exec "$@" <&- 2>&-'
        done = subprocess.run(["bash", "-c", command, "-", DERRD, *map(str, words), "--log", self.folder / "closed.jsonl",
                               "-o", self.folder / "closed.derrd"], stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0)
        self.assertEqual((self.folder / "open.derrd").read_bytes(), (self.folder / "closed.derrd").read_bytes())
        for line in (self.folder / "closed.jsonl").read_text().splitlines():
            json.loads(line)
        done = subprocess.run(["bash", "-c", 'exec "$@" >&-', "-", DERRD, "info", self.teacher], stderr=subprocess.PIPE,
                              text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)

    def test_a_value_that_is_empty_is_no_value_left_out(self):
        output = self.folder / "never.derrd"
        self.fails(2, "train", self.dataset, "--init", "", "-o", output, says=["--init", "empty"], output=output)
        self.fails(2, "recommend", self.teacher, "--user", "u1", "--dataset", "", says=["--dataset", "empty"])
        self.fails(2, "serve", self.teacher, "--port", 0, "--token-file", "", says=["--token-file", "empty"])

    def test_a_link_stays_and_what_it_points_to_is_replaced(self):
        (self.folder / "releases").mkdir()
        target, link = self.folder / "releases" / "model.derrd", self.folder / "current.derrd"
        target.write_text("old")
        link.symlink_to("releases/model.derrd")
        for _ in range(2):  # there, and absent
            self.ok("train", self.dataset, "--width", 3, "--epochs", 1, "-o", link)
            self.assertTrue(link.is_symlink())
            self.ok("info", target)
            target.unlink()

    def test_a_config_is_given_once(self):
        config = self.folder / "once.toml"
        config.write_text("width = 3\n")
        self.fails(2, "train", self.dataset, "--config", config, f"--config={config}", "-o", self.folder / "never.derrd",
                   says=["--config", "twice"])

    def test_metadata_that_is_no_account(self):
        tensors = load_file(self.teacher)
        with safe_open(self.teacher, "numpy") as file:
            metadata = file.metadata()
        broken = self.folder / "deep.derrd"
        for wrong in ("[" * 100000 + "]" * 100000, "3", "{"):
            save_file(tensors, broken, dict(metadata, **{"derrd.config": wrong}))
            self.fails(1, "info", broken, says=[broken, "derrd.config"])

    def test_no_space_left(self):
        self.fails(1, "train", self.dataset, "--width", 2, "--epochs", 1, "-o", "/dev/full", says=["/dev/full", "space"])
        self.fails(1, "import", self.csv, "--negatives", 30, "-o", "/dev/full", says=["/dev/full", "space"])

    def test_a_limit_on_the_size_of_files(self):
        output = self.folder / "limited.derrd"
        done = subprocess.run(["bash", "-c", 'ulimit -f 1; exec "$@"', "-", DERRD, "train", self.dataset, "--epochs", "1",
                               "--width", "64", "-o", output], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{output}", done.stderr)
        self.assertIn("File too large", done.stderr)
        self.assertEqual(list(self.folder.glob("limited*")), [])

    def test_a_key_that_is_spelled_in_two_ways(self):
        config = self.folder / "twice.toml"
        config.write_text("learning_rate = 0.5\nlearning-rate = 0.001\n")
        self.fails(2, "train", self.dataset, "--config", config, "-o", self.folder / "never.derrd",
                   says=[f"{config}:", "learning_rate", "learning-rate"])

    def test_a_folder_that_is_not_there_is_found_before_the_work(self):
        begin = time.monotonic()
        self.fails(1, "train", self.dataset, "--epochs", 100000, "--patience", 100000, "-o",
                   self.folder / "absent" / "model.derrd", says=["absent/model.derrd"])
        self.assertLess(time.monotonic() - begin, 20)

    def test_a_kill_leaves_the_old_file(self):
        output = self.folder / "kept.derrd"
        output.write_text("precious")
        process = subprocess.Popen([DERRD, "train", str(self.dataset), "--epochs", "1000000", "--patience", "1000000",
                                    "-o", str(output)], stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.assertEqual(output.read_text(), "precious")


if __name__ == "__main__":
    unittest.main()
