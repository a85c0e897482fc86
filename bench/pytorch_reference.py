"""derrd's training in PyTorch, written to be as fast as PyTorch allows on a CPU: what compare_pytorch.py
measures derrd against.

The same mathematics, batches and schedule as derrd: BPR, DE and RRD as derrd/losses/*.h state them, Adam
with L2 on every parameter at every step. What makes it fast:

* all data are tensors in memory; an epoch's permutation, negatives and lists are drawn at once, without a
  loop over users and without a draw in vain (class Unobserved);
* DE's M experts are two products: the experts' first layers side by side, and, since the reconstruction is
  linear in the second layers, sum_m z_m (h_m W_m + b_m) = [z_1 h_1 ... z_M h_M] W + z b, one product with an
  inner dimension of M H. A batched product of M would write M reconstructions and read them again;
* RRD's sums are one cumulative sum over lists that are stored in reverse;
* Adam is PyTorch's fused or foreach one, the gradient of a table dense or by rows, the losses compiled or
  not, whichever Variant is fastest on this machine;
* denormals are flushed, and the allocator keeps memory instead of giving it back after every step.
"""

import ctypes
import dataclasses

import torch
import torch.nn.functional as F
from safetensors import safe_open

from pytorch_ranking import top_unobserved


def configure(threads):
    """Once a process, before any tensor is made."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    # glibc: M_MMAP_MAX 0 and M_TRIM_THRESHOLD huge, so that a step's tensors do not fault in fresh pages.
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-4, 0)
        libc.mallopt(-1, 2**31 - 1)


class Data:
    """A data set that `derrd import` wrote."""

    def __init__(self, path):
        with safe_open(path, "pt") as file:
            self.splits = {name: pairs(file, name) for name in ("train", "valid", "test", "candidates")}
            self.users = file.get_slice("user_ids.offsets").get_shape()[0] - 1
            self.items = file.get_slice("item_ids.offsets").get_shape()[0] - 1
            length = int(file.get_slice("user_ids.offsets")[1])
            self.first_user = bytes(file.get_slice("user_ids.blob")[:length].tolist()).decode()
        self.unobserved = Unobserved(*self.splits["train"], self.users, self.items)


def pairs(file, split):
    """The users and the items of a split's interactions, sorted by user and then item."""
    sizes = file.get_tensor(f"{split}.offsets").diff()
    return torch.repeat_interleave(torch.arange(len(sizes)), sizes), file.get_tensor(f"{split}.items").long()


def load_tables(path):
    """The user and the item table of a model that derrd wrote."""
    with safe_open(path, "pt") as file:
        return file.get_tensor("user_embedding"), file.get_tensor("item_embedding")


class Unobserved:
    """Each user's items outside a set of (user, item) pairs, sorted by user and then item. The r-th of them is
    r + the number of the set's items s_0 < s_1 < ... with s_i - i <= r: one binary search finds it."""

    def __init__(self, users, items, number_of_users, number_of_items):
        sizes = torch.bincount(users, minlength=number_of_users)
        self.begin = torch.cumsum(sizes, 0) - sizes
        self.count = number_of_items - sizes
        self.stride = number_of_items + 1
        position = torch.arange(len(users)) - self.begin[users]
        self.keys = users * self.stride + items - position

    def nth(self, users, r):
        found = torch.searchsorted(self.keys, users * self.stride + r, right=True)
        return r + found - self.begin[users]

    def sample(self, users):
        """One uniform item for each of the users."""
        return self.nth(users, uniform_below(self.count[users]))

    def sample_sets(self, users, size):
        """`size` distinct items for each of the users, every set as likely."""
        count = self.count[users].unsqueeze(1).expand(-1, size)
        drawn = uniform_below(count)
        rows = torch.arange(len(users))
        # Repeated numbers are drawn again, in the few rows that have any, until none is left. Nothing
        # tells one number from another here, so all sets stay equally likely.
        while len(rows):
            some = drawn[rows].sort(1).values
            again = F.pad(some[:, 1:] == some[:, :-1], (1, 0))
            some[again] = uniform_below(count[rows][again])
            drawn[rows] = some
            rows = rows[again.any(1)]
        return self.nth(users.unsqueeze(1), drawn)


def uniform_below(count):
    return (torch.rand(count.shape, dtype=torch.float64) * count).long()


# The losses, as functions of the rows that they need.

def bpr_loss(users, positives, negatives):
    return F.softplus((users * (negatives - positives)).sum(1)).sum()


