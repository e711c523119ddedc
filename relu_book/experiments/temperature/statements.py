"""Definitions 5 and 6, equations 3.12 and 3.14, observation 1 and proposition 1, checked live.

Thesis 3.2.2; supplement F and H. Networks are small and in float64, images are scanned digits of
8 x 8 pixels. The naive measurement compares stored signs of everything that goes into a ReLU; the
library's is ``relu_book.temperature``.
"""

import copy
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relu_book import datasets
from relu_book.models import cifar_resnet, convnet, mlp, toynet
from relu_book.patterns import pack, unpack
from relu_book.temperature import TemperatureProbe, pattern_distance, temperature

RATE = 0.05
MAKERS = (
    lambda: cifar_resnet(8, width=4, in_channels=1, seed=0, dtype=torch.float64),
    lambda: convnet(8, width=4, in_channels=1, seed=1, dtype=torch.float64),
    lambda: toynet(8, width=8, in_channels=1, seed=2, dtype=torch.float64),
    lambda: cifar_resnet(14, width=4, in_channels=1, seed=3, dtype=torch.float64),
)


@cache
def digits(number: int = 64) -> tuple[Tensor, Tensor]:
    """Images (number, 1, 8, 8) and labels."""
    data = datasets.load("digits")
    return data.images[:number].double(), data.labels[:number].long()


def with_gradients(model: nn.Module, inputs: Tensor, labels: Tensor) -> nn.Module:
    """The model, with the gradients of its cross entropy."""
    model.zero_grad()
    cross_entropy(model(inputs), labels).backward()
    return model


def moved(model: nn.Module, rate: float, along: nn.Module | None = None) -> nn.Module:
    """A copy whose weights have gone ``rate`` times against the gradients of ``along``."""
    there = copy.deepcopy(model)
    given = (model if along is None else along).parameters()
    with torch.no_grad():
        for parameter, source in zip(there.parameters(), given, strict=True):
            parameter.add_(source.grad, alpha=-rate)
    return there


def signs(model: nn.Module, inputs: Tensor) -> list[Tensor]:
    """The patterns of every ReLU, in order: booleans, one row a sample and a column a filter."""
    found: list[Tensor] = []

    def keep(module: nn.Module, given: tuple[Tensor]) -> None:
        found.append((given[0] > 0).movedim(1, -1).flatten(0, -2))

    modules = [part for part in model.modules() if isinstance(part, nn.ReLU)]
    handles = [part.register_forward_pre_hook(keep) for part in modules]
    with torch.no_grad():
        model(inputs)
    for handle in handles:
        handle.remove()
    return found


def shares(before: list[Tensor], after: list[Tensor]) -> np.ndarray:
    """Share of samples whose pattern changed, by layer."""
    pairs = zip(before, after, strict=True)
    return np.array([float((one != two).any(1).double().mean()) for one, two in pairs])


def networks() -> Iterator[tuple[nn.Module, torch.optim.Optimizer]]:
    """The networks of ``MAKERS`` with gradients for a next step, and their optimisers."""
    for make in MAKERS:
        model = with_gradients(make(), *digits())
        yield model, torch.optim.SGD(model.parameters(), lr=RATE)


# --- definitions 5 and 6 ---


def instrument_beside_signs(rates: tuple[float, ...] = (0.001, 0.03, 1.0)) -> dict:
    """def-5: the library's count of changed samples beside that of stored signs, one a layer."""
    rows = []
    inputs, _ = digits()
    for model, optimizer in networks():
        distance = pattern_distance(model, optimizer, inputs, rates)
        for values, rate in zip(distance.values, rates, strict=True):
            before, after = signs(copy.deepcopy(model), inputs), signs(moved(model, rate), inputs)
            naive = [int((one != two).any(1).sum()) for one, two in zip(before, after, strict=True)]
            counted = np.rint(values * distance.evaluations).astype(int)
            rows += zip(
                abs(counted - naive), naive, distance.evaluations, map(len, before), strict=True
            )
    names = ("mismatches", "changed", "samples", "positions")
    return dict(zip(names, np.transpose(rows).tolist(), strict=True))


def bases(bits: float = 3.17) -> dict:
    """def-6.a: the share of changed patterns that a temperature stands for, in two bases."""
    return {"probability_base_2": 1 - 2**-bits, "probability_base_e": 1 - float(np.exp(-bits))}


def at_rate_zero() -> np.ndarray:
    """Share of patterns that a step with rate 0 changes, one a layer of all networks."""
    inputs, _ = digits()
    return np.concatenate(
        [
            pattern_distance(model, optimizer, inputs, 0.0).values[0]
            for model, optimizer in networks()
        ]
    )


def zero_temperatures(cases: int = 1000) -> dict:
    """def-6.b: temperatures of shares from 0 on, and of steps with rate 0."""
    distances = np.arange(cases) / cases
    return {
        "distances": distances,
        "temperatures": temperature(distances),
        "temperature_at_rate_zero": temperature(at_rate_zero()),
    }


