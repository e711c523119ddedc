"""ResNet-32 and ConvNet-32 under three schedules (thesis 3.2.2, figures 3.8 and 3.9; supplement A).

    relu-book run temperature/schedules --scale desk
    relu-book run temperature/schedules_third --scale desk
    relu-book run temperature/low_peak --scale desk

The source measures StepDecay, OneCycle and CyclicLR with ResNet-32 and, in figure 3.9, the same
without skips. A third of the length tells what of it is due to a short training, a batch of 64 at
the same rate what is due to the batch, a quarter of OneCycle's peak what is due to the peak.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.temperature.followed import DEVIATIONS, SMOKE, Following, followed
from relu_book.runs import Run, experiment

NETWORKS = ("resnet", "convnet")
SCHEDULES = {
    "step_decay": {"schedule": "step_decay"},
    # Near the peak that thesis 3.3.2 names.
    "one_cycle": {"schedule": "one_cycle", "learning_rate": 0.8},
    "cyclic": {"schedule": "cyclic"},
}
SETUPS = {
    f"{network}_{name}": {"network": network, **schedule}
    for network in NETWORKS
    for name, schedule in SCHEDULES.items()
}
SMALL_BATCH = "resnet_batch_64"
SETUPS[SMALL_BATCH] = {"network": "resnet", "schedule": "step_decay", "batch_size": 64}
LOW_PEAK = {"learning_rate": 0.2}


@dataclass(frozen=True)
class Settings(Following):
    """What is trained, and how long.

    Attributes:
        setup: Names of ``SETUPS``; a job each.
    """

    setup: tuple[str, ...] = tuple(SETUPS)


SCALES = {
    "smoke": Settings(**SMOKE, setup=("resnet_step_decay", "convnet_one_cycle")),
    "desk": Settings(),
}
_CIFAR = DEVIATIONS + "rates 0.1 and, OneCycle, 0.8"


@experiment(
    scales=SCALES,
    expected={"smoke": "3 s on one core", "desk": "3.5 h on 2 cores, 35 networks of 12 min each"},
    over=("setup",),
    deviations={"desk": f"1,000 steps, 2.6 epochs of 200, in batches of 128; {_CIFAR}"},
)
def schedules(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/schedules --scale desk

    Expected result (thesis 3.2.2): the temperature follows the falling rate; under OneCycle it
    falls nearly along a straight line, from the first layers to the last.

    The result is that of ``followed``.
    """
    return followed(settings, SETUPS[settings.setup], seed, run)


_MAIN = tuple(name for name in SETUPS if name != SMALL_BATCH)


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], steps=6, every=1),
        "desk": Settings(setup=_MAIN, steps=330, every=2, fixed_every=15),
    },
    expected={"smoke": "2 s on one core", "desk": "1.6 h on 2 cores, 30 networks of 6 min each"},
    over=("setup",),
    deviations={"desk": f"330 steps, 0.9 epochs of 200, in batches of 128; {_CIFAR}"},
)
def schedules_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/schedules_third --scale desk

    Expected time: smoke 2 s on one core, desk (330 steps, with the seeds of ``schedules``) 1.6 h on
    2 cores. Expected result: that of ``schedules``; what this second length does not show as well
    is not refuted.

    The result is that of ``followed``.
    """
    return schedules(settings, seed, run)


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], steps=6, setup=("resnet_one_cycle",)),
        "desk": Settings(setup=("resnet_one_cycle", "convnet_one_cycle"), seeds=(0,)),
    },
    expected={"smoke": "1 s on one core", "desk": "12 min on 2 cores, 2 networks"},
    over=("setup",),
    deviations={"desk": f"1,000 steps, 2.6 epochs of 200; {DEVIATIONS}OneCycle's peak 0.2"},
)
def low_peak(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/low_peak --scale desk

    Expected time: smoke 1 s on one core, desk (OneCycle at a quarter of its peak, one seed) 12 min
    on 2 cores. Expected result: as ``schedules``, beside which it is shown; it judges nothing.

    The result is that of ``followed``.
    """
    return followed(settings, {**SETUPS[settings.setup], **LOW_PEAK}, seed, run)
