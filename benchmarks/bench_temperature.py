"""The distance at 25 rates and the probe, in forward passes; and how far the linearisation is off.

    python -m benchmarks temperature        five minutes of one thread

ResNet-20 on noise of 32 x 32 and the dense F1, batches of 128, SGD with momentum and Adam, the
rates of table 1 of the supplement. The baseline of a distance and of a measurement is the forward
pass of the training, that of a loop the same steps without a probe; ``ratio`` says how many of them
ours takes, ``bare`` how many a loop with a plain pass without gradients in the place of each
measurement, below which no probe can be. ``error`` is the largest difference of a site's share
between the linearisation and the exact distance, over the rates at which the exact one is at most
0.2, 0 where there is none.
"""

import contextlib
import copy
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from relu_book.devices import device
from relu_book.models import cifar_resnet, f1
from relu_book.temperature import TemperatureProbe, pattern_distance

BATCH = 128
RATES = 10 ** np.linspace(-3.2, 2, 25)
OPTIMIZERS = {
    "SGD": partial(torch.optim.SGD, lr=0.01, momentum=0.9),
    "Adam": partial(torch.optim.Adam, lr=1e-4),
}


def seconds(run: Callable[[], object]) -> float:
    """One run: its own seconds on a CPU, which others on the machine do not lengthen."""
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    start = clock()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - start


def in_turn(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The fastest time of each, taken in turns; the first round is none of them."""
    times = {name: [] for name in runs}
    for name in list(runs) * (rounds + 1):
        times[name].append(seconds(runs[name]))
    return {name: min(found[1:]) for name, found in times.items()}


def row(name: str, what: str, ours: float, baseline: float, budget: str, **more) -> dict:
    """A line of the table; here the ratio is ours in units of the baseline."""
    return {
        **{"name": name, "what": what, "seconds": ours, "baseline": baseline},
        **{"ratio": ours / baseline, "budget": budget, **more},
    }


def distances(name: str, model: nn.Module, x: torch.Tensor, y: torch.Tensor, optimizer) -> list:
    """Both methods at 25 rates, in forward passes."""
    F.cross_entropy(model(x), y).backward()
    found = {}

    def run(method: str) -> Callable[[], None]:
        def measure() -> None:
            found[method] = pattern_distance(model, optimizer, x, RATES, method=method).values

        return measure

    runs = {"forward": lambda: model(x), "exact": run("exact"), "jvp": run("jvp")}
    times = in_turn(runs, rounds=3)
    off = np.abs(found["jvp"] - found["exact"])[found["exact"] <= 0.2]
    error = {"error": float(off.max(initial=0))}
    forward, what = times["forward"], "D at 25 rates; forward passes"
    return [
        row(f"{name}, exact", what, times["exact"], forward, "ratio <= 30"),
        row(f"{name}, jvp", what, times["jvp"], forward, "ratio <= 7", **error),
    ]


def loop(model: nn.Module, x: torch.Tensor, y: torch.Tensor, optimizer: type) -> Callable:
    """A training that goes on from where the last one ended, in a context, perhaps of a probe."""
    model = copy.deepcopy(model)
    optimizer = optimizer(model.parameters())

    def train(steps: int, every: int | None = None, bare: int | None = None) -> None:
        probe = TemperatureProbe(model, optimizer, every=every or 1)
        with probe if every else contextlib.nullcontext():
            for step in range(1, steps + 1):
                optimizer.zero_grad()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
                if bare and step % bare == 0:
                    with torch.no_grad():
                        model(x)

    return train


def probes(name: str, model: nn.Module, x: torch.Tensor, y: torch.Tensor, optimizer) -> list:
    """What a measurement costs, from a loop that measures at each step, and one at every tenth."""
    train = loop(model, x, y, optimizer)
    runs = {
        "forward": lambda: model(x),
        "plain": lambda: train(10),
        "each": lambda: train(10, every=1),
        "bare each": lambda: train(10, bare=1),
        "tenth": lambda: train(10, every=10),
        "bare tenth": lambda: train(10, bare=10),
    }
    times = in_turn(runs, rounds=5)
    forward, plain = times["forward"], times["plain"]
    measured, bare = ((times[which] - plain) / 10 for which in ("each", "bare each"))
    floor = {"bare": bare / forward}, {"bare": times["bare tenth"] / plain}
    what = "a measurement; forward", "10 steps, every=10"
    return [
        row(f"{name}, probe", what[0], measured, forward, "ratio <= 1.1", **floor[0]),
        row(f"{name}, loop", what[1], times["tenth"], plain, "ratio <= 1.03", **floor[1]),
    ]


def table() -> list[dict]:
    """Rows for ``python -m benchmarks``."""
    place = device()
    torch.manual_seed(0)
    y = torch.arange(BATCH, device=place) % 10
    images, points = torch.randn(BATCH, 3, 32, 32), torch.randn(BATCH, 784)
    rows = []
    for name, model, x in (
        ("ResNet-20", cifar_resnet(20, version=1, seed=0), images),
        ("F1", f1(), points),
    ):
        model, x = model.to(place), x.to(place)
        for kind, optimizer in OPTIMIZERS.items():
            rows += distances(f"{name}, {kind}", model, x, y, optimizer(model.parameters()))
            rows += probes(f"{name}, {kind}", model, x, y, optimizer)
    return rows


if __name__ == "__main__":
    for line in table():
        print("  ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in line.values()))
