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


def neu_mf():
    """Figure 3 of the paper; GMF width 3, MLP width 4, hidden layers of 4, 2 and 1."""
    generator = torch.Generator().manual_seed(8)
    rows = {"user_gmf_embedding": normal(generator, USERS, 3), "item_gmf_embedding": normal(generator, ITEMS, 3),
            "user_mlp_embedding": normal(generator, USERS, 4), "item_mlp_embedding": normal(generator, ITEMS, 4)}
    layers = {}
    for number, (width_in, width_out) in enumerate(((8, 4), (4, 2), (2, 1))):
        layers[f"layer{number}_weights"] = normal(generator, width_in, width_out)
        layers[f"layer{number}_bias"] = normal(generator, 1, width_out)
    output = {"output_gmf": normal(generator, 1, 3), "output_mlp": normal(generator, 1, 1),
              "output_bias": normal(generator, 1, 1)}
    user, item = torch.arange(USERS).repeat_interleave(ITEMS), torch.arange(ITEMS).repeat(USERS)
    gmf = rows["user_gmf_embedding"][user] * rows["item_gmf_embedding"][item]
    hidden = torch.cat([rows["user_mlp_embedding"][user], rows["item_mlp_embedding"][item]], dim=1)
    for number in range(3):
        weights, bias = layers[f"layer{number}_weights"], layers[f"layer{number}_bias"]
        hidden = torch.relu(torch.nn.functional.linear(hidden, weights.T, bias[0]))
    together = torch.cat([output["output_gmf"], output["output_mlp"]], dim=1)
    logits = torch.nn.functional.linear(torch.cat([gmf, hidden], dim=1), together, output["output_bias"][0])
    scores = logits.reshape(USERS, ITEMS)
    weights = torch.randn(USERS, ITEMS, generator=generator)
    save("neu_mf", {"weights": weights, **rows, **layers, **output}, {"scores": scores}, (weights * scores).sum())


def cdae():
    """Eq. 3 to 5 of the paper without corruption; width 5."""
    generator = torch.Generator().manual_seed(9)
    matrix = interactions(generator)
    learned = {"user_embedding": normal(generator, USERS, 5), "item_input_embedding": normal(generator, ITEMS, 5),
               "item_embedding": normal(generator, ITEMS, 5), "item_bias": normal(generator, ITEMS, 1),
               "hidden_bias": normal(generator, 1, 5)}
    hidden = torch.sigmoid(torch.nn.functional.linear(matrix, learned["item_input_embedding"].T,
                                                      learned["hidden_bias"][0]) + learned["user_embedding"])
    scores = torch.nn.functional.linear(hidden, learned["item_embedding"], learned["item_bias"][:, 0])
    weights = torch.randn(USERS, ITEMS, generator=generator)
    save("cdae", {"interactions": matrix, "weights": weights, **learned}, {"scores": scores, "hidden": hidden},
         (weights * scores).sum())


if __name__ == "__main__":
    light_gcn()
    neu_mf()
    cdae()
