"""Distances of networks whose pre-activations are written out by hand, in sums and products.

The other tests compare with the library's own look at copied networks; here nothing of it is used,
so that a site which is missed, counted twice or read along another dimension shows.
"""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from relu_book.temperature import pattern_distance

RATES = (1e-3, 0.03, 0.3, 1.0, 7.0)
OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01, momentum=0.5),
}


def affine(x, p, name):
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def positive(z):
    return z * (z > 0)


class WeightNorm(nn.Module):
    """A convolution of sequences and a linear layer, both with normalised weights."""

    def __init__(self):
        super().__init__()
        self.a, self.b = weight_norm(nn.Conv1d(3, 7, 3)), weight_norm(nn.Linear(7, 5))
        self.out = nn.Linear(5, 3)

    def forward(self, x):
        means = functional.relu(self.a(x)).mean(-1)
        return self.out(functional.relu(self.b(means)))

    @staticmethod
    def by_hand(p, x):
        def weight(name):
            scale, v = (p[f"{name}.parametrizations.weight.original{i}"] for i in (0, 1))
            return scale * v / (v**2).sum(tuple(range(1, v.dim())), keepdim=True).sqrt()

        kernel, length = weight("a"), x.shape[-1] - 2
        # Positions by filters: three products of shifted sequences.
        shifted = (x[..., i : i + length].transpose(1, 2) @ kernel[..., i].T for i in range(3))
        first = sum(shifted) + p["a.bias"]
        return first, positive(first).mean(1) @ weight("b").T + p["b.bias"]


class Block(nn.Module):
    """A transformer's block, norms first, of two heads."""

    def __init__(self):
        super().__init__()
        self.block = nn.TransformerEncoderLayer(
            8, 2, 12, dropout=0.0, activation="relu", batch_first=True, norm_first=True
        )
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        return self.out(self.block(x).mean(1))

    @staticmethod
    def by_hand(p, x):
        p = {name.removeprefix("block."): value for name, value in p.items()}

        def normalised(x, name):
            x = x - x.mean(-1, keepdim=True)
            deviation = ((x**2).mean(-1, keepdim=True) + 1e-5).sqrt()
            return x / deviation * p[f"{name}.weight"] + p[f"{name}.bias"]

        joint = normalised(x, "norm1") @ p["self_attn.in_proj_weight"].T
        joint = joint + p["self_attn.in_proj_bias"]
        heads = []
        for head in (0, 4):
            query, key, value = (joint[..., i + head : i + head + 4] for i in (0, 8, 16))
            weights = (query @ key.transpose(1, 2) / 2).exp()
            heads.append(weights / weights.sum(-1, keepdim=True) @ value)
        x = x + affine(torch.cat(heads, -1), p, "self_attn.out_proj")
        return (affine(normalised(x, "norm2"), p, "linear1"),)


class InPlace(nn.Module):
    """Three ways to overwrite what a ReLU is given, one behind an addition."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.relu, self.out = nn.ReLU(inplace=True), nn.Linear(8, 3)

    def forward(self, x):
        x = functional.relu(self.a(x), inplace=True)
        y = self.b(x).relu_()
        x = x + self.c(y)
        return self.out(self.relu(x))

    @staticmethod
    def by_hand(p, x):
        first = affine(x, p, "a")
        second = affine(positive(first), p, "b")
        return first, second, positive(first) + affine(positive(second), p, "c")


NETWORKS = {WeightNorm: (6, 3, 11), Block: (6, 5, 8), InPlace: (16, 6)}


def patterns(model: nn.Module, x: Tensor) -> list[np.ndarray]:
    with torch.no_grad():
        return [(z > 0).numpy() for z in model.by_hand(dict(model.named_parameters()), x)]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_it_is_what_sums_and_products_give(network, name):
    torch.manual_seed(3)
    make, shape = OPTIMIZERS[name], NETWORKS[network]
    model, x, y = network().double(), torch.randn(shape).double(), torch.randint(3, shape[:1])
    optimizer = make(model.parameters())
    for step in range(3):
        optimizer.zero_grad()
        functional.cross_entropy(model(x), y).backward()
        if step < 2:
            optimizer.step()
    found = pattern_distance(model, optimizer, x, RATES)
    before, expected = patterns(model, x), []
    for rate in RATES:
        moved = copy.deepcopy(model)
        other = make(moved.parameters())
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        for mine, theirs in zip(moved.parameters(), model.parameters(), strict=True):
            mine.grad = theirs.grad.clone()
        other.param_groups[0]["lr"] = rate
        other.step()
        pairs = zip(before, patterns(moved, x), strict=True)
        expected.append([(one != two).any(-1).mean() for one, two in pairs])
    assert np.array_equal(found.values, expected) and 0 < found.values.mean() < 1
    assert found.evaluations.tolist() == [one[..., 0].size for one in before]
