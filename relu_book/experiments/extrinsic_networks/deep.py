"""Many extrinsic layers: their patterns, and how gradients pass (thesis A.3.1, A.3.3).

    export MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=268435456
    relu-book run extrinsic_networks/deep_tuning --scale desk
    relu-book promote extrinsic_networks/deep_tuning --scale desk
    relu-book run extrinsic_networks/deep --scale desk

Networks of 3, 8 and 30 layers of 600 filters on the plane, trained as that of figure A.8. Before
and after training the distinct patterns of test points are counted in each layer, and the norm of
the gradient of each layer's parameters is taken on 1,000 points. An ordinary network of 30 layers
of 50 filters is trained beside them, from the weights of He.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import nn
from torch.nn import functional

from relu_book.datasets import Dataset
from relu_book.experiments.extrinsic_networks.networks import (
    Board,
    extrinsic,
    ordinary,
    patterns_by_layer,
    trained,
)
from relu_book.experiments.extrinsic_networks.starts import (
    HE,
    SEEDS,
    SHIFTS,
    Start,
    chosen,
    extrinsic_starts,
    table,
)
from relu_book.runs import Run, experiment

TUNING = "extrinsic_networks/deep_tuning"
DEPTHS = (3, 8, 30)
_DEVIATIONS = (
    "board of layout D; the scales of W and s, which are not printed, are the best of 12 on "
    "validation points of two other seeds; the source names no depth but 3"
)


@dataclass(frozen=True)
class Settings(Board):
    """What is trained and measured.

    Attributes:
        depth: Layers; a job each.
        sizes: Numbers of test points whose patterns are counted.
        gradient_points: Training points whose loss and gradient are taken.
        seeds: Of weights, points and batches; twelve, as a training of 8 layers may diverge.
    """

    depth: tuple[int, ...] = DEPTHS
    sizes: tuple[int, int] = (10_000, 40_000)
    gradient_points: int = 1000
    seeds: tuple[int, ...] = tuple(range(12))


_SMOKE = {"depth": (3, 5), "points": 500, "batch_size": 50, "epochs": 2}
_SMALL = Settings(
    **_SMOKE, filters=12, hidden=6, sizes=(100, 400), gradient_points=100, seeds=(0, 1)
)


def candidates(settings: Settings) -> list[Start]:
    """The starts that are tried: the three smaller scales of W, and of s from a thirtieth."""
    weights = [start["weight"] for start in extrinsic_starts(settings.filters)[:: len(SHIFTS)]]
    shifts = (0.03, *SHIFTS[:-1])
    return [{"weight": weight, "shift": shift} for weight in weights[:-1] for shift in shifts]


@experiment(
    scales={"smoke": _SMALL, "desk": Settings(seeds=SEEDS[:2])},
    expected={"smoke": "10 s on one core", "desk": "20 min on 2 cores, 6 jobs of 2 to 14 min"},
    over=("depth",),
    deviations={"desk": _DEVIATIONS},
)
def deep_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run extrinsic_networks/deep_tuning --scale desk

    Expected result: the deeper the network, the smaller the best shift. Nothing is judged.

    Returns:
        ``weight``, ``shift`` and ``validation_accuracy`` by ``candidate``.
    """
    data, validation = (settings.points_of(run, split, seed) for split in ("train", "validation"))
    starts, found = candidates(settings), []
    for number, start in enumerate(starts):
        model = extrinsic(settings.depth, settings.filters, **start, seed=seed)
        found.append(trained(model, settings, seed, data, validation)[-1])
        run.progress(number + 1, len(starts))
    return table(starts, found)


@experiment(
    scales={"smoke": _SMALL, "desk": Settings()},
    expected={"smoke": "10 s on one core", "desk": "10 min on 2 cores, 36 jobs of 10 s to 1.5 min"},
    over=("depth",),
    deviations={"desk": _DEVIATIONS},
)
def deep(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run extrinsic_networks/deep --scale desk

    Expected result (thesis A.3.1, A.3.3): later layers have fewer patterns; gradients pass.

    Returns:
        By ``time`` (``start``, ``end``) the ``patterns`` by number of ``points`` and ``layer``,
        the ``gradient`` norm by ``layer`` and the ``loss``; ``accuracy`` in per cent by ``epoch``,
        of which ``trained`` were trained before a divergence; the same of the ordinary network with
        ``_ordinary``; ``weight`` and ``shift`` of the start. Layers beyond the depth are NaN, and
        what comes after a divergence is.
    """
    data, test = (settings.points_of(run, split, seed) for split in ("train", "test"))
    start = chosen(TUNING, run, candidates(settings), depth=settings.depth)
    widths = (2, *settings.depth * (settings.hidden,), 4)
    models = {
        "": extrinsic(settings.depth, settings.filters, **start, seed=seed),
        "_ordinary": ordinary(widths, weight=HE["weight"], seed=seed),
    }
    found = {}
    for number, (end, model) in enumerate(models.items()):
        before = measured(model, settings, data, test)
        accuracy = trained(model, settings, seed, data, test)
        ended = np.isfinite(accuracy[-1])
        after = measured(model, settings, data, test) if ended else before * np.nan
        both = xr.concat([before, after], xr.Variable("time", ["start", "end"]))
        both["accuracy"] = ("epoch", accuracy)
        both["trained"] = ((), int(np.isfinite(accuracy).sum()))
        found |= {f"{name}{end}": values for name, values in both.items()}
        run.progress(number + 1, len(models))
    places = {"layer": np.arange(1, max(DEPTHS) + 1), "epoch": np.arange(settings.epochs) + 1}
    return xr.Dataset(found, {"epoch": places["epoch"]}).reindex(places).assign(**start)


def measured(model: nn.Sequential, settings: Settings, data: Dataset, test: Dataset) -> xr.Dataset:
    """Patterns, loss and gradient norms of a network as it is."""
    points, labels = data[slice(settings.gradient_points)]
    loss = functional.cross_entropy(model(points), labels)
    hidden = [layer for layer in model[:-1] if list(layer.parameters())]
    norms = []
    for layer in hidden:
        gradients = torch.autograd.grad(loss, list(layer.parameters()), retain_graph=True)
        norms.append(float(torch.cat([each.flatten() for each in gradients]).norm()))
    patterns = [patterns_by_layer(model, test.images[:size]) for size in settings.sizes]
    return xr.Dataset(
        {
            "patterns": (("points", "layer"), np.array(patterns, float)),
            "gradient": ("layer", norms),
            "loss": loss.item(),
        },
        {"points": list(settings.sizes), "layer": np.arange(1, len(hidden) + 1)},
    )