class PairScores(torch.autograd.Function):
    """users (n x d) and each one's items (n x k x d) to scores (n x k), all in the orientation that is fast."""

    @staticmethod
    def forward(context, users, items):
        context.save_for_backward(users, items)
        return torch.bmm(users.unsqueeze(1), items.transpose(1, 2)).squeeze(1)

    @staticmethod
    def backward(context, gradient):
        users, items = context.saved_tensors
        return torch.bmm(gradient.unsqueeze(1), items).squeeze(1), gradient.unsqueeze(2) * users.unsqueeze(1)


def rrd_loss(users, lists, interesting):
    """lists: users x (K + L) x width; the K interesting ones first, the teacher's favourite as the last of them."""
    scores = PairScores.apply(users, lists)
    highest = scores.detach().amax(1, keepdim=True)
    exponentials = (scores - highest).exp()
    below = exponentials[:, :interesting].cumsum(1) + exponentials[:, interesting:].sum(1, keepdim=True)
    return (below.log() + highest - scores[:, :interesting]).sum()


def de_loss(student, teacher, gumbel, row_weights, temperature, first, first_bias, second, second_bias,
            selection, selection_bias):
    """first: dS x (M H), first_bias: M H, second: (M H) x dT, second_bias: M x dT, selection: dT x M."""
    experts = second_bias.shape[0]
    alpha = torch.softmax(torch.addmm(selection_bias, teacher, selection), 1)
    z = torch.softmax((torch.log(alpha + 1e-10) + gumbel) / temperature, 1)
    hidden = torch.addmm(first_bias, student, first).relu().view(len(student), experts, -1)
    weighted = (z.unsqueeze(2) * hidden).view(len(student), -1)
    reconstruction = torch.addmm(z @ second_bias, weighted, second)
    return ((teacher - reconstruction).square().sum(1) * row_weights).sum()


@dataclasses.dataclass
class Batch:
    users: torch.Tensor
    positives: torch.Tensor
    negatives: torch.Tensor


# The terms of an objective. `entities` names the users and items whose rows `loss` is then given, each as a
# tuple in the same order.

class Bpr:
    weight = 1.0

    def begin_epoch(self, epoch):
        pass

    def parameters(self):
        return []

    def entities(self, batch):
        return (batch.users,), (batch.positives, batch.negatives)

    def loss(self, users, items, variant):
        return variant.run(bpr_loss, *users, *items)


