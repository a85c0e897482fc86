#!/usr/bin/env python3
"""Writes the reference values that the tests of the losses compare with.

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


def ranking_distillation():
    """Eq. 8 and 9 for 13 users, 10 items each, 25 sampled items that estimate the student's rank."""
    generator = torch.Generator().manual_seed(7)
    users, top, samples, items, decay, discrepancy = 13, 10, 25, 1009, 3.0, 0.01
    scores = (3 * torch.randn(users, top, generator=generator)).requires_grad_()
    sampled = 3 * torch.randn(users, samples, generator=generator)
    position = torch.exp(-torch.arange(1, top + 1) / decay)
    position = position / position.sum()
    weights = torch.zeros(users, top)
    for user in range(users):
        for k in range(top):
            above = int((sampled[user] > scores[user, k]).sum())
            rank = 1 + (items - 1) * above // samples
            behind = torch.tensor(discrepancy * (rank - (k + 1)))
            weights[user, k] = position[k] * torch.tanh(torch.clamp(behind, min=0))
    loss = -(weights * torch.log(torch.sigmoid(scores))).sum()
    (gradient,) = torch.autograd.grad(loss, [scores])
    save_file({"scores": scores.detach(), "sampled": sampled, "weights": weights,
               "loss": loss.detach().reshape(1), "gradient": gradient,
               "items": torch.tensor([float(items)]), "decay": torch.tensor([decay]),
               "discrepancy": torch.tensor([discrepancy])}, FOLDER / "rd_reference.safetensors")


def collaborative_distillation():
    """Cross-entropy with the teacher's probabilities for 13 users, 7 items each."""
    generator = torch.Generator().manual_seed(8)
    temperature, bias = 2.0, -0.5
    scores = (3 * torch.randn(13, 7, generator=generator)).requires_grad_()
    teacher = 3 * torch.randn(13, 7, generator=generator)
    q = torch.sigmoid((teacher + bias) / temperature)
    p = torch.sigmoid(scores)
    loss = -(q * torch.log(p) + (1 - q) * torch.log(1 - p)).sum()
    (gradient,) = torch.autograd.grad(loss, [scores])
    save_file({"scores": scores.detach(), "teacher": teacher, "targets": q,
               "loss": loss.detach().reshape(1), "gradient": gradient,
               "temperature": torch.tensor([temperature]), "bias": torch.tensor([bias])},
              FOLDER / "cd_reference.safetensors")


if __name__ == "__main__":
    distillation_experts()
    relaxed_ranking()
    ranking_distillation()
    collaborative_distillation()