def caps(cases: int = 120) -> dict:
    """def-6.c: the temperature where all of n samples changed, n from 1 on."""
    samples = np.arange(1, cases + 1)
    capped = temperature(np.ones(cases), samples)
    return {"deviation": capped - np.log2(2 * samples), "capped": capped}


def whose_probability() -> dict:
    """def-6.d: shares of unchanged and of changed patterns after a step with rate 0, by layer."""
    changed = at_rate_zero()
    return {"unchanged_share": 1 - changed, "changed_share": changed}


def at_infinity(
    filters: tuple[int, ...] = (1, 2, 4, 8), draws: int = 100_000, rate: float = 1e6
) -> dict:
    """def-6.e: how often a layer changes, pre-activations and their gradients being normal."""
    rng = np.random.default_rng(0)
    distance = []
    for width in filters:
        before, gradient = rng.normal(size=(2, draws, width))
        distance.append(((before > 0) != (before - rate * gradient > 0)).any(1).mean())
    return {"filters": filters, "distance": distance, "draws": draws}


# --- equations 3.12 and 3.14, observation 1 ---


def patterns_of_outputs(cases: int = 100) -> dict:
    """eq-3.12: signs of what a ReLU returns beside the packed pattern of what it was given."""
    rng = torch.Generator().manual_seed(0)
    mismatches, zeros = [], []
    for case in range(cases):
        # Rounded, so that exact zeros are among them.
        given = torch.randn(50, 1 + case, generator=rng, dtype=torch.float64).round(decimals=1)
        pattern = unpack(pack(given), given.shape[1])
        mismatches.append(int((given.relu().sign().bool() != pattern).sum()))
        zeros.append(int((given == 0).sum()))
    return {"mismatches": mismatches, "zeros": zeros}


def both_signs(cases: int = 10, rate: float = 1e-3) -> dict:
    """eq-3.14: the loss before a small step, with the gradient added, and subtracted."""
    inputs, labels = digits()
    inputs, rows = inputs.flatten(1), []
    for seed in range(cases):
        model = with_gradients(mlp((64, 32, 10), seed=seed).double(), inputs, labels)
        steps = (model, moved(model, -rate), moved(model, rate))
        with torch.no_grad():
            rows.append([float(cross_entropy(there(inputs), labels)) for there in steps])
    names = ("loss_before", "loss_added", "loss_subtracted")
    return dict(zip(names, np.transpose(rows).tolist(), strict=True))


def never_negative(rates: tuple[float, ...] = (0.01, 0.1)) -> dict:
    """obs-1.a: shares at positive rates by layer, and at rate 0 in both modes of batch norm."""
    inputs, _ = digits()
    positive = [
        pattern_distance(model, optimizer, inputs, rates).values.ravel()
        for model, optimizer in networks()
    ]
    evaluated = [
        shares(signs(model.eval(), inputs), signs(moved(model, 0.0).eval(), inputs))
        for model, _ in networks()
    ]
    return {
        "distances": np.concatenate(positive),
        "training_mode": at_rate_zero(),
        "evaluation_mode": np.concatenate(evaluated),
    }


def there_and_back(rates: tuple[float, ...] = tuple(np.geomspace(0.01, 1, 20))) -> dict:
    """obs-1.b: the share of a step less that of the step back, in two readings, one a rate."""
    inputs, labels = digits()
    inputs = inputs.flatten(1)
    start = with_gradients(mlp((64, 16, 16, 10), seed=0).double(), inputs, labels)
    before, new, same = signs(start, inputs), [], []
    for rate in rates:
        there = with_gradients(moved(start, rate), inputs, labels)
        after = signs(there, inputs)
        step = shares(before, after).mean()
        new.append(abs(step - shares(after, signs(moved(there, -rate), inputs)).mean()))
        back = signs(moved(there, -rate, along=start), inputs)
        same.append(abs(step - shares(after, back).mean()))
    return {"difference_new_gradient": new, "difference_same_direction": same}


# --- what is said of the measure (thesis 3.2 and 3.2.2; supplement H) ---


def rescaled(factor: float = 4.0, rate: float = 0.1) -> dict:
    """txt-3.2.2.1: one layer times a factor and the next divided by it; patterns, temperatures."""
    inputs, labels = digits()
    inputs = inputs.flatten(1)
    model = mlp((64, 32, 32, 10), seed=0).double()
    other = copy.deepcopy(model)
    first, second, *_ = [part for part in other.modules() if isinstance(part, nn.Linear)]
    with torch.no_grad():
        first.weight.mul_(factor)
        first.bias.mul_(factor)
        second.weight.div_(factor)
    pairs = zip(signs(model, inputs), signs(other, inputs), strict=True)
    found = []
    for network in (model, other):
        with_gradients(network, inputs, labels)
        optimizer = torch.optim.SGD(network.parameters(), lr=rate)
        found.append(temperature(pattern_distance(network, optimizer, inputs))[0])
    return {
        "pattern_mismatches": [int((one != two).any(1).sum()) for one, two in pairs],
        "temperature": found[0],
        "temperature_rescaled": found[1],
    }


