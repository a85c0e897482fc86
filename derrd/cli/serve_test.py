#!/usr/bin/env python3
"""`derrd serve`: answers and errors, to requests and to bytes that are none.

  serve_test.py path/to/derrd      (run by CTest)
"""

import json
import os
import socket
import threading
import unittest

from program_case import ProgramCase, tags_of
from server_process import JSON, Server, answers, post, read_all


class AnswerTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.student = cls.folder / "student.derrd"
        cls.ok("train", cls.dataset, "--width", 4, "--epochs", 10, "--batch-size", 128, "--learning-rate", 0.01, "-o", cls.student)
        cls.server = Server(cls.student, "--dataset", cls.dataset, "--compare", cls.teacher)

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        if code != 0:
            raise AssertionError(f"the server ended with {code}")

    def told(self, *words):
        """What `derrd recommend` says."""
        done = self.ok("recommend", self.student, *words, "--json")
        return [entry["items"] for entry in json.loads(done.stdout)["recommendations"]]

    def same(self, items, others):
        self.assertEqual([(one["item"], one["name"]) for one in items], [(one["item"], one["name"]) for one in others])
        for one, other in zip(items, others):
            self.assertAlmostEqual(one["score"], other["score"], 5)

    def refused(self, status, code, answer):
        self.assertEqual((answer[0], answer[1]["error"]["code"]), (status, code), answer)
        self.assertEqual(set(answer[1]), {"error"})
        self.assertEqual(set(answer[1]["error"]), {"code", "message"})
        self.assertGreater(len(answer[1]["error"]["message"]), 10)

    def test_a_user_gets_what_the_command_line_says(self):
        status, answer = self.server.recommend({"user": "u3", "k": 5})
        self.assertEqual(status, 200)
        self.assertEqual(answer["user"], "u3")
        self.same(answer["items"], self.told("--user", "u3", "-k", 5, "--dataset", self.dataset)[0])
        self.assertGreater(answer["microseconds"], 0)
        self.assertEqual(answer["model"], self.server.get("/v1/model")[1]["fingerprint"])
        status, answer = self.server.recommend({"user": "u3", "k": 5, "include_seen": True})
        self.same(answer["items"], self.told("--user", "u3", "-k", 5)[0])

    def test_somebody_new_gets_what_the_command_line_says(self):
        status, answer = self.server.recommend({"items": ["i4", "i0", "i4"], "k": 7})
        self.assertEqual(status, 200)
        self.assertNotIn("user", answer)
        self.same(answer["items"], self.told("--items", "i4", "i0", "-k", 7)[0])
        status, answer = self.server.recommend({"items": ["i4", "i0"], "k": 80, "include_seen": True})
        self.assertEqual(len(answer["items"]), 80)

    def test_excluded_items_stay_away(self):
        best = [entry["item"] for entry in self.server.recommend({"user": "u3", "k": 6})[1]["items"]]
        rest = self.server.recommend({"user": "u3", "k": 4, "exclude": best[:2]})[1]["items"]
        self.assertEqual([entry["item"] for entry in rest], best[2:])

    def test_the_teacher_beside_the_student(self):
        answer = self.server.recommend({"user": "u3", "k": 5, "compare": True})[1]
        done = self.ok("recommend", self.teacher, "--user", "u3", "-k", 5, "--dataset", self.dataset, "--json")
        self.same(answer["teacher"]["items"], json.loads(done.stdout)["recommendations"][0]["items"])
        both = {entry["item"] for entry in answer["items"]} & {entry["item"] for entry in answer["teacher"]["items"]}
        self.assertEqual(answer["teacher"]["shared"], len(both))

    def test_a_batch(self):
        requests = [{"user": "u1", "k": 3}, {"user": "nobody"}, {"items": ["i5"], "k": 2, "compare": True}, {"user": "u2"}]
        status, answer = self.server.recommend({"requests": requests})
        self.assertEqual(status, 200)
        results = answer["results"]
        self.assertEqual([len(result.get("items", [])) for result in results], [3, 0, 2, 10])
        self.assertEqual(results[1]["error"]["code"], "unknown_user")
        for request, result in zip(requests, results):
            if "error" in result:
                continue
            alone = self.server.recommend(request)[1]
            self.assertEqual(result["items"], alone["items"])
            self.assertEqual("teacher" in result, "teacher" in alone)
            if "teacher" in alone:
                self.assertEqual(result["teacher"]["items"], alone["teacher"]["items"])

    def ranked(self, user="u3", **more):
        """Items of an answer that may have all of them."""
        status, answer = self.server.recommend({"user": user, "k": 80, **more})
        self.assertEqual(status, 200, answer)
        return [entry["item"] for entry in answer["items"]]

    def test_only_what_is_allowed(self):
        everything, some = self.ranked(), ["i4", "i9", "i0", "i9", "i41"]
        self.assertEqual(self.ranked(allow=some), [item for item in everything if item in some])
        self.assertEqual(self.ranked(allow=some, exclude=["i9"]), [item for item in everything if item in some and item != "i9"])
        self.assertEqual(set(self.ranked(allow=some, include_seen=True)), set(some))
        self.assertEqual(self.ranked(allow=everything), everything)
        self.assertEqual(self.ranked(allow=[]), [])
        self.assertEqual(self.server.recommend({"items": ["i4"], "allow": ["i4"]})[1]["items"], [])
        answer = self.server.recommend({"user": "u3", "k": 80, "allow": some, "compare": True})[1]
        self.assertEqual(answer["teacher"]["shared"], len(answer["items"]))
        self.assertEqual(len(answer["teacher"]["items"]), len(answer["items"]))

    def test_only_what_fits(self):
        everything = self.ranked()
        odd, by_3_or_7 = {f"i{i}" for i in range(1, 80, 2)}, {f"i{i}" for i in range(80) if {"by 3", "by 7"} & set(tags_of(i))}
        for where, fitting in (({"group": "odd"}, odd), ({"group": ["odd", "even"]}, set(everything)), ({}, set(everything)),
                               ({"tags": ["by 7", "by 3", "by 7"]}, by_3_or_7),
                               ({"tags": ["by 3", "by 7"], "group": ["odd"]}, odd & by_3_or_7), ({"tags": "by 79"}, {"i0", "i79"}),
                               ({"tags": "by 79", "group": "odd"}, {"i79"})):
            with self.subTest(where=where):
                self.assertEqual(self.ranked(where=where), [item for item in everything if item in fitting])
                some = sorted(fitting)[::3] + ["i2", "i1"]
                self.assertEqual(self.ranked(where=where, allow=some, exclude=["i1", "i27"]),
                                 [item for item in everything if item in fitting and item in some and item not in ("i1", "i27")])
                self.assertEqual(set(self.ranked(where=where, include_seen=True)),
                                 fitting if fitting != set(everything) else {f"i{i}" for i in range(80)})
        told = self.told("--user", "u3", "-k", 5, "--dataset", self.dataset, "--where", "tags=by 3", "--allow", "i3", "i6", "i7")
        self.same(self.server.recommend({"user": "u3", "k": 5, "where": {"tags": "by 3"}, "allow": ["i3", "i6", "i7"]})[1]["items"], told[0])

    def test_a_batch_of_restrictions(self):
        tagged, listed = {"where": {"tags": "by 3"}}, {"allow": ["i1", "i5"]}
        requests = [{"user": "u1", **tagged}, {"user": "u2", **tagged}, {"user": "u2"}, {"user": "u3", **listed, **tagged},
                    {"user": "u3", **listed}, {"user": "u4", **listed, "compare": True}, {"user": "u4", "allow": ["no"]},
                    {"user": "u4", "allow": ["no"]}, {"user": "u4", "where": {"tags": "by 4"}}, {"user": "u4", "where": {"tag": "by 3"}},
                    {"items": ["i1"], "allow": []}, {"items": ["i1"]}]
        results = self.server.recommend({"requests": requests})[1]["results"]
        self.assertEqual([result.get("error", {}).get("code") for result in results[6:10]],
                         ["unknown_item"] * 2 + ["unknown_attribute"] * 2)
        for request, result in list(zip(requests, results))[:6] + list(zip(requests, results))[10:]:
            alone = self.server.recommend(request)[1]
            self.assertEqual(result["items"], alone["items"])
            self.assertEqual(result.get("teacher", {}).get("items"), alone.get("teacher", {}).get("items"))

    def test_attributes_that_are_none(self):
        self.refused(404, "unknown_item", self.server.recommend({"user": "u1", "allow": ["i1", "none"]}))
        for where, nearest in (({"tags": ["by 3", "by 77"]}, "by 7"), ({"tag": "by 3"}, "tags"), ({"group": "Odd"}, "odd")):
            answer = self.server.recommend({"user": "u1", "where": where})
            self.refused(404, "unknown_attribute", answer)
            self.assertIn(f"did you mean '{nearest}'?", answer[1]["error"]["message"])
        self.refused(400, "invalid_field", self.server.recommend({"user": "u1", "where": {"tags": []}}))
        self.refused(400, "repeated_field", self.server.recommend(b'{"user":"u1","where":{"tags":"a","tags":"b"}}'))
        plain = Server(self.student)
        self.addCleanup(plain.stop)
        self.refused(400, "no_attributes", plain.recommend({"user": "u1", "where": {"tags": "by 3"}}))
        self.refused(400, "no_attributes", plain.recommend({"requests": [{"user": "u1", "where": {"tags": "by 3"}}]}))
        self.assertEqual(len(plain.recommend({"user": "u1", "where": {}, "allow": ["i1", "i2"]})[1]["items"]), 2)
        self.assertEqual(plain.get("/v1/attributes"), (200, {"attributes": [], "values": []}))
        self.assertFalse(plain.get("/v1/model")[1]["attributes"])

    def test_attributes_are_found(self):
        self.assertTrue(self.server.get("/v1/model")[1]["attributes"])
        status, found = self.server.get("/v1/attributes")
        self.assertEqual(status, 200)
        self.assertEqual(found["attributes"], [{"name": "group", "values": 2}, {"name": "tags", "values": 4}])
        self.assertEqual(found["values"][:3], [{"name": "group", "value": "even", "items": 40}, {"name": "group", "value": "odd", "items": 40},
                                               {"name": "tags", "value": "by 3", "items": 27}])
        self.assertEqual(len(found["values"]), 6)
        self.assertEqual(len(self.server.get("/v1/attributes?limit=1")[1]["values"]), 1)
        for text, values in (("TAGS%3Dby+7", ["by 7", "by 79"]), ("dd", ["odd"]), ("nothing", [])):
            found = self.server.get(f"/v1/attributes?q={text}")[1]
            self.assertEqual([entry["value"] for entry in found["values"]], values)
            self.assertEqual(len(found["attributes"]), 2)
        self.refused(400, "invalid_query", self.server.get("/v1/attributes?limit=101"))
        self.assertGreater(self.server.metric('derrd_requests_total{route="/v1/attributes",status="200"}'), 0)

    def test_facts_lists_and_history(self):
        status, facts = self.server.get("/v1/model")
        self.assertEqual(status, 200)
        self.assertEqual((facts["users"], facts["items"], facts["representation_width"], facts["histories"]), (60, 80, 4, True))
        self.assertEqual(facts["bytes"], os.path.getsize(self.student))
        self.assertEqual(facts["teacher"]["representation_width"], 16)
        users = self.server.get("/v1/users?q=u1&limit=5")[1]["users"]
        self.assertEqual(users, ["u1", "u10", "u11", "u12", "u13"])
        items = self.server.get("/v1/items?q=NUMBER%207")[1]["items"]
        self.assertEqual({item["item"] for item in items}, {"i7"} | {f"i{n}" for n in range(70, 80)})
        history = self.server.get("/v1/history?user=u3")[1]
        self.assertEqual((history["total"], history["user"]), (len(history["items"]), "u3"))
        seen = {item["item"] for item in history["items"]}
        everything = self.server.recommend({"user": "u3", "k": 80})[1]["items"]
        self.assertEqual(seen & {entry["item"] for entry in everything}, set())
        self.assertEqual(len(everything), 80 - len(seen))
        self.refused(404, "unknown_user", self.server.get("/v1/history?user=none"))
        answer = self.server.get("/v1/history?user=u1%00x")
        self.refused(404, "unknown_user", answer)
        self.assertIn("u1\0x", answer[1]["error"]["message"])
        self.refused(400, "invalid_query", self.server.get("/v1/history"))
        self.refused(400, "invalid_query", self.server.get("/v1/items?q=%zz"))
        self.refused(400, "invalid_utf8", self.server.get("/v1/items?q=%ff"))
        self.refused(400, "invalid_query", self.server.get("/v1/users?limit=101"))

    def test_health_and_description(self):
        self.assertEqual(self.server.get("/healthz"), (200, {"status": "ok"}))
        self.assertEqual(self.server.get("/readyz"), (200, {"status": "ready"}))
        description = self.server.get("/openapi.json")[1]
        self.assertEqual(description["openapi"], "3.1.0")
        for path, methods in description["paths"].items():
            for method in methods:
                status = self.server.request(method.upper(), path, b"{}" if method == "post" else None, JSON)[0]
                self.assertIn(status, (200, 400), path)
        status, headers, body = self.server.request("HEAD", "/healthz")
        self.assertEqual((status, headers["Content-Length"], body), (200, "16", b""))

    def test_metrics(self):
        sample = 'derrd_requests_total{route="/v1/recommend",status="404"}'
        seconds = 'derrd_request_seconds_count{route="/v1/recommend"}'
        before, all_before = self.server.metric(sample), self.server.metric(seconds)
        self.server.recommend({"user": "nobody"})
        self.server.recommend({"user": "u1"})
        self.assertEqual(self.server.metric(sample), before + 1)
        self.assertEqual(self.server.metric(seconds), all_before + 2)
        text = self.server.request("GET", "/metrics")[2].decode()
        self.assertIn(f'derrd_model_info{{fingerprint="{self.server.get("/v1/model")[1]["fingerprint"]}",kind="bpr-mf"}} 1', text)
        buckets = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith('derrd_request_seconds_bucket{route="/v1/recommend"')]
        self.assertEqual(buckets, sorted(buckets))
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) derrd_\w+ .+|derrd_\w+(\{[^}]*\})? \S+)$")

    def test_bodies_that_are_no_requests(self):
        deep = b'{"user":' + b"[" * 100000 + b"]" * 100000 + b"}"
        for body, status, code in (
                (b"", 400, "invalid_json"), (b"{", 400, "invalid_json"), (b'{"user":"u1"} {}', 400, "invalid_json"),
                (b"[]", 400, "invalid_request"), (b"1", 400, "invalid_request"), (b"null", 400, "invalid_request"),
                (b"{}", 400, "invalid_request"), (b'{"user":"u1","items":["i1"]}', 400, "invalid_request"),
                (b'{"items":[]}', 400, "invalid_request"), (b'{"items":["i1",2]}', 400, "invalid_field"),
                (b'{"user":1}', 400, "invalid_field"), (b'{"user":"u1","user":"u2"}', 400, "repeated_field"),
                (b'{"user":"u1","kk":1}', 400, "unknown_field"), (b'{"user":"u1","k":0}', 400, "invalid_k"),
                (b'{"user":"u1","k":1001}', 400, "invalid_k"), (b'{"user":"u1","k":-1}', 400, "invalid_k"),
                (b'{"user":"u1","k":1.5}', 400, "invalid_k"), (b'{"user":"u1","k":1e999}', 400, "invalid_json"),
                (b'{"user":"u1","k":NaN}', 400, "invalid_json"), (b'{"user":"u1","k":"5"}', 400, "invalid_field"),
                (b'{"user":"\xff"}', 400, "invalid_utf8"), (deep, 400, "invalid_field"), (b"[" * 500000, 400, "invalid_request"),
                (b'{"user":"nobody"}', 404, "unknown_user"), (b'{"items":["i1","none"]}', 404, "unknown_item"),
                (b'{"user":"u1","exclude":["none"]}', 404, "unknown_item"),
                (b'{"requests":[]}', 400, "invalid_batch"), (b'{"requests":[{"user":"u1"}],"k":3}', 400, "invalid_field"),
                (b'{"requests":[{"requests":[]}]}', 400, "invalid_field"),
                (b'{"requests":[' + b",".join([b'{"user":"u1"}'] * 257) + b"]}", 400, "invalid_batch")):
            with self.subTest(body=body[:60]):
                self.refused(status, code, self.server.recommend(body))
        answer = self.server.recommend({"requests": [{"user": "u1"}, {"user": "u1", "k": 0}]})
        self.refused(400, "invalid_k", answer)
        self.assertIn("requests[1]", answer[1]["error"]["message"])
        self.assertIn("did you mean 'exclude'?", self.server.recommend({"user": "u1", "exclud": []})[1]["error"]["message"])

    def test_wrong_types_methods_and_paths(self):
        self.refused(415, "unsupported_media_type", self.server.recommend({"user": "u1"}, {"Content-Type": "text/plain"}))
        self.refused(415, "unsupported_media_type", self.server.recommend({"user": "u1"}, {}))
        self.assertEqual(self.server.recommend({"user": "u1"}, {"Content-Type": "Application/JSON; charset=utf-8"})[0], 200)
        for method, path, allow in (("GET", "/v1/recommend", "POST"), ("POST", "/v1/model", "GET, HEAD"), ("PUT", "/", "GET, HEAD")):
            status, headers, body = self.server.request(method, path)
            self.refused(405, "method_not_allowed", (status, json.loads(body)))
            self.assertEqual(headers["Allow"], allow)
        for path in ("/v1", "/v1/recommend/", "/../etc/passwd", "/%00", "/v1/modell"):
            self.refused(404, "not_found", self.server.get(path))
        status, headers, body = self.server.request("POST", "/v1/recommend", b"x" * (1 << 20) + b"x", JSON)
        self.refused(413, "body_too_large", (status, json.loads(body)))

    def exchange(self, data, half_close=False):
        """All that the server says to these bytes until it ends the connection."""
        with self.server.connect() as connection:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def test_bytes_that_are_no_requests(self):
        for data, status, code in (
                (b"\x16\x03\x01\x00\r\n\r\n", 400, "malformed_request"), (b"GET\r\n\r\n", 400, "malformed_request"),
                (b"GET / HTTP/1.1\r\n\r\n", 400, "malformed_request"),  # no Host
                (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed_request"),
                (b"GET / HTTP/2.7\r\nHost: a\r\n\r\n", 505, "unsupported_version"),
                (post(b"{}", "Content-Length: 7"), 400, "malformed_request"),
                (post(b"{}", "Transfer-Encoding: chunked"), 400, "malformed_request"),
                (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "malformed_request"),
                (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000 + b"\r\n\r\n", 431, "header_too_large"),
                (b"GET /" + b"x" * 20000, 431, "header_too_large")):
            with self.subTest(data=data[:60]):
                self.refused(status, code, answers(self.exchange(data))[-1])

    def test_half_closed_connections(self):
        whole = post(b'{"user":"u1","k":2}')
        self.assertEqual(answers(self.exchange(whole, half_close=True))[0][0], 200)
        self.refused(400, "incomplete_request", answers(self.exchange(whole[:-3], half_close=True))[0])
        self.assertEqual(self.exchange(b"", half_close=True), b"")

    def test_pipelined_requests_are_answered_in_order(self):
        users = [f"u{number % 60}" for number in range(500)]
        requests = [post(json.dumps({"user": user, "k": 40}).encode()) for user in users]
        requests[7] = requests[7].replace(b"u7", b"u\xff")
        data = b"".join(requests[:-1]) + post(b'{"user":"u0"}', "Connection: close")
        with self.server.connect() as connection:
            sender = threading.Thread(target=connection.sendall, args=(data,))
            sender.start()
            found = answers(read_all(connection))
            sender.join()
        self.assertEqual(len(found), 500)
        self.assertEqual(found[7][0], 400)
        self.assertEqual([answer["user"] for status, answer in found if status == 200],
                         users[:7] + users[8:-1] + ["u0"])

    def test_bodies_in_chunks_and_after_a_word(self):
        chunked = (b"POST /v1/recommend HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                   b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                   b'9\r\n{"user":"\r\n4;x=y\r\nu1"}\r\n0\r\nAuthorization: late\r\n\r\n')
        for size in (1, 7, len(chunked)):  # however it arrives
            with self.server.connect() as connection:
                for begin in range(0, len(chunked), size):
                    connection.sendall(chunked[begin:begin + size])
                self.assertEqual(answers(read_all(connection))[0][1]["user"], "u1")
        body = b'{"user":"u1"}'
        with self.server.connect() as connection:
            connection.sendall(post(body, "Expect: 100-continue", "Connection: close")[:-len(body)])
            self.assertEqual(connection.recv(25), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(body)
            self.assertEqual(answers(read_all(connection))[0][0], 200)
        old = b"GET /healthz HTTP/1.0\r\n\r\n"
        self.assertEqual(answers(self.exchange(old))[0][0], 200)


if __name__ == "__main__":
    unittest.main()
