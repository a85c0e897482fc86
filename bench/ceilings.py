"""What the machine could do at best, and how long each row of compare_pytorch.py would then take.

A limit is a time that no program with the same mathematics can go below on this machine. It counts only
what must be done, so reaching it is not to be expected; the share of it says how much is left.
"""

import dataclasses
import os
import threading
import time

import numpy
import torch

BYTES = 4  # of a float


@dataclasses.dataclass
class Ceilings:
    matrix: float  # floating-point operations/s of a large single-precision product, all cores
    memory: float  # bytes/s that move between memory and cores, read or written, all cores
    cache: float   # bytes/s read from tables that stay in the cores' caches, all cores
    adam: float | None  # parameter-steps/s of Adam replayed in registers, all cores; None: not known

    def __str__(self):
        adam = "not given (--adam-rate)" if self.adam is None else f"{self.adam / 1e9:.2f} G parameter-steps/s"
        return (f"matrix product {self.matrix / 1e9:.0f} GFLOP/s, memory {self.memory / 1e9:.1f} GB/s, "
                f"cache {self.cache / 1e9:.0f} GB/s, Adam {adam}")


def shortest(work, repeats):
    work()
    best = float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def matrix_peak(threads, repeats, size=3072):
    """The higher of PyTorch's and NumPy's product; NumPy's always takes all cores."""
    a, b = torch.rand(size, size), torch.rand(size, size)
    out, x, y = torch.empty(size, size), a.numpy(), b.numpy()
    z = numpy.empty_like(x)
    seconds = shortest(lambda: torch.mm(a, b, out=out), repeats)
    if threads == len(os.sched_getaffinity(0)):
        seconds = min(seconds, shortest(lambda: numpy.matmul(x, y, out=z), repeats))
    return 2 * size**3 / seconds


def memory_peak(repeats, numbers=1 << 26):
    """The highest of copying, adding (2 reads, 1 write) and summing arrays of 256 MiB."""
    a, b, c = (torch.rand(numbers) for _ in range(3))
    rates = (moved * numbers * BYTES / shortest(work, repeats) for moved, work in (
        (2, lambda: c.copy_(a)), (3, lambda: torch.add(a, b, out=c)), (1, lambda: torch.sum(a))))
    return max(rates)


def cache_peak(threads, repeats, numbers=1 << 16, rounds=400):
    """Every thread multiplies two arrays of its own of 256 KiB, over and over."""
    def work():
        a, b = numpy.ones(numbers, numpy.float32), numpy.ones(numbers, numpy.float32)
        for _ in range(rounds):
            numpy.vecdot(a, b)

    def all_threads():
        started = [threading.Thread(target=work) for _ in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()

    return threads * rounds * 2 * numbers * BYTES / shortest(all_threads, repeats)


def measure(threads, adam_rate, repeats=10):
    return Ceilings(matrix_peak(threads, repeats), memory_peak(repeats), cache_peak(threads, repeats), adam_rate)


# The limits in seconds. Where Adam's rate is not known they leave it out, which makes them lower, not wrong.

def adam_limit(ceilings, parameters, steps):
    """Adam moves every parameter of a table at every step."""
    return 0.0 if ceilings.adam is None else parameters * steps / ceilings.adam


def dense_adam_limit(ceilings, parameters, steps):
    """The experts' parameters change at every step and are too many for the caches: value, both moments and gradient
    are read, the first three written, from memory and to it."""
    return 7 * parameters * steps * BYTES / ceilings.memory


def lists_limit(ceilings, list_rows, width):
    """RRD: every row of every list is read once for its score and once for the user's gradient, and its own
    gradient is read and written once, in a table that stays in the caches."""
    return 4 * list_rows * width * BYTES / ceilings.cache


def experts_limit(ceilings, log_line, widths, experts):
    """DE, of the epoch of a log line: 6 (dS H + H dT) operations for each (row, expert) pair that was routed and
    4 M dT for each row's selection network, at the peak of a large product. widths: dS, H, dT."""
    student, hidden, teacher = widths
    operations = 0.0
    for side in ("user", "item"):
        rows = sum(log_line["de"][side]["rows_by_expert"])
        pairs = log_line["de"][side]["experts_per_row"] * rows
        operations += 6 * hidden * (student + teacher) * pairs + 4 * experts * teacher * rows
    return operations / ceilings.matrix


def evaluation_limit(ceilings, candidates, width):
    """The row of every candidate is read from a table that stays in the caches, and its number from memory."""
    return candidates * width * BYTES / ceilings.cache + candidates * BYTES / ceilings.memory


def ranking_limit(ceilings, users, items, width):
    """The product that scores every item for every user; selecting is not counted."""
    return 2 * users * items * width / ceilings.matrix
