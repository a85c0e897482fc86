"""A `derrd serve` of a test, and what speaks to it."""

import http.client
import json
import signal
import socket
import subprocess
import threading

from program_case import DERRD

JSON = {"Content-Type": "application/json"}


class Server:
    """Runs until stop(). `events` are the lines of its standard error so far."""

    def __init__(self, *words):
        self.process = subprocess.Popen([DERRD, "serve", *map(str, words), "--port", "0", "--json"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        text = ""
        while not text.endswith("}\n"):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(self.process.stderr.read())
            text += line
        self.port = json.loads(text)["port"]
        self.url = json.loads(text)["url"]
        self.events, self._more = [], threading.Condition()
        self._reader = threading.Thread(target=self._read_events, daemon=True)
        self._reader.start()

    def _read_events(self):
        for line in self.process.stderr:
            with self._more:
                self.events.append(json.loads(line))
                self._more.notify_all()

    def await_event(self, name, count=1):
        """The count-th event of this name."""
        def having():
            return [event for event in self.events if event["event"] == name]
        with self._more:
            if not self._more.wait_for(lambda: len(having()) >= count, 120):
                raise RuntimeError(f"no {name} in {self.events}")
            return having()[count - 1]

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Its exit code after SIGTERM."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(120)
        self._reader.join(120)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=120)

    def request(self, method, path, body=None, headers=None):
        """Status, headers and body of an answer on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        status, _, body = self.request("GET", path, headers=headers)
        return status, json.loads(body)

    def recommend(self, request, headers=JSON):
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        status, _, answer = self.request("POST", "/v1/recommend", body, headers)
        return status, json.loads(answer)

    def metric(self, name):
        """The value of a sample as it is written, 0 where there is none."""
        text = self.request("GET", "/metrics")[2].decode()
        values = [line.rsplit(" ", 1)[1] for line in text.splitlines() if line.rsplit(" ", 1)[0] == name]
        return float(values[0]) if values else 0.0


def read_all(connection):
    """What comes until the other side ends the connection."""
    data = b""
    while True:
        part = connection.recv(1 << 16)
        if not part:
            return data
        data += part


def answers(data):
    """Statuses and JSON bodies of answers that came one after the other."""
    found = []
    while data:
        head, data = data.split(b"\r\n\r\n", 1)
        status = int(head.split()[1])
        if status == 100:
            continue
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        found.append((status, json.loads(data[:length])))
        data = data[length:]
    return found


def post(body, *lines):
    """A request as bytes."""
    head = ["POST /v1/recommend HTTP/1.1", "Host: derrd", "Content-Type: application/json", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
