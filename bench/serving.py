"""What the benchmarks of the server share: a server, its memory, its users."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request


class Serving:
    """A `derrd serve` on one core, ended with the block. `events`: what it has written about itself so far."""

    def __init__(self, derrd, model, *words, core=0):
        self.log = pathlib.Path(f"{model}.serve.log")
        self._log_file = self.log.open("w")
        command = [derrd, "serve", model, "--port", "0", "--json", *map(str, words)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log_file, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, {core % os.cpu_count()}))
        text = ""
        while not text.endswith("}\n"):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(self.log.read_text())
            text += line
        self.port = json.loads(text)["port"]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.code = self.process.wait(60)
        self.process.stdout.close()
        self._log_file.close()

    def events(self, name):
        lines = [line for line in self.log.read_text().splitlines() if line.endswith("}")]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def await_events(self, name, count):
        while len(self.events(name)) < count:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}")
            time.sleep(0.005)

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def resident(self):
        """Bytes of memory that are the process's own, and of the models it holds."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return sum(1024 * int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("RssAnon", "RssShmem"))


def body_of(user, k=10):
    return json.dumps({"user": user, "k": k}, separators=(",", ":")).encode()


def request_of(body):
    return (b"POST /v1/recommend HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)) + body


def read_answer(stream):
    """Status and body of the next answer; (0, b"") at the end of the connection."""
    line = stream.readline()
    if not line:
        return 0, b""
    status, length = int(line.split()[1]), 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length"):
            length = int(line.split(b":")[1])
    return status, stream.read(length)
