"""Where the assumptions of theorem 1 break (thesis 3.2.3).

The theorem takes a layer whose filters have normal weights and gradients, all independent, and asks
for many inputs; then r = eta sigma_g / sigma_c decides, whatever the inputs are:

    D = 1 - [1 - arctan(r)/pi]^d

Four things may be otherwise. Filters may *depend* on each other: with a common part they flip
together, and d of them count for fewer. Weights and gradients may have *heavy tails*: normal sums
need a variance. A layer with *few inputs* keeps the law of its weights, normal or not. With
*biases* the ratio sigma_g/sigma_c depends on the length of the input, and the mean over inputs is
not the formula at the mean. Last, real gradients are not independent of anything: they are those of
a loss, measured here in an untrained network.
"""

from functools import cache

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

from relu_book.experiments.sensitivity.statements import digits
from relu_book.experiments.sensitivity.theorem import RATES, critical_rates, shares_below
from relu_book.models import mlp
from relu_book.temperature import pattern_distance
from relu_book.transition import change_probability

ASSUMPTIONS = {
    "as assumed": "independent normal weights and gradients",
    "dependent": "all filters share four fifths of their variance",
    "heavy tails": "weights and gradients of Cauchy's law",
    "few inputs": "one input, weights ±1, normal gradients",
    "biases": "inputs of very different lengths, biases that move",
}
FILTERS = (1, 2, 4, 8, 16, 32, 64)


@cache
def simulated(draws: int = 20_000) -> xr.DataArray:
    """Share of changed patterns by assumption, number of filters and rate.

    Rates are those times sigma_g/sigma_c. Where there is no standard deviation, that of heavy
    tails, the scales of weights and gradients take its place; with biases it is the ratio of the
    root mean squares over all inputs.

    Args:
        draws: Layers, each with one input.
    """
    rng = np.random.default_rng(5)
    shape = (draws, max(FILTERS))
    cases = {
        "as assumed": rng.normal(size=(2, *shape)),
        "dependent": _with_common_part(rng, shape),
        "heavy tails": rng.standard_cauchy(size=(2, *shape)),
        "few inputs": np.stack([rng.choice([-1.0, 1.0], shape), rng.normal(size=shape)]),
        "biases": _with_biases(rng, shape),
    }
    found = []
    for name in ASSUMPTIONS:
        critical = np.minimum.accumulate(critical_rates(*cases[name]), axis=1)
        found.append([shares_below(RATES, critical[:, number - 1]) for number in FILTERS])
    return xr.DataArray(
        np.array(found),
        {"assumption": list(ASSUMPTIONS), "filters": list(FILTERS), "rate": RATES},
        ("assumption", "filters", "rate"),
    )


def _with_common_part(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """c and g of filters that are correlated by 0.8 with each other."""
    common, own = rng.normal(size=(2, shape[0], 1)), rng.normal(size=(2, *shape))
    return np.sqrt(0.8) * common + np.sqrt(0.2) * own


def _with_biases(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """c and g of log-normally long inputs; the bias makes up most of g, and nothing of c."""
    length = np.exp(rng.normal(size=(shape[0], 1)))
    before = length * rng.normal(size=shape)
    gradient = np.hypot(0.1 * length, 1.0) * rng.normal(size=shape)
    scales = [np.sqrt(np.mean(spread**2)) for spread in (length, np.hypot(0.1 * length, 1.0))]
    return np.stack([before / scales[0], gradient / scales[1]])


@cache
def of_a_loss(seeds: int = 5, width: int = 64) -> xr.Dataset:
    """Steps of untrained networks beside theorem 1, by seed, layer and rate.

    Three hidden layers without biases, 256 digits, the gradient of the cross entropy.

    Args:
        seeds: Of the weights.
        width: Filters of each layer.

    Returns:
        ``measured``, the share of changed patterns; ``own``, theorem 1 with sigma_g of what the
        step of the layer's own weights changes of its pre-activations, as the theorem has it; and
        ``whole``, with sigma_g of what the whole step changes, the layers below included.
    """
    images, labels = digits(256)
    images, rates, rows = images.flatten(1), np.geomspace(1e-3, 10, 21), []
    for seed in range(seeds):
        model = mlp((64, width, width, width, 10), bias=0.0, seed=seed).double()
        optimizer = torch.optim.SGD(
            [part.weight for part in model.modules() if isinstance(part, nn.Linear)], lr=1.0
        )
        cross_entropy(model(images), labels).backward()
        measured = pattern_distance(model, optimizer, images, rates).values.T
        ratios = np.array(_ratios(model, images))[..., None]  # layers, (own, whole), 1
        own, whole = change_probability(rates, ratios, 1.0, width).swapaxes(0, 1)
        rows.append([measured, own, whole])
    by = ("seed", "layer", "rate")
    names = ("measured", "own", "whole")
    return xr.Dataset(
        {name: (by, one) for name, one in zip(names, np.stack(rows, 1), strict=True)},
        {"layer": [1, 2, 3], "rate": rates},
    )


def _ratios(model: nn.Sequential, inputs: Tensor, rate: float = 1e-6) -> list[tuple[float, float]]:
    """sigma_g/sigma_c by layer, of the layer's own change and of the whole one, in a tiny step."""
    found, moved = [], inputs
    with torch.no_grad():
        for part in model:
            if isinstance(part, nn.Linear):
                step = rate * part.weight.grad
                own, moved = inputs @ step.T, linear(moved, part.weight - step)
                inputs = part(inputs)
                scale = rate * inputs.square().mean().sqrt()
                changes = (own, moved - inputs)
                found.append(tuple(float(one.square().mean().sqrt() / scale) for one in changes))
            else:
                inputs, moved = part(inputs), part(moved)
    return found[:-1]
