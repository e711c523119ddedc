"""How long before a training diverges each of several quantities warns, and how often for nothing.

A training diverges if its loss ends above nine tenths of where it began and was above three times
that before (the threshold of the rule on figure 3.19), first at its onset; it is stable if the loss
was never above three times its start and ends below half of it; what is neither is left out. The
first 20 steps belong to the warm-up: who diverges within cannot be warned.

Thresholds are calibrated: the largest score of the stable trainings of every other seed, for all
set-ups at once or for each network, momentum and course by itself. False alarms are counted in the
stable trainings of the other seeds. Lead times are those with no false alarm in any of them, that
is, with the largest score of all stable trainings as threshold.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from relu_book.experiments.sensitivity.early_warning import peak_of, rate_of
from relu_book.temperature import EarlyWarning

WARM_UP = 20
MOST = 1 - 1 / 512  # below a distance of 1, at which temperature has no end
ENDS = 20  # steps that the last loss is averaged over
DIVERGED, ROSE, LEARNED = 0.9, 3.0, 0.5
SETUP = ("network", "momentum", "course")


class Outcome(NamedTuple):
    """``stable``, ``diverging`` or ``neither``, and the step at which the loss first rose."""

    kind: str
    onset: int | None


def outcome(cost: np.ndarray) -> Outcome:
    """What became of a training.

    Args:
        cost: The loss of each step; NaN from where it overflowed.

    Example:
        >>> outcome(np.array([2.0, 7.0, np.nan]))
        Outcome(kind='diverging', onset=2)
        >>> outcome(np.linspace(2, 0.1, 50))
        Outcome(kind='stable', onset=None)
    """
    cost = np.nan_to_num(cost.astype(float), nan=np.inf)
    rose = np.flatnonzero(cost > ROSE * cost[0])
    end = cost[-ENDS:].mean()
    if rose.size and end > DIVERGED * cost[0]:
        return Outcome("diverging", int(rose[0]) + 1)
    if not rose.size and end < LEARNED * cost[0]:
        return Outcome("stable", None)
    return Outcome("neither", None)


def warnings_compared(record: xr.Dataset) -> xr.Dataset:
    """Lead times and false alarms of each quantity.

    Args:
        record: As ``early_warning`` measures it.

    Returns:
        By ``signal`` and ``calibration`` (``once``, ``each set-up``): ``warned``, the share of the
        diverging trainings that are warned at all; ``lead`` in steps by training, 0 without a
        warning; ``median_lead``; ``false_alarms``, the share of the held out stable trainings, at
        the threshold of the others. ``stable``, ``diverging``, ``at_once`` and ``neither`` count
        the trainings, ``held_out`` those in which false alarms are counted. NaN where a threshold
        cannot be calibrated, there being no stable training.
    """
    seeds = list(record.seed.values)
    trainings = [(key, one, outcome(one["cost"].values)) for key, one in _each(record)]
    stable = [(key, scores(key, one)) for key, one, end in trainings if end.kind == "stable"]
    late, at_once = [], 0
    for key, one, end in trainings:
        if end.kind == "diverging":
            at_once += end.onset <= WARM_UP
            if end.onset > WARM_UP:
                late.append((key, scores(key, one), end.onset))
    held_out = [key for key, _ in stable if seeds.index(key["seed"]) % 2]
    names = list(stable[0][1])
    ways = {"once": (), "each set-up": SETUP}
    lead = np.full((len(names), len(ways), len(late)), np.nan)
    false_alarms = np.full((len(names), len(ways)), np.nan)
    for place in np.ndindex(false_alarms.shape):
        name, same = names[place[0]], list(ways.values())[place[1]]

        def thresholds(chosen, name=name, same=same):
            found = {}
            for key, of in chosen:
                group = tuple(key[part] for part in same)
                found[group] = max(found.get(group, -np.inf), np.nanmax(of[name][1]))
            return lambda key: found.get(tuple(key[part] for part in same), np.nan)

        of_all = thresholds(stable)
        for number, (key, of, onset) in enumerate(late):
            lead[*place, number] = _lead(*of[name], of_all(key), onset)
        of_half = thresholds([(key, of) for key, of in stable if key not in held_out])
        alarms = [
            np.nanmax(of[name][1]) > of_half(key)
            for key, of in stable
            if key in held_out and np.isfinite(of_half(key))
        ]
        false_alarms[place] = np.mean(alarms) if alarms else np.nan
    by = ("signal", "calibration")
    warned = np.where(np.isnan(lead), np.nan, lead > 0)
    return xr.Dataset(
        {
            "lead": ((*by, "training"), lead),
            "warned": (by, _over(np.nanmean, warned)),
            "median_lead": (by, _over(np.nanmedian, lead)),
            "false_alarms": (by, false_alarms),
            "stable": len(stable),
            "held_out": len(held_out),
            "diverging": len(late),
            "at_once": at_once,
            "neither": sum(end.kind == "neither" for *_, end in trainings),
        },
        {
            "signal": names,
            "calibration": list(ways),
            "network": ("training", [key["network"] for key, *_ in late]),
            "course": ("training", [key["course"] for key, *_ in late]),
        },
    )


def scores(key: dict, one: xr.Dataset) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By signal, steps and scores of a training; NaN in the warm-up.

    σ, the temperature, loss and norm of the gradient are scored by ``EarlyWarning``. Two are looked
    at as they are: ηλ/(1 + momentum), which is 2 at the edge of stability, and ln η − μ, how far
    the rate in use lies beyond that at which half of the patterns change.
    """
    step, swept = one.step.values, one.sweep_step.values
    rate = np.array([rate_of(key["course"], key["peak"], at, len(step)) for at in swept])
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.log(one["cost"].values), np.log(one["gradient"].values)
        found = {
            "temperature": (step, _scored(_temperature(one), 1)),
            "sigma": (swept, _scored(one["sigma"].values, int(swept[1] - swept[0]))),
            "loss": (step, _scored(relative[0], 1)),
            "gradient norm": (step, _scored(relative[1], 1)),
            "rate × curvature": (swept, rate * one["curvature"].values / (1 + key["momentum"])),
            "rate beyond mu": (swept, np.log(rate) - one["mu"].values),
        }
    return {
        name: (at, np.where(at <= WARM_UP, np.nan, of.astype(float)))
        for name, (at, of) in found.items()
    }


