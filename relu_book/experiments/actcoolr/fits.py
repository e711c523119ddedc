"""Items 1, 3 and 4 of algorithm 6 (thesis A.4): the first guess, the search, and the fit.

``ThesisPolicy`` and ``bracket`` are asked on transitions that are known, and beside them stands
what is printed. Items 5 and 6 are in ``steps``.
"""

from collections.abc import Callable, Iterable
from math import ceil, log2

import numpy as np

from relu_book.actcoolr import Limits, Seen, ThesisPolicy, bracket
from relu_book.experiments.actcoolr.statements import random_cases
from relu_book.transition import LogNormal

EXTREME = 1e-10
PATTERNS = 4096


class Curve:
    """Measures a known transition, remembers what was asked, and counts patterns if it is to.

    Args:
        mu: of the transition.
        sigma: of it.
        patterns: how many are counted, with their noise; all there are if ``None``.
        seed: of the noise.
    """

    def __init__(self, mu: float, sigma: float, patterns: int | None = None, seed: int = 0) -> None:
        self._model, self._patterns = LogNormal(mu, sigma), patterns
        self._rng = np.random.default_rng(seed)
        self.seen: list[Seen] = []

    def __call__(self, rate: float) -> Seen:
        share = self._model.probability(rate)
        if self._patterns is not None:
            share = self._rng.binomial(self._patterns, share) / self._patterns
        self.seen.append(Seen(rate, share))
        return self.seen[-1]

    def rate(self, probability: float) -> float:
        """The rate of a probability."""
        return self._model.learning_rate(probability)


class Watched(ThesisPolicy):
    """The thesis's policy; ``used`` are the points of its last fit."""

    used: tuple[Seen, ...] = ()

    def _take(self, points: list[Seen], tried: int) -> None:
        self.used = tuple(points)
        super()._take(points, tried)


def fitted(curve: Curve, mu: float = -1.0, sigma: float = 1.0) -> Watched:
    """The policy after one fit to a curve, from a first guess."""
    policy = Watched()
    policy.begin(Limits(), 0.1)
    policy.state.update(mu=mu, sigma=sigma)
    policy.fit(curve, target=0.5)
    return policy


def is_extreme(seen: Seen) -> bool:
    """Whether no quantile can be taken of a probability, for being within 1e-10 of 0 or 1."""
    return not EXTREME < seen.probability < 1 - EXTREME


# --- item 1: the first guess; item 3: the search ---


def first_guess() -> dict:
    """alg-6.b: first fits from μ = -1 and σ = 1, of counted patterns, to curves far and near."""
    rows = []
    for mu in np.linspace(-8, 4, 13).tolist():
        for sigma in np.geomspace(0.3, 3, 9).tolist():
            curve, from_truth = (Curve(mu, sigma, PATTERNS, len(rows)) for _ in range(2))
            policy = fitted(curve)
            fitted(from_truth, mu, sigma)
            succeeded = abs(policy.mu - mu) < 0.1 * sigma and abs(policy.sigma / sigma - 1) < 0.15
            rows.append((mu, sigma, succeeded, len(curve.seen), len(from_truth.seen)))
    mus, sigmas, succeeded, measurements, from_truth = zip(*rows, strict=True)
    policy = ThesisPolicy()
    policy.begin(Limits(), 0.1)
    return {
        "default_mu": policy.mu,
        "default_sigma": policy.sigma,
        "mu": mus,
        "sigma": sigmas,
        "succeeded": succeeded,
        "measurements": measurements,
        "measurements_from_truth": from_truth,
    }


def printed_search(
    try_at: Callable[[float], Seen],
    near: Seen,
    bound: float,
    where: str,
    limits: Limits,
    jump: float = 2.0,
    most: int = 100,
) -> list[Seen]:
    """Item 3 line by line, with the condition of line 13 as it is printed.

    Args:
        try_at: measures P at a rate.
        near: the first point.
        bound: P_exp.
        where: ``"max"`` or ``"min"``.
        limits: of the rates; the upper one is 1e300 here.
        jump: ``remeasure_jump``.
        most: ``max_while_loop``.

    Returns:
        The first point, if it is no extreme one, and all that was measured.
    """
    found = [] if near.probability in (0.0, 1.0) else [near]
    for _ in range(most):
        if near.learning_rate < limits.min_lr or near.learning_rate > 1e300:
            break
        up = near.probability <= bound and where == "max"
        near = try_at(near.learning_rate * jump if up else near.learning_rate / jump)
        found.append(near)
        below, above = near.probability <= bound, near.probability >= bound
        if (below and where == "max") or (above and where == "min"):
            break
    return found


def search(searches: int = 1000) -> dict:
    """alg-6.c: whether a search ends with probabilities on both sides of the wanted one.

    Both start where the first guess, μ = -1 and σ = 1, expects the bound: 0.75 from below, or 0.25
    from above.
    """
    limits, guess = Limits(), LogNormal(-1.0, 1.0)
    found: dict[str, list] = {
        "printed_brackets": [],
        "corrected_brackets": [],
        "corrected_measurements": [],
    }
    for number, (mu, sigma, _) in enumerate(zip(*random_cases(searches), strict=True)):
        where, bound = (("max", 0.75), ("min", 0.25))[number % 2]
        curve = Curve(mu, sigma)
        near = curve(guess.learning_rate(bound))
        printed = printed_search(curve, near, bound, where, limits)
        corrected = bracket(curve, near, bound, limits)
        found["printed_brackets"].append(_is_bracketed(printed, bound))
        found["corrected_brackets"].append(_is_bracketed([near, *corrected], bound))
        found["corrected_measurements"].append(len(corrected))
    return found


