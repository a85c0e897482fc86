"""Whether the PyTorch reference computes what derrd computes: compare_pytorch.py --check."""

import pathlib
import sys

import torch
from safetensors.torch import load_file

import pytorch_ranking as ranking
import pytorch_reference as reference

TESTDATA = pathlib.Path(__file__).resolve().parents[1] / "derrd/losses/testdata"
EPOCHS = 10


class Report:
    def __init__(self):
        self.failures = 0

    def expect(self, what, holds, detail=""):
        self.failures += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}{': ' if detail else ''}{detail}", flush=True)

    def close(self, what, found, wanted, tolerance=1e-9):
        error = float((found - wanted).abs().max() / wanted.abs().max())
        self.expect(what, error < tolerance, f"relative difference {error:.1e}")


def check_losses(report):
    """Against the values that derrd's own tests compare with (derrd/losses/testdata/make_references.py)."""
    file = load_file(TESTDATA / "rrd_reference.safetensors")
    lists = torch.cat((file["interesting"].flip(1), file["uninteresting"]), 1).unsqueeze(2).requires_grad_()
    count = file["interesting"].shape[1]
    loss = reference.rrd_loss(torch.ones(len(lists), 1, dtype=lists.dtype), lists, count)
    loss.backward()
    report.close("RRD, loss", loss.detach(), file["loss"][0])
    report.close("RRD, gradient", lists.grad.squeeze(2),
                 torch.cat((file["interesting_gradient"].flip(1), file["uninteresting_gradient"]), 1))

    file = load_file(TESTDATA / "de_reference.safetensors")
    # The reference file has a matrix an expert; here they stand side by side.
    shapes = {"student": lambda x: x, "first": lambda x: x.transpose(0, 1).flatten(1), "first_bias": torch.flatten,
              "second": lambda x: x.flatten(0, 1), "second_bias": lambda x: x, "selection": lambda x: x,
              "selection_bias": lambda x: x}
    for number in range(3):
        student, *learned = (shape(file[name]).clone().requires_grad_() for name, shape in shapes.items())
        loss = reference.de_loss(student, file["teacher"], file["gumbel"], file["row_weights"],
                                 file[f"{number}.temperature"], *learned)
        loss.backward()
        temperature = float(file[f"{number}.temperature"])
        report.close(f"DE, temperature {temperature:g}, loss", loss.detach(), file[f"{number}.loss"][0])
        for (name, shape), tensor in zip(shapes.items(), (student, *learned)):
            report.close(f"DE, temperature {temperature:g}, gradient of {name}", tensor.grad,
                         shape(file[f"{number}.{name}"]))

    generator = torch.Generator().manual_seed(1)
    users, positives, negatives = torch.randn(3, 50, 8, generator=generator, dtype=torch.float64)
    scores = (users * positives).sum(1) - (users * negatives).sum(1)
    report.close("BPR, loss", reference.bpr_loss(users, positives, negatives),
                 -torch.log(1 / (1 + torch.exp(-scores))).sum())


def check_sampling(report, data, rrd):
    """Nothing observed is drawn, nothing twice, and all others are as likely."""
    pairs = data.splits["train"]
    observed = torch.zeros(data.users, data.items, dtype=torch.bool)
    observed[pairs] = True
    report.expect("negatives are unobserved", not observed[pairs[0], data.unobserved.sample(pairs[0])].any())
    small = reference.Unobserved(torch.tensor([0, 0, 2]), torch.tensor([1, 4, 0]), 3, 6)
    drawn = small.sample(torch.tensor([0]).expand(60000))
    shares = torch.bincount(drawn, minlength=6) / len(drawn)
    uniform = (shares[[0, 2, 3, 5]] - 0.25).abs().max() < 0.01
    report.expect("negatives are uniform", shares[[1, 4]].sum() == 0 and uniform,
                  str([round(share, 3) for share in shares.tolist()]))
    rrd.begin_epoch(0)
    report.expect("RRD's lists are unobserved", not observed.gather(1, rrd.lists).any())
    ordered = rrd.lists.sort(1).values
    report.expect("RRD's lists hold no item twice", not (ordered[:, 1:] == ordered[:, :-1]).any())
    positions = (rrd.lists[:, :rrd.interesting, None] == rrd.rankings[:, None, :]).int().argmax(2)
    report.expect("RRD's interesting items are in the teacher's order, reversed",
                  (positions[:, 1:] < positions[:, :-1]).all())


