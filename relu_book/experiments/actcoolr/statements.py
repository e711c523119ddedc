"""What thesis 3.3.2 and table A.1 say that is a formula, a fit of three points, or a default.

Algorithm 6 has two files, ``fits`` and ``steps``, and the variants of the supplement have
``supplement``.
"""

import inspect
from collections.abc import Callable

import numpy as np
from scipy.special import erf, erfinv

from relu_book.actcoolr import ActCooLR, TemperatureTarget, ThesisPolicy
from relu_book.actcoolr.targets import probability_of
from relu_book.transition import FitError, LogNormal

ROOT = np.sqrt(2)
BITS = 3.17
NO_FIT = 1e3  # the error of a fit that was refused


def random_cases(cases: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """μ from -6 to 2, σ from 0.3 to 3, and P from 0.01 to 0.99."""
    rng = np.random.default_rng(seed)
    ranges = ((-6.0, 2.0), (0.3, 3.0), (0.01, 0.99))
    mu, sigma, probability = (rng.uniform(*bounds, cases) for bounds in ranges)
    return mu, sigma, probability


def equation_3_17(rate: np.ndarray, mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The transition of hypothesis 2, in which a high μ is cold."""
    return (1 + erf((np.log(rate) - mu) / (sigma * ROOT))) / 2


def equation_3_42(rate: np.ndarray, mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """The same with the sign of μ turned round."""
    return (1 + erf((mu + np.log(rate)) / (sigma * ROOT))) / 2


# --- equations 3.43 to 3.45 ---


def two_signs_of_the_rate() -> dict:
    """eq-3.43: P, less P at the rate that equation 3.43 gives for it, by both signs of μ."""
    mu, sigma, wanted = random_cases()
    z = sigma * ROOT * erfinv(2 * wanted - 1)
    rates = {"minus": np.exp(z - mu), "plus": np.exp(z + mu)}
    models = {"317": equation_3_17, "342": equation_3_42}
    return {
        f"{sign}_in_{number}": abs(probability(rate, mu, sigma) - wanted)
        for sign, rate in rates.items()
        for number, probability in models.items()
    }


def two_signs_of_mu() -> dict:
    """eq-3.44: the μ that made P, less that of equation 3.44, as printed and with its sign turned.

    The rates are drawn, so that P comes from μ, and not the other way round.
    """
    mu, sigma, wanted = random_cases()
    z = sigma * ROOT * erfinv(2 * wanted - 1)
    found = {}
    for number, probability, rate in (
        ("317", equation_3_17, np.exp(mu + z)),
        ("342", equation_3_42, np.exp(z - mu)),
    ):
        measured = probability(rate, mu, sigma)
        printed = sigma * ROOT * erfinv(2 * measured - 1) - np.log(rate)
        found[f"printed_in_{number}"] = abs(mu - printed)
        found[f"opposite_in_{number}"] = abs(mu + printed)
    return found


def ends_of_the_target(cases: int = 200) -> dict:
    """eq-3.45.a: the target at the first step and at the last, of random temperatures and γ."""
    rng = np.random.default_rng(0)
    starts, gammas = rng.uniform(0.1, 8, cases), np.exp(rng.uniform(-1, 2.5, cases))
    targets = list(map(TemperatureTarget, starts.tolist(), gammas.tolist()))
    return {
        "start_deviation": [abs(t(0.0) - s) for t, s in zip(targets, starts, strict=True)],
        "end_deviation": [abs(target(1.0)) for target in targets],
    }


def time_above_half(gammas: tuple[float, ...] = (0.25, 0.5, 1, 2, 4, 10)) -> dict:
    """eq-3.45.b: the share of a run above half the start temperature, for both shapes."""
    times = (np.arange(100_000) + 0.5) / 100_000

    def hot(gamma: float, shape: str) -> float:
        return float((TemperatureTarget(BITS, gamma, shape)(times) > BITS / 2).mean())

    return {
        "gamma": gammas,
        "time_above_half": [hot(gamma, "power") for gamma in gammas],
        "time_above_half_late": [hot(gamma, "late") for gamma in gammas],
    }


def along_the_line(gamma: float = 1.0) -> dict:
    """eq-3.45.c: the share of changed patterns that the target stands for, before the end."""
    times, target = np.linspace(0, 0.95, 20), TemperatureTarget(BITS, gamma)
    return {"time": times, "changed": [probability_of(target(time)) for time in times]}


def start_temperature() -> dict:
    """fig-3.22.g: the share of changed patterns at 3.17, in bits and in natural units."""
    return {"share_base_2": probability_of(BITS), "share_base_e": 1 - float(np.exp(-BITS))}


# --- fits ---


def three_points(draws: int = 1000) -> dict:
    """txt-3.3.2.1: fits of three counted shares, within the quarters and below them."""
    inside, outside = (0.25, 0.5, 0.75), (0.02, 0.05, 0.1)
    rng = np.random.default_rng(0)
    found = {}
    for suffix, wanted, patterns in (
        ("", inside, 4096),
        ("_256", inside, 256),
        ("_outside", outside, 4096),
    ):
        rates = LogNormal(0.0, 1.0).learning_rate(wanted)
        shares = rng.binomial(patterns, wanted, (draws, 3)) / patterns
        errors = [_errors(rates, row) for row in shares]
        # Further digits are rounding errors, which differ by machine.
        found[f"error_mu{suffix}"], found[f"error_sigma{suffix}"] = np.transpose(errors).round(9)
    return found


def _errors(rates: np.ndarray, shares: np.ndarray) -> tuple[float, float]:
    """How far μ is off from 0, in units of σ = 1, and how far σ from 1."""
    try:
        model = LogNormal.fit(rates, shares)
    except FitError:
        return NO_FIT, NO_FIT
    return min(abs(model.mu), NO_FIT), min(abs(model.sigma - 1), NO_FIT)


def cut_singular_values(cases: int = 200, threshold: float = 10.0) -> dict:
    """alg-6.f: the linear fit of ln η = μ + σ z to noise-free points, with singular values cut.

    Those below the threshold are cut, or those by which the condition would exceed it.

    Args:
        cases: how many fits, of 3 to 7 points each.
        threshold: of the cut.
    """
    rng = np.random.default_rng(0)
    rows = []
    for mu, sigma, _ in zip(*random_cases(cases), strict=True):
        shares = np.append([0.25, 0.75], rng.uniform(0.25, 0.75, rng.integers(1, 6)))
        z = ROOT * erfinv(2 * shares - 1)
        left, values, right = np.linalg.svd(np.stack((np.ones_like(z), z), 1), full_matrices=False)
        turned = left.T @ (mu + sigma * z)
        errors = []
        for least in (values.max() / threshold, threshold):
            kept = values >= least
            fitted = right.T @ np.where(kept, turned / values, 0)
            errors += abs(fitted - (mu, sigma)).tolist()
        rows.append((*errors, values.max() / values.min()))
    names = ("error_mu_relative", "error_sigma_relative", "error_mu_absolute")
    names += ("error_sigma_absolute", "condition")
    return dict(zip(names, np.transpose(rows), strict=True))


def three_round_trips() -> dict:
    """alg-6.a: its three formulas, from P to the rate and back, from the rate to P, from μ to P."""
    mu, sigma, probability = random_cases()
    quantile = sigma * ROOT * erfinv(2 * probability - 1)
    rate = np.exp(quantile + mu)
    back = equation_3_17(rate, mu, sigma)
    again = np.exp(sigma * ROOT * erfinv(2 * back - 1) + mu)
    return {
        "deviation_probability": abs(back - probability),
        "deviation_rate": abs(again / rate - 1),
        "deviation_mu": abs(np.log(rate) - sigma * ROOT * erfinv(2 * back - 1) - mu),
    }


# --- table A.1 ---


def defaults() -> dict[str, dict]:
    """tab-A.1: by claim, what the scheduler and its policy take unless asked otherwise."""
    policy = ThesisPolicy()
    return {
        "tab-A.1.eta-min": {"default": _default(ActCooLR, "min_lr")},
        "tab-A.1.remeasure-init": {"default": policy.remeasure_init},
        "tab-A.1.initlrs": {"grid": policy.initlrs},
        "tab-A.1.error-num": {"default": policy.error_num},
        "tab-A.1.error-muthresh": {"default": policy.error_muthresh},
        "tab-A.1.remeasure-jump": {"default": policy.remeasure_jump},
        "tab-A.1.max-while-loop": {"default": policy.max_while_loop},
    }


def _default(of: Callable, name: str) -> object:
    return inspect.signature(of).parameters[name].default
