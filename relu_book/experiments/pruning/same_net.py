"""Two, four and ten classes with one network (pruning paper 5.2, figure 2).

    relu-book run pruning/same_net --scale desk
    relu-book run pruning/same_net_third --scale desk

The networks of the source differ from problem to problem in width and depth, so that a harder
problem is not all that differs. Here all three are learned by that of six classes at a quarter of
its width, with the same rates; four iterations, in two lengths: 12 epochs and 4.
"""

from dataclasses import replace

import xarray as xr

from relu_book.experiments.pruning.pruned import CHOICES, Pruning, by_round, one_round, scales_of
from relu_book.runs import Run, experiment

SCALES = scales_of(
    {"network": 6, "width": 0.0625, "problem": (2, 4)},
    network=6,
    problem=(2, 4, 10),
    width=0.25,
    epochs=12,
    rounds=4,
)
SHORT = {"smoke": 2, "desk": 4}
THIRD = {scale: replace(one, epochs=SHORT[scale]) for scale, one in SCALES.items()}
DEVIATIONS = f"one network for all problems, a quarter of its width, 4 iterations; {CHOICES}"


@experiment(
    scales=SCALES,
    expected={
        "smoke": "10 s on one core",
        "desk": "3.4 h on 2 cores, 75 jobs of 2 to 7 min, first and last round 14",
    },
    over=("problem", "round"),
    join=by_round,
    deviations={"desk": f"12 epochs; {DEVIATIONS}"},
)
def same_net(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/same_net --scale desk

    Expected result: the convolutions are the less similar the more classes there are.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)


@experiment(
    scales=THIRD,
    expected={
        "smoke": "10 s on one core",
        "desk": "0.9 h on 2 cores, 75 jobs of 1 to 2 min, first and last round 3",
    },
    over=("problem", "round"),
    join=by_round,
    deviations={"desk": f"4 epochs; {DEVIATIONS}"},
)
def same_net_third(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pruning/same_net_third --scale desk

    Expected result: that of ``same_net``, in a third of its epochs.

    The result of a job is that of ``one_round``, the record that of ``by_round``.
    """
    return one_round(settings, seed, run)
