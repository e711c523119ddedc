"""Whether the entropy stays high while networks train, with skips and without (thesis A.1.1).

    relu-book run entropy_gradient/entropy_with_skips --scale desk
    relu-book run entropy_gradient/entropy_with_skips_third --scale desk

The thesis refers to its section 3.1.5, where ResNet-20 and ConvNet-20 are counted on all images of
CIFAR-10. Here all patterns of 5,120 images and of the first half of them are counted, at ten times
of a training and before it. Both numbers are whole batches of 128, in which batch normalisation
takes its statistics. How many patterns are distinct tells where a layer's entropy is that of the
network, and not that of the number of images.
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from torch import nn

from relu_book.experiments.layers import layout
from relu_book.experiments.trainings import Training, images_for, trained
from relu_book.patterns import count_patterns
from relu_book.runs import Run, experiment
from relu_book.training import Probe

CHECKPOINT_STEPS = 100
NETWORKS = ("convnet", "resnet")


@dataclass(frozen=True)
class Settings(Training):
    """Which networks, and how long they are trained.

    Attributes:
        network: With skips and without; a job each.
        measured_images: How many are counted, two halves of whole batches each.
        times: How often they are counted after the start, evenly.
    """

    network: tuple[str, ...] = NETWORKS
    size: int = 32
    train_images: int = 50_000
    measured_images: int = 5120
    batch_size: int = 128
    learning_rate: float = 0.1
    times: int = 10

    @property
    def measured(self) -> tuple[int, ...]:
        """The steps after which patterns are counted."""
        return tuple(round(part * self.steps / self.times) for part in range(self.times + 1))


SMOKE = {"data": "digits", "size": 8, "width": 4, "dtype": "float64"}
SCALES = {
    "smoke": Settings(
        **SMOKE,
        train_images=320,
        measured_images=128,
        batch_size=32,
        depth=8,
        steps=10,
        times=2,
        seeds=(0,),
    ),
    "desk": Settings(),
}
_DEVIATIONS = (
    "5,120 of 50,000 images counted, 5 of 25 seeds; batches of 128, a constant rate of 0.1, "
    "momentum 0.9 and weight decay 1e-4, none of which the source names"
)


@experiment(
    scales=SCALES,
    expected={"smoke": "2 s on one core", "desk": "0.7 h on 2 cores, 10 networks of 8 min each"},
    over=("network",),
    deviations={"desk": f"1,000 steps, 2.6 epochs of 200; {_DEVIATIONS}"},
)
def entropy_with_skips(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run entropy_gradient/entropy_with_skips --scale desk

    Expected result (thesis A.1.1): without skips the entropy of many layers falls below its bound
    in spite of batch normalisation; with skips it is higher.

    The result has by ``images`` (how many were counted), ``step`` and ``layer`` the
    ``relative_entropy`` and the number of ``distinct`` patterns, ``loss`` by update, and what
    ``layout`` gives.
    """
    images = images_for(settings, run.load, run.device)
    half = len(images.measured) // 2
    parts = images.measured[:half], images.measured[half:]

    def counted(step: int, model: nn.Module) -> dict[str, np.ndarray]:
        """Each by number of images and layer."""
        first, rest = (count_patterns(model, part) for part in parts)
        sizes = [first.values(), [first[name].merge(rest[name]) for name in first]]
        return {
            name: np.array([[getattr(each, name) for each in size] for size in sizes], np.float32)
            for name in ("relative_entropy", "distinct")
        }

    probe = Probe(counted, steps=settings.measured)
    model, history = trained(
        settings, seed, images, run, probes=[probe], checkpoint_steps=CHECKPOINT_STEPS
    )
    rows = [probe.results[step] for step in settings.measured]
    found = {
        name: (("step", "images", "layer"), np.stack([np.asarray(row[name]) for row in rows]))
        for name in rows[0]
    }
    fixed = layout(model, images.measured, settings.depth - 1)
    numbers = [sum(map(len, parts[0])), settings.measured_images]
    share = xr.DataArray(numbers, dims="images") / settings.measured_images
    return (
        xr.Dataset(found, {"step": list(settings.measured), "images": numbers})
        .merge(fixed.assign(evaluations=fixed["evaluations"] * share))
        .transpose("images", ...)
        .assign(loss=("update", history.loss.astype(np.float32)))
    )


@experiment(
    scales={"smoke": replace(SCALES["smoke"], steps=4), "desk": Settings(steps=330)},
    expected={"smoke": "2 s on one core", "desk": "0.5 h on 2 cores, 10 networks of 6 min each"},
    over=("network",),
    deviations={"desk": f"330 steps, 0.8 epochs of 200; {_DEVIATIONS}"},
)
def entropy_with_skips_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run entropy_gradient/entropy_with_skips_third --scale desk

    Expected result: that of ``entropy_with_skips``, with whose seeds it is trained; what this
    second length does not show as well is not refuted.

    The result is that of ``entropy_with_skips``.
    """
    return entropy_with_skips(settings, seed, run)
