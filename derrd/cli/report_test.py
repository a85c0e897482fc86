#!/usr/bin/env python3
"""`derrd report`: tables, and the page as a browser shows it.

  report_test.py path/to/derrd      (run by CTest; needs numpy, safetensors and a Chromium)
"""

import json
import unittest

from browser import Page
from program_case import ProgramCase

TOML = """\
seeds = [0, 1, 2]
[flags]
batch-size = 128
epochs = 8
learning-rate = 0.01
[data.likes]
file = "likes.derrd"
[teacher.big]
width = 16
[student.mf]
width = [4, 8]
[method.none]
[method.svd]
[method.de]
de-experts = 4
"""
# For each width: learning curves, agreement, use of the users' and of the items' experts, experts computed;
# then accuracy beside bytes and beside time.
CHARTS = 2 * 5 + 2
# Of each chart, how many points, bars or corners of lines stand within its axes, and how many data it has.
DRAWN = """charts.map(({chart}) => {
  const {left, right, top, bottom} = chart.chartArea;
  const elements = chart.data.datasets.flatMap((_, i) => chart.getDatasetMeta(i).data);
  return [elements.filter(({x, y}) => x >= left - 1 && x <= right + 1 && y >= top - 1 && y <= bottom + 1).length,
          chart.data.datasets.reduce((sum, {data}) => sum + data.length, 0)];
})"""


class ReportTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.folder / "small.toml").write_text(TOML)
        cls.ok("experiment", cls.folder / "small.toml", "-o", cls.folder / "runs")
        cls.results = cls.folder / "runs" / "results.jsonl"
        cls.page, cls.markdown = cls.folder / "report.html", cls.folder / "report.md"
        cls.done = cls.ok("report", cls.results, "-o", cls.page, "--markdown", cls.markdown)
        cls.browser = Page()
        cls.addClassCleanup(cls.browser.close)

    def test_what_lines_lack_may_be_null_and_is_never_of_another_kind(self):
        lines = [json.loads(line) for line in self.results.read_text().splitlines()]
        changed = self.folder / "runs" / "changed.jsonl"
        page = self.folder / "changed.html"

        def write(key, value):
            changed.write_text("".join(json.dumps(dict(line, **{key: value})) + "\n" for line in lines))

        for key in ("bytes", "microseconds_per_query", "overlap", "config", "log", "teacher_run"):
            write(key, None)
            self.ok("report", changed, "-o", page)
            page.unlink()
            write(key, [])
            self.fails(1, "report", changed, "-o", page, says=[f"{changed}:1", f"'{key}'"], output=page)
        write("width", "wide")
        self.fails(1, "report", changed, "-o", page, says=[f"{changed}:1", "'width'"], output=page)

    def test_the_tables_say_what_the_results_say(self):
        text = self.markdown.read_text()
        self.assertEqual(text, self.done.stdout)
        lines = [json.loads(line) for line in self.results.read_text().splitlines()]
        for width in (4, 8):
            self.assertIn(f"## likes, teacher big, student mf of {width}", text)
            for method in ("none", "svd", "de"):
                values = [line["test"]["HR@5"] for line in lines if line["role"] == "student"
                          and (line["method"], line["width"]) == (method, width)]
                mean = sum(values) / 3
                deviation = (sum((value - mean) ** 2 for value in values) / 2) ** 0.5
                self.assertIn(f"{mean:.4f} ± {deviation:.4f}", text)
        self.assertIn(", p ", text)

    def test_json_compares_every_method_with_every_other(self):
        told = json.loads(self.ok("report", self.results, "-o", self.folder / "json.html", "--json").stdout)
        lines = [json.loads(line) for line in self.results.read_text().splitlines()]
        self.assertEqual([setting["width"] for setting in told["settings"]], [4, 8])
        for setting in told["settings"]:
            values = {method["method"]: method["test"]["HR@5"]["values"] for method in setting["methods"]}
            self.assertEqual(set(values), {"none", "svd", "de"})
            for method in setting["methods"]:
                name = method["method"]
                self.assertEqual(values[name], [line["test"]["HR@5"] for line in lines if line["role"] == "student"
                                                and (line["method"], line["width"]) == (name, setting["width"])])
                self.assertEqual(set(method["beside"]), set(values) - {name})
                for other, metrics in method["beside"].items():
                    difference = (sum(values[name]) - sum(values[other])) / 3
                    self.assertAlmostEqual(metrics["HR@5"]["difference"], difference)
                    self.assertEqual(metrics["HR@5"]["seeds"], 3)

    def test_the_same_results_make_the_same_page(self):
        again = self.folder / "again.html"
        self.ok("report", self.results, "-o", again)
        self.assertEqual(again.read_bytes(), self.page.read_bytes())

    def test_a_browser_draws_it_on_any_screen_in_light_and_dark(self):
        grounds = {}
        for width, height, dark in ((1280, 900, False), (1280, 900, True), (360, 740, False), (360, 740, True)):
            with self.subTest(width=width, dark=dark):
                self.browser.complaints.clear()
                self.browser.requests.clear()
                self.browser.open(self.page.as_uri(), width, height, dark)
                drawn = self.browser.evaluate(DRAWN)
                self.assertEqual(len(drawn), CHARTS)
                for seen, there in drawn:
                    self.assertGreater(there, 1, drawn)
                    self.assertEqual(seen, there, drawn)
                self.assertEqual(self.browser.complaints, [])
                outside = [url for url in self.browser.requests if not url.startswith(("file:", "data:"))]
                self.assertEqual(outside, [])
                # Nothing sticks out to the side: tables scroll within themselves.
                self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
                least = self.browser.evaluate(
                    "Math.min(...[...document.querySelectorAll('canvas')].map(canvas => canvas.clientWidth))")
                self.assertGreater(least, 250)
                grounds[dark] = self.browser.evaluate("getComputedStyle(document.body).backgroundColor")
        self.assertEqual(grounds, {False: "rgb(255, 255, 255)", True: "rgb(13, 17, 23)"})

    def test_where_nothing_trained_no_chart_stands(self):
        failed, page = self.folder / "failed.jsonl", self.folder / "failed.html"
        with failed.open("w") as file:
            for line in map(json.loads, self.results.read_text().splitlines()):
                if line["role"] == "student":
                    line = {key: value for key, value in line.items() if key not in ("config", "test", "bytes", "overlap")}
                    line["error"] = "the loss is not finite"
                file.write(json.dumps(line) + "\n")
        self.ok("report", failed, "-o", page)
        self.browser.complaints.clear()
        self.browser.open(page.as_uri(), 1280, 900, False)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('canvas, #costs h2').length"), 0)
        self.assertEqual(self.browser.complaints, [])

    def test_charts_change_with_the_colours_of_the_page(self):
        self.browser.open(self.page.as_uri(), 1000, 800, False)
        axis = "charts[0].chart.options.scales.x.ticks.color"
        before = self.browser.evaluate(axis)
        self.browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.browser.evaluate(f"""new Promise(resolve => {{
            const look = () => {axis} === "{before}" ? setTimeout(look, 10) : resolve();
            look();
        }})""")  # a page that never changes fails by the browser's patience

    def test_several_experiments_in_one_report(self):
        other = self.folder / "other.toml"
        other.write_text(TOML.replace("likes]", "others]").replace("[4, 8]", "5"))
        self.ok("experiment", other, "-o", self.folder / "others")
        text = self.ok("report", self.results, self.folder / "others" / "results.jsonl", "-o", self.folder / "two.html").stdout
        self.assertIn("## others, teacher big, student mf of 5", text)
        self.assertIn("## likes, teacher big, student mf of 4", text)

    def test_bad_input(self):
        output, broken = self.folder / "never.html", self.folder / "broken.jsonl"
        broken.write_text(self.results.read_text() + "{\n")
        line = len(broken.read_text().splitlines())
        self.fails(1, "report", broken, "-o", output, says=[f"{broken}:{line}", "derrd experiment"], output=output)
        broken.write_text("")
        self.fails(1, "report", broken, "-o", output, says=[broken, "no student"], output=output)
        self.fails(1, "report", self.folder / "absent", "-o", output, says=["absent"], output=output)
        self.fails(2, "report", self.results, "-o", self.results, says=["would be overwritten"])
        self.fails(1, "report", self.results, "-o", self.folder / "no" / "such.html", says=["such.html"])


if __name__ == "__main__":
    unittest.main()
