"""The first steps of three trainings, small enough to run in the chapter (thesis 3.1.4).

ToyNet-20, ConvNet-20 and ResNet-20 at full width learn scanned digits of 16 x 16 pixels, in float64
so that every CPU sees the same signs. After every update the patterns of all layers are counted on
256 fixed images, with batch statistics at the training batch size (thesis 3.1.3). Step 0 is the
state before the first update, which the source's captions leave open. About 25 s on two cores.
"""

from dataclasses import replace
from functools import partial

import torch
import xarray as xr

from relu_book import datasets
from relu_book.experiments.layers import layout
from relu_book.experiments.pattern_evolution.evolution import Evolution
from relu_book.experiments.pattern_evolution.scales import NETWORKS
from relu_book.experiments.trainings import Training, images_for, optimizer_for, untrained
from relu_book.parallel import each
from relu_book.training import train

# 1,280 images are 20 whole batches, so that no update rests on fewer images than the others.
SETTINGS = Training(
    data="digits", train_images=1280, dtype="float64", network=NETWORKS, seeds=(0,), steps=15
)


def first_steps(settings: Training = SETTINGS) -> xr.Dataset:
    """Measures of all layers after each update, for the three networks.

    Args:
        settings: Images, networks and optimiser; the images are not augmented.

    Returns:
        What ``Evolution`` measures, by (seed, network, step, layer), and what ``layout`` says of
        the layers.
    """
    images = images_for(settings, partial(datasets.load, size=settings.size), torch.device("cpu"))
    layers = settings.depth - 1

    def measured(job: tuple[int, str]) -> xr.Dataset:
        seed, name = job
        one = replace(settings, network=name)
        model = untrained(one, seed, images)
        evolution = Evolution(images.measured, range(settings.steps + 1))
        train(
            model,
            images.train,
            images.labels,
            optimizer=optimizer_for(model, one),
            steps=settings.steps,
            batch_size=settings.batch_size,
            seed=seed,
            probes=[evolution],
        )
        found = evolution.table(layers).expand_dims(seed=[seed])
        fixed = layout(model, images.measured, layers)
        return xr.merge([found, fixed]).expand_dims(network=[name])

    # The first and the last share a core: ToyNet, which takes longest, has one to itself.
    order = ("resnet", "toynet", "convnet")
    found = each(measured, [(seed, name) for seed in settings.seeds for name in order])
    record = xr.combine_by_coords(found).sel(network=list(settings.network))
    return record.transpose("seed", "network", "step", "layer", ...)
