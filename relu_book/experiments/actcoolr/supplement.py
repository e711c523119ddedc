"""The listings of the supplement (section H), carried over line by line, on curves that are known.

And the dynamic variant (section D), on the network of ``synthetic``.

The supplement's layers count *unchanged* patterns and give -log2 of their share, a temperature in
bits; its ``temp2prob`` takes temperatures in natural units.
"""

from math import inf, log

import numpy as np
from scipy.optimize import curve_fit
from scipy.special import erf, erfinv

from relu_book.actcoolr import ActCooLR, DynamicPolicy, Seen
from relu_book.actcoolr.targets import probability_of, temperature_of
from relu_book.experiments.actcoolr.statements import ROOT, random_cases
from relu_book.experiments.actcoolr.steps import interval
from relu_book.experiments.actcoolr.synthetic import share_changed, train
from relu_book.temperature import Distance
from relu_book.transition import LogNormal

SWEPT = np.logspace(-3.2, 2, 25)  # table 1 of the supplement


def prob2temp(unchanged: np.ndarray) -> np.ndarray:
    """The listed function: a temperature in bits."""
    return -np.log2(unchanged)


def temp2prob(temperature: np.ndarray) -> np.ndarray:
    """The listed function: the changed share at a temperature in natural units."""
    return 1 - np.exp(-temperature)


def there_and_back(cases: int = 200) -> dict:
    """alg-S.b: changed shares less what the two functions make of them, and with base 2 in both."""
    changed = np.arange(cases) / cases
    bits = [probability_of(temperature_of(float(share))) for share in changed]
    return {
        "deviation_printed": abs(temp2prob(prob2temp(1 - changed)) - changed),
        "deviation_base_2": abs(np.array(bits) - changed),
    }


# --- adapting the rate ---


def computed_rate(rate: float, now: float, wanted: float, sigma: float) -> float:
    """``lr_target`` of the listing.

    Args:
        rate: in use.
        now: P at it.
        wanted: P to be met.
        sigma: of the transition.

    Raises:
        ValueError: the listing's own, the computed rate is infinite.
    """
    b = log(rate) - sigma * ROOT * erfinv(2 * now - 1)
    computed = float(np.exp(sigma * ROOT * erfinv(2 * wanted - 1) + b))
    if computed == inf:
        raise ValueError("Target Temperature too high")
    return computed


def one_full_step() -> dict:
    """alg-S.a: P at the computed rate less P as wanted, on transitions with the σ that is known."""
    deviation = []
    _, _, at_first = random_cases(seed=1)
    for mu, sigma, wanted, now in zip(*random_cases(), at_first, strict=True):
        model = LogNormal(mu, sigma)
        rate = model.learning_rate(now)
        there = computed_rate(rate, model.probability(rate), wanted, sigma)
        deviation.append(abs(model.probability(there) - wanted))
    return {"deviation": deviation}


def way_to_the_rate(intervals: tuple[int, ...] = (8, 10)) -> dict:
    """alg-S.c: how much of the way from 0 to a computed rate of 1 is gone at the next measurement.

    The listing moves the rate when it has measured, and keeps the move, over k, as a gradient; in
    the remaining steps it takes this gradient over k once more.
    """
    reached, evenly = [], []
    for every in intervals:
        gradient = 1 / every
        printed = even = 1 / every
        for _ in range(every - 1):
            printed += gradient / every
            even += gradient
        reached.append(printed)
        evenly.append(even)
    return {"interval": intervals, "reached": reached, "reached_evenly": evenly}


def mean_temperature(cases: int = 200, layers: int = 12) -> dict:
    """alg-S.d: the temperature that is steered, targets of P = 1, and a layer that has all changed.

    What is steered is that of ``Seen`` with the mean of temperatures.
    """
    rng = np.random.default_rng(0)
    evaluations = np.full(layers, 4096)
    sites = tuple(map(str, range(layers)))
    deviation = []
    for shares in rng.integers(0, 4096, (cases, layers)) / 4096:
        distance = Distance(shares[None], np.array([0.1]), sites, evaluations)
        steered = temperature_of(Seen.of(distance, "temperature").probability)
        deviation.append(abs(steered - prob2temp(1 - shares).mean()))
    refused = []
    for sigma in (0.3, 1.0, 3.0):
        try:
            computed_rate(0.1, 0.5, 1.0, sigma)
        except ValueError:
            refused.append(True)
        else:
            refused.append(False)
    with np.errstate(divide="ignore"):
        one_saturated = temp2prob(prob2temp(np.array([0.5, 0.0])).mean())
    every, rate = 8, 0.1
    moved = rate + (computed_rate(rate, one_saturated, 0.5, 1.0) - rate) / every
    return {"deviation": deviation, "refused": refused, "rate_if_all_changed": moved / rate}


# --- the fit ---


def fit_of_sigma(cases: int = 120) -> dict:
    """alg-S.e: the relative error of the listed fit, by the unit of the temperatures it is given.

    Transitions lie within the rates of table 1, at which they are known without noise.
    """
    rng = np.random.default_rng(0)
    natural, bits = [], []
    for mu, sigma in zip(rng.uniform(-4, 1, cases), rng.uniform(0.5, 2, cases), strict=True):
        unchanged = 1 - LogNormal(mu, sigma).probability(SWEPT)
        unchanged = np.maximum(unchanged, 1e-9)  # of none a temperature would be infinite
        natural.append(listed_fit(SWEPT, -np.log(unchanged)) / sigma - 1)
        bits.append(listed_fit(SWEPT, prob2temp(unchanged)) / sigma - 1)
    return {"error_natural": natural, "error_bits": bits}


def listed_fit(rates: np.ndarray, temperatures: np.ndarray) -> float:
    """``model_fit``: its first parameter."""

    def curve(rate: np.ndarray, sigma: float, mu: float) -> np.ndarray:
        return (1 + erf((np.log(rate) - mu) / (sigma * ROOT))) / 2

    return float(curve_fit(curve, rates, temp2prob(temperatures))[0][0])


# --- the dynamic variant ---


def rates_of_the_dynamic_variant(steps: int = 120) -> dict:
    """alg-D.a: rates of a training by the dynamic variant, less those of its description.

    The share of each measured step is known from the critical rates of its inputs.
    """
    policy, rates, expected = DynamicPolicy(scale="linear"), [], []
    wanted, gradient = 0.5, 0.0

    def follow(scheduler: ActCooLR, critical: np.ndarray) -> None:
        nonlocal gradient
        entry = scheduler.history[-1]
        if entry["step"] == 1 or entry["step"] % 10 == 0:
            gradient = 2 * (share_changed(critical, entry["learning_rate"]) - wanted)
        rates.append(entry["learning_rate"])
        expected.append(entry["learning_rate"] - 0.05 * gradient)

    drift = [(mu, 1.0) for mu in np.linspace(-1, 0, steps).tolist()]
    train(drift, follow, policy=policy, target=lambda progress: temperature_of(wanted))
    return {
        "deviation": abs(np.array(rates[1:]) - expected[:-1]),
        "default_step": policy.step,
        "default_interval": interval(policy),
    }
