"""Four classes: the whole network of table 2 in a shortened training (pruning paper 4 and 5).

    relu-book run pruning/cifar4 --scale desk
    relu-book run pruning/cifar4_third --scale desk

Twenty iterations at the rates of table 3, in two lengths: 20 epochs and, for refutations, 6.
"""

import xarray as xr

from relu_book.experiments.pruning.pruned import CHOICES, Pruning, by_round, one_round, scales_of
from relu_book.runs import Run, experiment

DESK = {"network": 4, "problem": 4, "epochs": 20}


@experiment(
    scales=scales_of(**DESK),
    expected={
        "smoke": "5 s on one core",
        "desk": "4.0 h on 2 cores, 105 jobs of 5 min, first and last round 10",
    },
    deviations={"desk": f"20 epochs instead of 50; {CHOICES}"},
    over=("round",),
    join=by_round,
)
def cifar4(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar4 --scale desk

    Expected result: similarity falls from round to round and from layer to layer.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)


@experiment(
    scales=scales_of(**DESK | {"epochs": 6}),
    expected={
        "smoke": "5 s on one core",
        "desk": "1.0 h on 2 cores, 105 jobs of 1 min, first and last round 2",
    },
    deviations={"desk": f"6 epochs instead of 50; {CHOICES}"},
    over=("round",),
    join=by_round,
)
def cifar4_third(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar4_third --scale desk

    Expected result: that of ``cifar4``, in less than a third of its epochs.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)
