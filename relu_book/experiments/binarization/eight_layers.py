"""Eight convolutions trained in float or with drawn weights (thesis 4.2.2, figure 4.2).

    relu-book run binarization/eight_layers --scale desk

Trained in float with 16, 32 and 64 filters and, with 16, with the weights of each step drawn from 1
to 32 samples. Each is then evaluated with 1 to 32 samples. The width and the training are not
printed: widths are spanned, and the number that is best among others for a number of samples is
chosen on images that are held out.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
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
from relu_book.runs import Run, experiment

# Filters, and samples of the training; 0 is float.
SETUPS = {
    **{f"float_{width}": (width, 0) for width in (16, 32, 64)},
    **{f"psb_{samples}": (16, samples) for samples in (1, 2, 4, 8, 16, 32)},
}
WIDEST = "float_64"


@dataclass(frozen=True)
class Settings(Fitting):
    """What is trained, and how it is evaluated.

    Attributes:
        setup: Names in ``SETUPS``; a job each.
        samples: Numbers of samples of the evaluation.
        validation_drawings: Of all weights, on the images that are held out.
        widest_seeds: So many seeds train the widest network; the others leave it out.
    """

    network: str = "eight"
    setup: str | tuple[str, ...] = tuple(SETUPS)
    samples: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    validation_drawings: int = 5
    widest_seeds: int = 2


SCALES = {
    "smoke": Settings(**SMOKE, setup=("float_16", "psb_2"), samples=(1, 4), validation_drawings=2),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "10 s on one core",
        "desk": "5 h on 2 cores, 42 trainings: 35 of 8 to 13 min, 5 of 20 min, 2 of 1 h",
    },
    over=("setup",),
    deviations={
        "desk": "10 epochs of 49,000 images, batches of 128, OneCycle up to 0.2, flips and shifts, "
        "maxima after the second, fourth and sixth convolution, none of which is printed; 64 "
        "filters with two seeds; 2,000 test images with 20 drawings"
    },
)
def eight_layers(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/eight_layers --scale desk

    Expected result (thesis 4.2.2): trained in float 20, 30, 40 and 55 % are left with 1, 2, 4 and 8
    samples, 90 % of float with 32; trained with drawn weights more, most with the same number.

    Returns:
        Accuracies in per cent: ``float_accuracy``, ``accuracy`` by ``samples`` and ``drawing``, and
        ``validation_accuracy`` by ``samples``; NaN where a width is left out.
    """
    width, samples = SETUPS[settings.setup]
    shape = len(settings.samples), settings.drawings
    found = np.full(shape, np.nan), np.full(shape[0], np.nan), np.nan
    if settings.setup != WIDEST or seed in settings.seeds[: settings.widest_seeds]:
        found = _measured(settings, width, samples, seed, run)
    return xr.Dataset(
        {
            "accuracy": (("samples", "drawing"), found[0]),
            "validation_accuracy": ("samples", found[1]),
            "float_accuracy": ((), found[2]),
        },
        {"samples": list(settings.samples)},
    )


def _measured(
    settings: Settings, width: int, samples: int, seed: int, run: Run
) -> tuple[np.ndarray, np.ndarray, float]:
    images, held_out, their_labels = loaded(settings, run)
    settings = dataclasses.replace(settings, width=width)
    model = fitted(settings, seed, images, run, samples or None)
    network = binarize(model)
    accuracy = accuracies(
        network, images.test, images.test_labels, settings.samples, settings.drawings
    )
    validation = accuracies(
        network, held_out, their_labels, settings.samples, settings.validation_drawings
    )
    exact = in_float(model, images.test, images.test_labels)
    return np.array(accuracy), np.array(validation).mean(1), exact
