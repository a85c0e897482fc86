"""Writes STEM.items.npy, STEM.users.npy and a factor model of both as STEM.derrd: draw_model.py STEM ITEMS WIDTH USERS."""

import sys

import numpy
from safetensors.numpy import save_file


def ids(letter, count):
    texts = [f"{letter}{number}" for number in range(count)]
    offsets = numpy.zeros(count + 1, numpy.int64)
    offsets[1:] = numpy.cumsum([len(text) for text in texts])
    return offsets, numpy.frombuffer("".join(texts).encode(), numpy.uint8)


def main():
    stem, items, width, users = sys.argv[1], *map(int, sys.argv[2:])
    draw = numpy.random.default_rng(0)
    tensors = {}
    for side, count in (("user", users), ("item", items)):
        rows = draw.standard_normal((count, width), numpy.float32)
        numpy.save(f"{stem}.{side}s.npy", rows)
        tensors[f"{side}_embedding"] = rows
        tensors[f"{side}_ids.offsets"], tensors[f"{side}_ids.blob"] = ids(side[0], count)
    save_file(tensors, f"{stem}.derrd", {"derrd.kind": "model", "derrd.version": "1", "derrd.model": "bpr-mf"})


main()
