#!/usr/bin/env python3
"""Malformed, oversized, slow and half-closed requests against `derrd serve`: it must neither end nor grow, and say the right 4xx.

  python3 bench/serve_faults.py MODEL

Sends --requests made up from --seed, each on a connection of its own, --clients at a time; prints how often each kind got which
status. Exits with 1 when the server ended, when a whole request is not answered 200 afterwards, or a kind got a status that it may
not get.
"""

import argparse
import collections
import random
import socket
import sys
import threading

from serving import Serving, body_of, read_answer, request_of

TIMEOUT = 0.25  # seconds, of the server


def garbage(draw, whole):
    return draw.randbytes(draw.randrange(1, 300)) + b"\r\n\r\n"


def flipped(draw, whole):
    data = bytearray(whole)
    for _ in range(draw.randrange(1, 5)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def cut(draw, whole):
    return whole[:draw.randrange(1, len(whole))]


def broken_json(draw, whole):
    body = bytearray(b'{"user":"1","items":["a","b"],"k":3,"exclude":[],"include_seen":true}')
    for _ in range(draw.randrange(1, 4)):
        del body[draw.randrange(len(body))]
    return request_of(bytes(body))


def deep_json(draw, whole):
    return request_of(draw.choice([b"[", b'{"user":', b'{"items":[', b'{"requests":[']) * draw.randrange(100, 60000))


def wrong_values(draw, whole):
    return request_of(b'{"user":"1","k":%s}' % draw.choice([b"0", b"-1", b"NaN", b"1e999", b"1.5", b'"9"', b"null", b"9999999", b"[]"]))


def invalid_utf8(draw, whole):
    return request_of(b'{"user":"' + draw.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"]) + b'"}')


def large_body(draw, whole):
    return b"POST /v1/recommend HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % draw.randrange(
        (1 << 20) + 1, 1 << 40) + b"x" * draw.randrange(5000)


def large_header(draw, whole):
    return b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * draw.randrange(17000, 60000) + b"\r\n\r\n"


def wrong_method(draw, whole):
    return draw.choice([b"GET", b"PUT", b"DELETE", b"OPTIONS"]) + whole[4:]


def wrong_type(draw, whole):
    return whole.replace(b"application/json", draw.choice([b"text/plain", b"", b"application/jsonx"]))


# Name: how it is made, the statuses it may get (0: the connection ended without an answer).
ANY = {0, 200, 400, 404, 405, 408, 413, 415, 431, 505}
KINDS = {
    "garbage": (garbage, {0, 400, 405, 404, 408, 505}), "flipped bytes": (flipped, ANY), "half-closed": (cut, {0, 400}), "slow": (cut, {0, 400, 408}),
    "broken JSON": (broken_json, {400, 404}), "deep JSON": (deep_json, {400}), "wrong values": (wrong_values, {400}), "invalid UTF-8": (invalid_utf8, {400}),
    "large body": (large_body, {413}), "large header": (large_header, {431}), "wrong method": (wrong_method, {405}), "wrong type": (wrong_type, {415}),
}
KIND_OFTEN = [name for name in KINDS for _ in range(1 if name == "slow" else 20)]  # slow ones wait for the time-out


def exchange(port, kind, data):
    """The first status that comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(data)
            if kind not in ("slow", "flipped bytes"):
                connection.shutdown(socket.SHUT_WR)
            return read_answer(connection.makefile("rb"))[0]
        except (ConnectionError, BrokenPipeError):
            return 0


def client(port, whole, seed, count, counts, problems):
    draw = random.Random(seed)
    for _ in range(count):
        kind = draw.choice(KIND_OFTEN)
        make, allowed = KINDS[kind]
        data = make(draw, whole)
        status = exchange(port, kind, data)
        counts[kind, status] += 1
        if status not in allowed and len(problems) < 20:
            problems.append((kind, status, data[:200]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--derrd", default="build/release/derrd", help="the program")
    parser.add_argument("--requests", type=int, default=100000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with Serving(options.derrd, options.model, "--request-timeout", TIMEOUT, "--idle-timeout", TIMEOUT) as server:
        whole = request_of(body_of(server.get("/v1/users?limit=1")["users"][0]))
        problems, tables = [], [collections.Counter() for _ in range(options.clients)]

        def run(part, requests):
            threads = [threading.Thread(target=client, args=(server.port, whole, (options.seed * 2 + part) * 1000 + number,
                                                             requests // options.clients, table, problems))
                       for number, table in enumerate(tables)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        run(0, options.requests // 10)
        before = server.resident()
        run(1, options.requests - options.requests // 10)
        after = server.resident()
        alive = exchange(server.port, "whole", whole) == 200
    counts = sum(tables, collections.Counter())
    print("| kind | status | times |\n| --- | ---: | ---: |")
    for (kind, status), times in sorted(counts.items()):
        print(f"| {kind} | {status or 'none'} | {times} |")
    print(f"\n{counts.total()} requests; memory {before / 2**20:.1f} MiB after a tenth, {after / 2**20:.1f} MiB at the end; "
          f"{'it still answers' if alive else 'IT NO LONGER ANSWERS'}; it ended with {server.code}")
    for problem in problems:
        print("not allowed:", *problem)
    sys.exit(not alive or server.code != 0 or bool(problems))


if __name__ == "__main__":
    main()
