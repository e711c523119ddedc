"""The run-away of a hot target, live: one small residual network on digits, its links cut in turn.

Behind batch norm only the direction of a weight w counts. Its gradient is orthogonal to w and as
long as 1/|w|, so that a step with the rate η turns it by an angle of tangent θ ~ η/|w|², the
*effective rate*, and makes it longer by Pythagoras,

    |w'|² = |w|² (1 + θ²).

A target that keeps θ therefore makes the length grow by the same factor in each step, and the rate
with its square. That is the first link. The scales and shifts of batch norm and the last layer are
not protected so; they grow with the rate as well. Either link is cut by keeping what it moves.
Nothing of this decides a claim.

In this network every second convolution goes into a batch norm directly. What the others give is
added up before it is normalised, so that their length counts only jointly: they are one w.
"""

from functools import cache

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relu_book import datasets
from relu_book.actcoolr import ActCooLR, DivergedError
from relu_book.models import cifar_resnet
from relu_book.parallel import each
from relu_book.temperature import TemperatureProbe, pattern_distance, temperature

# By training its policy, and whether the lengths of the convolutions' weights, and all that is no
# convolution, are kept as they were.
TRAININGS = {
    "thesis": ("thesis", False, False),
    "lengths kept": ("thesis", True, False),
    "scales kept": ("thesis", False, True),
    "both kept": ("thesis", True, True),
    "safe": ("safe", False, False),
}
START = 3.17
RUN_AWAY = 1e6  # a loss that ends a training
TRIED = np.logspace(-2, 6, 33)
SWEPT = (1, 9, 17)  # the first step, and the first after a correction of mu, twice


@cache
def trainings(steps: int = 64) -> xr.Dataset:
    """A ResNet-8 with 4 filters that learns to read digits, once for each of ``TRAININGS``.

    T_start 3.17, momentum 0.9, no weight decay, batches of 64; all begin with the same weights and
    see the same batches. Each step is measured.

    Args:
        steps: How many.

    Returns:
        By ``training`` and ``step`` the ``rate``, the ``loss``, the ``target`` in bits, the
        policy's ``mu`` (NaN where it is not corrected), the ``share`` of changed patterns, the
        ``temperature`` (mean over the layers), and, before the step, ``length``: how many times as
        long as at first its ``invariant_weights`` are (geometric mean); NaN from a loss of 1e6 or a
        rate of 1e10 on. The ``reason`` of the history. By training, ``swept`` step, ``tried_rate``
        and ``layer`` the ``profile``, what this step would have changed at other rates.

    Cost: 10 s on one idle core.
    """
    parts = each(lambda name: _training(*TRAININGS[name], steps), TRAININGS)
    return xr.concat(parts, xr.IndexVariable("training", list(TRAININGS)))


def effective(data: xr.Dataset) -> xr.DataArray:
    """The rate over the square of the length."""
    return data["rate"] / data["length"] ** 2


def links(data: xr.Dataset) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By link of the loop the logarithms of its cause and of its effect, one a correction of mu.

    From the rate of a step to the length after it, from there to the half-change rate e^mu that is
    measured, and on to the rate that is taken next.

    Args:
        data: Of one training.
    """
    lasts = np.isfinite(data["rate"].values[1:])  # the step after it was taken as well
    corrected = np.flatnonzero(np.isfinite(data["mu"].values[:-1]) & lasts)
    rate, length = np.log(data["rate"].values), np.log(data["length"].values)
    mu, after = data["mu"].values[corrected], corrected + 1
    return {
        "rate to length": (rate[corrected], length[after]),
        "length to half-change rate": (length[after], mu),
        "half-change rate to rate": (mu, rate[after]),
    }


def slopes(data: xr.Dataset) -> dict[str, float]:
    """The slope of each of ``links``, by least squares; their product is the gain of the loop."""
    return {name: float(np.polyfit(*pair, 1)[0]) for name, pair in links(data).items()}


def _training(policy: str, keeps_lengths: bool, keeps_scales: bool, steps: int) -> xr.Dataset:
    data = datasets.load("digits")
    images, labels = data.images.double(), data.labels.long()
    images = (images - images.mean()) / images.std()
    model = cifar_resnet(8, width=4, in_channels=1, seed=0, dtype=torch.float64)
    weights = [m.weight for m in model.modules() if isinstance(m, nn.Conv2d)]
    invariant = invariant_weights(weights)
    learning = weights if keeps_scales else list(model.parameters())
    optimizer = torch.optim.SGD(learning, lr=0.1, momentum=0.9)
    scheduler = ActCooLR(optimizer, model, steps, start_temperature=START, policy=policy)
    generator, rows, profiles = torch.Generator().manual_seed(0), [], []
    first = _lengths(invariant)
    with TemperatureProbe(model, optimizer) as probe:
        for step in range(1, steps + 1):
            length = (_lengths(invariant) / first).log().mean().exp().item()
            batch = torch.randperm(len(images), generator=generator)[:64]
            optimizer.zero_grad()
            loss = cross_entropy(model(images[batch]), labels[batch])
            if not loss < RUN_AWAY:
                break
            loss.backward()
            if step in SWEPT:
                profiles.append(pattern_distance(model, optimizer, images[batch], TRIED).values)
            try:
                optimizer.step()
                scheduler.step()
            except DivergedError:  # a rate above 1e10
                break
            if keeps_lengths:
                shorten(invariant, first)
            distance, told = probe.history[-1].distance, scheduler.history[-1]
            is_corrected = told["temperature"] is not None
            rows.append(
                {
                    "rate": told["learning_rate"],
                    "loss": loss.item(),
                    "target": told["target_temperature"],
                    "mu": told["mu"] if is_corrected else np.nan,
                    "share": float(distance.mean[0]),
                    "temperature": float(temperature(distance)[0].mean()),
                    "length": length,
                    "reason": told["reason"],
                }
            )
    found = pd.DataFrame(rows, index=pd.Index(range(1, len(rows) + 1), name="step"))
    found = found.reindex(range(1, steps + 1)).rename_axis("step").to_xarray()
    return found.assign(reason=found["reason"].fillna("")).assign(
        profile=(("swept", "tried_rate", "layer"), np.array(profiles)),
        swept=list(SWEPT),
        tried_rate=TRIED,
    )


def invariant_weights(convolutions: list[Tensor]) -> list[list[Tensor]]:
    """The weights of a ResNet that have one length each: those that are added up, and the others.

    Args:
        convolutions: In the order of the network.
    """
    return [convolutions[::2], *([weight] for weight in convolutions[1::2])]


def _lengths(invariant: list[list[Tensor]]) -> Tensor:
    return torch.stack([torch.cat([w.detach().flatten() for w in one]).norm() for one in invariant])


def shorten(invariant: list[list[Tensor]], lengths: Tensor) -> None:
    """Gives weights these lengths; what the network computes does not change.

    It does by as little as the constant is that batch norm adds to the variance.
    """
    with torch.no_grad():
        for one, factor in zip(invariant, lengths / _lengths(invariant), strict=True):
            for weight in one:
                weight.mul_(factor)
