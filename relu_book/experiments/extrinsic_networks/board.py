"""An extrinsic network on the board, beside ordinary ones (thesis A.3.2, figure A.8).

    export MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=268435456
    relu-book run extrinsic_networks/board_tuning --scale desk
    relu-book promote extrinsic_networks/board_tuning --scale desk
    relu-book run extrinsic_networks/board --scale desk

Three layers of 600 filters deform the plane, and a read-out tells four classes apart. The source's
own size and training: 200 batches of 250 points, 10 epochs of plain SGD at 0.1. Beside it:

- the networks of figures A.6 and A.7, on all three boards that fit what the source says of them;
- the rows of W made orthonormal at the start, or after each epoch as well, which A.3.1 speaks of;
- the coordinate of ones that definition 10 appends and figure A.8 leaves out, once at the input,
  with as many filters fewer as keep the number of parameters.

Without the two variables the memory of every step is fetched anew, which takes as long again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr
from torch import nn

from relu_book.experiments.extrinsic_networks.networks import (
    Board,
    extrinsic,
    folded,
    layers_of,
    make_rows_orthonormal,
    ordinary,
    trained,
)
from relu_book.experiments.extrinsic_networks.starts import (
    FACTORS,
    HE,
    SEEDS,
    Start,
    chosen,
    extrinsic_starts,
    ordinary_starts,
    table,
)
from relu_book.runs import Run, experiment

TUNING = "extrinsic_networks/board_tuning"
LAYERS = 3
SHOWN = 400  # points of which the record keeps the places


class Setup(NamedTuple):
    """A network and its board."""

    network: str
    layout: str = "D"


TUNED = {
    "extrinsic": Setup("extrinsic"),
    "extrinsic_f": Setup("extrinsic", "F"),
    "extrinsic_i": Setup("extrinsic", "I"),
    "orthonormal_start": Setup("orthonormal_start"),
    "orthonormal_epochs": Setup("orthonormal_epochs"),
    "grown": Setup("grown"),
    "ordinary": Setup("ordinary"),
}
AS_THEY_ARE = {
    f"{network}{end}": Setup(network, layout)
    for network in ("three_layers", "two_filters")
    for end, layout in (("", "D"), ("_f", "F"), ("_i", "I"))
}
SETUPS = TUNED | AS_THEY_ARE
SPREADS = {
    "by_shift": ("extrinsic", "shift"),
    "by_weight": ("extrinsic", "weight"),
    "by_weight_ordinary": ("ordinary", "weight"),
}
_DEVIATIONS = (
    "the board, which is not printed, is D, F or I; the scales of W and s, which are not printed "
    "either, are the best of 16 on validation points of three other seeds"
)


@dataclass(frozen=True)
class Settings(Board):
    """What is trained.

    Attributes:
        measured: Points at which the determinant of the map's Jacobian is taken.
    """

    measured: int = 10_000


@dataclass(frozen=True)
class Tuning(Board):
    """What is tried.

    Attributes:
        setup: A job each.
    """

    setup: tuple[str, ...] = tuple(TUNED)
    seeds: tuple[int, ...] = SEEDS


_SMOKE = {"points": 500, "batch_size": 50, "epochs": 2, "filters": 12, "hidden": 6}


@experiment(
    scales={"smoke": Tuning(**_SMOKE, seeds=SEEDS[:2]), "desk": Tuning()},
    expected={"smoke": "10 s on one core", "desk": "21 min on 2 cores, 21 jobs of 30 s to 2.5 min"},
    over=("setup",),
    deviations={"desk": _DEVIATIONS},
)
def board_tuning(settings: Tuning, seed: int, run: Run) -> xr.Dataset:
    """relu-book run extrinsic_networks/board_tuning --scale desk

    Expected result: a start for each network, on seeds that ``board`` has not. Nothing is judged.

    Returns:
        ``weight``, ``shift`` and ``validation_accuracy`` by ``candidate``.
    """
    setup = TUNED[settings.setup]
    data, validation = (
        settings.points_of(run, split, seed, setup.layout) for split in ("train", "validation")
    )
    starts, found = candidates(setup, settings), []
    for number, start in enumerate(starts):
        model, after = made(setup, settings, start, seed)
        found.append(trained(model, settings, seed, data, validation, after_epoch=after)[-1])
        run.progress(number + 1, len(starts))
    return table(starts, found)


@experiment(
    scales={"smoke": Settings(**_SMOKE, seeds=(0, 1)), "desk": Settings()},
    expected={"smoke": "10 s on one core", "desk": "20 min on 2 cores, 20 jobs of 2 min"},
    deviations={"desk": _DEVIATIONS},
)
def board(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run extrinsic_networks/board --scale desk

    Expected result: the network folds the plane, but without a bias it cannot tell all fields
    apart; how much it learns depends on its start.

    Returns:
        ``accuracy`` in per cent by ``setup`` and ``epoch``, NaN after a divergence; ``by_shift``,
        ``by_weight`` and ``by_weight_ordinary`` by ``factor``, after the last epoch from that many
        times the best scale; ``folded`` and ``folded_start`` in per cent; ``places`` by ``layer``,
        ``point`` and ``coordinate`` after training; by ``setup`` the ``weight`` and ``shift`` of
        the start, and ``parameters``.
    """
    curves, starts, parameters, extra = {}, {}, {}, {}
    jobs = len(SETUPS) + len(SPREADS) * (len(FACTORS) - 1)
    for number, (name, setup) in enumerate(SETUPS.items()):
        data, test = (
            settings.points_of(run, split, seed, setup.layout) for split in ("train", "test")
        )
        start = HE
        if name in TUNED:
            start = chosen(TUNING, run, candidates(setup, settings), setup=name)
        model, after = made(setup, settings, start, seed)
        points = test.images[: settings.measured]
        if name == "extrinsic":
            extra["folded_start"] = folded(model, points)
        curves[name] = trained(model, settings, seed, data, test, after_epoch=after)
        if name == "extrinsic":
            extra["folded"] = folded(model, points)
            extra["places"] = (("layer", "point", "coordinate"), places(model, points[:SHOWN]))
        starts[name], parameters[name] = start, sum(each.numel() for each in model.parameters())
        run.progress(number + 1, jobs)
    for name, (other, scale) in SPREADS.items():
        spread, start = dict.fromkeys(FACTORS, curves[other][-1]), starts[other]
        data, test = (settings.points_of(run, split, seed) for split in ("train", "test"))
        for factor in set(FACTORS) - {1.0}:
            model, _ = made(SETUPS[other], settings, {**start, scale: factor * start[scale]}, seed)
            spread[factor] = trained(model, settings, seed, data, test)[-1]
        extra[name] = ("factor", list(spread.values()))
    return xr.Dataset(
        {
            "accuracy": (("setup", "epoch"), list(curves.values())),
            "parameters": ("setup", list(parameters.values())),
            "weight": ("setup", [start["weight"] for start in starts.values()]),
            "shift": ("setup", [start["shift"] for start in starts.values()]),
            **extra,
        },
        {
            "setup": list(SETUPS),
            "factor": list(FACTORS),
            "epoch": np.arange(settings.epochs) + 1,
        },
    )