def check_ranking(report, comparison, model, valid):
    tables, data = reference.load_tables(model), comparison.data
    evaluation = ranking.SampledEvaluation(data, "valid")
    for scores in ranking.SCORES:
        found = evaluation.metrics(tables, scores)
        worst = max(abs(found[name] - valid[name]) for name in found)
        report.expect(f"metrics of derrd's model by {scores.__name__}", worst < 3e-4, f"differ by at most {worst:.1e}")
    wanted = torch.from_numpy(comparison.recommend_all(model)).long()
    for topk in ranking.TOP_K:
        same = float((ranking.top_unobserved(tables, data, wanted.shape[1], topk) == wanted).double().mean())
        report.expect(f"full ranking by {topk.__name__}", same > 0.999, f"{100 * same:.2f} % of places are derrd's")


def check_training(report, comparison, rrd):
    """The random numbers differ, so losses and metrics agree nearly: BPR's loss at epoch 9 has a standard
    deviation of 1 to 2 % over seeds."""
    data = comparison.data
    evaluation = ranking.SampledEvaluation(data, "valid")
    variant = reference.Variant(by_rows=True, fused=True)
    for title, method, epochs, terms in (("BPR", "none", EPOCHS, []), ("RRD", "rrd", 3, [rrd]),
                                         ("DE", "de", 1, [reference.De(comparison.teacher_tables, 20)])):
        _, log = comparison.distill(method, epochs)
        trainer = reference.Trainer(data, 20, [reference.Bpr(), *terms], variant)
        losses = torch.stack([trainer.train_epoch(epoch) for epoch in range(epochs)])
        for number, (name, wanted) in enumerate(log[-1]["loss"].items()):
            found = float(losses[-1, number])
            report.expect(f"{title}-20, epoch {epochs - 1}, mean loss {name}", abs(found / wanted - 1) < 0.06,
                          f"derrd {wanted:.5g}, PyTorch {found:.5g}")
        if epochs > 1:
            report.expect(f"{title}-20, losses fall", bool((losses[-1] < losses[0]).all()))
        found = evaluation.metrics(trainer.tables, ranking.gathered_rows)["HR@5"]
        wanted = log[-1]["valid"]["HR@5"]
        report.expect(f"{title}-20, validation HR@5 after {epochs} epochs", abs(found - wanted) < 0.03,
                      f"derrd {wanted:.4f}, PyTorch {found:.4f}")


def check_variants(report, data):
    """One step each from the same start: only the speed may differ."""
    after = []
    for by_rows in (True, False):
        for fused in (True, False):
            trainer = reference.Trainer(data, 20, [reference.Bpr()], reference.Variant(by_rows, fused))
            for _, batch in zip(range(3), trainer.batches(0)):
                trainer.step(batch)
            after.append(torch.cat(trainer.tables).detach())
    worst = max(float((tables - after[0]).abs().max()) for tables in after)
    report.expect("all variants of gradients and Adam move alike", worst < 1e-5, f"differ by at most {worst:.1e}")


def check(comparison):
    report = Report()
    rrd = reference.Rrd(comparison.teacher_tables, comparison.data)
    check_losses(report)
    check_sampling(report, comparison.data, rrd)
    check_variants(report, comparison.data)
    model, log = comparison.anew("bpr-20", "train", comparison.dataset, "--width", 20, "--epochs", EPOCHS)
    best = max((line["valid"] for line in log), key=lambda valid: valid["HR@5"])
    check_ranking(report, comparison, model, best)
    check_training(report, comparison, rrd)
    sys.exit(f"{report.failures} checks failed" if report.failures else 0)
