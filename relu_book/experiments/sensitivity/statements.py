"""What thesis 3.2.3 and 3.2.4 and supplement C say that needs no training of the source's size.

The table of rates, the sign of mu, width in theorem 1, and three statements on weight decay; the
proof of theorem 1 has a file of its own, ``theorem``.
"""

import copy
from functools import cache

import numpy as np
import torch
from scipy.optimize import curve_fit
from scipy.special import erf
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relu_book import datasets
from relu_book.cells import exact_cells
from relu_book.models import cifar_resnet, convnet, mlp
from relu_book.patterns import unpack
from relu_book.temperature import pattern_distance
from relu_book.transition import ArctanPower, LogNormal

# Supplement C, table 1, as printed.
TABLE = (
    0.000630957344480193, 0.001039122303835169, 0.001711328304161781, 0.002818382931264452,
    0.004641588833612777, 0.007644222742526002, 0.012589254117941668, 0.02073321573485954,
    0.034145488738336005, 0.05623413251903491, 0.09261187281287937, 0.15252229565390182,
    0.25118864315095796, 0.4136820402388507, 0.6812920690579608, 1.122018454301963,
    1.8478497974222907, 3.043219887107722, 5.011872336272725, 8.25404185268019,
    13.593563908785269, 22.38721138568338, 36.869450645195734, 60.72021956909884, 100.0,
)  # fmt: skip


def table_of_rates(rates: tuple[float, ...] = TABLE) -> dict:
    """S-tab-1.a: the printed rates beside an even scale from 10^-3.2, and that of the text."""
    even, of_text = np.logspace(-3.2, 2, len(rates)), np.logspace(-4, 2, len(rates))
    return {
        "deviation": rates / even - 1,
        "deviation_from_text": rates - of_text,
        "ratio": np.divide(rates[1:], rates[:-1]),
    }


def two_signs_of_mu(widths: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)) -> dict:
    """eq-3.40: fits of equations 3.17 and 3.42 to curves of theorem 1, one a number of filters."""

    def printed(rates: np.ndarray, mu: float, sigma: float) -> np.ndarray:
        return (1 + erf((mu + np.log(rates)) / (sigma * np.sqrt(2)))) / 2

    ours, theirs, middle = [], [], []
    for width in widths:
        shares = ArctanPower(scale=1.0, exponent=float(width)).probability(TABLE)
        model = LogNormal.fit(TABLE, shares)
        (mu, _), _ = curve_fit(printed, TABLE, shares, p0=(0, 2), ftol=1e-15, xtol=1e-15)
        ours.append(model.mu)
        theirs.append(mu)
        middle.append(np.log(model.learning_rate(0.5)))
    return {"mu_3_17": ours, "mu_3_42": theirs, "log_rate_at_half": middle}


def more_filters(filters: tuple[int, ...] = (4, 8, 16, 32, 64, 128, 256)) -> dict:
    """fig-3.18.c: where theorem 1 gives a half, and how far apart it gives 0.1 and 0.9."""
    curves = [ArctanPower(scale=1.0, exponent=float(number)) for number in filters]
    low, half, high = np.transpose([curve.learning_rate([0.1, 0.5, 0.9]) for curve in curves])
    return {"filters": filters, "rate_at_half": half, "log_width": np.log(high / low)}


# --- weight decay (3.2.4) ---


@cache
def digits(number: int = 64) -> tuple[Tensor, Tensor]:
    """Images (number, 1, 8, 8) and labels."""
    data = datasets.load("digits")
    return data.images[:number].double(), data.labels[:number].long()


def two_decays(
    steps: int = 120, rate: float = 0.1, penalty: float = 1e-2, after_step: bool = False
) -> dict:
    """fig-3.21.g: gradient descent with an l2 penalty, and with weights that shrink by themselves.

    Args:
        steps: Of both trainings.
        rate: Their constant learning rate.
        penalty: Of l2; the other shrinks weights by the rate times that in each step.
        after_step: Shrink the weights that the step has led to, in place of those before it.
    """
    images, labels = digits()
    penalised = mlp((64, 16, 10), seed=0).double()
    shrinking = copy.deepcopy(penalised)
    deviation = []
    for _ in range(steps):
        for model in (penalised, shrinking):
            model.zero_grad()
            cross_entropy(model(images.flatten(1)), labels).backward()
        with torch.no_grad():
            for weight in penalised.parameters():
                weight -= rate * (weight.grad + penalty * weight)
            for weight in shrinking.parameters():
                shrunk = weight - rate * weight.grad if after_step else weight
                weight -= rate * weight.grad + rate * penalty * shrunk
        pairs = zip(penalised.parameters(), shrinking.parameters(), strict=True)
        deviation.append(max(float((one - two).detach().abs().max()) for one, two in pairs))
    return {"deviation": deviation}


def smaller_weights(
    factors: tuple[float, ...] = (0.25, 0.5, 2.0, 4.0),
    rates: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0),
) -> dict:
    """fig-3.21.h: convolutions before batch norm times a factor, and rates divided by its square.

    Only the convolutions take the step: scale and shift of the batch norms are held fixed. The
    constant that they add to the variance is all but left out: it does not scale with the weights.
    """
    images, labels = digits()
    deviation = []
    for make in (cifar_resnet, convnet):
        model = make(8, width=4, in_channels=1, seed=0, dtype=torch.float64)
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.eps = 1e-15
        for factor in factors:
            scaled = _shares(model, factor, rates, images, labels)
            plain = _shares(model, 1.0, [rate / factor**2 for rate in rates], images, labels)
            deviation.append(scaled - plain)
    return {"deviation": np.ravel(deviation)}


def _shares(model: nn.Module, factor: float, rates, images: Tensor, labels: Tensor) -> np.ndarray:
    """Share of changed patterns, rates by layers, of the network with scaled convolutions."""
    model = copy.deepcopy(model)
    weights = [part.weight for part in model.modules() if isinstance(part, nn.Conv2d)]
    with torch.no_grad():
        for weight in weights:
            weight.mul_(factor)
    cross_entropy(model(images), labels).backward()
    return pattern_distance(model, torch.optim.SGD(weights, lr=1.0), images, rates).values


def cell_around_the_origin(seeds: int = 25, filters: int = 16, size: float = 20.0) -> dict:
    """fig-3.21.i: its area in the square of a half side ``size``, and with the weights halved."""
    areas = []
    for seed in range(seeds):
        rng = torch.Generator().manual_seed(seed)
        layer = nn.Linear(2, filters, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.normal_(generator=rng)
            layer.bias.normal_(generator=rng)
            halved = copy.deepcopy(layer)
            halved.weight.mul_(0.5)
        areas.append([_area_at_origin(one, (-size, size)) for one in (layer, halved)])
    area, area_halved = np.transpose(areas)
    return {"area": area, "area_halved": area_halved}


def _area_at_origin(layer: nn.Linear, window: tuple[float, float]) -> float:
    pieces = exact_cells(nn.Sequential(layer, nn.ReLU()), 0, window)
    signs = unpack(torch.as_tensor(pieces.patterns), layer.out_features)
    there = (signs == (layer.bias > 0)).all(1).numpy()
    return float(pieces.areas[there].sum())
