"""Whether noise disturbs wide networks more, whose cells are smaller (thesis 4.2.6).

    relu-book run binarization/widths --scale desk

ResNet-20 of version 2 with 8, 16 and 32 filters in its first stage. For each drawing with 16
samples the accuracy, and the patterns that differ from those in float: of a layer at a pixel one
differs if any filter's sign does. Single signs are counted as well, since a pattern of more signs
changes the more easily.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import torch
import xarray as xr
from torch import Tensor, nn

from relu_book.binarization import binarize
from relu_book.experiments.binarization.fitted import SMOKE, Fitting, fitted, in_float, loaded
from relu_book.experiments.binarization.resampled import share
from relu_book.runs import Run, experiment


@dataclass(frozen=True)
class Settings(Fitting):
    """What is trained, and how it is evaluated.

    Attributes:
        filters: Of the first stage; a job each.
        samples: Number of samples n.
    """

    network: str = "version_2"
    filters: int | tuple[int, ...] = (8, 16, 32)
    samples: int = 16
    epochs: int = 4
    test_images: int = 1000


SCALES = {"smoke": Settings(**SMOKE, filters=(2, 4)), "desk": Settings()}
_BATCH = 100


@experiment(
    scales=SCALES,
    expected={
        "smoke": "20 s on one core",
        "desk": "2.5 h on 2 cores, 15 trainings of 7 to 37 min",
    },
    over=("filters",),
    deviations={
        "desk": "ResNet-20 on CIFAR-10, 4 epochs, 1,000 test images with 20 drawings; the source "
        "compares no widths"
    },
)
def widths(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/widths --scale desk

    Expected result (thesis 4.2.6): more patterns change in wider networks, and the accuracy does
    not suffer more.

    Returns:
        ``float_accuracy`` and, by ``drawing``, ``accuracy`` in per cent; by ``drawing`` and
        ``layer`` the shares ``changed_patterns`` and ``changed_signs``.
    """
    images, _, _ = loaded(settings, run)
    model = fitted(replace(settings, width=settings.filters), seed, images, run)
    test, labels = images.test, images.test_labels
    network = binarize(model, settings.samples)
    network.prepare((test[:1],), {})  # in its own pass, before signs are looked at
    accuracy, patterns, signs = [], [], []
    with torch.inference_mode():
        for number in range(settings.drawings):
            right, changed = [], []
            for x, label in zip(test.split(_BATCH), labels.split(_BATCH), strict=True):
                network.stream.seed, network.stream.passes = number, 0
                with _signs(model) as exact:
                    model(x)
                with _signs(network.network) as drawn:
                    right.append(network(x).argmax(1) == label)
                differ = [a != b for a, b in zip(exact, drawn, strict=True)]
                changed.append([[d.any(1).double().mean(), d.double().mean()] for d in differ])
            accuracy.append(share(torch.cat(right)))
            both = torch.tensor(changed).mean(0)
            patterns.append(both[:, 0].tolist())
            signs.append(both[:, 1].tolist())
    return xr.Dataset(
        {
            "float_accuracy": ((), in_float(model, test, labels)),
            "accuracy": ("drawing", accuracy),
            "changed_patterns": (("drawing", "layer"), patterns),
            "changed_signs": (("drawing", "layer"), signs),
        }
    )


@contextmanager
def _signs(model: nn.Module) -> Iterator[list[Tensor]]:
    """Which filters are active, at each ReLU in the order of their calls."""
    seen: list[Tensor] = []

    def see(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen.append(given[0] > 0)

    with ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, nn.ReLU):
                stack.enter_context(module.register_forward_pre_hook(see))
        yield seen
