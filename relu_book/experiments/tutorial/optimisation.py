"""Gradient steps, momentum, weight decay and cross entropy, against torch (thesis 2.1).

    w <- w - eta g                            gradient step (equation 2.3)
    v <- beta v + g,   w <- w - eta v         momentum (equation 2.4)
    w <- w - eta lambda w                     L2 decay, as the gradient of the penalty takes it off
    w <- w - lambda w                         decoupled decay, whatever eta is

The functions here take the rule that the chapter writes down and compare it with torch over random
cases, in float64.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.models import mlp

MomentumRule = Callable[[Tensor, Tensor, Tensor, float, float], tuple[Tensor, Tensor]]
DecayRule = Callable[[Tensor, float, float], Tensor]
STRENGTHS = (0.0, 5e-4, 1e-2, 0.3)


def improvements(draws: int = 100, learning_rate: float = 1e-4) -> np.ndarray:
    """Loss before minus loss after one full-batch step of random two-layer networks, (draws,)."""
    found = []
    for seed in range(draws):
        model, x, y = _regression(seed)
        before = nn.functional.mse_loss(model(x), y)
        before.backward()
        with torch.no_grad():
            for weight in model.parameters():
                weight -= learning_rate * weight.grad
            found.append((before - nn.functional.mse_loss(model(x), y)).item())
    return np.array(found)


def batch_gradient_deviations(cases: int = 100, batches: int = 4) -> np.ndarray:
    """Largest difference between the mean gradient of equal batches and the full one, (cases,)."""
    found = []
    for seed in range(cases):
        model, x, y = _regression(seed)

        def gradient(x: Tensor, y: Tensor, model: nn.Module = model) -> Tensor:
            loss = nn.functional.mse_loss(model(x), y)
            parts = torch.autograd.grad(loss, list(model.parameters()))
            return torch.cat([part.ravel() for part in parts])

        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
        parts = [gradient(x[chosen], y[chosen]) for chosen in order.chunk(batches)]
        deviation = torch.stack(parts).mean(0) - gradient(x, y)
        found.append(deviation.abs().max().item())
    return np.array(found)


def momentum_deviations(rule: MomentumRule, cases: int = 100, steps: int = 50) -> np.ndarray:
    """Largest difference of a momentum rule from torch's SGD on random quadratics, (cases,).

    Args:
        rule: From weights, gradient, velocity, learning rate and beta to the next weights and
            velocity; it must not change its arguments.
        cases: Random quadratics of five weights, with beta from 0 to 0.99.
        steps: Steps on each of them.
    """
    found = []
    for seed in range(cases):
        matrix, start = _quadratic(seed)
        beta = (0.0, 0.5, 0.9, 0.99)[seed % 4]
        library = nn.Parameter(start.clone())
        optimizer = torch.optim.SGD([library], lr=0.1, momentum=beta)
        own, velocity, deviation = start, torch.zeros_like(start), 0.0
        for _ in range(steps):
            library.grad = matrix @ library.detach()
            optimizer.step()
            own, velocity = rule(own, matrix @ own, velocity, 0.1, beta)
            deviation = max(deviation, (own - library.detach()).abs().max().item())
        found.append(deviation)
    return np.array(found)


def l2_deviations(rule: DecayRule, cases: int = 20, steps: int = 10) -> np.ndarray:
    """Largest difference of "gradient step, then ``rule``" from torch's weight decay, (cases,).

    Both see the same gradients, and ``rule`` the weights before the step, as the gradient of the
    penalty does.

    Args:
        rule: From weights, learning rate and strength to what is taken off the weights.
        cases: Random quadratics of five weights; strengths out of ``STRENGTHS``.
        steps: Steps on each of them.
    """
    found = []
    for seed in range(cases):
        matrix, start = _quadratic(seed)
        rate, strength = (0.1, 0.02)[seed % 2], STRENGTHS[seed // 2 % len(STRENGTHS)]
        library = nn.Parameter(start.clone())
        optimizer = torch.optim.SGD([library], lr=rate, weight_decay=strength)
        own, deviation = start, 0.0
        for _ in range(steps):
            library.grad = matrix @ library.detach()
            optimizer.step()
            own = own - rate * (matrix @ own) - rule(own, rate, strength)
            deviation = max(deviation, (own - library.detach()).abs().max().item())
        found.append(deviation)
    return np.array(found)


def decoupled_deviations(rule: DecayRule, cases: int = 20) -> tuple[np.ndarray, float]:
    """Differences of a decoupled rule from weights times 1 - lambda, and its change at lambda 0.

    Args:
        rule: From weights, learning rate and strength to what is taken off the weights.
        cases: Random weights, learning rates and strengths.

    Returns:
        The largest difference of each case, (cases,); the largest change of a weight by the rule
        with strength 0.
    """
    found, changes = [], []
    for seed in range(cases):
        _, weights = _quadratic(seed)
        rate, strength = (0.1, 0.02)[seed % 2], STRENGTHS[seed // 2 % len(STRENGTHS)]
        after = weights - rule(weights, rate, strength)
        found.append((after - (1 - strength) * weights).abs().max().item())
        changes.append(rule(weights, rate, 0.0).abs().max().item())
    return np.array(found), max(changes)


def penalty_deviations(cases: int = 100) -> np.ndarray:
    """Largest difference between the gradient of lambda / 2 sum(w^2) and lambda w, (cases,)."""
    found = []
    for seed in range(cases):
        _, weights = _quadratic(seed)
        strength = STRENGTHS[seed % len(STRENGTHS)]
        weights.requires_grad_()
        (gradient,) = torch.autograd.grad(strength / 2 * (weights**2).sum(), weights)
        found.append((gradient - strength * weights).abs().max().item())
    return np.array(found)


def losses_on_quadratic(
    rate: float | np.ndarray,
    beta: float,
    start: Sequence[float],
    steps: int,
    curvatures: Sequence[float] = (1.0, 100.0),
) -> tuple[np.ndarray, np.ndarray]:
    """The way of momentum down the quadratic 1/2 sum(curvature_i w_i^2).

    Args:
        rate: Learning rate, or an array of them to follow many ways at once.
        beta: Momentum.
        start: First weights, one a curvature.
        steps: Number of steps.
        curvatures: Of the axes; their ratio is the condition number.

    Returns:
        Weights (steps + 1, axes, ...) and losses (steps + 1, ...), trailing dimensions as ``rate``.

    Example:
        >>> weights, losses = losses_on_quadratic(0.01, 0.0, (1.0, 1.0), 2)
        >>> weights.shape, losses[:2].round(3).tolist()
        ((3, 2), [50.5, 0.49])
    """
    rate = np.asarray(rate, dtype=np.float64)
    column = (slice(None), *rate.ndim * (None,))
    curvature = np.asarray(curvatures, dtype=np.float64)[column]
    w = np.broadcast_to(np.asarray(start, dtype=np.float64)[column], (len(start), *rate.shape))
    v, ways = np.zeros_like(w), [w]
    for _ in range(steps):
        v = beta * v + curvature * w
        w = w - rate * v
        ways.append(w)
    weights = np.stack(ways)
    return weights, 0.5 * (curvature * weights**2).sum(1)


def fewest_steps(
    beta: float, start: Sequence[float], goal: float = 1e-6, most: int = 2000
) -> tuple[int, float]:
    """Steps to a loss on the quadratic of condition number 100, at the best constant rate.

    Args:
        beta: Momentum.
        start: First weights, two of them.
        goal: The loss to stay below from then on.
        most: Steps after which a rate is given up.

    Returns:
        The fewest steps over 400 rates, evenly spread up to where the steps diverge, and the
        smallest rate that needs them.

    Example:
        >>> fewest_steps(0.0, (1.0, 1.0))[0] > fewest_steps(0.9, (1.0, 1.0))[0]
        True
    """
    # Momentum is stable below 2 (1 + beta) / curvature.
    rates = np.linspace(0, 2 * (1 + beta) / 100, 402)[1:-1]
    _, losses = losses_on_quadratic(rates, beta, start, most)
    above = losses > goal
    needed = len(losses) - np.argmax(above[::-1], axis=0)
    needed = np.where(above.any(axis=0), needed, 0)
    best = int(needed.argmin())
    return int(needed[best]), float(rates[best])


def steps_with_and_without_momentum(starts: int = 20) -> dict[str, list[int]]:
    """``fewest_steps`` with beta 0.9 and 0 from starts on the unit circle, away from the axes."""
    angles = (np.arange(starts) + 0.5) * 2 * np.pi / starts
    points = [(np.cos(angle), np.sin(angle)) for angle in angles]
    return {
        "steps_with_momentum": [fewest_steps(0.9, point)[0] for point in points],
        "steps_without": [fewest_steps(0.0, point)[0] for point in points],
    }


def cross_entropy_deviations(
    softmax: Callable[[Tensor], Tensor], cases: int = 100
) -> dict[str, list[float]]:
    """Differences of a softmax from probabilities, and of its loss from torch's cross entropy.

    Args:
        softmax: From outputs (n, classes) to probabilities of the same shape.
        cases: Random outputs of 32 samples and 2 to 11 classes.
    """
    found: dict[str, list[float]] = {"sum_deviation": [], "loss_deviation": []}
    for seed in range(cases):
        generator = torch.Generator().manual_seed(seed)
        classes = 2 + seed % 10
        outputs = 3 * torch.randn(32, classes, generator=generator, dtype=torch.float64)
        labels = torch.randint(classes, (32,), generator=generator)
        q = softmax(outputs)
        loss = -q[torch.arange(32), labels].log().mean()
        library = nn.functional.cross_entropy(outputs, labels)
        found["sum_deviation"].append((q.sum(1) - 1).abs().max().item())
        found["loss_deviation"].append((loss - library).abs().item())
    return found


def _regression(seed: int) -> tuple[nn.Module, Tensor, Tensor]:
    """A two-layer network and 32 random samples, from another stream than its weights."""
    generator = torch.Generator().manual_seed(1000 + seed)
    x = torch.randn(32, 4, generator=generator, dtype=torch.float64)
    y = torch.randn(32, 2, generator=generator, dtype=torch.float64)
    return mlp((4, 16, 2), seed=seed, dtype=torch.float64), x, y


def _quadratic(seed: int) -> tuple[Tensor, Tensor]:
    """A positive definite matrix with eigenvalues up to about 4, and a start."""
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(5, 5, generator=generator, dtype=torch.float64) / 5**0.5
    return root @ root.T, torch.randn(5, generator=generator, dtype=torch.float64)
