"""Does entropy help a small network to train? Three data sets, four methods, equal tuning.

    relu-book run entropy_gradient/small_networks --scale desk

Thesis A.1 reports that its regulariser made networks no better, and shows no experiment. Here dense
networks learn a checkboard in the plane, scanned digits and FashionMNIST: as they are, with batch
normalisation, and with the entropy of their patterns in the loss, by either potential. Each method
has six candidates (six rates, or two strengths by three rates), and the first seeds choose one
for it that the others are told of. No claim of the source is judged by it.
"""

import copy
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from relu_book.experiments.entropy_gradient.raised import raised
from relu_book.models import mlp
from relu_book.patterns import count_patterns
from relu_book.runs import Run, experiment
from relu_book.training import Probe, accuracy, make_schedule

# Data sets by name: how many inputs, the widths of the hidden layers, and the number of classes.
# The dense network of the checkboard is that of thesis A.3.
WIDTHS = {
    "checkboard": (2, 50, 50, 50, 4),
    "digits": (64, 16, 16, 16, 10),
    "fashion_mnist": (784, 32, 32, 32, 10),
}
_ALONE = [(0.0, rate) for rate in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)]
_RAISED = [(strength, rate) for strength in (0.01, 0.1) for rate in (0.03, 0.1, 0.3)]
# Pairs of the strength of the entropy and the learning rate.
METHODS = {
    "plain": _ALONE,
    "batch_norm": _ALONE,
    "entropy_linear": _RAISED,
    "entropy_quadratic": _RAISED,
}
CANDIDATES = len(_ALONE)


@dataclass(frozen=True)
class Settings:
    """What is trained, and how long.

    Attributes:
        data: Names of data sets; a job each.
        method: Names of ``METHODS``; a job each.
        train_samples: How many samples are trained on, or all if there are fewer.
        test_samples: How many are classified, likewise.
        batch_size: Samples an update; also those whose patterns a layer's entropy is counted over.
        steps: Updates.
        checks: How often the accuracy is measured, evenly.
        choosing: How many of the seeds, the first ones, choose a candidate.
        seeds: Of weights and batches.
    """

    data: str | tuple[str, ...] = tuple(WIDTHS)
    method: str | tuple[str, ...] = tuple(METHODS)
    train_samples: int = 5000
    test_samples: int = 5000
    batch_size: int = 128
    momentum: float = 0.9
    steps: int = 300
    checks: int = 3
    choosing: int = 5
    seeds: tuple[int, ...] = tuple(range(15))

    @property
    def checked(self) -> tuple[int, ...]:
        """The steps after which the accuracy is measured."""
        return tuple(round(self.steps * part / self.checks) for part in range(1, self.checks + 1))


@experiment(
    scales={
        "smoke": Settings(
            data=("checkboard", "digits"),
            train_samples=200,
            test_samples=100,
            batch_size=50,
            steps=6,
            choosing=1,
            seeds=(0, 1),
        ),
        "desk": Settings(),
    },
    expected={"smoke": "10 s on one core", "desk": "10 min on 2 cores, 180 jobs of 5 s"},
    over=("data", "method"),
    deviations={"desk": "the source shows no experiment: data, networks and lengths are ours"},
)
def small_networks(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run entropy_gradient/small_networks --scale desk

    Expected result: reported as found.

    The result has by ``candidate`` the ``test_accuracy`` in per cent by ``check``, NaN after a
    divergence, and the mean ``entropy`` of the layers on the test samples in the end, in bits.
    """
    data = {
        split: _samples(settings, split, number, run)
        for split, number in (("train", settings.train_samples), ("test", settings.test_samples))
    }
    mean, deviation = data["train"][0].mean(), data["train"][0].std()
    data = {split: ((x - mean) / deviation, y) for split, (x, y) in data.items()}
    rows = []
    for number, (strength, rate) in enumerate(METHODS[settings.method]):
        part = copy.copy(run)
        part.progress = partial(_tell, run, number)
        rows.append(_trained(settings, seed, data, strength, rate, part))
    return xr.Dataset(
        {
            "test_accuracy": (("candidate", "check"), [row[0] for row in rows]),
            "entropy": ("candidate", [row[1] for row in rows]),
        },
        {"candidate": np.arange(1, CANDIDATES + 1)},
    ).astype(np.float32)


def _tell(run: Run, number: int, done: float, total: float) -> None:
    run.progress(number * total + done, CANDIDATES * total)


def _samples(settings: Settings, split: str, number: int, run: Run) -> tuple[Tensor, Tensor]:
    """The first samples of a fixed random order, in rows."""
    pictures = split == "train" and settings.data != "checkboard"
    loaded = run.load(settings.data, split, **({"validation": 0} if pictures else {}))
    order = torch.randperm(len(loaded), generator=torch.Generator().manual_seed(0))[:number]
    x, y = loaded[order]
    return x.flatten(1), y


def _trained(
    settings: Settings,
    seed: int,
    data: dict[str, tuple[Tensor, Tensor]],
    strength: float,
    rate: float,
    run: Run,
) -> tuple[list[float], float]:
    """Accuracies in per cent at the checks, and the mean entropy of the layers in the end."""
    batch_norm = settings.method == "batch_norm"
    model = mlp(WIDTHS[settings.data], batch_norm, bias=0.0, seed=seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=settings.momentum)

    def tested(step: int, model: nn.Module) -> float:
        return 100 * accuracy(model, *data["test"])

    probe = Probe(tested, steps=settings.checked)
    _, taken = raised(
        model,
        *data["train"],
        run,
        strength=strength,
        relaxation="quadratic" if settings.method == "entropy_quadratic" else "linear",
        steps=settings.steps,
        optimizer=optimizer,
        schedule=make_schedule("cosine", optimizer, settings.steps),
        batch_size=settings.batch_size,
        seed=seed,
        probes=[probe],
    )
    if taken < settings.steps:
        return [probe.results.get(step, np.nan) for step in settings.checked], np.nan
    counts = count_patterns(model, [data["test"][0]], batch_norm="running").values()
    return list(probe.results.values()), float(np.mean([each.entropy for each in counts]))
