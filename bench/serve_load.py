#!/usr/bin/env python3
"""Requests a second and latency of `derrd serve` beside a FastAPI and NumPy server, in one run.

  python3 -m venv .venv-serve && .venv-serve/bin/pip install -r bench/requirements-serve.txt
  .venv-serve/bin/python bench/serve_load.py MODEL

MODEL: a factor model. The server has one core and the load another one; 1, 16 and 256 connections by wrk, then h2load at 80 %
of the peak for --minutes: errors and memory. Needs Debian's packages wrk and nghttp2-client; nothing else should run on the
machine. Prints Markdown.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from serving import Serving, body_of

CONNECTIONS = (1, 16, 256)
SCRIPT = """\
local bodies = {%s}
local next = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  next = next %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[next])
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%f %%f %%f %%d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout))
end
"""


def on_core(core, *command):
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, {core % os.cpu_count()})).stdout


def wrk(url, script, connections, seconds):
    text = on_core(1, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, f"{url}/v1/recommend")
    rate, median, p99, errors = re.search(r"RESULT (\S+) (\S+) (\S+) (\d+)", text).groups()
    return float(rate), float(median), float(p99), int(errors)


def start_reference(model, port):
    reference = pathlib.Path(__file__).with_name("serve_reference.py")
    process = subprocess.Popen([sys.executable, reference, model, str(port)],
                               preexec_fn=lambda: os.sched_setaffinity(0, {0}))
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json").close()
            return process
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the reference does not answer")


def compare(server, options, script):
    rows, port = [], server.port + 1
    process = start_reference(options.model, port)
    try:
        for connections in CONNECTIONS:
            ours = wrk(server.url, script, connections, options.seconds)
            theirs = wrk(f"http://127.0.0.1:{port}", script, connections, options.seconds)
            rows.append((connections, ours, theirs))
    finally:
        process.terminate()
        process.wait()
    print("| connections | derrd req/s | p50 µs | p99 µs | errors | FastAPI req/s | p50 µs | p99 µs | errors | ratio |")
    print("| ---: " * 10 + "|")
    for connections, ours, theirs in rows:
        cells = [f"{connections}"]
        for rate, median, p99, errors in (ours, theirs):
            cells += [f"{rate:.0f}", f"{median:.0f}", f"{p99:.0f}", f"{errors}"]
        print("| " + " | ".join([*cells, f"{ours[0] / theirs[0]:.1f}"]) + " |")
    return max(ours[0] for _, ours, _ in rows)


def hold(server, peak, minutes, user, folder):
    """80 % of the peak for some minutes: requests that failed, and memory at the beginning and at the end."""
    data = folder / "body.json"
    data.write_bytes(body_of(user))
    connections = 16
    rate = max(1, round(0.8 * peak / connections / 10))  # new requests of a connection in each tenth of a second
    seconds = round(minutes * 60)
    before = server.resident()
    words = ("h2load", "--h1", "-t1", f"-c{connections}", f"-n{rate * connections * 10 * seconds}", f"--rps={rate * 10}",
             "-d", data, "-H", "content-type: application/json", f"{server.url}/v1/recommend")
    text = on_core(1, *words)
    after = server.resident()
    done = re.search(r"finished in (\S+), (\S+) req/s", text)
    counts = re.search(r"requests: .*", text)[0]
    print(f"\nh2load, {rate * 10 * connections} requests a second asked for: finished in {done[1]}, {done[2]} requests a second; {counts}; "
          f"memory {before / 2**20:.1f} MiB before, {after / 2**20:.1f} MiB after")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--derrd", default="build/release/derrd", help="the program")
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--minutes", type=float, default=10, help="at 80 %% of the peak")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Serving(options.derrd, options.model, "--threads", 1) as server:
        folder = pathlib.Path(name)
        users = server.get("/v1/users?limit=100")["users"]
        script = folder / "requests.lua"
        script.write_text(SCRIPT % ",".join(json.dumps(body_of(user).decode()) for user in users))
        peak = compare(server, options, script)
        hold(server, peak, options.minutes, users[0], folder)
    if server.code != 0:
        sys.exit(f"the server ended with {server.code}")


if __name__ == "__main__":
    main()
