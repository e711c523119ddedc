"""The first steps of three trainings, small enough to run in the chapter (thesis 3.1.4).

ToyNet-20, ConvNet-20 and ResNet-20 at full width learn scanned digits of 16 x 16 pixels, in float64
so that every CPU sees the same signs. After every update the patterns of all layers are counted on
256 fixed images, with batch statistics at the training batch size (thesis 3.1.3). Step 0 is the
state before the first update, which the source's captions leave open. About 25 s on two cores.
"""

from functools import partial

import torch
import xarray as xr

from relu_book import datasets
from relu_book.experiments.pattern_evolution.evolution import Evolution, layout
from relu_book.experiments.trainings import (
    NETWORKS,
    Training,
    images_for,
    optimizer_for,
    untrained,
)
from relu_book.parallel import each
from relu_book.training import train

# 1,280 images are 20 whole batches, so that no update rests on fewer images than the others.
SETTINGS = Training(data="digits", train_images=1280, dtype="float64", seeds=(0,))
STEPS = 15
DEPTH = 20


def first_steps(
    steps: int = STEPS, settings: Training = SETTINGS, depth: int = DEPTH
) -> xr.Dataset:
    """Measures of all layers after each update, for the three networks.

    Args:
        steps: Number of updates.
        settings: Images and optimiser.
        depth: Layers with weights.

    Returns:
        What ``Evolution`` measures, by (seed, network, step, layer), and ``width``,
        ``evaluations``, ``block`` and ``after`` by (network, layer).
    """
    images = images_for(settings, partial(datasets.load, size=settings.size), torch.device("cpu"))

    def measured(job: int) -> xr.Dataset:
        seed, name = jobs[job]
        model = untrained(name, settings, seed, images, depth)
        evolution = Evolution(images.measured, range(steps + 1))
        fixed = layout(model, images.measured[0][:1], images.measured, depth - 1)
        train(
            model,
            images.train,
            images.labels,
            optimizer=optimizer_for(name, model, settings),
            steps=steps,
            batch_size=settings.batch_size,
            seed=seed,
            probes=[evolution],
        )
        found = evolution.table(depth - 1).expand_dims(seed=[seed])
        return xr.merge([found, fixed]).expand_dims(network=[name])

    # The first and the last share a core: ToyNet, which takes longest, has one to itself.
    order = ("resnet", "toynet", "convnet")
    jobs = [(seed, name) for seed in settings.seeds for name in order]
    found = xr.combine_by_coords(each(measured, range(len(jobs))))
    return found.sel(network=list(NETWORKS)).transpose("seed", "network", "step", "layer", ...)
