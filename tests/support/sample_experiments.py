"""Experiments that the tests of the machinery run: quick, slow, failing, and the like.

They are a module of their own because other processes import them.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from relu_book.models import mlp
from relu_book.parallel import each
from relu_book.runs import Run, experiment
from relu_book.training import Checkpoint, Probe, train

TIMES = {"smoke": "a second", "desk": "a second", "paper": "a minute"}
EVERY = 5  # updates between checkpoints of ``trained``


@dataclass(frozen=True)
class Settings:
    width: tuple[int, ...] = (4, 8)
    steps: int = 10
    pause: float = 0.0
    log: str = ""
    fail: str = ""
    seeds: tuple[int, ...] = (0, 1, 2)


@experiment(
    chapter="samples",
    scales={
        "smoke": Settings(),
        "desk": Settings(seeds=(0, 1, 2, 3)),
        "paper": Settings(width=(8,), steps=40, pause=0.03, seeds=(0, 1)),
    },
    expected=TIMES,
    over=("width",),
)
def trained(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run samples/trained

    A training with checkpoints. Each update is noted in ``$SAMPLE_LOG``, so that a test sees which
    updates were made twice.
    """
    model = mlp((2, settings.width, 2), seed=seed).double()
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(64, 2, generator=generator, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def note(step: int, _) -> float:
        if os.environ.get("SAMPLE_LOG"):
            with Path(os.environ["SAMPLE_LOG"]).open("a") as log:
                log.write(f"{settings.width} {seed} {step} {os.getpid()}\n")
        if settings.pause:
            time.sleep(settings.pause)
        return 0.0

    history = train(
        model, points, (points[:, 0] > 0).long(), optimizer=optimizer, steps=settings.steps,
        batch_size=16, seed=seed, probes=[Probe(note, every=1)],
        checkpoint=Checkpoint(run.checkpoint, every=EVERY), progress=run.progress,
    )  # fmt: skip
    # Drawn from the generator of the process, which the machinery seeds.
    noise = torch.rand(3, dtype=torch.float64).numpy()
    return xr.Dataset({"loss": ("step", history.loss), "noise": ("draw", noise)})


@experiment(
    chapter="samples",
    scales={"smoke": Settings(width=(4,)), "desk": Settings(width=(4,), seeds=tuple(range(4)))},
    expected={"smoke": "a second", "desk": "a second"},
)
def failing(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run samples/failing

    Fails at seed 1 as ``$SAMPLE_FAILURE`` says.
    """
    failure = os.environ.get("SAMPLE_FAILURE", "") if seed == 1 else ""
    if failure == "nan":
        return xr.Dataset({"train_loss": ("step", np.array([1.0, np.nan, 2.0]))})
    if failure == "data":
        run.load("fashion_mnist", root="/nowhere")
    if failure == "cache":
        run.load("mnist")
    if failure == "exit":
        sys.exit(5)
    if failure == "bug":
        return xr.Dataset({"value": {}[seed]})
    if failure == "killed":
        os.kill(os.getpid(), 9)
    if failure == "full":
        Path("/dev/full").write_text("x")
    if failure == "type":
        return {"value": 1}
    if failure == "shape":
        return xr.Dataset({"value": ("step", np.arange(3.0)), "step": np.arange(3)})
    return xr.Dataset({"value": ("step", np.arange(2.0) + seed), "step": np.arange(2)})


@experiment(
    chapter="samples",
    scales={"smoke": Settings(seeds=(0, 1))},
    expected={"smoke": "a second"},
)
def with_children(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run samples/with_children

    Measures in forked processes, which sleep for as long as ``$SAMPLE_SLEEP`` says.
    """

    def sleep(number: int) -> int:
        with Path(os.environ["SAMPLE_LOG"]).open("a") as log:
            log.write(f"{os.getpid()}\n")
        time.sleep(float(os.environ["SAMPLE_SLEEP"]))
        return number

    return xr.Dataset({"value": ("number", each(sleep, range(2)))})


@experiment(
    chapter="samples",
    scales={"smoke": Settings(seeds=(0,)), "desk": Settings(seeds=(0,))},
    expected={"smoke": "a second", "desk": "a second"},
)
def on_digits(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run samples/on_digits

    Loads a data set.
    """
    data = run.load("digits", size=16)
    run.load("digits", size=16)
    (run.folder / "kept.txt").write_text("a file that the experiment keeps")
    return xr.Dataset({"mean": data.images.double().mean().item(), "pid": os.getpid()})


@experiment(
    chapter="samples",
    scales={"smoke": Settings(seeds=(0,))},
    expected={"smoke": "a second"},
)
def accented(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run samples/accented

    Says naïve, which not every terminal can.
    """
    return xr.Dataset()


@experiment(
    chapter="samples",
    scales={"smoke": Settings(width=(1, 2, 3), seeds=(0, 1))},
    expected={"smoke": "a second"},
    over=("width",),
    join=lambda results: results.sum("width"),
)
def handed_on(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run samples/handed_on

    Each job adds its width to what the jobs of its seed before have handed on.
    """
    file = run.shared(f"seed={seed}") / "checkpoint"
    before = int(file.read_text()) if file.exists() else 0
    file.write_text(str(before + settings.width))
    return xr.Dataset({"before": before})