def candidates(setup: Setup, settings: Board) -> list[Start]:
    """The starts that are tried."""
    if setup.network == "ordinary":
        return ordinary_starts()
    return extrinsic_starts(*_size(setup, settings))


def made(
    setup: Setup, settings: Board, start: Start, seed: int
) -> tuple[nn.Sequential, Callable[[nn.Module], None]]:
    """A network, and what is done to it after each epoch."""
    if setup.network in ("ordinary", "three_layers", "two_filters"):
        hidden = (2, 2) if setup.network == "two_filters" else LAYERS * (settings.hidden,)
        return ordinary((2, *hidden, 4), weight=start["weight"], seed=seed), _nothing
    filters, size = _size(setup, settings)
    model = extrinsic(LAYERS, filters, **start, seed=seed, grow=size > 2)
    back = partial(make_rows_orthonormal, weight=start["weight"])
    if setup.network.startswith("orthonormal"):
        back(model)
    return model, back if setup.network == "orthonormal_epochs" else _nothing


def _size(setup: Setup, settings: Board) -> tuple[int, int]:
    """Filters of a layer, and numbers in what it deforms; of three as many fewer filters."""
    return (settings.filters * 3 // 4, 3) if setup.network == "grown" else (settings.filters, 2)


def _nothing(model: nn.Module) -> None:
    pass


def places(model: nn.Sequential, points: torch.Tensor) -> np.ndarray:
    """Where the points are after each extrinsic layer, ``(layers, points, 2)``, float32."""
    found = []
    with torch.no_grad():
        for layer in layers_of(model):
            points = layer(points)
            found.append(points)
    return torch.stack(found).numpy()
