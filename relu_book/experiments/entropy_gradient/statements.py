"""What thesis A.1 says that needs no training: two Gaussian filters, and algorithms 3 to 5.

The entropy of two filters is that of four quadrant probabilities, which follow from

    P(x > -b1, y > -b2) = Φ(b1) Φ(b2) + 1/2π ∫_0^asin ρ exp(-(b1² - 2 b1 b2 sin t + b2²)/2cos²t) dt

for two standard normal numbers x, y of correlation ρ and biases b1, b2.
"""

from collections import Counter

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.special import entr, ndtr, ndtri
from torch import Tensor

from relu_book.entropy import apply_derivative, count_activations, pattern_entropy, potential
from relu_book.experiments.random_cases import distance, normals

CORRELATIONS = (0.0, 0.3, 0.6, 0.9, 0.99)
RELAXATIONS = ("linear", "quadratic")


# --- batch normalisation on two Gaussian filters (A.1.1) ---


def entropy_of_two(correlation, first_bias, second_bias) -> np.ndarray:
    """The entropy of two filters in bits, by quadrature; arguments broadcast.

    Example:
        >>> float(entropy_of_two(0.0, 0.0, 0.0))
        2.0
    """
    nodes, weights = np.polynomial.legendre.leggauss(60)
    rho, one, other = (
        np.asarray(each, float)[..., None] for each in (correlation, first_bias, second_bias)
    )
    angle = np.arcsin(rho)
    t = angle * (nodes + 1) / 2
    square = one**2 - 2 * one * other * np.sin(t) + other**2
    both = (weights * np.exp(-square / (2 * np.cos(t) ** 2))).sum(-1) * angle[..., 0] / (4 * np.pi)
    active, active_too = ndtr(one[..., 0]), ndtr(other[..., 0])
    both += active * active_too
    quadrants = np.stack(
        [both, active - both, active_too - both, 1 - active - active_too + both], axis=-1
    )
    return entr(np.clip(quadrants, 0, 1)).sum(-1) / np.log(2)


def gains(correlation: float, reach: float, points: int) -> float:
    """How much more entropy than zero the best biases of a grid have."""
    biases = np.linspace(-reach, reach, points)
    grid = entropy_of_two(correlation, biases[:, None], biases)
    return float(grid.max() - entropy_of_two(correlation, 0.0, 0.0))


def border() -> float:
    """The correlation above which zero biases are no maximum of the entropy any more.

    With P of equal signs p and of others q each, the entropy in nats at the biases (b, -b) is

        H(b) = H(0) + (2 (1 + ρ) q ln(p/q) / sqrt(1 - ρ²) - 1) b² / 2πq + O(b⁴) .

    Example:
        >>> round(border(), 6)
        0.865667
    """

    def second(rho: float) -> float:
        p = 0.25 + np.arcsin(rho) / (2 * np.pi)
        q = 0.5 - p
        return 2 * (1 + rho) * q * np.log(p / q) - np.sqrt(1 - rho**2)

    return brentq(second, 0.5, 0.95, xtol=1e-12)


def biases_of_batch_norm(correlations: tuple[float, ...] = CORRELATIONS) -> dict:
    """txt-2.1.11: whether zero is the best of the biases close by, and of all."""
    return {
        "correlation": correlations,
        "gain_near": [gains(correlation, 0.05, 41) for correlation in correlations],
        "gain_far": [gains(correlation, 3.0, 121) for correlation in correlations],
    }


def independent_data(points: int = 21) -> dict:
    """fig-A.1.a: the entropy at zero bias and elsewhere, without correlation."""
    biases = np.linspace(-2, 2, points)
    grid = entropy_of_two(0.0, biases[:, None], biases)
    elsewhere = (biases[:, None] != 0) | (biases != 0)
    return {"entropy_at_zero": grid[~elsewhere].item(), "entropy_elsewhere": grid[elsewhere]}


