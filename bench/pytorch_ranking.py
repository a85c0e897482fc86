"""derrd's evaluation and full ranking in PyTorch: sampled metrics, and the top K of every user. Where there
are several ways to do it, all are here, and the caller takes the fastest."""

import warnings

import torch

warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
CUTOFFS = (5, 10, 20)


class SampledEvaluation:
    """HR, NDCG and MRR of the held-out item of each user among its candidates, as docs/evaluation.md says.
    All but the scores is prepared once."""

    def __init__(self, data, split):
        self.users, targets = data.splits[split]
        other = torch.full((data.users,), -1)
        other_users, other_items = data.splits["test" if split == "valid" else "valid"]
        other[other_users] = other_items
        target_of = torch.full((data.users,), -1)
        target_of[self.users] = targets
        users, items = data.splits["candidates"]
        kept = (items != other[users]) & (items != target_of[users]) & (target_of[users] >= 0)
        users, items = users[kept], items[kept]
        sizes = torch.bincount(users, minlength=data.users)
        position = torch.arange(len(users)) - (torch.cumsum(sizes, 0) - sizes)[users]
        row_of = torch.full((data.users,), -1)
        row_of[self.users] = torch.arange(len(self.users))
        # The target first, then the candidates; the rest of a row is the target again and does not count.
        self.items = targets.unsqueeze(1).repeat(1, int(sizes.max()) + 1)
        self.items[row_of[users], position + 1] = items
        self.counts = torch.arange(self.items.shape[1]) <= sizes[self.users].unsqueeze(1)
        # The same as the entries of a sparse matrix of users and items.
        rows, width = self.items.shape
        self.pattern = torch.sparse_csr_tensor(
            torch.arange(rows + 1) * width, self.items.view(-1), torch.zeros(rows * width), (rows, data.items),
            check_invariants=False)

    def metrics(self, tables, scores):
        with torch.inference_mode():
            scored = scores(self, *tables)
            ranks = ((scored >= scored[:, :1]) & self.counts).sum(1)
            result = {}
            for name, gain in (("HR", torch.ones_like(ranks)), ("NDCG", 1 / torch.log2(1.0 + ranks)),
                               ("MRR", 1.0 / ranks)):
                for cutoff in CUTOFFS:
                    result[f"{name}@{cutoff}"] = float((gain * (ranks <= cutoff)).double().mean())
            return result


def gathered_rows(evaluation, users, items, chunk=256):
    """Gathers the candidates' rows and multiplies them with the user's."""
    parts = []
    for index, rows in zip(evaluation.items.split(chunk), users[evaluation.users].split(chunk)):
        gathered = items.index_select(0, index.view(-1)).view(*index.shape, -1)
        parts.append(torch.bmm(rows.unsqueeze(1), gathered.transpose(1, 2)).squeeze(1))
    return torch.cat(parts)


def whole_product(evaluation, users, items, chunk=256):
    """Scores every item and picks out the candidates."""
    parts = [(rows @ items.T).gather(1, index) for index, rows in
             zip(evaluation.items.split(chunk), users[evaluation.users].split(chunk))]
    return torch.cat(parts)


def sampled_product(evaluation, users, items):
    """The candidates' scores alone, as the entries of a sparse matrix."""
    scores = torch.sparse.sampled_addmm(evaluation.pattern, users[evaluation.users], items.T, beta=0.0)
    return scores.values().view(evaluation.items.shape)


SCORES = (gathered_rows, whole_product, sampled_product)


def plain_topk(scores, count):
    return scores.topk(count).indices


def blockwise_topk(scores, count, block=64):
    """The same of fewer: the `count` best lie in the `count` blocks with the highest maxima."""
    rows, whole = len(scores), scores.shape[1] // block * block
    blocks = scores[:, :whole].view(rows, -1, block)
    best = blocks.amax(2).topk(min(count, blocks.shape[1]), sorted=False).indices
    items = (best.unsqueeze(2) * block + torch.arange(block)).view(rows, -1)
    items = torch.cat((items, torch.arange(whole, scores.shape[1]).expand(rows, -1)), 1)
    found = scores.gather(1, items).topk(count).indices
    return items.gather(1, found)


TOP_K = (plain_topk, blockwise_topk)


def top_unobserved(tables, data, count, topk=plain_topk, chunk=64):
    """The `count` best unobserved items of every user, best first."""
    users, items = tables
    train_users, train_items = data.splits["train"]
    bounds = torch.searchsorted(train_users, torch.arange(0, data.users + chunk, chunk)).tolist()
    found = []
    with torch.inference_mode():
        for part, (first, last) in enumerate(zip(bounds, bounds[1:])):
            begin = part * chunk
            scores = users[begin:begin + chunk] @ items.T
            scores[train_users[first:last] - begin, train_items[first:last]] = -torch.inf
            found.append(topk(scores, count))
    return torch.cat(found)
