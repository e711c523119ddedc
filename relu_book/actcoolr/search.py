"""Rates on both sides of a probability, found by doubling and halving (thesis 3.3.2, A.4, item 3).

As printed, ``_search_eta`` of algorithm 6 doubles the rate where P is too low and stops where it
is too low: each of the two conditions excludes the other, and it brackets the bound in about a
third of its searches (claim alg-6.c). Here it walks towards the bound by the factor until it is
crossed. The point beyond may be useless: a sharp transition jumps to P = 1, of which no model can
be made. Then the last interval is bisected, on the logarithm of the rate, until a useful point lies
beyond.
"""

from collections.abc import Callable
from math import sqrt

from relu_book.actcoolr.policy import Limits, Seen

_NARROW = 1.01  # an interval of rates that is not worth another forward pass


def bracket(
    try_at: Callable[[float], Seen],
    near: Seen,
    bound: float,
    limits: Limits,
    *,
    jump: float = 2.0,
    most: int = 100,
) -> list[Seen]:
    """Walks from a measurement across a probability.

    Args:
        try_at: measures P at a rate.
        near: where to start; upwards if its P is below the bound, else downwards.
        bound: the probability to cross.
        limits: of the rates.
        jump: factor of a step, above 1.
        most: measurements at the most.

    Returns:
        All new measurements, of any P.

    Example:
        >>> from relu_book.transition import LogNormal
        >>> model = LogNormal(mu=0.0, sigma=1.0)
        >>> walk = bracket(lambda rate: Seen(rate, model.probability(rate)), Seen(0.25, 0.08), 0.75,
        ...     Limits())
        >>> [(seen.learning_rate, round(seen.probability, 2)) for seen in walk]
        [(0.5, 0.24), (1.0, 0.5), (2.0, 0.76)]
    """
    upwards = near.probability < bound
    found: list[Seen] = []
    while len(found) < most:
        rate = near.learning_rate * (jump if upwards else 1 / jump)
        if not limits.min_lr <= rate <= limits.max_lr:
            return found
        before, near = near, try_at(rate)
        found.append(near)
        if (near.probability >= bound) == upwards:
            break
    else:
        return found
    while not 0 < near.probability < 1 and len(found) < most:
        if max(near.learning_rate, before.learning_rate) < _NARROW * min(
            near.learning_rate, before.learning_rate
        ):
            break
        middle = try_at(sqrt(near.learning_rate * before.learning_rate))
        found.append(middle)
        if (middle.probability >= bound) == upwards:
            near = middle
        else:
            before = middle
    return found
