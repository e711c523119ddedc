"""Whether a training and a third of it refute a claim alike.

A short training refutes nothing that the source saw in a long one, unless a second length refutes
it as well, and the effect does not come nearer to the statement as trainings get longer. A chapter
has a table of the effects, by claim and by seed, that are the larger the nearer they are to the
statement.
"""

from collections.abc import Callable, Collection, Mapping

import numpy as np
import xarray as xr

from relu_book.claims import Reading, judge
from relu_book.claims.judgements import interval_low
from relu_book.claims.statistics import slope
from relu_book.experiments.standing import Quantities, standing

FEWEST = 3  # seeds that an interval needs

Effect = Callable[[Quantities], np.ndarray]
Effects = Mapping[str, tuple[Effect, ...]]


def of(name: str, sign: int = 1) -> Effect:
    """A quantity, or its negative."""
    return lambda q: sign * np.asarray(q[name])


def less(larger: str, smaller: str) -> Effect:
    """One quantity less another."""
    return lambda q: np.asarray(q[larger]) - np.asarray(q[smaller])


def log_slope(x: str, y: str, sign: int) -> Effect:
    """Slope of one quantity over the logarithm of another, or its negative."""
    return lambda q: sign * np.asarray(slope(np.log(q[x]), np.asarray(q[y])))


def at_two_lengths(
    effects: Effects,
    claims: Collection[str],
    compared: Collection[str],
    measure: Callable[[xr.Dataset], Mapping[str, Quantities]],
    long: xr.Dataset,
    short: xr.Dataset,
    *others: xr.Dataset,
) -> Reading:
    """What trainings of two lengths say on claims, of the seeds that stand in both.

    Args:
        effects: Those of the chapter.
        claims: As for ``standing``.
        compared: As for ``standing``.
        measure: Gives the quantities by claim from one record.
        long: The record that decides.
        short: That of a third of the length, with the same seeds.
        *others: Records that the claims rest on besides.
    """

    def both(long: xr.Dataset, short: xr.Dataset, *others: xr.Dataset) -> dict[str, dict]:
        return with_lengths(effects, measure(long), measure(short), long.sizes["seed"])

    return standing(claims, compared, both, long, short, *others)


def with_lengths(
    effects: Effects, long: Mapping[str, Quantities], short: Mapping[str, Quantities], seeds: int
) -> dict[str, dict[str, object]]:
    """The quantities of the longer training, with ``lengths_alike`` where there is a shorter one.

    Args:
        effects: Those of the chapter.
        long: By claim.
        short: By claim, those of a third of the length, with the same seeds.
        seeds: How many seeds there are; with fewer than three nothing is compared.

    Returns:
        ``long``, with 2 lengths alike where both refute a claim and the longer training does not
        come nearer to the statement, else 1.
    """
    found = {}
    for claim, quantities in long.items():
        alike = seeds >= FEWEST and _alike(effects[claim], claim, quantities, short[claim])
        found[claim] = {**quantities, "lengths_alike": 2 if alike else 1}
    return found


def _alike(effects: tuple[Effect, ...], claim: str, long: Quantities, short: Quantities) -> bool:
    both = [judge(claim, {**each, "lengths_alike": 2}).verdict for each in (long, short)]
    if both != ["fails", "fails"]:
        return False
    for effect in effects:
        first, second = np.asarray(effect(long), float), np.asarray(effect(short), float)
        if first.shape != second.shape:
            continue
        # To twelve places, so that rounding brings nothing nearer.
        if np.any(interval_low(np.round(first - second, 12)).value > 0):
            return False
    return True