def _is_bracketed(points: list[Seen], bound: float) -> bool:
    probabilities = [seen.probability for seen in points]
    return min(probabilities) <= bound <= max(probabilities)


def walks(cases: int = 200) -> dict:
    """txt-3.3.2.2: how far a fit searches, and whether all that it measures serves it.

    Curves are near enough for the first guess to tell something of them.
    """
    rng = np.random.default_rng(0)
    rows = []
    for mu, sigma in zip(
        rng.uniform(-4, 2, cases), np.exp(rng.uniform(-0.7, 1, cases)), strict=True
    ):
        curve = Curve(mu, sigma)
        policy = fitted(curve)
        first, later = curve.seen[:3], curve.seen[3:]
        lowest, highest = (f(seen.learning_rate for seen in first) for f in (min, max))
        probabilities = [seen.probability for seen in curve.seen]
        down = sum(seen.learning_rate < lowest for seen in later)
        up = sum(seen.learning_rate > highest for seen in later)
        way_down, way_up = lowest / curve.rate(0.25), curve.rate(0.75) / highest
        rows.append(
            (
                min(probabilities),
                max(probabilities),
                max(down, up),
                max(0, *(ceil(log2(way)) for way in (way_down, way_up))),
                sum(0 < p < 1 for p in probabilities) - len(policy.used),
            )
        )
    names = ("lowest_probability", "highest_probability", "doublings", "distance", "unused")
    return dict(zip(names, np.transpose(rows), strict=True))


def limits_of_the_search() -> dict:
    """alg-6.d: searches of curves that never change, or always, and first points of sharp ones."""
    limits, beyond, lengths = Limits(), [], []
    for probability in (0.0, 1.0):
        found = bracket(
            lambda rate, p=probability: Seen(rate, p), Seen(1.0, probability), 0.5, limits
        )
        rates = [seen.learning_rate for seen in found]
        beyond.append(sum(not limits.min_lr <= rate <= limits.max_lr for rate in rates))
        lengths.append(len(found))
    kept, dropped = [], []
    for curve, policy in sharp_fits():
        first = curve.seen[:3]
        exact = [seen.probability in (0, 1) for seen in first]
        kept.append(sum(e and s in policy.used for e, s in zip(exact, first, strict=True)))
        dropped.append(sum(not (e or s in policy.used) for e, s in zip(exact, first, strict=True)))
    return {
        "measured_beyond": beyond,
        "lengths_beyond": lengths,
        "largest_limit": limits.max_lr,
        "first_extremes_kept": kept,
        "first_others_dropped": dropped,
    }


def sharp_fits() -> Iterable[tuple[Curve, Watched]]:
    """Fits to counted patterns of curves so sharp that some first points tell nothing."""
    for mu in np.linspace(-3, 1, 17).tolist():
        for sigma in (0.1, 0.2, 0.4):
            curve = Curve(mu, sigma, PATTERNS)
            yield curve, fitted(curve)


# --- item 4: the fit ---


def full_update() -> dict:
    """alg-6.e: fits to known curves from many first guesses, and what enters one as printed."""
    errors, extremes, fell_back, as_printed = [], [], [], []
    for mu in np.linspace(-8, 4, 7).tolist():
        for sigma in (0.3, 1.0, 3.0):
            for guess in ((-1.0, 1.0), (-4.0, 1.0), (2.0, 1.0), (-1.0, 0.5), (-1.0, 2.0)):
                curve = Curve(mu, sigma)
                policy = fitted(curve, *guess)
                errors.append((abs(policy.mu - mu), abs(policy.sigma - sigma)))
                extremes.append(sum(map(is_extreme, policy.used)))
                if all(map(is_extreme, curve.seen[:3])):
                    rates = {seen.learning_rate for seen in curve.seen}
                    fell_back.append(rates.issuperset(policy.initlrs))
            as_printed += [
                sum(map(is_extreme, points_as_printed(Curve(mu, sigma, PATTERNS, seed))))
                for seed in range(5)
            ]
    error_mu, error_sigma = zip(*errors, strict=True)
    return {
        "extremes_as_printed": as_printed,
        "error_mu": error_mu,
        "error_sigma": error_sigma,
        "extremes_in_fit": extremes,
        "fell_back": fell_back,
    }


def points_as_printed(curve: Curve) -> list[Seen]:
    """Steps (i) to (iii): all that the fit is made of, the search being the one that brackets."""
    policy, guess = ThesisPolicy(), LogNormal(-1.0, 1.0)
    points = [curve(guess.learning_rate(p)) for p in policy.remeasure_init]
    points = [seen for seen in points if not is_extreme(seen)]
    if not points:
        points = [seen for seen in map(curve, policy.initlrs) if not is_extreme(seen)]
    if not points:
        return []
    lowest, highest = (f(points, key=lambda seen: seen.probability) for f in (min, max))
    if lowest.probability > 0.25:
        points = points + bracket(curve, lowest, 0.25, Limits())
    if highest.probability < 0.75:
        points = points + bracket(curve, highest, 0.75, Limits())
    return points


def what_is_left_out() -> dict:
    """txt-3.3.2.3: the smallest rate, and the points of fits in which 0 or 1 was measured."""
    policy = ThesisPolicy()
    policy.begin(Limits(), 0.1)
    rates = []
    for mu, target in ((-30.0, 0.25), (-24.0, 0.1), (-60.0, 0.9), (0.0, 0.0)):
        policy.state["mu"] = mu
        rates.append(policy.rate(target))
    used = [
        policy.used
        for curve, policy in sharp_fits()
        if any(seen.probability in (0, 1) for seen in curve.seen)
    ]
    return {
        "rates_for_smaller": rates,
        "extremes_in_fit": [sum(seen.probability in (0, 1) for seen in fit) for fit in used],
        "points_in_fit": list(map(len, used)),
    }
