"""One search by a peer, in a process of its own: search_peer.py {faiss|numpy} ITEMS.npy USERS.npy K BATCH THREADS.

Prints one JSON object: microseconds of a single query (median), queries a second in batches, and what it answers
to the first users. bench/serve_index.py runs it with each Python that has the peer.
"""

import json
import os
import sys
import time

KIND, ITEMS, USERS, K, BATCH, THREADS = sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:])
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(THREADS)  # before they are loaded

import numpy  # noqa: E402

SECONDS = 3  # a figure
SHOWN = 100  # users whose answers are compared


def faiss_search(items):
    import faiss
    faiss.omp_set_num_threads(THREADS)
    index = faiss.IndexFlatIP(items.shape[1])
    index.add(items)
    return (lambda queries: index.search(queries, K)[1]), faiss.__version__


def numpy_search(items):
    transposed = numpy.ascontiguousarray(items.T)

    def search(queries):
        scores = queries @ transposed
        best = numpy.argpartition(-scores, K - 1, axis=1)[:, :K]
        order = numpy.argsort(-numpy.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        return numpy.take_along_axis(best, order, axis=1)
    return search, numpy.__version__


def median_seconds(work, least=3):
    """Of work(0), work(1), ... for a while, after a warm-up."""
    work(0)
    times, begin = [], time.perf_counter()
    while len(times) < least or (time.perf_counter() - begin < SECONDS and len(times) < 2000):
        start = time.perf_counter()
        work(len(times))
        times.append(time.perf_counter() - start)
    return float(numpy.median(times))


def main():
    items, users = numpy.load(ITEMS), numpy.load(USERS)
    search, version = (faiss_search if KIND == "faiss" else numpy_search)(items)

    def batch(number):
        at = number * BATCH % max(len(users) - BATCH + 1, 1)
        search(users[at:at + BATCH])

    def single(number):
        at = number * 7919 % len(users)
        search(users[at:at + 1])

    seconds, queries = median_seconds(batch), min(BATCH, len(users))
    print(json.dumps({"version": version, "single_us": 1e6 * median_seconds(single),
                      "batch_queries_per_second": queries / seconds, "top": search(users[:SHOWN]).tolist()}))


main()
