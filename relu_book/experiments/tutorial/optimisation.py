"""Gradient steps, momentum, weight decay and cross entropy, against torch (thesis 2.1).

    w <- w - eta g                            gradient step (equation 2.3)
    v <- beta v + g,   w <- w - eta v         momentum (equation 2.4)
    w <- w - eta lambda w                     L2 decay, as the gradient of the penalty takes it off
    w <- w - lambda w                         decoupled decay, whatever eta is

Each function measures one random case in float64, of the rule that the chapter writes down against
torch's; ``relu_book.parallel.columns`` measures many.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.experiments.random_cases import distance, normals
from relu_book.models import mlp

MomentumRule = Callable[[Tensor, Tensor, Tensor, float, float], tuple[Tensor, Tensor]]
DecayRule = Callable[[Tensor, float, float], Tensor]
STRENGTHS = (0.0, 5e-4, 1e-2, 0.3)


def improvement(seed: int, learning_rate: float = 1e-4) -> dict[str, float]:
    """Loss before minus loss after one full-batch step of a random two-layer network."""
    model, x, y = _regression(seed)
    before = nn.functional.mse_loss(model(x), y)
    before.backward()
    torch.optim.SGD(model.parameters(), lr=learning_rate).step()
    return {"improvement": (before - nn.functional.mse_loss(model(x), y)).item()}


def batch_gradient(seed: int, batches: int = 4) -> dict[str, float]:
    """Largest difference between the mean gradient of equal batches and the full one."""
    model, x, y = _regression(seed)

    def gradient(chosen: Tensor) -> Tensor:
        loss = nn.functional.mse_loss(model(x[chosen]), y[chosen])
        parts = torch.autograd.grad(loss, list(model.parameters()))
        return nn.utils.parameters_to_vector(parts)

    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    parts = [gradient(chosen) for chosen in order.chunk(batches)]
    return {"deviation": distance(torch.stack(parts).mean(0), gradient(torch.arange(len(x))))}


def momentum(seed: int, rule: MomentumRule, steps: int = 50) -> dict[str, float]:
    """Largest difference of a momentum rule from torch's SGD on a random quadratic.

    Args:
        seed: Of a quadratic of five weights; beta is 0, 0.5, 0.9 or 0.99.
        rule: From weights, gradient, velocity, learning rate and beta to the next weights and
            velocity; it must not change its arguments.
        steps: Steps on the way.
    """
    beta = (0.0, 0.5, 0.9, 0.99)[seed % 4]

    def step(weights: Tensor, gradient: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor]:
        return rule(weights, gradient, velocity, 0.1, beta)

    return {"deviation": _from_sgd(seed, step, steps, lr=0.1, momentum=beta)}


def l2_decay(seed: int, steps: int = 10, **rules: DecayRule) -> dict[str, float]:
    """Largest difference of "gradient step and a rule" from torch's weight decay.

    Both see the same gradients, and the rule the weights before the step, as the gradient of the
    penalty does.

    Args:
        seed: Of a quadratic of five weights, rate and strength, which is one of ``STRENGTHS``.
        steps: Steps on the way.
        **rules: From weights, learning rate and strength to what is taken off the weights.

    Returns:
        ``deviation_...`` for the name of each rule.
    """
    rate, strength = _decay(seed)

    def deviation(rule: DecayRule) -> float:
        def step(weights: Tensor, gradient: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor]:
            return weights - rate * gradient - rule(weights, rate, strength), velocity

        return _from_sgd(seed, step, steps, lr=rate, weight_decay=strength)

    return {f"deviation_{name}": deviation(rule) for name, rule in rules.items()}


def _from_sgd(seed: int, step: Callable, steps: int, **options: float) -> float:
    """Largest difference on the way of ``step(weights, gradient, velocity)`` from torch's SGD."""
    matrix, own = _quadratic(seed)
    library, velocity, deviation = nn.Parameter(own.clone()), torch.zeros_like(own), 0.0
    optimizer = torch.optim.SGD([library], **options)
    for _ in range(steps):
        library.grad = matrix @ library.detach()
        optimizer.step()
        own, velocity = step(own, matrix @ own, velocity)
        deviation = max(deviation, distance(own, library.detach()))
    return deviation


