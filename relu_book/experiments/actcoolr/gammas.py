"""ActCooLR with five exponents beside three other schedules (thesis 3.3.2, figure 3.22).

    relu-book run actcoolr/gammas_tuning --scale desk
    relu-book promote actcoolr/gammas_tuning --scale desk
    relu-book run actcoolr/gammas --scale desk
    relu-book run actcoolr/gammas_third --scale desk

ResNet-32 on CIFAR-10, momentum 0.9, no weight decay. With the printed T_start of 3.17 the rate runs
away, whichever mean is steered, so T_start is lowered until a training no longer diverges, as the
thesis does by hand; that at 3.17 is trained beside it. Section 3.3.2 steers the mean temperature of
the layers and A.4 a probability, which is trained at gamma 1. The rates of the other schedules, and
the place of OneCycle's maximum, are those with the smallest validation error in a training of half
the length. FixUp-32 has no batch normalisation; of it only the first tenth is trained.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.actcoolr.scheduled import scheduled
from relu_book.experiments.actcoolr.scheduling import DEVIATIONS, SMOKE, Scheduling, a_third
from relu_book.experiments.actcoolr.tuning import SEED, Changes, coldness, tuned
from relu_book.runs import Run, experiment

GAMMAS = (1, 2, 4, 7, 10)
PLACES, PEAKS = (0.3, 0.15, 0.5), (0.3, 1.0, 3.0)
ONE_CYCLE = {
    f"one_cycle_{rate:g}_at_{place:g}": {
        "schedule": "one_cycle",
        "learning_rate": rate,
        "peak": place,
    }
    for place in PLACES
    for rate in PEAKS
}
CANDIDATES = {
    "one_cycle": ONE_CYCLE,
    "one_cycle_at_30": {
        name: changes for name, changes in ONE_CYCLE.items() if changes["peak"] == PLACES[0]
    },
    **{
        schedule: {
            f"{schedule}_{rate:g}": {"schedule": schedule, "learning_rate": rate} for rate in rates
        }
        for schedule, rates in {"step_decay": (0.03, 0.1, 0.3), "cyclic": (0.1, 0.3, 1.0)}.items()
    },
}
CONSTANT = {
    f"constant_{rate:g}": {"schedule": "constant", "learning_rate": rate}
    for rate in (3.0, 10.0, 30.0, 100.0)
}
MEANS = ("temperature", "share")
STARTS = (3.17, 2.5, 2.0, 1.5, 1.0)
STEPS = 1000
TUNING = "actcoolr/gammas_tuning"
HOTTEST = {
    mean: {
        f"start_{start:g}_{mean}": {"start_temperature": start, "mean": mean, "steps": STEPS}
        for start in STARTS
    }
    for mean in MEANS
}
TRIED = {
    name: one for group in (*CANDIDATES.values(), *HOTTEST.values()) for name, one in group.items()
} | CONSTANT
EXPONENTS = {f"gamma_{gamma}": {"gamma": float(gamma)} for gamma in GAMMAS}
LOWERED = {**dict.fromkeys(EXPONENTS, "temperature"), "gamma_1_share": "share"}
SETUPS = {
    **EXPONENTS,
    "gamma_1_share": {},
    **{f"printed_{mean}": {"mean": mean} for mean in MEANS},
    "gamma_1_plain": {"network": "fixup", "scheduled_steps": STEPS, "steps": STEPS // 10},
    **{method: {} for method in CANDIDATES},
}


@dataclass(frozen=True)
class Settings(Scheduling):
    """What is trained, and under which schedule."""

    setup: tuple[str, ...] = tuple(SETUPS)
    network: str = "resnet"


SCALES = {"smoke": Settings(**SMOKE), "desk": Settings()}
_DEVIATIONS = (
    f"batches of 128 instead of 256, 48,000 training images instead of 49,500; {DEVIATIONS}; "
    "rates of OneCycle, StepDecay and CyclicLR of a grid of factor 3"
)


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], setup=tuple(TRIED)),
        "desk": replace(SCALES["desk"], setup=tuple(TRIED), steps=500, seeds=(SEED,)),
    },
    expected={"smoke": "10 s on one core", "desk": "1.3 h on 2 cores, 29 networks"},
    over=("setup",),
    deviations={"desk": f"500 steps, 1.3 epochs, of ActCooLR 1,000; {_DEVIATIONS}"},
)
def gammas_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/gammas_tuning --scale desk

    Expected result: a rate for each schedule, and the highest start temperature with which a
    training does not diverge, on a seed that ``gammas`` has not; of constant rates how large they
    can be. Nothing is judged.

    The result is that of ``scheduled``.
    """
    return scheduled(settings.of(TRIED[settings.setup]), seed, run)


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "4.3 h on 2 cores, 65 networks of up to 10 min"},
    over=("setup",),
    deviations={"desk": f"1,000 steps, 2.7 epochs of 10 to 210; {_DEVIATIONS}"},
)
def gammas(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/gammas --scale desk

    Expected result (thesis 3.3.2): the rate rises and falls as under OneCycle, to above 8, and
    gamma sets when it is highest; the validation error falls late.

    The result is that of ``scheduled``, with the ``candidate`` that was chosen.
    """
    return _trained(settings, seed, run)


@experiment(
    scales=a_third(SCALES, points=333),
    expected={"smoke": "10 s on one core", "desk": "1.6 h on 2 cores, 65 networks of up to 4 min"},
    over=("setup",),
    deviations={"desk": f"333 steps, 0.9 epochs of 10 to 210; {_DEVIATIONS}"},
)
def gammas_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/gammas_third --scale desk

    Expected result: that of ``gammas``; what this second length does not show as well is not
    refuted.

    The result is that of ``gammas``.
    """
    return _trained(settings, seed, run)


def lowered(changes: Changes, mean: str, run: Run) -> tuple[dict[str, object], str]:
    """What a set-up changes, with the start temperature that the thesis's procedure gives.

    Args:
        changes: Of the set-up itself; they come before the start.
        mean: Which one over the layers is steered.
        run: Of the job.

    Returns:
        The changes with the highest start with which a training of ``gammas_tuning`` ended below
        its first loss, and its name.
    """
    return tuned(changes, HOTTEST[mean], TUNING, run, coldness)


def _trained(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    name = settings.setup
    changes, candidate = (
        lowered(SETUPS[name], LOWERED[name], run)
        if name in LOWERED
        else tuned(SETUPS[name], CANDIDATES.get(name, {}), TUNING, run)
    )
    return scheduled(settings.of(changes), seed, run).assign(candidate=candidate)
