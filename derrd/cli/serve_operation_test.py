#!/usr/bin/env python3
"""`derrd serve` day and night: limits, reloads, the end, the access log, the token, TLS, and what keeps it from starting.

  serve_operation_test.py path/to/derrd      (run by CTest; needs openssl)
"""

import json
import os
import shutil
import signal
import ssl
import subprocess
import threading
import unittest

from program_case import ProgramCase
from server_process import JSON, Server, answers, post, read_all


class ServeOperationTest(ProgramCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.students = []
        for width in (4, 6):
            student = cls.folder / f"student-{width}.derrd"
            cls.ok("train", cls.dataset, "--width", width, "--epochs", 10, "--batch-size", 128, "--learning-rate", 0.01,
                   "-o", student)
            cls.students.append(student)
        cls.student = cls.students[0]

    def serve(self, *words, model=None):
        server = Server(model or self.student, *words)
        self.addCleanup(server.stop)
        return server

    def test_slow_and_idle_clients_are_let_go(self):
        server = self.serve("--request-timeout", 0.3, "--idle-timeout", 0.3)
        with server.connect() as connection:
            connection.sendall(b"POST /v1/recommend HTTP/1.1\r\nHost")
            self.assertEqual(answers(read_all(connection))[0][1]["error"]["code"], "timeout")
        with server.connect() as connection:
            connection.sendall(post(b'{"user":"u1"}')[:-1])
            self.assertEqual(answers(read_all(connection))[0][0], 408)
        with server.connect() as connection:
            self.assertEqual(read_all(connection), b"")

    def test_a_model_that_knows_nobody_new(self):
        model = self.folder / "neumf.derrd"
        self.ok("train", self.dataset, "--model", "neumf", "--width", 4, "--epochs", 1, "--batch-size", 128, "-o", model)
        server = self.serve(model=model)
        self.assertEqual(server.recommend({"user": "u1"})[0], 200)
        status, answer = server.recommend({"items": ["i1"]})
        self.assertEqual((status, answer["error"]["code"]), (400, "no_new_users"))
        self.assertFalse(server.get("/v1/model")[1]["new_users"])

    def test_too_many_connections(self):
        server = self.serve("--max-connections", 2)
        one, two = server.connect(), server.connect()
        for connection in (one, two):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 200"))
        with server.connect() as third:
            self.assertEqual(answers(read_all(third))[0][1]["error"]["code"], "too_many_connections")
        one.close()
        two.close()

    def test_a_changed_file_is_loaded(self):
        model = self.folder / "served.derrd"
        shutil.copy(self.students[0], model)
        server = self.serve("--look-every", 0.05, model=model)
        first = server.get("/v1/model")[1]
        # Replaced, then overwritten in place, which must not harm whoever still reads the old one.
        (self.folder / "next.derrd").write_bytes(self.students[1].read_bytes())
        os.replace(self.folder / "next.derrd", model)
        second = server.await_event("reloaded")["fingerprint"]
        self.assertNotEqual(second, first["fingerprint"])
        self.assertEqual(server.get("/v1/model")[1]["fingerprint"], second)
        self.assertEqual(server.recommend({"user": "u1"})[1]["model"], second)
        before = server.recommend({"user": "u1"})[1]["items"]
        model.write_bytes(self.students[0].read_bytes()[:1000])
        message = server.await_event("reload_failed")["message"]
        self.assertIn(str(model), message)
        self.assertNotIn("/proc/", message)
        self.assertEqual(server.recommend({"user": "u1"})[1]["items"], before)
        self.assertEqual(server.metric("derrd_reload_failures_total"), 1)
        self.assertEqual(server.metric("derrd_last_reload_failed"), 1)
        model.write_bytes(self.students[0].read_bytes())
        self.assertEqual(server.await_event("reloaded", 2)["fingerprint"], first["fingerprint"])
        self.assertEqual(server.metric("derrd_last_reload_failed"), 0)
        self.assertEqual(server.metric("derrd_reloads_total"), 2)

    def test_reloads_drop_no_request_and_answers_are_of_one_model(self):
        model = self.folder / "swapped.derrd"
        shutil.copy(self.students[0], model)
        server = self.serve("--look-every", 0, "--threads", 2, model=model)
        expected = {}
        for student in self.students:
            other = self.serve(model=student)
            answer = other.recommend({"user": "u5", "k": 10})[1]
            expected[answer["model"]] = answer["items"]
        stop, counts, problems = threading.Event(), {name: 0 for name in expected}, []

        def ask():
            with server.connect() as connection:
                stream = connection.makefile("rb")
                while not stop.is_set():
                    connection.sendall(post(b'{"user":"u5","k":10}'))
                    status = stream.readline()
                    length = 0
                    while (line := stream.readline()) != b"\r\n":
                        if line.lower().startswith(b"content-length"):
                            length = int(line.split(b":")[1])
                    answer = json.loads(stream.read(length))
                    if b" 200 " not in status or answer["items"] != expected[answer["model"]]:
                        problems.append((status, answer))
                    counts[answer["model"]] += 1

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(20):
            shutil.copy(self.students[(turn + 1) % 2], self.folder / "next.derrd")
            os.replace(self.folder / "next.derrd", model)
            server.signal(signal.SIGHUP)
            server.await_event("reloaded", turn + 1)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])
        self.assertGreater(min(counts.values()), 0)

    def test_the_end_waits_for_what_has_begun(self):
        server = self.serve()
        request = post(b'{"user":"u1"}')
        idle, begun = server.connect(), server.connect()
        begun.sendall(request[:-1])
        idle.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        idle.recv(1000)
        server.signal(signal.SIGTERM)
        server.await_event("draining")
        self.assertEqual(read_all(idle), b"")
        self.assertIsNone(server.process.poll())
        begun.sendall(request[-1:])
        data = read_all(begun)
        self.assertIn(b"Connection: close", data)
        self.assertEqual(answers(data)[0][0], 200)
        self.assertEqual(server.process.wait(120), 0)
        server.await_event("ended")
        idle.close()
        begun.close()

    def test_the_end_does_not_wait_for_ever(self):
        for words, signals in ((("--drain-timeout", 0.2), 1), ((), 2)):
            server = self.serve(*words)
            with server.connect() as begun:
                begun.sendall(b"GET /heal")
                begun.setblocking(False)
                for turn in range(signals):
                    server.signal(signal.SIGINT)
                    server.await_event("draining" if turn == 0 else "ending")
                self.assertEqual(server.process.wait(120), 0)

    def test_the_access_log(self):
        log = self.folder / "access.jsonl"
        server = self.serve("--access-log", log, "--threads", 1)  # several would each bring their lines when they like
        server.recommend({"user": "u1"})
        server.get('/v1/users?q=secret"')
        with server.connect() as connection:
            connection.sendall(b"GET /no\xc3\xa9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            self.assertEqual(answers(read_all(connection))[0][0], 404)
        os.replace(log, self.folder / "access.old")
        server.signal(signal.SIGHUP)
        server.await_event("reloaded")
        server.get("/healthz")
        self.assertEqual(server.stop(), 0)
        text = (self.folder / "access.old").read_text() + log.read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertEqual([(line["method"], line["path"], line["status"]) for line in lines],
                         [("POST", "/v1/recommend", 200), ("GET", "/v1/users", 200), ("GET", "/no??", 404), ("GET", "/healthz", 200)])
        self.assertNotIn("secret", text)
        self.assertEqual(lines[0]["client"], "127.0.0.1")
        self.assertRegex(lines[0]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_the_token(self):
        token = self.folder / "token"
        token.write_text("correct-horse\n")
        server = self.serve("--token-file", token)
        for given in ({}, {"Authorization": "Bearer correct-horsf"}, {"Authorization": "Bearer correct-horse-"},
                      {"Authorization": "Basic correct-horse"}, {"Authorization": "Bearer "}, {"Authorization": "correct-horse"}):
            status, headers, body = server.request("GET", "/v1/model", headers=given)
            self.assertEqual((status, headers["WWW-Authenticate"]), (401, "Bearer"))
            self.assertEqual(json.loads(body)["error"]["code"], "unauthorized")
            self.assertEqual(server.recommend({"user": "u1"}, {**JSON, **given})[0], 401)
        right = {"Authorization": "Bearer correct-horse"}
        self.assertEqual(server.request("GET", "/metrics")[0], 401)
        self.assertEqual(server.request("GET", "/v1/model", headers=right)[0], 200)
        self.assertEqual(server.recommend({"user": "u1"}, {**JSON, **right})[0], 200)
        for path in ("/healthz", "/readyz", "/", "/openapi.json"):
            self.assertEqual(server.request("GET", path)[0], 200)

    def test_tls(self):
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        server = self.serve("--tls-certificate", certificate, "--tls-key", key)
        self.assertTrue(server.url.startswith("https://"))
        context = ssl.create_default_context(cafile=certificate)
        with server.connect() as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            connection.sendall(post(b'{"user":"u1"}') + post(b'{"user":"u2"}', "Connection: close"))
            self.assertEqual([answer["user"] for _, answer in answers(read_all(connection))], ["u1", "u2"])
        with server.connect() as plain:  # a client that does not speak TLS is let go
            plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertNotIn(b"HTTP/1.1 200", read_all(plain))
        never = ("serve", self.student, "--port", 0)
        self.fails(1, *never, "--tls-certificate", self.folder / "absent", "--tls-key", key, says=["absent"])
        self.fails(1, *never, "--tls-certificate", key, "--tls-key", key, says=[key, "certificate"])
        self.fails(1, *never, "--tls-certificate", certificate, "--tls-key", certificate, says=[certificate, "private key"])
        self.fails(2, *never, "--tls-key", key, says=["--tls-certificate"])

    def test_bad_input_before_it_listens(self):
        server = self.serve()
        self.fails(1, "serve", self.student, "--port", server.port, says=[f"127.0.0.1:{server.port}", "in use"])
        self.fails(1, "serve", self.folder / "absent.derrd", says=["absent.derrd"])
        self.fails(1, "serve", self.dataset, says=[self.dataset, "model"])
        self.fails(1, "serve", self.folder, says=[self.folder])
        old = self.folder / "old.derrd"
        old.write_bytes(self.student.read_bytes().replace(b'"derrd.version":"1"', b'"derrd.version":"0"'))
        self.fails(1, "serve", old, says=[old, "format version '0'"])
        self.fails(2, "serve", self.student, "--address", "localhost", says=["--address"])
        self.fails(2, "serve", self.student, "--port", 70000, says=["--port"])
        token = self.folder / "short"
        token.write_text("abc\n")
        self.fails(1, "serve", self.student, "--token-file", token, says=[token])
        self.fails(1, "serve", self.student, "--access-log", self.folder / "no" / "log", says=["no/log"])
        self.fails(2, "serve", self.student, "--access-log", "-", "--json", says=["--access-log"])


if __name__ == "__main__":
    unittest.main()
