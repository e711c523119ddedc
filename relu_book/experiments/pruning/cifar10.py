"""Ten classes: a network of four blocks at a quarter of its width (pruning paper 4 and 5).

    relu-book run pruning/cifar10 --scale desk
    relu-book run pruning/cifar10_third --scale desk
    relu-book run pruning/cifar8 --scale desk

Ten iterations at the rates of table 3, in two lengths: 12 epochs and, for refutations, 4. Early
stopping waits for 20 epochs, which neither has.
"""

import xarray as xr

from relu_book.experiments.pruning.pruned import CHOICES, Pruning, by_round, one_round, scales_of
from relu_book.runs import Run, experiment

SMOKE = {"network": 6, "width": 0.0625, "rate_conv": 0.2, "validation": 0.1}
DESK = {
    "network": 10,
    "problem": 10,
    "width": 0.25,
    "epochs": 12,
    "rounds": 10,
    "rate_conv": 0.2,
    "validation": 0.1,
}
DEVIATIONS = "a quarter of the width, 10 iterations instead of 20; " + CHOICES


@experiment(
    scales=scales_of(SMOKE, **DESK),
    expected={
        "smoke": "5 s on one core",
        "desk": "4.6 h on 2 cores, 55 jobs of 9 min, first and last round 18",
    },
    deviations={"desk": f"12 epochs instead of 200; {DEVIATIONS}"},
    over=("round",),
    join=by_round,
)
def cifar10(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar10 --scale desk

    Expected result: the first convolution and the dense layer stay similar, those between less.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)


@experiment(
    scales=scales_of(SMOKE, **DESK | {"epochs": 4}),
    expected={
        "smoke": "5 s on one core",
        "desk": "1.0 h on 2 cores, 55 jobs of 2 min, first and last round 4",
    },
    deviations={"desk": f"4 epochs instead of 200; {DEVIATIONS}"},
    over=("round",),
    join=by_round,
)
def cifar10_third(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar10_third --scale desk

    Expected result: that of ``cifar10``, in less than a third of its epochs.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)


@experiment(
    scales=scales_of(SMOKE, **DESK | {"network": 8, "problem": 8}),
    expected={
        "smoke": "5 s on one core",
        "desk": "3.8 h on 2 cores, 55 jobs of 7 min, first and last round 15",
    },
    deviations={"desk": f"12 epochs instead of 200; {DEVIATIONS}"},
    over=("round",),
    join=by_round,
)
def cifar8(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar8 --scale desk

    Expected result: that of ``cifar10``; no claim asks for it.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)
