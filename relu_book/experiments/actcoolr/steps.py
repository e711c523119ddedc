"""Items 5 and 6 of algorithm 6 (thesis A.4): the rate of each step, and what corrects μ.

They are asked of whole trainings of the network of ``synthetic`` under ``ActCooLR``, whose μ and σ
drift and jump as prescribed, and of ``ThesisPolicy`` where a training cannot come to the case.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import ceil, log, nan

import numpy as np
from scipy.special import ndtri

from relu_book.actcoolr import (
    ActCooLR,
    DivergedError,
    Limits,
    Policy,
    ProbabilityTarget,
    Seen,
    TemperatureTarget,
    ThesisPolicy,
)
from relu_book.actcoolr.targets import probability_of
from relu_book.experiments.actcoolr.fits import Curve
from relu_book.experiments.actcoolr.synthetic import share_changed, train
from relu_book.transition import LogNormal

# --- item 5: the target and its rate ---


def linear_target(steps: int = 200) -> dict:
    """alg-6.g: the probabilities that the policy's rates stand for, by both targets.

    The temperature begins at 8 bits, where more than 0.99 is wanted.
    """
    policy = ThesisPolicy()
    policy.begin(Limits(), 0.1)
    times = np.arange(steps) / steps

    def asked(target: Callable[[float], float]) -> np.ndarray:
        rates = [policy.rate(probability_of(target(time))) for time in times.tolist()]
        return LogNormal(policy.mu, policy.sigma).probability(rates)

    linear = asked(ProbabilityTarget())
    return {
        "deviation_linear": abs(linear - 0.99 * (1 - times)),
        "targets_linear": linear,
        "targets_temperature": asked(TemperatureTarget(8.0)),
    }


def out_of_range() -> dict:
    """alg-6.h: trainings whose rate leaves its limits, or nearly, and a policy whose μ is NaN."""
    limits = Limits()
    ended = {
        mu: _ends(lambda mu=mu: train(_drift(mu), target=_steady, probing_step_size=1))
        for mu in (22.0, 22.9, 23.2, 24.0)  # of rates e^mu around 1e10
    }
    beyond = [each for mu, each in ended.items() if mu > log(limits.max_lr)]
    policy = ThesisPolicy()
    policy.begin(limits, 0.1)
    policy.state["mu"] = nan
    beyond.append(_ends(lambda: policy.rate(0.5)))
    cold = train(_drift(-26.0), target=_steady, probing_step_size=1).history[-2:]
    return {
        "ended_beyond": beyond,
        "ended_within": [each for mu, each in ended.items() if mu < log(limits.max_lr)],
        "rates_for_smaller": [entry["learning_rate"] for entry in cold],
        "smallest_rate": limits.min_lr,
    }


def _drift(end: float) -> list[tuple[float, float]]:
    """μ and σ of a training, from 0 to an end in steps that a measurement can follow."""
    way = np.linspace(0, end, ceil(abs(end) / 2) + 1).tolist()
    return [(mu, 1.0) for mu in [*way, end, end]]


def _steady(progress: float) -> float:
    """A target: one bit throughout, half of all patterns."""
    return 1.0


def _ends(training: Callable[[], object]) -> bool:
    """Whether it ends as diverged."""
    try:
        training()
    except DivergedError:
        return True
    except ValueError:  # it ends, but with an error that does not speak of divergence
        return False
    return False


# --- item 6: between the fits ---


def two_counters() -> dict:
    """txt-3.3.2.5: how often large corrections bring a fit, by both counters."""
    mixed = (3.0, 0.0, 3.0, 0.0, 0.1, 3.1)  # four large, one small, one large
    return {
        "refits_counted": refits(mixed, consecutive=False),
        "refits_in_a_row": refits(mixed, consecutive=True),
        "refits_after_four": [refits(mixed[:4], consecutive=c) for c in (False, True)],
        "refits_after_five": [refits((*mixed[:4], 3.0), consecutive=c) for c in (False, True)],
    }


def refits(mus: Iterable[float], *, consecutive: bool) -> int:
    """How many fits a policy at μ = 0 and σ = 1 wants while it is corrected to these μ."""
    policy = ThesisPolicy(consecutive=consecutive)
    policy.begin(Limits(), 0.1)
    policy.fit(Curve(0.0, 1.0), 0.5)
    wanted = 0
    for mu in mus:
        policy.observe(Seen(float(np.exp(mu)), 0.5), 0.5)
        if policy.wants_fit:
            wanted += 1
            policy.fit(Curve(0.0, 1.0), 0.5)
    return wanted


def script() -> list[tuple[float, float]]:
    """μ and σ of a training: a slow drift, jumps by 3 and back, and jumps so far that all changes.

    It stays between the measurements as it is, so that what is measured is what is coming.
    """
    drifting = [-3 + 0.2 * part for part in range(6)]
    jumping = [1.7, -2.0, 1.7, -2.0, 1.7, 1.6]
    returning = [1.3, -9.0, -8.9, -8.8, -4.0, -4.1]
    return [
        (mu, 1.3 + 0.02 * part)
        for part, mu in enumerate([*drifting, *jumping, *returning])
        for _ in range(8)
    ]


def intervals() -> dict:
    """tab-A.1.probing-step-size: steps between two measurements, of the thesis's policy and D's."""
    return {"default": interval("thesis"), "default_dynamic": interval("dynamic")}


def interval(policy: str | Policy, steps: int = 48) -> int:
    """Steps between the last two measurements of a training whose interval is not asked for."""
    history = train([(-1.0, 1.0)] * steps, policy=policy, target=_steady).history
    *_, last, latest = (entry["step"] for entry in history if entry["mean_share"] is not None)
    return latest - last


def between_the_fits(transitions: Sequence[tuple[float, float]] | None = None) -> dict:
    """alg-6.i: what the scheduler does in each step of ``script``, beside item 6.

    At every eighth step item 6 is followed line by line: with the P of the step, known from the
    critical rates of its inputs, it says which branch is taken, and what μ is then. The step after
    one that asks for a full update has the update, whose μ and σ are the scheduler's (item 4 is
    judged elsewhere), and no other step has one. That step is measured as well, which renews μ once
    more; as its μ is one of an update, it is left to the scheduler.
    """
    sigma, mu, errors, owes = 1.0, -1.0, 0, True
    branches: Counter[str] = Counter(dict.fromkeys(("extreme", "counted", "fifth", "plain"), 0))
    mismatches = 0

    def follow(scheduler: ActCooLR, critical: np.ndarray) -> None:
        nonlocal sigma, mu, errors, owes, mismatches
        entry = scheduler.history[-1]
        updated = "fit" in entry["reason"]
        mismatches += updated != owes
        if owes:
            mu, sigma, errors, owes = entry["mu"], entry["sigma"], 0, False
        elif entry["step"] % 8 == 0:
            share = share_changed(critical, entry["learning_rate"])
            if share in (0, 1):
                branches["extreme"] += 1
                owes = True
            else:
                new = log(entry["learning_rate"]) - sigma * float(ndtri(share))
                errors += abs(new - mu) > 2.5
                owes = errors == 5
                branches["fifth" if owes else "counted" if abs(new - mu) > 2.5 else "plain"] += 1
                mu = new
        mismatches += not (abs(entry["mu"] - mu) < 1e-9 and entry["sigma"] == sigma)

    train(script() if transitions is None else transitions, follow, start_temperature=1.3)
    return {"mismatches": mismatches, "branches": list(branches.values())}
