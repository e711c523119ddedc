"""How far a network before training meets the assumptions of theorem 1 (thesis 3.2.3).

The theorem asks for normally distributed gradients and pre-activations, and gives

    D(eta) = 1 - (1 - arctan(eta sigma_g / sigma_c) / pi)^d        (equation 3.18)

with sigma_c and sigma_g the standard deviations of a layer's pre-activations and of what a step
adds to them, a unit of rate.
"""

import numpy as np
import torch
import xarray as xr
from scipy import stats
from torch.nn import functional as F

from relu_book.experiments.layers import filled
from relu_book.experiments.sensitivity.sweeping import Sweeping
from relu_book.experiments.trainings import images_for, untrained
from relu_book.patterns import watch
from relu_book.runs import Run
from relu_book.undisturbed import model_as_it_was

VALUES = 10_000
SMALL_RATE = 1e-6  # changes of the pre-activations are in proportion to it


def before_training(settings: Sweeping, seed: int, run: Run) -> xr.Dataset:
    """Gradients and pre-activations of each layer, before the first step.

    Args:
        settings: Of one training.
        seed: Of the weights.
        run: Of the job.

    Returns:
        By layer ``normal_gradients`` and ``normal_pre_activations``, Kolmogorov's distances of up
        to 10,000 values to the normal distribution with their mean and variance;
        ``scale_gradients`` and ``scale_pre_activations``, sigma_g and sigma_c.
    """
    images = images_for(settings, run.load, run.device)
    model = untrained(settings, seed, images).double()
    batch = torch.cat(images.measured)[: settings.sweep_images].double()
    labels = images.labels[: settings.sweep_images].to(batch.device)
    F.cross_entropy(model(batch), labels).backward()
    weights = dict(model.named_parameters())
    stepped = {name: weight - SMALL_RATE * weight.grad for name, weight in weights.items()}
    before, after = (_pre_activations(model, each, batch) for each in (weights, stepped))
    layers = [weight.grad for weight in weights.values() if weight.ndim == 4][: len(before)]
    drawn = np.random.default_rng(seed)
    found = {
        "normal_gradients": [_distance_to_normal(each, drawn) for each in layers],
        "normal_pre_activations": [_distance_to_normal(each, drawn) for each in before],
        "scale_pre_activations": [float(each.std()) for each in before],
        "scale_gradients": [
            float((new - old).std()) / SMALL_RATE for old, new in zip(before, after, strict=True)
        ],
    }
    return xr.Dataset(
        {
            name: ("layer", filled(np.array(values, np.float32), settings.depth - 1))
            for name, values in found.items()
        },
        {"layer": np.arange(1, settings.depth)},
    )


def _pre_activations(model, weights, batch) -> list[torch.Tensor]:
    found = []
    seen = watch(model, lambda site: found.append(site.pre_activation.clone()))
    with model_as_it_was(model), torch.no_grad(), seen:
        torch.func.functional_call(model, weights, batch)
    return found


def _distance_to_normal(values: torch.Tensor, drawn: np.random.Generator) -> float:
    """Kolmogorov's distance to the normal distribution with the same mean and variance."""
    values = values.detach().flatten().cpu().numpy()
    if len(values) > VALUES:
        values = drawn.choice(values, VALUES, replace=False)
    return stats.kstest((values - values.mean()) / values.std(), "norm").statistic