def forward_passes() -> dict:
    """txt-3.2.2.2: forward passes of a training step, without and with a measurement."""
    ordinary, measured = [], []
    for make in MAKERS:
        ordinary.append(_passes_of_a_step(make(), probed=False))
        measured.append(_passes_of_a_step(make(), probed=True))
    return {"ordinary_passes": ordinary, "measured_passes": measured}


def _passes_of_a_step(model: nn.Module, probed: bool) -> int:
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    passes: list[int] = []
    handle = model.conv1.register_forward_hook(lambda *_: passes.append(1))
    if probed:
        with TemperatureProbe(model, optimizer):
            with_gradients(model, *digits())
            optimizer.step()
    else:
        with_gradients(model, *digits())
        optimizer.step()
    handle.remove()
    return len(passes)


def listing_beside_definition(listing: Callable[[Tensor, Tensor], tuple], cases: int = 100) -> dict:
    """txt-3.2.2.5: the supplement's listing beside definition 6, on random pairs of tensors.

    Whether it reports a number as printed is told for both copies of it, see ``_reports``.

    Args:
        listing: What the listing computes of outputs (n, c, h, w) before and after: the
            temperature, and the total that it divides by.
        cases: How many pairs.
    """
    rng = torch.Generator().manual_seed(0)
    reported, deviation, totals, positions = [], [], [], []
    for case in range(cases):
        shape = (1 + case % 7, 1 + case % 5, 4, 3)
        before = torch.randn(shape, generator=rng, dtype=torch.float64)
        # The larger the step, the more patterns change; at the end of a round all of them.
        step = torch.randn(shape, generator=rng, dtype=torch.float64) * (case % 4)
        after = -before if case % 10 == 9 else before + step
        value, total = listing(before.relu(), after.relu())
        words = pack(before), pack(after)
        unchanged = (words[0] == words[1]).all(1)
        share = 1 - unchanged.double().mean().item()
        evaluations = shape[0] * shape[2] * shape[3]
        reported += [_reports(unchanged.sum(), evaluations, inside) for inside in (True, False)]
        deviation.append(value - temperature(share, evaluations))
        totals.append(total)
        positions.append(evaluations)
    return {
        "reported": reported,
        "deviation": deviation,
        "totals": totals,
        "positions": positions,
    }


def _reports(counts: Tensor, total: int, inside: bool) -> bool:
    """Whether the listing's property gives a number, its return inside the ``if`` or after it."""
    if counts == 0:
        counts = 0.5  # as printed, a number of Python
    elif inside:
        return False
    try:
        torch.log2(1.0 * counts / total)
    except TypeError:
        return False
    return True


# --- proposition 1 (supplement F) ---


def none_unchanged(
    filters: int,
    samples: int,
    noise: float,
    trials: int,
    rng: np.random.Generator,
    kind: str = "background",
) -> float:
    """How often no pattern is unchanged: all signs have flipped, noise flips some back.

    Background noise is drawn for every sample and filter, ``data`` noise for every sample,
    ``neuron`` noise for every filter.
    """
    rows, columns = 1 if kind == "neuron" else samples, 1 if kind == "data" else filters
    drawn = rng.random((trials, rows, columns), dtype=np.float32) < noise
    back = np.broadcast_to(drawn, (trials, samples, filters))
    return float((~back.all(2)).all(1).mean())


def by_samples(
    samples: tuple[int, ...] = (1, 5, 10, 15, 20), noise: float = 0.1, trials: int = 200_000
) -> dict:
    """S-prop-1.a: that probability over the number of samples, for one filter and for two."""
    rng = np.random.default_rng(0)

    def rows(kind: str) -> list[list[float]]:
        return [[none_unchanged(d, n, noise, trials, rng, kind) for n in samples] for d in (1, 2)]

    independent = rows("background") + rows("data")
    return {"samples": samples, "independent": independent, "shared": rows("neuron")}


def by_filters(samples: int = 20, noise: float = 0.1, trials: int = 20_000) -> dict:
    """S-prop-1.b and c: that probability over 1 to 16 filters, and its standard error."""
    rng = np.random.default_rng(1)
    filters = np.arange(1, 17)
    expected = (1 - noise**filters) ** samples
    return {
        "noise": noise,
        "samples": samples,
        "filters": filters,
        "probability": [none_unchanged(int(d), samples, noise, trials, rng) for d in filters],
        "standard_error": np.sqrt(expected * (1 - expected) / trials),
    }