def dependent_data(points: int = 1000) -> dict:
    """fig-A.1.b: the patterns of evenly spread Gaussian points are counted, zero bias."""
    correlations = np.array([-0.9, -0.6, -0.3, -0.1, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
    quantiles = torch.from_numpy(ndtri((np.arange(points) + 0.5) / points))
    first, second = torch.cartesian_prod(quantiles, quantiles).T
    counted = []
    for rho in correlations:
        data = torch.stack([first, rho * first + (1 - rho**2) ** 0.5 * second])
        counted.append(float(pattern_entropy(data, channel_dim=0)))
    angle = np.arcsin(correlations) / (2 * np.pi)
    quadrants = np.repeat([0.25 + angle, 0.25 - angle], 2, axis=0)
    return {
        "correlation": correlations,
        "entropy": counted,
        "entropy_of_quadrants": entr(quadrants).sum(0) / np.log(2),
    }


def best_correlation() -> dict:
    """fig-A.1.c: at fixed biases the best correlation; at fixed correlations the best biases."""
    correlations = np.linspace(-0.98, 0.98, 197)
    pairs = [(0.0, 0.0), (0.5, 0.5), (0.5, -0.5), (1.0, 0.3), (-0.7, 0.2)]
    best = [correlations[entropy_of_two(correlations, *pair).argmax()] for pair in pairs]
    tried = CORRELATIONS[:-1]
    return {
        "best_at_zero": best[0],
        "best_elsewhere": best[1:],
        "correlation": tried,
        "gain_far": [gains(correlation, 3.0, 121) for correlation in tried],
    }


# --- counting, and gradients of counts (A.1.2) ---


def algorithm_3(cases: int = 120) -> dict:
    """alg-3: the backward pass beside a loop over the points, as printed: X in place of ∇g."""
    deviation, changed = [], []
    for seed in range(cases):
        points, weights = _points(seed), normals(seed + 1000)
        points.requires_grad_()
        counts, ids = count_activations(points)
        given = weights(len(counts))
        passed = apply_derivative(counts.double(), ids, points, "quadratic")
        (passed * given).sum().backward()
        loop = torch.stack(
            [point * given[number] for point, number in zip(points.detach(), ids, strict=True)]
        )
        deviation.append(distance(points.grad, loop))
        changed.append(int((passed != counts).sum()))
    return {"deviation": deviation, "changed_counts": changed}


def algorithm_4(cases: int = 120) -> dict:
    """alg-4: counts and indices beside those of sorting all patterns; widths above 64 too."""
    mismatches = []
    for seed in range(cases):
        points = _points(seed, width=1 + seed)
        counts, ids = count_activations(points)
        _, inverse, sorted_counts = (points > 0).unique(
            dim=0, return_inverse=True, return_counts=True
        )
        pairs = torch.stack([ids, inverse]).unique(dim=1).shape[1]
        wrong = int((counts[ids] != sorted_counts[inverse]).sum())
        mismatches.append(wrong + abs(pairs - len(counts)) + abs(pairs - len(sorted_counts)))
    return {"mismatches": mismatches}


def algorithm_5(cases: int = 120) -> dict:
    """alg-5: as printed, with the natural logarithm, beside equation A.1 and the chain rule."""
    values, gradients = [], []
    for seed in range(cases):
        relaxation = RELAXATIONS[seed % 2]
        points = _points(seed).requires_grad_()
        counts, ids = count_activations(points)
        numbers = apply_derivative(counts.double(), ids, points, relaxation)
        shares = numbers / numbers.sum()
        printed = -(shares * shares.log()).sum()
        (gradient,) = torch.autograd.grad(printed, points)
        shares = shares.detach()
        by_count = -(shares.log() + printed.detach()) / counts.sum()
        chained = by_count[ids, None] * _gradient(points, relaxation)
        values.append(printed.item() - np.log(2) * pattern_entropy(points).item())
        gradients.append(distance(gradient, chained))
    return {"value_deviation": values, "gradient_deviation": gradients}


def entropy_of_counts(cases: int = 120) -> dict:
    """eq-A.1: beside a plain sum over the counts; equally frequent patterns, and a single one."""
    deviation, uniform, single = [], [], []
    for seed in range(cases):
        points = _points(seed)
        rows = map(tuple, (points > 0).tolist())
        plain = -sum(c / len(points) * np.log2(c / len(points)) for c in Counter(rows).values())
        deviation.append(pattern_entropy(points).item() - plain)
        bits = seed % 10
        number = torch.arange(2**bits)[:, None] >> torch.arange(max(bits, 1)) & 1
        uniform.append(pattern_entropy(number.repeat(3, 1)).item() - bits)
        single.append(pattern_entropy(points.abs() + 1).item())
    return {"deviation": deviation, "deviation_uniform": uniform, "single_pattern": single}


def chain_of_counts(cases: int = 120, step: float = 1e-4) -> dict:
    """eq-A.2: the derivative by a count, and the true one by an entry of the input."""
    deviation, by_input = [], []

    def entropy(counts: Tensor) -> Tensor:
        shares = counts / counts.sum()
        return -(shares * shares.log2()).sum()

    for seed in range(cases):
        points = _points(seed)
        counts = count_activations(points)[0].double().requires_grad_()
        (gradient,) = torch.autograd.grad(entropy(counts), counts)
        place = seed % len(counts)
        moved = torch.zeros_like(counts)
        moved[place] = step
        numeric = (entropy(counts + moved) - entropy(counts - moved)) / (2 * step)
        deviation.append((gradient[place] - numeric).item())
        row, column = seed % len(points), seed % points.shape[1]
        nudged = points.clone()
        nudged[row, column] += 1e-9
        by_input.append(float(pattern_entropy(nudged) - pattern_entropy(points)) / 1e-9)
    return {"deviation": deviation, "difference_by_input": by_input}


def linear_potential(cases: int = 120) -> dict:
    """eq-A.3: its gradient beside the sign at the smallest entry, and its value on borders."""
    deviation, others, borders = [], [], []
    for seed in range(cases):
        points = _points(seed)
        gradient = _gradient(points, "linear")
        row = torch.arange(len(points))
        nearest = points.abs().argmin(1)
        deviation.append(distance(gradient[row, nearest], points[row, nearest].sign()))
        gradient[row, nearest] = 0
        others.append(float(gradient.abs().max()))
        points[row, nearest] = 0
        borders.append(float(potential(points).max()))
    return {"gradient_deviation": deviation, "other_entries": others, "border_values": borders}


def quadratic_potential(cases: int = 120) -> dict:
    """eq-A.4: algorithm 3 beside the gradient of the potential times that of the counts."""
    deviation = []
    for seed in range(cases):
        points, given = _points(seed).requires_grad_(), normals(seed + 1000)
        counts, ids = count_activations(points)
        weights = given(len(counts))
        (apply_derivative(counts.double(), ids, points, "quadratic") * weights).sum().backward()
        theirs = _gradient(points, "quadratic") * weights[ids, None]
        deviation.append(distance(points.grad, theirs))
    return {"deviation": deviation}


def both_potentials(points: int = 81) -> dict:
    """fig-A.2: on the axes, at the origin and on the diagonal of the plane."""
    line = (torch.arange(points, dtype=torch.float64) - points // 2) / 20
    zero = torch.zeros_like(line)
    axes = torch.cat([torch.stack([line, zero], 1), torch.stack([zero, line], 1)])
    away = axes[axes.any(1)]
    diagonal = torch.stack([line, line], 1)
    return {
        "linear_on_axes": potential(axes).numpy(),
        "quadratic_on_axes": potential(away, "quadratic").numpy(),
        "quadratic_at_origin": float(potential(axes[:1] * 0, "quadratic")),
        "diagonal": line.numpy(),
        "linear_on_diagonal": potential(diagonal).numpy(),
        "quadratic_on_diagonal": potential(diagonal, "quadratic").numpy(),
    }


def _points(seed: int, width: int | None = None) -> Tensor:
    """Points around a few centres, so that patterns repeat; 40 of 1 to 6 filters."""
    normal = normals(seed)
    width = 1 + seed % 6 if width is None else width
    return normal(5, width).repeat(8, 1) + 0.5 * normal(40, width)


def _gradient(points: Tensor, relaxation: str) -> Tensor:
    """The gradient of the potential by the points, as autograd has it."""
    points = points.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(potential(points, relaxation).sum(), points)
    return gradient