def edge_of_stability(record: xr.Dataset) -> dict[str, float]:
    """The usual threshold, ηλ > 2 (1 + momentum), as it is: shares of trainings in which it warns.

    Returns:
        ``stable``, the share of false alarms, and ``diverging``, that of warned ones.
    """
    found: dict[str, list[bool]] = {"stable": [], "diverging": []}
    for key, one in _each(record):
        end = outcome(one["cost"].values)
        if end.kind == "stable" or (end.kind == "diverging" and end.onset > WARM_UP):
            at = scores(key, one)["rate × curvature"]
            found[end.kind].append(_lead(*at, 2.0, end.onset or np.inf) > 0)
    return {kind: float(np.mean(alarms)) for kind, alarms in found.items()}


def _each(record: xr.Dataset) -> Iterator[tuple[dict, xr.Dataset]]:
    """Every training, with its setting."""
    stacked = record.stack(training=(*SETUP, "seed", "factor"))
    for place, names in enumerate(stacked.training.values):
        key = dict(zip((*SETUP, "seed", "factor"), names, strict=True))
        key["peak"] = peak_of(key["network"], key["momentum"], key["factor"])
        yield key, stacked.isel(training=place)


def _temperature(one: xr.Dataset) -> np.ndarray:
    """Of the mean distance over layers; NaN from where the training overflowed."""
    return -np.log2(1 - np.minimum(one["distance"].values.astype(float), MOST))


def _scored(values: np.ndarray, every: int) -> np.ndarray:
    """The scores of a series that has a value every so many steps."""
    warning = EarlyWarning(np.inf, warm_up=WARM_UP // every)
    found = []
    for value in values:
        warning.update(value)
        found.append(warning.score)
    return np.array(found)


def _lead(step: np.ndarray, score: np.ndarray, threshold: float, onset: float) -> float:
    """Steps from the first score above the threshold to the onset, 0 if that comes first."""
    if np.isnan(threshold):
        return np.nan
    above = step[(score > threshold) & (step < onset)]
    return float(onset - above[0]) if above.size else 0.0


def _over(mean, values: np.ndarray) -> np.ndarray:
    """Over trainings, NaN without any that counts."""
    found = np.full(values.shape[:-1], np.nan)
    for place in np.ndindex(found.shape):
        if np.isfinite(values[place]).any():
            found[place] = mean(values[place])
    return found