def decoupled_decay(seed: int, **rules: DecayRule) -> dict[str, float]:
    """Differences of rules from weights times 1 - lambda, and what they change at lambda 0.

    Args:
        seed: Of weights, learning rate and strength.
        **rules: From weights, learning rate and strength to what is taken off the weights.

    Returns:
        ``deviation_...`` and ``change_...``, the largest of a weight, for the name of each rule.
    """
    (rate, strength), weights = _decay(seed), _quadratic(seed)[1]
    found = {}
    for name, rule in rules.items():
        after = weights - rule(weights, rate, strength)
        found[f"deviation_{name}"] = distance(after, (1 - strength) * weights)
        found[f"change_{name}"] = rule(weights, rate, 0.0).abs().max().item()
    return found


def penalty(seed: int) -> dict[str, float]:
    """Largest difference between the gradient of lambda / 2 sum(w^2) and lambda w."""
    weights, strength = _quadratic(seed)[1].requires_grad_(), STRENGTHS[seed % len(STRENGTHS)]
    (gradient,) = torch.autograd.grad(strength / 2 * (weights**2).sum(), weights)
    return {"deviation": distance(gradient, strength * weights)}


def losses_on_quadratic(
    rate: float | np.ndarray, beta: float, start: Sequence[float], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The way of momentum down the quadratic (w_1^2 + 100 w_2^2) / 2, of condition number 100.

    Args:
        rate: Learning rate, or an array of them to follow many ways at once.
        beta: Momentum.
        start: First weights, two of them.
        steps: Number of steps.

    Returns:
        Weights (steps + 1, 2, ...) and losses (steps + 1, ...), trailing dimensions as ``rate``.

    Example:
        >>> weights, losses = losses_on_quadratic(0.01, 0.0, (1.0, 1.0), 2)
        >>> weights.shape, losses[:2].round(3).tolist()
        ((3, 2), [50.5, 0.49])
    """
    w = np.stack([np.full(np.shape(rate), value) for value in start])
    curvature = np.array([1.0, 100.0]).reshape(2, *np.ndim(rate) * (1,))
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


def steps_with_and_without_momentum(number: int, starts: int = 20) -> dict[str, int]:
    """``fewest_steps`` with beta 0.9 and 0 from one of many starts on the unit circle.

    None of them lies on an axis.
    """
    angle = (number + 0.5) * 2 * np.pi / starts
    start = np.cos(angle), np.sin(angle)
    return {
        "steps_with_momentum": fewest_steps(0.9, start)[0],
        "steps_without": fewest_steps(0.0, start)[0],
    }


def cross_entropy(seed: int, softmax: Callable[[Tensor], Tensor]) -> dict[str, float]:
    """Difference of a softmax from probabilities, and of its loss from torch's cross entropy.

    Args:
        seed: Of the outputs of 32 samples for 2 to 11 classes.
        softmax: From outputs (n, classes) to probabilities of the same shape.
    """
    generator = torch.Generator().manual_seed(seed)
    classes = 2 + seed % 10
    outputs = 3 * torch.randn(32, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (32,), generator=generator)
    q = softmax(outputs)
    loss = -q[torch.arange(32), labels].log().mean()
    return {
        "sum_deviation": distance(q.sum(1), torch.ones(32)),
        "loss_deviation": distance(loss, nn.functional.cross_entropy(outputs, labels)),
    }


def _regression(seed: int) -> tuple[nn.Module, Tensor, Tensor]:
    """A two-layer network and 32 random samples, from another stream than its weights."""
    normal = normals(1000 + seed)
    return mlp((4, 16, 2), seed=seed, dtype=torch.float64), normal(32, 4), normal(32, 2)


def _quadratic(seed: int) -> tuple[Tensor, Tensor]:
    """A positive definite matrix with eigenvalues up to about 4, and a start."""
    normal = normals(seed)
    root = normal(5, 5) / 5**0.5
    return root @ root.T, normal(5)


def _decay(seed: int) -> tuple[float, float]:
    """A learning rate and a strength."""
    return (0.1, 0.02)[seed % 2], STRENGTHS[seed // 2 % len(STRENGTHS)]