class Experts:
    """One side's experts and selection network, drawn as PyTorch's linear layers are."""

    def __init__(self, experts, student_width, teacher_width):
        total = student_width + teacher_width
        hidden = max(1, student_width // 2 if student_width == teacher_width else total // 2)

        def layer(fan_in, *shape):
            return torch.nn.Parameter(torch.empty(shape).uniform_(-1, 1) / fan_in**0.5)

        self.parameters = [
            layer(student_width, student_width, experts * hidden), layer(student_width, experts * hidden),
            layer(hidden, experts * hidden, teacher_width), layer(hidden, experts, teacher_width),
            layer(teacher_width, teacher_width, experts), layer(teacher_width, experts)]


class De:
    """Distillation Experts over the distinct users, positives and negatives of a batch."""

    weight = 0.01
    experts = 30

    def __init__(self, teacher, student_width):
        self.teacher = teacher
        self.sides = [Experts(self.experts, student_width, table.shape[1]) for table in teacher]
        self.temperature = torch.ones(())

    def begin_epoch(self, epoch):
        self.temperature.fill_(1e-10 ** min(1.0, epoch / 1000))

    def parameters(self):
        return [parameter for side in self.sides for parameter in side.parameters]

    def entities(self, batch):
        self.users = torch.unique(batch.users),
        self.items = torch.unique(batch.positives), torch.unique(batch.negatives)
        return self.users, self.items

    def loss(self, users, items, variant):
        return (self.side_loss(0, self.users, users, (1.0,), variant)
                + self.side_loss(1, self.items, items, (0.5, 0.5), variant))

    def side_loss(self, side, entities, rows, weights, variant):
        teacher = self.teacher[side].index_select(0, torch.cat(entities))
        gumbel = torch.empty(len(teacher), self.experts).exponential_().log_().neg_()
        row_weights = torch.cat([torch.full((len(part),), weight) for part, weight in zip(entities, weights)])
        return variant.run(de_loss, torch.cat(rows), teacher, gumbel, row_weights, self.temperature,
                           *self.sides[side].parameters)


class Rrd:
    """Relaxed Ranking Distillation over the distinct users of a batch."""

    weight = 1e-3
    interesting, uninteresting, top, temperature = 40, 40, 500, 10

    def __init__(self, teacher, data):
        self.users = torch.arange(data.users)
        self.rankings = top_unobserved(teacher, data, self.top)
        excluded = torch.cat((data.splits["train"][0] * data.items + data.splits["train"][1],
                              (self.users.unsqueeze(1) * data.items + self.rankings).view(-1))).sort().values
        self.others = Unobserved(excluded // data.items, excluded % data.items, data.users, data.items)
        self.growth = torch.exp(torch.arange(self.top) / self.temperature)

    def begin_epoch(self, epoch):
        # The K first of exponential clocks whose rates fall with the position: sampling without replacement.
        clocks = torch.empty(len(self.users), self.top).exponential_().mul_(self.growth)
        chosen = clocks.topk(self.interesting, largest=False, sorted=False).indices
        chosen = chosen.sort(1, descending=True).values
        others = self.others.sample_sets(self.users, self.uninteresting)
        self.lists = torch.cat((self.rankings.gather(1, chosen), others), 1)

    def parameters(self):
        return []

    def entities(self, batch):
        users = torch.unique(batch.users)
        return (users,), (self.lists.index_select(0, users).view(-1),)

    def loss(self, users, items, variant):
        lists = items[0].view(len(users[0]), self.lists.shape[1], -1)
        return variant.run(rrd_loss, *users, lists, self.interesting)


@dataclasses.dataclass(frozen=True)
class Variant:
    """Ways to do the same that differ only in speed."""

    by_rows: bool  # gradients added to a table's rows; else dense ones, as nn.Embedding makes them
    fused: bool    # Adam
    compiled: bool = False

    def __str__(self):
        return (f"{'gradients by rows' if self.by_rows else 'dense gradients'}, "
                f"{'fused' if self.fused else 'foreach'} Adam{', compiled losses' if self.compiled else ''}")

    def run(self, loss, *arguments):
        return (compiled(loss) if self.compiled else loss)(*arguments)


def compiled(loss, cache={}):
    if loss not in cache:
        cache[loss] = torch.compile(loss, dynamic=True)
    return cache[loss]


class Rows:
    """A table's rows for a step: gathered once for all terms, and their gradient brought back."""

    def __init__(self, table, parts, by_rows):
        self.table, self.by_rows = table, by_rows
        self.sizes = [len(part) for part in parts]
        self.index = torch.cat(parts)
        if by_rows:
            self.values = table.detach().index_select(0, self.index).requires_grad_()
        else:
            table.grad = None
            self.values = F.embedding(self.index, table)

    def parts(self):
        return self.values.split(self.sizes)

    def add_gradient(self):
        if self.by_rows:
            self.table.grad.index_add_(0, self.index, self.values.grad)

    def clear_gradient(self):
        if not self.by_rows:
            return
        if len(self.index) < len(self.table) // 4:
            self.table.grad.index_fill_(0, self.index, 0)  # the other rows are zero already
        else:
            self.table.grad.zero_()


class Trainer:
    batch_size = 1024

    def __init__(self, data, width, terms, variant, seed=0):
        torch.manual_seed(seed)
        self.data, self.terms, self.variant = data, terms, variant
        self.tables = [torch.nn.Parameter(torch.randn(rows, width) * 0.01) for rows in (data.users, data.items)]
        self.learned = [parameter for term in terms for parameter in term.parameters()]
        for table in self.tables:
            table.grad = torch.zeros_like(table)
        implementation = {"fused": True} if variant.fused else {"foreach": True}
        self.adam = torch.optim.Adam(self.tables + self.learned, lr=1e-3, weight_decay=1e-3, **implementation)

    def batches(self, epoch):
        """Draws the epoch and yields its batches."""
        for term in self.terms:
            term.begin_epoch(epoch)
        users, positives = self.data.splits["train"]
        order = torch.randperm(len(users))
        users, positives = users[order], positives[order]
        parts = (users, positives, self.data.unobserved.sample(users))
        for batch in zip(*(part.split(self.batch_size) for part in parts)):
            yield Batch(*batch)

    def train_epoch(self, epoch):
        """Mean loss over the interactions, without the terms' weights."""
        loss = sum(self.step(batch) for batch in self.batches(epoch))
        return loss / len(self.data.splits["train"][0])

    def step(self, batch):
        entities = [term.entities(batch) for term in self.terms]
        sides = [Rows(table, [part for parts in entities for part in parts[side]], self.variant.by_rows)
                 for side, table in enumerate(self.tables)]
        user_rows, item_rows = (iter(side.parts()) for side in sides)
        losses = [term.loss(tuple(next(user_rows) for _ in users), tuple(next(item_rows) for _ in items),
                            self.variant)
                  for term, (users, items) in zip(self.terms, entities)]
        for parameter in self.learned:
            parameter.grad = None
        sum(term.weight * loss for term, loss in zip(self.terms, losses)).backward()
        for side in sides:
            side.add_gradient()
        self.adam.step()
        for side in sides:
            side.clear_gradient()
        return torch.stack([loss.detach() for loss in losses])
