"""How well a batch tells the share of changed patterns, and what striding has to do with it
(thesis 3.2.2; supplement F and H).

    relu-book run temperature/instrument --scale desk

ResNet-20 is trained; at ten steps its update is computed once, as in any training, and measured on
20 batches of several sizes, on 2,000 images, and at the 25 rates of supplement table 1. With stride
1 at the start of the third block, that block has the filters of the usual one on pictures of twice
the height and width. The second block keeps its stride: without both, a step took seven times as
long.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import nn

from relu_book.experiments.layers import layout
from relu_book.experiments.temperature.followed import DEVIATIONS, SMOKE, Following
from relu_book.experiments.temperature.one_update import RATES, OneUpdate
from relu_book.experiments.trainings import images_for, trained
from relu_book.runs import Run, experiment
from relu_book.training import Augment

CHECKPOINT_STEPS = 100


@dataclass(frozen=True)
class Settings(Following):
    """What is trained and measured.

    Attributes:
        stride: Of the first convolution of the third block; a job each.
        measured_images: How many training images the batches are taken from.
        many_images: How many of them make the largest batch.
        batch_sizes: Of the batches that the update is measured on, ascending.
        batches: How many of each size.
    """

    stride: tuple[int, ...] = (1, 2)
    depth: int = 20
    measured_images: int = 5120
    many_images: int = 2000
    many_times: int = 10
    batch_sizes: tuple[int, ...] = (32, 64, 128, 256)
    batches: int = 20


SCALES = {
    "smoke": Settings(
        **SMOKE | {"steps": 6, "many_times": 2},
        many_images=64,
        batch_sizes=(2, 4, 8, 16),
        batches=4,
    ),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "3 s on one core",
        "desk": "1.2 h on 2 cores, 5 networks of 9 min and 5 of 18 min",
    },
    over=("stride",),
    deviations={
        "desk": f"ResNet-20, 1,000 steps at rate 0.1, 2.6 epochs; {DEVIATIONS}stride 1 at the "
        "start of the third block alone"
    },
)
def instrument(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/instrument --scale desk

    Expected result: small batches do, and all positions do better than one an image (thesis
    3.2.2).

    The result has what ``OneUpdate`` finds by ``step``, layer, batch size and rate,
    ``learning_rate`` and ``loss`` of these steps, and what ``layout`` says of the layers.
    """
    images = images_for(settings, run.load, run.device)
    measured = torch.cat(images.measured).contiguous(memory_format=torch.channels_last)
    made = []

    def around(model, optimizer):
        made.append(with_stride(model, settings.stride))
        made.append(
            OneUpdate(
                model,
                optimizer,
                frozenset(settings.measured_many),
                measured,
                settings.many_images,
                settings.batch_sizes,
                settings.batches,
                seed,
            )
        )
        return made[1]

    _, history = trained(
        settings,
        seed,
        images,
        run,
        around=around,
        augment=Augment(flip=True, padding=0),
        checkpoint_steps=CHECKPOINT_STEPS,
    )
    model, update = made
    steps = list(settings.measured_many)
    dims = {
        "sweep": ("step", "rate", "layer"),
        "spread": ("step", "batch_size", "layer"),
    }
    found = xr.Dataset(
        {
            name: (
                dims.get(name, ("step", "layer")),
                np.stack([update.found[step][name] for step in steps]).astype("float32"),
            )
            for name in update.found[steps[0]]
        },
        {"step": steps, "rate": list(RATES), "batch_size": list(settings.batch_sizes)},
    )
    place = np.array(steps) - 1
    return xr.merge(
        [found, layout(model, [measured[: settings.batch_size]], settings.depth - 1)]
    ).assign(
        learning_rate=("step", history.learning_rate[place].astype("float32")),
        loss=("step", history.loss[place].astype("float32")),
    )


def with_stride(model: nn.Module, stride: int) -> nn.Module:
    """The network with this stride at the start of its third block, in place."""
    unit = model.layer3[0]
    unit.conv1.stride = (stride, stride)
    unit.shortcut.stride = stride
    return model
