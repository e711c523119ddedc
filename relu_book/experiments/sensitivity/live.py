"""What the chapter trains while it is executed: one small network on digits, in five settings.

Thesis 3.2.4 changes one thing at a time: skip connections, batch normalisation, momentum, weight
decay. Here, too, at a size of seconds. Nothing of this decides a claim: the figures of the source
are judged by records.
"""

from functools import cache, partial

import numpy as np
import torch
import xarray as xr
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from relu_book import datasets
from relu_book.experiments.sensitivity.statements import TABLE
from relu_book.models import cifar_resnet, convnet
from relu_book.parallel import each
from relu_book.sensitivity import sensitivity
from relu_book.training import SGDW, make_schedule

RATE = 0.1
# By setting, the network and the optimizer that differ from the first one.
SETTINGS = {
    "plain": (cifar_resnet, SGD),
    "no skips": (convnet, SGD),
    "no batch norm": (partial(cifar_resnet, batch_norm=False), SGD),
    "momentum 0.9": (cifar_resnet, partial(SGD, momentum=0.9)),
    "decay 1e-3": (cifar_resnet, partial(SGDW, weight_decay=1e-3)),
}
SWEPT = (0, 1, 2, 5, 10, 20, 40, 59, 61, 75, 91, 119)  # steps that were taken before a sweep


@cache
def trainings(steps: int = 120, batch_size: int = 64) -> xr.Dataset:
    """A ResNet-8 that learns to read digits in each of ``SETTINGS``, under step decay.

    Before each step of ``SWEPT`` the step that the optimizer would take from the first images is
    tried at the rates of the supplement's table: always the same images, so that what moves is the
    network. The rate falls to a tenth after half of the steps and after three quarters of them.

    Args:
        steps: How many.
        batch_size: How many images each.

    Returns:
        By setting, step and ``tried_rate`` ``profile``, the share of changed patterns by ``layer``;
        by setting and step ``mu``, ``sigma`` and ``residual`` of each layer, ``mean_mu`` and so on
        of the mean over the layers, and the ``rate`` in use; by setting ``accuracy`` in the end.

    Cost: 25 s on two idle cores.
    """
    parts = each(lambda name: _training(name, steps, batch_size), SETTINGS)
    return xr.concat(parts, xr.IndexVariable("setting", list(SETTINGS)))


def _training(setting: str, steps: int, batch_size: int) -> xr.Dataset:
    make, optimizer_of = SETTINGS[setting]
    data = datasets.load("digits")
    images, labels = data.images.double(), data.labels.long()
    images = (images - images.mean()) / images.std()
    model = make(8, width=4, in_channels=1, seed=0, dtype=torch.float64)
    optimizer = optimizer_of(model.parameters(), lr=RATE)
    scheduler = make_schedule("step_decay", optimizer, steps)
    generator, sweeps = torch.Generator().manual_seed(0), {}
    watched = [(images[:batch_size], labels[:batch_size])]
    for step in range(steps):
        if step in SWEPT:
            swept = sensitivity(model, optimizer, watched, TABLE).dataset()
            sweeps[step] = swept.assign(rate=scheduler.get_last_lr()[0])
        batch = torch.randperm(len(images), generator=generator)[:batch_size]
        optimizer.zero_grad()
        cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
        scheduler.step()
    with torch.no_grad():
        accuracy = float((model.eval()(images).argmax(1) == labels).double().mean())
    found = xr.concat(sweeps.values(), xr.IndexVariable("step", list(sweeps)))
    found = found.rename(distance="profile", learning_rate="tried_rate", site="layer")
    layers = np.arange(1, found.sizes["layer"] + 1)
    return found.assign_coords(layer=layers).assign(accuracy=accuracy)
