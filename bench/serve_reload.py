#!/usr/bin/env python3
"""Reloads of `derrd serve` under load: no request may fail, and each answer must be of one model, old or new.

  python3 bench/serve_reload.py MODEL OTHER_MODEL      (two models of the same users and items)

The served file is replaced --reloads times while --connections keep asking. Exits with 1 when anything was wrong.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import sys
import tempfile
import threading

from serving import Serving, body_of, read_answer, request_of


def expected_answers(derrd, models, users):
    """By fingerprint: the items of each user."""
    answers = {}
    for model in models:
        with Serving(derrd, model) as server:
            for user in users:
                with socket.create_connection(("127.0.0.1", server.port)) as connection:
                    connection.sendall(request_of(body_of(user)))
                    answer = json.loads(read_answer(connection.makefile("rb"))[1])
                    answers.setdefault(answer["model"], {})[user] = answer["items"]
    return answers


class Client(threading.Thread):
    def __init__(self, port, users, expected, stop):
        super().__init__()
        self.port, self.users, self.expected, self.stopped = port, users, expected, stop
        self.counts, self.wrong = {}, []

    def run(self):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            stream, turn = connection.makefile("rb"), 0
            while not self.stopped.is_set():
                user = self.users[turn % len(self.users)]
                turn += 1
                connection.sendall(request_of(body_of(user)))
                status, body = read_answer(stream)
                answer = json.loads(body) if body else {}
                model = answer.get("model")
                if status != 200 or answer["items"] != self.expected[model][user]:
                    self.wrong.append((status, body[:200]))
                    return
                self.counts[model] = self.counts.get(model, 0) + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs=2)
    parser.add_argument("--derrd", default="build/release/derrd", help="the program")
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copies = [pathlib.Path(shutil.copy(model, folder / f"{number}.derrd")) for number, model in enumerate(options.models)]
        served = pathlib.Path(shutil.copy(copies[0], folder / "served.derrd"))
        with Serving(options.derrd, served, "--look-every", 0) as server:
            users = server.get("/v1/users?limit=20")["users"]
            expected = expected_answers(options.derrd, copies, users)
            stop = threading.Event()
            clients = [Client(server.port, users, expected, stop) for _ in range(options.connections)]
            for client in clients:
                client.start()
            for turn in range(options.reloads):
                shutil.copy(copies[(turn + 1) % 2], folder / "next.derrd")
                os.replace(folder / "next.derrd", served)
                server.process.send_signal(signal.SIGHUP)
                server.await_events("reloaded", turn + 1)
            stop.set()
            for client in clients:
                client.join()
            memory = server.resident()
    wrong = [problem for client in clients for problem in client.wrong]
    counts = [sum(client.counts.get(model, 0) for client in clients) for model in expected]
    print(f"{options.reloads} reloads, {sum(counts)} answers ({counts[0]} and {counts[1]} of the two models), {len(wrong)} wrong, "
          f"{memory / 2**20:.1f} MiB at the end, the server ended with {server.code}")
    print("\n".join(map(str, wrong[:5])), end="")
    sys.exit(bool(wrong) or server.code != 0 or min(counts) == 0)


if __name__ == "__main__":
    main()
