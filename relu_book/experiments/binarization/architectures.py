"""Three architectures trained alike, then drawn (thesis 4.2.3, figure 4.3).

    relu-book run binarization/architectures --scale desk

ResNet-20 of version 2, the same with batch normalisation after the addition, so that what the skips
carry is multiplied again and again, and 20 layers of separable convolutions without skips. Each is
evaluated with 1 to 32 samples. With 8 samples the variance of the outputs over drawings is taken,
with batch norms folded where they can be, and not; nothing is rounded to 16 bits there.
"""

from dataclasses import dataclass

import torch
import xarray as xr

from relu_book.binarization import binarize
from relu_book.experiments.binarization.fitted import (
    SMOKE,
    Fitting,
    accuracies,
    fitted,
    in_float,
    loaded,
)
from relu_book.experiments.binarization.resampled import drawn_outputs
from relu_book.runs import Run, experiment

# Behind the point, of 16: what skips carry that are normalised after the addition grows.
_BITS = 8
NETWORKS = ("version_2", "after_addition", "separable")


@dataclass(frozen=True)
class Settings(Fitting):
    """What is trained, and how it is evaluated.

    Attributes:
        samples: Numbers of samples of the evaluation.
        varying: Number of samples with which the variance is taken.
        varying_images: Test images whose outputs vary.
    """

    network: str | tuple[str, ...] = NETWORKS
    samples: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    test_images: int = 1000
    varying: int = 8
    varying_images: int = 200


SCALES = {
    "smoke": Settings(**SMOKE, samples=(4, 8)),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "20 s on one core",
        "desk": "4 h on 2 cores, 15 trainings of 25 to 40 min",
    },
    over=("network",),
    deviations={
        "desk": "ResNet-20 and a separable network of 20 layers on CIFAR-10, 10 epochs, instead of "
        "ResNet-50 and MobileNet on ImageNet; 1,000 test images with 20 drawings"
    },
)
def architectures(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/architectures --scale desk

    Expected result (thesis 4.2.3): batch normalisation after the addition is worse than version 2,
    and separable convolutions are far worse; folding makes a network less stochastic.

    Returns:
        Accuracies in per cent: ``float_accuracy`` and ``accuracy`` by ``samples`` and ``drawing``;
        ``variance`` of the outputs over drawings by ``folded``, mean over outputs and images.
    """
    images, _, _ = loaded(settings, run)
    model = fitted(settings, seed, images, run)
    test, labels = images.test, images.test_labels
    some, variances = test[: settings.varying_images], []
    for fold in (True, False):
        network = binarize(model, settings.varying, activation_bits=None, fold=fold)
        drawn = [drawn_outputs(network, some, number) for number in range(settings.drawings)]
        variances.append(torch.stack(drawn).var(0).mean().item())
    found = accuracies(
        binarize(model, fraction_bits=_BITS), test, labels, settings.samples, settings.drawings
    )
    return xr.Dataset(
        {
            "accuracy": (("samples", "drawing"), found),
            "variance": ("folded", variances),
            "float_accuracy": ((), in_float(model, test, labels)),
        },
        {"samples": list(settings.samples), "folded": [True, False]},
    )
