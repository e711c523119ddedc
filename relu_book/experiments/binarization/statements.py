"""The number system of thesis 4.1 to 4.2.1, by calculation: gradients, encoding, mean, variance.

    w = s 2^e (1 + p)  ->  s 2^e (1 + B/n),  B binomial of n and p          (eq 4.4 to 4.8)
    Var = 2^(2e) p (1 - p)/n <= w^2/(8 n)                                   (eq 4.10, 4.11)

What follows from it in integers and in networks stands in ``integers`` and ``capacitors``.
"""

from functools import cache

import numpy as np
import torch
from scipy.stats import binom, chisquare
from torch import Tensor, nn

from relu_book.binarization import (
    Encoding,
    bernoulli,
    binarize,
    decode,
    encode,
    sample,
    straight_through,
    variance,
)
from relu_book.experiments.random_cases import normals

SAMPLES = (1, 2, 3, 4, 8, 16, 32, 64)
EXPONENTS = tuple(range(-3, 4))


# --- gradients through what is drawn (4.1) ---


def passed_through(inputs: int = 128) -> dict:
    """eq-4.1: a quantiser of steps of 1/8, Bernoulli draws, and the weights that a layer draws."""
    x = (2 * normals(0)(inputs)).requires_grad_()
    steps = straight_through((8 * x).round() / 8, x)
    generator = torch.Generator().manual_seed(0)
    probability = torch.linspace(0, 1, inputs, dtype=torch.float64, requires_grad=True)
    drawn = bernoulli(probability, generator=generator)
    layer = nn.Linear(16, inputs // 16, bias=False, dtype=torch.float64)
    network = binarize(layer, 4, activation_bits=None, generator=generator)
    weight = network.network.weight
    weights = network(torch.eye(16, dtype=torch.float64)).T  # the identity shows what was drawn
    (steps.sum() + drawn.sum() + weights.sum()).backward()
    ones = 4 * (weights.detach() / encode(weight).scale - 1)
    whole = torch.cat([8 * steps.detach(), drawn.detach(), ones.flatten()])
    outside = ((drawn != 0) & (drawn != 1)).sum() + ((ones < 0) | (ones > 4)).sum()
    gradients = torch.cat([x.grad, probability.grad, weight.grad.flatten()])
    return {
        "gradient_deviation": (gradients - 1).abs(),
        "off_grid": int((whole != whole.round()).sum() + outside),
    }


def clipped(inputs: int = 129) -> dict:
    """eq-4.2: r as the magnitude of the input, from 0 to 2, at 1 included."""
    x = torch.linspace(-2, 2, inputs, dtype=torch.float64, requires_grad=True)
    straight_through(x.sign(), x, limit=1.0).sum().backward()
    magnitude = x.detach().abs()
    expected = torch.tensor([1.0 if r < 1 else 0.0 for r in magnitude.tolist()])
    return {"gradient_deviation": (x.grad - expected).abs(), "magnitudes": magnitude}


def gumbel(draws: int = 1_000_000) -> dict:
    """txt-4.1.1: how often each index has the largest log alpha - log(-log U)."""
    p_values = []
    sets = ((1, 2, 5), (1, 1, 1, 1), (0.02, 0.3, 7.0, 40.0), tuple(range(1, 9)))
    for seed, alpha in enumerate(sets):
        uniform = np.random.default_rng(seed).random((draws, len(alpha)))
        uniform = np.maximum(uniform, np.finfo(float).tiny)  # a zero has no logarithm
        index = (np.log(alpha) - np.log(-np.log(uniform))).argmax(1)
        counts = np.bincount(index, minlength=len(alpha))
        p_values.append(chisquare(counts, draws * np.array(alpha) / sum(alpha)).pvalue)
    return {"p_value": p_values, "draws": [draws] * len(sets)}


# --- one Bernoulli number, sign, exponent and p (4.2) ---


def one_bernoulli(draws: int = 100_000) -> dict:
    """eq-4.3: both values of B_w x weighed with their probabilities, and drawn ones."""
    weights, x = torch.linspace(0, 1, 129, dtype=torch.float64), normals(1)(129)
    mean = weights * (1 * x) + (1 - weights) * (0 * x)
    generator = torch.Generator().manual_seed(1)
    sampled = []
    for w in (0.01, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.99):
        some = bernoulli(torch.full((draws,), w, dtype=torch.float64), generator=generator)
        factor = 1.7  # x
        error = (w * (1 - w) / draws) ** 0.5 * factor
        sampled.append(float((some * factor).mean() - w * factor) / error)
    return {"deviation": (mean - weights * x).abs(), "sampled_deviation": sampled}


def many_floats(number: int = 1 << 20) -> list[Tensor]:
    """Random bits read as float32, all 16-bit floats, and the 8 next to each power of two."""
    rng = np.random.default_rng(0)
    bits = torch.from_numpy(rng.integers(0, 1 << 32, number, dtype=np.uint32).view(np.int32))
    short = torch.arange(-(1 << 15), 1 << 15).to(torch.int16)
    powers = torch.exp2(torch.arange(-126, 128, dtype=torch.float64)).float().view(torch.int32)
    near = (powers[:, None] + torch.arange(-4, 5, dtype=torch.int32)).flatten()
    kinds = (
        bits.view(torch.float32),
        near.view(torch.float32),
        short.view(torch.float16),
        short.view(torch.bfloat16),
    )
    return [each[each.isfinite() & (each != 0)] for each in kinds]


def there_and_back() -> dict:
    """eq-4.4: bits before and after, p, and p by the logarithm that is printed."""
    changed, by_log2, probabilities, floats = 0, 0, [], many_floats()
    for numbers in floats:
        bits = torch.int32 if numbers.dtype == torch.float32 else torch.int16
        encoding = encode(numbers)
        changed += int((decode(encoding).view(bits) != numbers.view(bits)).sum())
        probabilities.append(encoding.probability.double())
        if numbers.dtype == torch.float32:
            wide = numbers.abs().double().numpy()
            logarithm = np.floor(np.log2(wide).astype(np.float32))  # the nearest float32
            p = wide / np.exp2(logarithm.astype(np.float64)) - 1
            by_log2 += int(((p < 0) | (p >= 1)).sum())
    together = torch.cat(probabilities)
    return {
        "floats": len(together),
        "changed": changed,
        "smallest_p": float(together.min()),
        "gap_to_one": 1 - float(together.max()),
        "changed_by_log2": by_log2,
    }


def mean_of_the_weight(weights: int = 20_000) -> dict:
    """eq-4.8.a: the sum over all outcomes of the binomial number, and means of what is drawn."""
    numbers = tuple(range(1, 65))
    some = normals(2)(weights)
    few = encode(some[:20])
    p, scale = few.probability.numpy(), few.scale.numpy()
    deviation, sampled = [], []
    generator = torch.Generator().manual_seed(2)
    for n in numbers:
        outcomes = np.arange(n + 1)[:, None]
        mean = (binom.pmf(outcomes, n, p) * scale * (outcomes / n + 1)).sum(0)
        deviation.append(np.abs(mean / some[:20].numpy() - 1))
        # Away from zero and towards it, so that weights of both signs that grow do not cancel.
        difference = (sample(some, n, generator=generator) - some) * some.sign()
        sampled.append(float(difference.sum() / variance(some, n).sum().sqrt()))
    return {
        "samples": numbers,
        "deviation": np.concatenate(deviation),
        "sampled_deviation": sampled,
    }


# --- variance (4.2.1) ---


def printed_variance(weights: int = 1000) -> dict:
    """eq-4.10.a: 3 2^e |w| - 2^(2e+1) - w^2 beside 2^(2e) p (1 - p)."""
    w = normals(3)(weights)
    power = encode(w).scale.abs()
    printed = 3 * power * w.abs() - 2 * power**2 - w**2
    return {"deviation": (printed - variance(w, 1)) / w**2}


@cache
def _weights(number: int = 1 << 20) -> tuple[Tensor, Encoding]:
    """Weights of both signs over 24 octaves, evenly in the logarithm."""
    rng = np.random.default_rng(4)
    size = np.exp2(rng.uniform(-12, 12, number)) * rng.choice([-1, 1], number)
    weights = torch.from_numpy(size)
    return weights, encode(weights)


def bound() -> dict:
    """eq-4.10.b: variance over w^2/(8 n)."""
    weights, encoding = _weights()
    third = torch.tensor([4 / 3], dtype=torch.float64)
    largest = [float((8 * n * variance(encoding, n) / weights**2).max()) for n in SAMPLES]
    return {
        "samples": SAMPLES,
        "weights": len(weights),
        "largest_ratio": largest,
        "ratio_at_third": [float(8 * n * variance(third, n) / third**2) for n in SAMPLES],
    }


def relative_bound() -> dict:
    """eq-4.11: the root of it, standard deviation over |w|/sqrt(8 n)."""
    found = bound()
    roots = {name: np.sqrt(found[name]) for name in ("largest_ratio", "ratio_at_third")}
    return {**found, **roots}


def place_of_the_largest(step: float = 2.0**-11) -> dict:
    """txt-4.2.1.1: p of the largest variance in each octave, absolute and relative to w^2."""
    p = torch.arange(0, 1, step, dtype=torch.float64)
    absolute, relative = [], []
    for exponent in EXPONENTS:
        w = 2.0**exponent * (1 + p)
        absolute.append(float(p[variance(w, 1).argmax()]))
        relative.append(float(p[(variance(w, 1) / w**2).argmax()]))
    three = encode(torch.tensor([3.0]))
    return {
        "p_of_largest": absolute,
        "exponent_of_3": int(three.exponent),
        "p_of_3": float(three.probability),
        "p_of_largest_relative": relative,
    }


def without_drawing(largest: int = 6) -> dict:
    """txt-4.2.1.2: m samples of 2^(e+1) and 2^k - m of 2^e, averaged, for all m and k."""
    inexact, outside, tried = 0, 0, 0
    for k in range(1, largest + 1):
        m = torch.arange((1 << k) + 1, dtype=torch.float64)
        weights = 2.0 ** torch.tensor(EXPONENTS)[:, None] * (1 + m / 2**k)
        exact = (sample(weights, 1 << k, deterministic=True) == weights).all(0)
        tried += len(m)
        inexact += int((~exact).sum())
        outside += int(exact[(m > k) & (m < 2**k)].sum())
    return {
        "tried": tried,
        "inexact": inexact,
        "exact_outside": outside,
        "three": float(sample(torch.tensor(3.0), 2, deterministic=True)),
    }


# --- figure 4.1 ---


def staircase(step: float = 2.0**-10) -> dict:
    """fig-4.1.a: exponent and p of evenly spaced weights from 1/8 to 16."""
    w = torch.arange(1 / 8, 16 + step, step, dtype=torch.float64)
    encoding = encode(w)
    powers = 2.0 ** np.arange(-3, 5)
    rises = encoding.exponent.diff()
    changed = w[1:][rises != 0].numpy()
    proper = w[1:][rises == 1].numpy()
    octave = np.searchsorted(powers, w.numpy(), side="right") - 1
    line = w.numpy() / powers[octave] - 1
    return {
        "misplaced_steps": int((~np.isin(changed, powers)).sum()),
        "missing_steps": int((~np.isin(powers[1:], proper)).sum()),
        "deviation": np.abs(encoding.probability.numpy() - line),
    }


def panels_below(step: float = 2.0**-10) -> dict:
    """fig-4.1.b: the variance at powers of two and between them, and the relative error."""
    p = torch.arange(0, 1, step, dtype=torch.float64)
    w = 2.0 ** torch.tensor(EXPONENTS, dtype=torch.float64)[:, None] * (1 + p)
    of_one = variance(w, 1)
    return {
        "variance_at_powers": of_one[:, 0],
        "largest_variance": of_one.amax(1),
        "largest_relative_error": float((of_one.sqrt() / w).max()),
    }
