#!/usr/bin/env python3
"""Writes the reference values that light_gcn_test.cc, neu_mf_test.cc and cdae_test.cc compare with.

  pip install torch safetensors && python3 make_references.py

PyTorch in double precision over the formulas of the papers, written as their equations read, with dense
matrices and PyTorch's own layers; gradients by autograd. Nothing is shared with the C++ code. Run it again
only when a formula changes.
"""

import pathlib

import torch
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(__file__).resolve().parent
USERS, ITEMS = 9, 13


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator).requires_grad_()


def interactions(generator):
    """A matrix of who interacted with what; user 3 with nothing, item 5 with nobody."""
    matrix = (torch.rand(USERS, ITEMS, generator=generator) < 0.3).double()
    matrix[3], matrix[:, 5] = 0, 0
    return matrix


def save(name, inputs, outputs, loss):
    """Inputs, outputs, and the gradients of the loss with respect to the inputs that learn."""
    learned = {key: value for key, value in inputs.items() if value.requires_grad}
    gradients = torch.autograd.grad(loss, list(learned.values()))
    tensors = {key: value.detach().clone().contiguous() for key, value in {**inputs, **outputs}.items()}
    for key, gradient in zip(learned, gradients):
        tensors[f"gradient.{key}"] = gradient.contiguous()
    save_file(tensors, FOLDER / f"{name}_reference.safetensors")


def light_gcn():
    """Eq. 3 to 8 of the paper, in matrix form; 3 layers, width 6."""
    generator = torch.Generator().manual_seed(7)
    matrix = interactions(generator)
    user, item = normal(generator, USERS, 6), normal(generator, ITEMS, 6)
    adjacency = torch.zeros(USERS + ITEMS, USERS + ITEMS)
    adjacency[:USERS, USERS:], adjacency[USERS:, :USERS] = matrix, matrix.T
    degree = adjacency.sum(1)
    scale = torch.where(degree > 0, degree.clamp(min=1).rsqrt(), 0)
    normalized = scale[:, None] * adjacency * scale[None, :]
    layers = [torch.cat([user, item])]
    for _ in range(3):
        layers.append(normalized @ layers[-1])
    final = torch.stack(layers).mean(0)
    scores = final[:USERS] @ final[USERS:].T
    weights = torch.randn(USERS, ITEMS, generator=generator)
    save("light_gcn", {"interactions": matrix, "weights": weights, "user_embedding": user, "item_embedding": item},
         {"scores": scores, "user_rows": final[:USERS], "item_rows": final[USERS:]}, (weights * scores).sum())


if __name__ == "__main__":
    light_gcn()
