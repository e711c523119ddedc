"""Trainings that stay stable and trainings that diverge, followed by what may tell them apart.

    relu-book run sensitivity/early_warning --scale desk

Thesis 3.2.4: "a rapid rise [of σ] seems to imply a direct divergence". Small networks learn the
digits at rates from harmless to far too large, constant or rising, with and without momentum and
batch normalisation. Each step is followed by what the thesis watches, the temperature at the rate
in use and the transition's μ and σ, and by what is watched today: loss, norm of the gradient, and
the largest curvature λ, which a quadratic loss does not survive from ηλ = 2 (1 + momentum) on.
What warns how early is a reading of the recorded curves.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from relu_book.experiments.sensitivity.curvature import largest_curvature
from relu_book.models import mlp
from relu_book.runs import Run, experiment
from relu_book.temperature import TemperatureProbe, pattern_distance
from relu_book.transition import FitError, LogNormal

RATES = np.geomspace(1e-3, 1e2, 8)
# Near the largest constant rate, without momentum, at which the network still learns.
LARGEST = {"mlp": 1.0, "mlp_bn": 10.0}
RISE, RISES_FOR = 100, 0.8


@dataclass(frozen=True)
class Settings:
    """What is trained and how closely it is followed.

    Attributes:
        data: Name of the data set.
        train_images: How many images are trained on.
        batch_size: Images a step, drawn with replacement.
        width: Filters of each hidden layer.
        hidden: How many of them.
        network: ``mlp`` or ``mlp_bn`` (with batch normalisation); with momentum and course a job
            each.
        momentum: Of the updates.
        course: ``constant``, or ``rising`` a hundredfold over the first 80 % of the steps.
        factor: Peak rates, relative to ``LARGEST`` of the network, times 1 − momentum.
        steps: Updates.
        every: μ, σ and λ are measured at steps 1, 1 + every, ….
        seeds: Of weights and batches.
    """

    data: str = "digits"
    train_images: int = 1280
    batch_size: int = 64
    width: int = 64
    hidden: int = 4
    network: tuple[str, ...] = ("mlp", "mlp_bn")
    momentum: tuple[float, ...] = (0.0, 0.9)
    course: tuple[str, ...] = ("constant", "rising")
    factor: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
    steps: int = 200
    every: int = 2
    seeds: tuple[int, ...] = (0, 1, 2, 3)


SCALES = {
    "smoke": Settings(network=("mlp",), momentum=(0.0,), factor=(0.1, 4.0), steps=60, seeds=(0, 1)),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "25 min on one core, 32 jobs of 1 min"},
    over=("network", "momentum", "course"),
    deviations={
        "desk": "small networks on digits, 200 steps, where the source watched a VGG-11 on CIFAR-10"
    },
)
def early_warning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/early_warning --scale desk

    Expected result: by thesis 3.2.4 sigma rises before a training diverges. Found over four seeds,
    32 divergences, no false alarm: sigma warned of 19 %, the loss of 75 %.

    By ``factor`` and ``step``: ``cost`` (the loss), ``gradient`` (its norm), ``distance`` (share of
    patterns that this step changed, mean over layers); and at ``sweep_step`` ``distance_at``, the
    same at each ``tried_rate``, ``mu``, ``sigma`` and ``curvature``. After the step at which a
    training overflows all are NaN.
    """
    drawn = run.load(settings.data, "train", validation=0)[: settings.train_images]
    images, labels = drawn[0].flatten(1), drawn[1]
    images = (images - images.mean()) / images.std()
    found = []
    for factor in settings.factor:
        peak = peak_of(settings.network, settings.momentum, factor)
        found.append(_followed(settings, peak, seed, images, labels))
        run.progress(len(found), len(settings.factor))
    return xr.concat(found, xr.Variable("factor", list(settings.factor)))


def rate_of(course: str, peak: float, step: int, steps: int) -> float:
    """The rate of a step, counted from 1.

    Example:
        >>> [round(rate_of("rising", 1.0, step, 100), 2) for step in (1, 40, 80, 100)]
        [0.01, 0.1, 1.0, 1.0]
    """
    left = 0.0 if course == "constant" else max(0.0, 1 - step / (RISES_FOR * steps))
    return peak * RISE**-left


def peak_of(network: str, momentum: float, factor: float) -> float:
    """The largest rate of a training."""
    return factor * LARGEST[network] * (1 - momentum)


def _followed(
    settings: Settings, peak: float, seed: int, images: Tensor, labels: Tensor
) -> xr.Dataset:
    """One training, until its end or until it overflows."""
    widths = (images.shape[1], *settings.hidden * (settings.width,), int(labels.max()) + 1)
    model = mlp(widths, settings.network == "mlp_bn", seed=seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=peak, momentum=settings.momentum)
    order = torch.Generator().manual_seed(seed)
    steps = np.arange(1, settings.steps + 1)
    swept = steps[:: settings.every]
    names = ("cost", "gradient", "distance")
    at_step = {name: np.full(len(steps), np.nan) for name in names}
    at_sweep = {name: np.full(len(swept), np.nan) for name in ("mu", "sigma", "curvature")}
    distances = np.full((len(swept), len(RATES)), np.nan)
    direction = None
    with TemperatureProbe(model, optimizer) as probe:
        for place, step in enumerate(steps):
            rate = rate_of(settings.course, peak, step, settings.steps)
            optimizer.param_groups[0]["lr"] = rate
            drawn = torch.randint(len(images), (settings.batch_size,), generator=order)
            optimizer.zero_grad()
            cost = F.cross_entropy(model(images[drawn]), labels[drawn])
            cost.backward(retain_graph=True)
            gradient = torch.nn.utils.get_total_norm(p.grad for p in model.parameters())
            if not (cost.isfinite() and gradient.isfinite()):
                break
            at_step["cost"][place], at_step["gradient"][place] = cost.item(), gradient.item()
            if place % settings.every == 0:
                sweep = place // settings.every
                distances[sweep], fit = _sweep(model, optimizer, images[drawn])
                at_sweep["mu"][sweep], at_sweep["sigma"][sweep] = fit
                at_sweep["curvature"][sweep], direction = largest_curvature(model, cost, direction)
            optimizer.step()
            after = probe.history[-1].distance
            at_step["distance"][place] = after.mean[0]
            if after.overflowed:
                break
    return xr.Dataset(
        {
            **{name: ("step", _single(values)) for name, values in at_step.items()},
            **{name: ("sweep_step", _single(values)) for name, values in at_sweep.items()},
            "distance_at": (("sweep_step", "tried_rate"), _single(distances)),
        },
        {"step": steps, "sweep_step": swept, "tried_rate": RATES},
    )


def _sweep(
    model: nn.Module, optimizer: Optimizer, batch: Tensor
) -> tuple[np.ndarray, tuple[float, float]]:
    """The mean over layers at each rate, and μ and σ of it, NaN where it has no transition."""
    found = pattern_distance(model, optimizer, batch, RATES)
    kept = ~np.isin(RATES, found.overflowed)
    try:
        fit = LogNormal.fit(RATES[kept], found.mean[kept])
    except FitError:
        return found.mean, (np.nan, np.nan)
    return found.mean, (fit.mu, fit.sigma)


def _single(values: np.ndarray) -> np.ndarray:
    """In single precision, where what is too large becomes the largest number."""
    largest = np.finfo(np.float32).max
    return np.clip(values, -largest, largest).astype(np.float32)
