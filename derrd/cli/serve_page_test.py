#!/usr/bin/env python3
"""The page of `derrd serve`, as a browser shows it and as a keyboard uses it.

  serve_page_test.py path/to/derrd      (run by CTest; needs a Chromium)
"""

import json
import unittest

from browser import Page
from program_case import ProgramCase
from server_process import Server

UNTIL = "new Promise(resolve => { const look = () => (%s) ? resolve(true) : setTimeout(look, 20); look(); })"
KEYS = {"ArrowDown": 40, "ArrowUp": 38, "Enter": 13, "Escape": 27, "Tab": 9, " ": 32}


class ServePageTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        student = cls.folder / "student.derrd"
        cls.ok("train", cls.dataset, "--width", 4, "--epochs", 10, "--batch-size", 128, "--learning-rate", 0.01, "-o", student)
        cls.student = student
        cls.server = Server(student, "--dataset", cls.dataset, "--compare", cls.teacher)
        cls.addClassCleanup(cls.server.stop)
        cls.browser = Page()
        cls.addClassCleanup(cls.browser.close)

    def open(self, server=None, width=1280, height=900, dark=False):
        self.browser.complaints.clear()
        self.browser.requests.clear()
        self.browser.open((server or self.server).url, width, height, dark)

    def until(self, condition):
        self.browser.evaluate(UNTIL % condition)

    def type(self, text):
        self.browser.call("Input.insertText", text=text)

    def press(self, key):
        more = {"text": "\r"} if key == "Enter" else {"text": key} if key == " " else {}
        for kind in ("keyDown", "keyUp"):
            self.browser.call("Input.dispatchKeyEvent", type=kind, key=key, code="Space" if key == " " else key,
                              windowsVirtualKeyCode=KEYS[key], **(more if kind == "keyDown" else {}))

    def listed(self, section):
        """Ids of the lines of a list."""
        return self.browser.evaluate(f"[...document.querySelectorAll('#{section} li .id')].map(id => id.textContent)")

    def test_a_user_is_found_by_keyboard_and_both_models_answer(self):
        self.open()
        self.until("model !== null")
        self.browser.evaluate("text.focus()")
        self.type("u1")
        self.until("!found.hidden")
        self.assertEqual(self.browser.evaluate("[...found.children].map(line => line.textContent)")[:3], ["u1", "u10", "u11"])
        self.press("ArrowDown")
        self.press("ArrowDown")
        self.assertEqual(self.browser.evaluate("found.querySelector('[aria-selected=true]').textContent"), "u10")
        self.assertEqual(self.browser.evaluate("document.activeElement.getAttribute('aria-activedescendant')"), "found-1")
        self.press("Enter")
        self.until("!document.getElementById('answers').hidden")
        answer = self.server.recommend({"user": "u10", "k": 10, "compare": True})[1]
        self.assertEqual(self.listed("student"), [entry["item"] for entry in answer["items"]])
        self.assertEqual(self.listed("teacher"), [entry["item"] for entry in answer["teacher"]["items"]])
        history = self.server.get("/v1/history?user=u10")[1]
        self.assertEqual(self.listed("history"), [entry["item"] for entry in history["items"]])
        shared = self.browser.evaluate("document.querySelectorAll('#student li.shared').length")
        self.assertEqual(shared, answer["teacher"]["shared"])
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('#teacher li.shared').length"), shared)
        summary = self.browser.evaluate("document.getElementById('summary').textContent")
        self.assertRegex(summary, rf"^Both share {shared} of 10\. The student took \d+\.\d µs, the teacher \d+\.\d µs\.$")
        score = self.browser.evaluate("document.querySelector('#student .score').textContent")
        self.assertEqual(score, f"{answer['items'][0]['score']:.3f}")
        self.assertEqual(self.browser.complaints, [])

    def test_items_are_chosen_and_taken_back_by_keyboard(self):
        self.open()
        self.until("model !== null")
        self.browser.evaluate("document.querySelector('input[value=items]').focus()")
        self.press(" ")
        self.until("who() === 'items'")
        self.browser.evaluate("text.focus()")
        for typed in ("i4", "i7"):
            self.type(typed)
            self.until(f"!found.hidden && suggestions.length > 0 && suggestions[0].item === {json.dumps(typed)}")
            self.press("ArrowDown")
            self.press("Enter")
            self.until("text.value === ''")
        self.until("document.querySelectorAll('#student li').length === 10")
        expected = self.server.recommend({"items": ["i4", "i7"]})[1]
        self.until(f"document.querySelector('#student .id').textContent === {json.dumps(expected['items'][0]['item'])}")
        self.assertEqual(self.listed("student"), [entry["item"] for entry in expected["items"]])
        self.assertTrue(self.browser.evaluate("document.getElementById('history').hidden"))
        self.browser.evaluate("chosen.querySelector('button').focus()")
        self.press("Enter")
        self.until("chosen.children.length === 1")
        self.assertEqual(self.browser.evaluate("chosen.textContent"), "Item number 7 ×")
        self.assertEqual(self.browser.complaints, [])

    def test_only_some_items_by_keyboard(self):
        self.open()
        self.until("model !== null")
        self.assertFalse(self.browser.evaluate("part('only-field').hidden"))
        self.assertIn("Only items", self.browser.evaluate("only.labels[0].textContent"))
        self.browser.evaluate("text.focus()")
        self.type("u10")
        self.press("Escape")
        self.press("Tab")
        self.assertEqual(self.browser.evaluate("document.activeElement.id"), "only")
        self.until("part('labels').children.length === 6")
        self.type("tags=by 7")
        self.until("part('labels').children.length === 2")
        self.assertEqual(self.browser.evaluate("[...part('labels').children].map(option => option.value)"), ["tags=by 7", "tags=by 79"])
        self.press("Enter")
        self.until("!document.getElementById('answers').hidden")
        answer = self.server.recommend({"user": "u10", "compare": True, "where": {"tags": "by 7"}})[1]
        self.assertEqual(self.listed("student"), [entry["item"] for entry in answer["items"]])
        self.assertEqual(self.listed("teacher"), [entry["item"] for entry in answer["teacher"]["items"]])
        self.assertEqual(self.browser.complaints, [])
        self.browser.evaluate("only.value = 'by 7'")
        self.press("Enter")
        self.until("document.getElementById('message').textContent.includes('name=value')")

    def test_an_unknown_user_is_told(self):
        self.open()
        self.until("model !== null")
        self.browser.evaluate("text.focus()")
        self.type("nobody")
        self.press("Enter")
        self.until("document.getElementById('message').textContent !== ''")
        self.assertIn("nobody", self.browser.evaluate("document.getElementById('message').textContent"))
        self.assertTrue(self.browser.evaluate("document.getElementById('answers').hidden"))

    def test_any_screen_in_light_and_dark_and_nothing_from_elsewhere(self):
        grounds = {}
        for width, height, dark in ((1280, 900, False), (1280, 900, True), (360, 740, False), (360, 740, True)):
            with self.subTest(width=width, dark=dark):
                self.open(width=width, height=height, dark=dark)
                self.until("model !== null")
                self.browser.evaluate("text.value = 'u3'; part('question').requestSubmit()")
                self.until("!document.getElementById('answers').hidden")
                self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
                beside = self.browser.evaluate("part('student').offsetTop === part('teacher').offsetTop")
                self.assertEqual(beside, width > 600)
                grounds[dark] = self.browser.evaluate("getComputedStyle(document.body).backgroundColor")
                self.assertEqual(self.browser.complaints, [])
                outside = [url for url in self.browser.requests if not url.startswith((self.server.url, "data:"))]
                self.assertEqual(outside, [])
        self.assertEqual(grounds, {False: "rgb(255, 255, 255)", True: "rgb(13, 17, 23)"})

    def test_a_server_with_a_token_and_without_a_teacher(self):
        token = self.folder / "token"
        token.write_text("correct-horse\n")
        server = Server(self.student, "--token-file", token)
        self.addCleanup(server.stop)
        self.open(server)
        self.until("!document.getElementById('token-form').hidden")
        self.type("correct-horse")
        self.press("Enter")
        self.until("model !== null")
        self.assertEqual(self.browser.evaluate("document.getElementById('message').textContent"), "")
        self.browser.evaluate("text.value = 'u3'; part('question').requestSubmit()")
        self.until("!document.getElementById('answers').hidden")
        self.assertTrue(self.browser.evaluate("document.getElementById('teacher').hidden"))
        self.assertTrue(self.browser.evaluate("document.getElementById('history').hidden"))
        self.assertTrue(self.browser.evaluate("part('only-field').hidden"))


if __name__ == "__main__":
    unittest.main()
