"""Whether a training and a third of it refute a claim alike.

A short training refutes nothing that the source saw in a long one, unless a second length refutes
it as well, and the effect does not come nearer to the statement as trainings get longer. For each
claim that asks for it ``EFFECTS`` has the effects, by seed, that are the larger the nearer they are
to the statement.
"""

from collections.abc import Callable, Mapping

import numpy as np

from relu_book.claims import judge
from relu_book.claims.judgements import interval_low
from relu_book.claims.statistics import slope, spearman

Quantities = Mapping[str, object]
FEWEST = 3  # seeds that an interval needs


def _log_slope(x: str, y: str, sign: int) -> Callable[[Quantities], np.ndarray]:
    return lambda q: sign * np.asarray(slope(np.log(q[x]), np.asarray(q[y])))


def _less(larger: str, smaller: str) -> Callable[[Quantities], np.ndarray]:
    return lambda q: np.asarray(q[larger]) - np.asarray(q[smaller])


def _of(name: str, sign: int = 1) -> Callable[[Quantities], np.ndarray]:
    return lambda q: sign * np.asarray(q[name])


EFFECTS: dict[str, tuple[Callable[[Quantities], np.ndarray], ...]] = {
    "fig-3.11.d": (_less("high_one_cycle", "high_step_decay"),),
    "fig-3.11.e": (
        _less("time_one_cycle", "time_step_decay"),
        _less("first_one_cycle", "start_step_decay"),
    ),
    "fig-3.12.a": (_of("large_squared_error", -1), _of("mean_squared_error", -1)),
    "fig-3.12.b": (_of("variation_of_sigma", -1),),
    "fig-3.12.c": (lambda q: abs(np.asarray(q["correlation"])), _less("change_mu", "change_sigma")),
    "fig-3.13": (lambda q: np.asarray(q["error_arctan"]) / np.asarray(q["error_log_erf"]),),
    "S-fig-4.a": (lambda q: np.log(q["rate_mean"]) - np.log(q["rate_last"]),),
    "S-fig-4.b": (
        _of("one_cycle"),
        _of("one_cycle_wide"),
        _less("one_cycle", "step_decay"),
        _less("one_cycle_wide", "step_decay_wide"),
    ),
    "S-fig-4.c": (_of("variation_of_sigma", -1),),
    "fig-3.15.a": (_of("colder"),),
    "fig-3.15.b": (
        _of("epoch_first", -1),
        _of("epoch_middle", -1),
        _of("epoch_last"),
        _of("fifth_first", -1),
        _of("fifth_middle", -1),
        _of("fifth_last"),
    ),
    "fig-3.16.a": (_less("sigma_without", "sigma_with"),),
    "fig-3.16.b": (_less("variation_without", "variation_with"),),
    "fig-3.16.c": (lambda q: abs(np.asarray(q["jump_with"])) - abs(np.asarray(q["jump_without"])),),
    "fig-3.16.d": (
        lambda q: np.array([spearman(q["layer"], row) for row in np.asarray(q["distance"])]),
    ),
    "fig-3.17.a": (
        _log_slope("depth", "mu_by_depth", -1),
        lambda q: (
            _log_slope("depth", "mu_by_depth", 1)(q) - _log_slope("width", "mu_by_width", 1)(q)
        ),
    ),
    "fig-3.18.a": (_log_slope("width", "mu", -1),),
    "fig-3.18.b": (_log_slope("width", "sigma", -1),),
    "txt-3.2.4.3": (_of("slopes"),),
    "txt-3.2.4.4": (lambda q: np.asarray(q["jump"]) / np.asarray(q["usual_change"]),),
    "txt-3.2.4.5": (
        _of("ratio_mean", -1),
        lambda q: (np.asarray(q["ratio_layers"]) > 3).mean(1),
    ),
    "fig-3.20": (
        _less("mu_large", "mu_none"),
        _less("mu_largest", "mu_large"),
        _less("effect_last", "effect_first"),
    ),
    "fig-3.21.a": (_less("mu_none", "mu_sgdw"),),
    "fig-3.21.b": (_less("fall_after", "fall_before"),),
    "fig-3.21.c": (_log_slope("decay", "mu_end", -1),),
    "fig-3.21.e": (lambda q: q["mu_l2"] - 0.5 * (q["mu_none"] + q["mu_sgdw"]),),
    "fig-3.21.f": (_log_slope("penalty", "jump", -1),),
}


def with_lengths(
    long: Mapping[str, Quantities], short: Mapping[str, Quantities], seeds: int
) -> dict[str, dict[str, object]]:
    """The quantities of the longer training, with ``lengths_alike`` where there is a shorter one.

    Args:
        long: By claim.
        short: By claim, those of a third of the length, with the same seeds.
        seeds: How many seeds there are; with fewer than three nothing is compared.

    Returns:
        ``long``, with 2 lengths alike where both refute a claim and the longer training does not
        come nearer to the statement, else 1.
    """
    found = {}
    for claim, quantities in long.items():
        alike = seeds >= FEWEST and _alike(claim, quantities, short[claim])
        found[claim] = {**quantities, "lengths_alike": 2 if alike else 1}
    return found


def _alike(claim: str, long: Quantities, short: Quantities) -> bool:
    both = [judge(claim, {**each, "lengths_alike": 2}).verdict for each in (long, short)]
    if both != ["fails", "fails"]:
        return False
    for effect in EFFECTS[claim]:
        first, second = np.asarray(effect(long), float), np.asarray(effect(short), float)
        if first.shape == second.shape and np.any(interval_low(first - second).value > 0):
            return False
    return True
