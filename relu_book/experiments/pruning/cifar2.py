"""Two classes in the full setting (pruning paper 4 and 5), and with one rate for both pools.

    relu-book run pruning/cifar2 --scale desk
    relu-book run pruning/cifar2_02 --scale desk

The network of table 2 for automobile and truck, 50 epochs, 20 iterations; ``cifar2`` with the rates
of table 3, ``cifar2_02`` with 0.2 for the convolutions too, so that 1.15 % of both pools are left.
"""

import xarray as xr

from relu_book.experiments.pruning.pruned import CHOICES, Pruning, by_round, one_round, scales_of
from relu_book.runs import Run, experiment

EXPECTED = {
    "smoke": "5 s on one core",
    "desk": "4.6 h on 2 cores, 105 jobs of 5 min, first and last round 10",
}


@experiment(
    scales=scales_of(),
    expected=EXPECTED,
    deviations={"desk": CHOICES},
    over=("round",),
    join=by_round,
)
def cifar2(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar2 --scale desk

    Expected result: no more than two points of accuracy lost at 12 % of the convolutions'
    parameters; similarity falls from round to round and from layer to layer.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)


@experiment(
    scales=scales_of({"rate_conv": 0.2}, rate_conv=0.2),
    expected=EXPECTED,
    deviations={"desk": f"convolutions at 0.2 instead of 0.1; {CHOICES}"},
    over=("round",),
    join=by_round,
)
def cifar2_02(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/cifar2_02 --scale desk

    Expected result: no more than two points lost at 1.15 % of the pruned parameters.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)
