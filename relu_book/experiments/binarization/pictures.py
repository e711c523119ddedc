"""Networks for ImageNet with drawn weights (thesis 4.2.3 and 4.2.4, figure 4.3).

    relu-book run binarization/pictures --scale desk
    relu-book run binarization/pictures --scale paper    # with ImageNet and more weights at hand

SqueezeNet has plain convolutions, MobileNet and EfficientNet-Lite0 have separable ones, with batch
norms between that are folded. None is retrained. For each drawing of all weights the pictures are
classified with 1 to 32 samples, and with 16 samples without the 25 or 50 % smallest weights. A seed
is a drawing, not a training.

At the scale ``paper`` these are networks of the source and the published validation pictures. What
is needed, below the folder that ``RELU_BOOK_DATA`` names: ``imagenet/val/<synset>/*.JPEG``, and
torchvision's ``state_dict`` of each network as ``weights/<name>-imagenet.safetensors``, which the
error of a missing one says how to make. A single network, such as torchvision's ResNet-50, is a job
by itself; finished ones are kept.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.binarization.resampled import Drawn, classified
from relu_book.runs import Run, experiment


@dataclass(frozen=True)
class Settings:
    """What is drawn, and how often.

    Attributes:
        network: Names of published networks; a job each.
        images: Of the test set, evenly.
        samples: Numbers of samples n.
        psb: Samples where weights are pruned; psb4 of the thesis.
        pruned: Shares of the weights that are left out.
        seeds: Drawings of all weights.
    """

    network: str | tuple[str, ...] = ("squeezenet", "mobilenet", "efficientnet")
    images: int = 1000
    samples: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    psb: int = 16
    pruned: tuple[float, ...] = (0.25, 0.5)
    seeds: tuple[int, ...] = tuple(range(20))


SCALES = {
    "smoke": Settings(network=("untrained",), images=50, seeds=(0, 1)),
    "desk": Settings(),
    "paper": Settings(
        network=("resnet18", "resnet50", "inception_v3", "mobilenet_v2"),
        images=10_000,
        samples=(1, 2, 4, 8, 16, 32, 64),
        seeds=(0, 1, 2),
    ),
}
_ONE = "one drawing of the weights serves all pictures"


@experiment(
    scales=SCALES,
    expected={
        "smoke": "5 s on one core",
        "desk": "2.5 h on 2 cores, 60 jobs of 2 to 8 min",
        "paper": "2 days on 2 cores, 12 jobs",
    },
    over=("network",),
    deviations={
        "desk": "SqueezeNet 1.1, MobileNet v1 of a quarter of the width and EfficientNet-Lite0 "
        "instead of Inception and ResNet types; 1,000 pictures of ImageNet, one a class and not "
        f"of its validation part; {_ONE}",
        "paper": "10,000 of the 50,000 validation pictures, at 224 pixels for Inception too; "
        f"{_ONE}",
    },
)
def pictures(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/pictures --scale desk

    Expected result (thesis 4.2.3): with 4 samples half of the accuracy is there and with 32 nearly
    all; MobileNet is far worse.

    Returns:
        What ``classified`` gives.
    """
    passes = len(settings.samples) + len(settings.pruned)
    found = classified(Drawn(settings, seed, run, passes), settings)
    labels = {"samples": list(settings.samples), "pruned": list(settings.pruned)}
    return xr.Dataset(found, labels)
