"""Five clusters in the plane and one layer: both potentials, and batch normalisation.

Thesis A.1.2, figure A.3. The source prints no filters, rates, strengths or steps: here 8 filters (4
where batch normalisation is compared, which separates all clusters with more), He weights, zero
biases, 500 points, whole-batch gradient steps on weights and biases.
"""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, cross_entropy

from relu_book import datasets
from relu_book.entropy import pattern_entropy
from relu_book.models import mlp
from relu_book.parallel import each

POTENTIALS = ("linear", "quadratic")
RATES = (0.01, 0.1, 1.0)
STRENGTHS = (0.01, 0.1, 1.0)
STEPS = 100


def points(seed: int, samples: int = 500) -> tuple[Tensor, Tensor]:
    """Coordinates (samples, 2) with mean 0 and standard deviation 1, and clusters (samples,)."""
    data = datasets.load("clusters", samples=samples, seed=seed)
    x = data.images.double()
    return (x - x.mean(0)) / x.std(0), data.labels.long()


def layer(seed: int, filters: int) -> nn.Linear:
    """A layer with He weights and zero biases."""
    return mlp((2, filters), head=False, bias=0.0, seed=seed, dtype=torch.float64)[0]


def maximised(
    seed: int, potential: str, rate: float, filters: int = 8, steps: int = STEPS
) -> nn.Linear:
    """A layer after gradient ascent on the entropy of its patterns."""
    ours, (x, _) = layer(seed, filters), points(seed)
    optimizer = torch.optim.SGD(ours.parameters(), lr=rate, maximize=True)
    for _ in range(steps):
        optimizer.zero_grad()
        pattern_entropy(ours(x), relaxation=potential).backward()
        optimizer.step()
    return ours


def entropy(layer: nn.Module, seed: int) -> float:
    """The entropy of a layer's patterns on the points of a seed, in bits."""
    with torch.no_grad():
        return float(pattern_entropy(layer(points(seed)[0])))


def ascent(seeds: int = 50, tuning: int = 5) -> dict:
    """txt-A.1.3: the entropy after 100 steps with each potential, at its own best rate.

    Args:
        seeds: How many are judged.
        tuning: How many others choose the rate.
    """
    found = {"entropy_start": [entropy(layer(seed, 8), seed) for seed in range(seeds)]}
    for potential in POTENTIALS:

        def after(case: tuple[int, float], potential: str = potential) -> float:
            seed, rate = case
            return entropy(maximised(seed, potential, rate), seed)

        rate = _best(after, RATES, range(seeds, seeds + tuning))
        found[f"entropy_{potential}"] = each(after, [(seed, rate) for seed in range(seeds)])
    return found


def told_apart(
    seed: int, potential: str, strength: float, rate: float, filters: int = 8
) -> tuple[float, float]:
    """A layer and its read-out learn the clusters while the entropy is raised.

    Returns:
        The entropy of the patterns in the end, and the share of points told apart in per cent.
    """
    (x, labels), hidden = points(seed), layer(seed, filters)
    head = mlp((filters, 5), seed=seed + 1, dtype=torch.float64)
    optimizer = torch.optim.SGD([*hidden.parameters(), *head.parameters()], lr=rate)
    for _ in range(STEPS):
        optimizer.zero_grad()
        y = hidden(x)
        loss = cross_entropy(head(y.relu()), labels)
        (loss - strength * pattern_entropy(y, relaxation=potential)).backward()
        optimizer.step()
    with torch.no_grad():
        right = head(hidden(x).relu()).argmax(1) == labels
    return entropy(hidden, seed), 100 * float(right.double().mean())


def strengths_and_rates(seeds: int = 10, tuning: int = 5) -> dict:
    """txt-A.1.4: both potentials in nine settings each, the best chosen on other seeds.

    Args:
        seeds: How many are judged.
        tuning: How many others choose the setting.
    """
    settings = [(strength, rate) for strength in STRENGTHS for rate in RATES]
    cases = [
        (seed, potential, *setting)
        for potential in POTENTIALS
        for seed in range(seeds + tuning)
        for setting in settings
    ]
    measured = np.reshape(
        each(lambda case: told_apart(*case), cases),
        (len(POTENTIALS), seeds + tuning, len(settings), 2),
    )
    found: dict = {"practical": 0}  # five clusters and one layer are a toy
    for potential, of_it in zip(POTENTIALS, measured, strict=True):
        best = of_it[seeds:, :, 0].mean(0).argmax()
        found[f"entropy_{potential}"] = of_it[:seeds, best, 0]
        found[f"spread_{potential}"] = of_it[:seeds, :, 0].std(1, ddof=1)
        found[f"accuracy_{potential}"] = of_it[:seeds, best, 1]
    return found


def beside_batch_norm(seeds: int = 20, filters: int = 4, rate: float = 0.1) -> dict:
    """fig-A.3: what maximised entropy and batch normalisation with zero bias separate."""

    def both(seed: int) -> list[tuple[float, int, float]]:
        x, clusters = points(seed)
        raised, start = maximised(seed, "linear", rate, filters), layer(seed, filters)
        with torch.no_grad():
            return [_separation(y, clusters) for y in (raised(x), normalise(start, x))]

    measured = np.array(each(both, range(seeds)))
    return {
        f"{name}_{which}": measured[:, number, place]
        for number, which in enumerate(("maximised", "batch_norm"))
        for place, name in enumerate(("separated", "patterns", "entropy"))
    }


def normalise(layer: nn.Linear, x: Tensor) -> Tensor:
    """The pre-activations with mean 0 and variance 1 over the points, zero bias."""
    return batch_norm(layer(x), None, None, training=True)


def _separation(y: Tensor, clusters: Tensor) -> tuple[float, int, float]:
    """Pairs of points of different clusters with different patterns; frequent patterns; entropy."""
    _, pattern = (y > 0).unique(dim=0, return_inverse=True)
    table = torch.zeros(int(pattern.max()) + 1, int(clusters.max()) + 1, dtype=torch.float64)
    table.index_put_((pattern, clusters), torch.ones(len(y)).double(), accumulate=True)
    alike = table.sum(1).square().sum() - table.square().sum()
    pairs = len(y) ** 2 - table.sum(0).square().sum()
    frequent = int((table.sum(1) >= len(y) / 100).sum())
    return float(1 - alike / pairs), frequent, float(pattern_entropy(y))


def _best(
    measure: Callable[[tuple[int, float]], float], rates: Iterable[float], seeds: Iterable[int]
) -> float:
    """The rate with the largest mean over some seeds."""
    rates, seeds = list(rates), list(seeds)
    measured = each(measure, [(seed, rate) for rate in rates for seed in seeds])
    return rates[int(np.reshape(measured, (len(rates), len(seeds))).mean(1).argmax())]
