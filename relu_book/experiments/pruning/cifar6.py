"""Six classes: a network of three blocks at a quarter of its width (pruning paper 4 and 5).

    relu-book run pruning/cifar6 --scale desk
    relu-book run pruning/cifar6_third --scale desk

Ten iterations at the rates of table 3, in two lengths: 20 epochs and, for refutations, 6.
"""

import xarray as xr

from relu_book.experiments.pruning.pruned import CHOICES, Pruning, by_round, one_round, scales_of
from relu_book.runs import Run, experiment

SMOKE = {"network": 6, "width": 0.0625}
DESK = {"network": 6, "problem": 6, "width": 0.25, "epochs": 20, "rounds": 10}
DEVIATIONS = "a quarter of the width, 10 iterations instead of 20; " + CHOICES


@experiment(
    scales=scales_of(SMOKE, **DESK),
    expected={
        "smoke": "5 s on one core",
        "desk": "4.0 h on 2 cores, 55 jobs of 7 min, first and last round 15",
    },
    deviations={"desk": f"20 epochs instead of 100; {DEVIATIONS}"},
    over=("round",),
    join=by_round,
)
def cifar6(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar6 --scale desk

    Expected result: the first convolution and the dense layer stay similar, those between less.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)


@experiment(
    scales=scales_of(SMOKE, **DESK | {"epochs": 6}),
    expected={
        "smoke": "5 s on one core",
        "desk": "1.0 h on 2 cores, 55 jobs of 2 min, first and last round 4",
    },
    deviations={"desk": f"6 epochs instead of 100; {DEVIATIONS}"},
    over=("round",),
    join=by_round,
)
def cifar6_third(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar6_third --scale desk

    Expected result: that of ``cifar6``, in less than a third of its epochs.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)
