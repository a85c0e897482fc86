#!/usr/bin/env python3
"""Writes the reference values that de_test.cc and rrd_test.cc compare with.

  pip install torch safetensors && python3 make_references.py

PyTorch's autograd in double precision over the formulas of the paper, written as its equations
read; nothing is shared with the C++ code. Run it again only when a formula changes.
"""

import pathlib

import torch
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(__file__).resolve().parent


def distillation_experts():
    """Eq. 1-5 for one side: 11 rows, 7 experts, 6 -> 9 -> 12, at three temperatures."""
    generator = torch.Generator().manual_seed(5)
    rows, experts, student_width, hidden, teacher_width = 11, 7, 6, 9, 12

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    student = normal(rows, student_width).requires_grad_()
    teacher = normal(rows, teacher_width)
    uniform = torch.rand(rows, experts, generator=generator).clamp(1e-6, 1 - 1e-6)
    gumbel = -torch.log(-torch.log(uniform))
    row_weights = torch.where(torch.arange(rows) % 3 == 0, 1.0, 0.5)
    parameters = {
        "first": normal(experts, student_width, hidden) * 0.3,
        "first_bias": normal(experts, hidden) * 0.3,
        "second": normal(experts, hidden, teacher_width) * 0.3,
        "second_bias": normal(experts, teacher_width) * 0.3,
        "selection": normal(teacher_width, experts) * 0.3,
        "selection_bias": normal(experts) * 0.3,
    }
    for parameter in parameters.values():
        parameter.requires_grad_()

    tensors = {"student": student, "teacher": teacher, "gumbel": gumbel, "row_weights": row_weights,
               **parameters}
    tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    for number, temperature in enumerate((1.0, 0.2, 0.05)):
        alpha = torch.softmax(teacher @ parameters["selection"] + parameters["selection_bias"], dim=1)
        z = torch.softmax((torch.log(alpha + 1e-10) + gumbel) / temperature, dim=1)
        inner = torch.relu(torch.einsum("ns,msh->nmh", student, parameters["first"])
                           + parameters["first_bias"])
        outputs = torch.einsum("nmh,mht->nmt", inner, parameters["second"]) + parameters["second_bias"]
        reconstruction = (z.unsqueeze(2) * outputs).sum(1)
        loss = (row_weights * ((teacher - reconstruction) ** 2).sum(1)).sum()
        learned = [student, *parameters.values()]
        gradients = torch.autograd.grad(loss, learned)
        tensors[f"{number}.temperature"] = torch.tensor([temperature])
        tensors[f"{number}.loss"] = loss.detach().reshape(1)
        for name, gradient in zip(["student", *parameters], gradients):
            tensors[f"{number}.{name}"] = gradient.contiguous()
    save_file(tensors, FOLDER / "de_reference.safetensors")


def relaxed_ranking():
    """Eq. 8 for 17 users, 40 interesting and 40 uninteresting items each."""
    generator = torch.Generator().manual_seed(6)
    interesting = (3 * torch.randn(17, 40, generator=generator)).requires_grad_()
    uninteresting = (3 * torch.randn(17, 40, generator=generator)).requires_grad_()
    loss = 0
    for user in range(17):
        for k in range(40):
            above = torch.exp(interesting[user, k:]).sum() + torch.exp(uninteresting[user]).sum()
            loss = loss - (interesting[user, k] - torch.log(above))
    of_interesting, of_uninteresting = torch.autograd.grad(loss, [interesting, uninteresting])
    save_file({"interesting": interesting.detach(), "uninteresting": uninteresting.detach(),
               "loss": loss.detach().reshape(1), "interesting_gradient": of_interesting,
               "uninteresting_gradient": of_uninteresting}, FOLDER / "rrd_reference.safetensors")


if __name__ == "__main__":
    distillation_experts()
    relaxed_ranking()
