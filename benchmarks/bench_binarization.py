"""Drawing weights, and a pass of a network with drawn weights, against what there is.

    python -m benchmarks binarization        a minute of one thread

Weights of a normal distribution; the baseline of drawing is ``torch.binomial``, whose counts have
the same distribution. ResNet-20 on noise of 32 x 32, batches of 128 and of one; the baseline of a
pass is that of the network itself, ``ratio`` says how many of them ours takes.
"""

import time
from collections.abc import Callable

import torch

from benchmarks.table import row
from relu_book.binarization import binarize, encode
from relu_book.binarization.sampling import add_successes
from relu_book.models import cifar_resnet

WEIGHTS = 500_000
KEY = (1, 2)


def in_turn(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The fastest processor time of each, taken in turns; the first round is none of them."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for name in list(runs) * (rounds + 1):
        start = time.process_time()
        runs[name]()
        times[name].append(time.process_time() - start)
    return {name: min(found[1:]) for name, found in times.items()}


def drawing(samples: int, budget: str | None) -> dict:
    """Counts of that many samples of each weight."""
    weights = torch.randn(WEIGHTS, generator=torch.Generator().manual_seed(0))
    p = encode(weights).probability
    counts = torch.zeros(WEIGHTS, dtype=torch.int32)
    n = torch.full_like(p, samples)
    runs = {
        "ours": lambda: add_successes(p, KEY, 0, samples, counts),
        "binomial": lambda: torch.binomial(n, p),
    }
    times = in_turn(runs, rounds=3)
    name, what = f"{samples} samples", f"{WEIGHTS} weights; torch.binomial"
    return row(name, what, times["ours"], times["binomial"], budget)


def passes(batch: int, budget: str | None) -> dict:
    """A pass of ResNet-20 with 16 samples, in passes of the network itself."""
    model = cifar_resnet(20, version=1, seed=0).eval()
    x = torch.randn(batch, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    network = binarize(model, 16, fraction_bits=7)  # noise makes large results
    times = in_turn({"float": lambda: model(x), "drawn": lambda: network(x)}, rounds=5)
    ours, float_pass = times["drawn"], times["float"]
    return {
        **{"name": f"ResNet-20, batch {batch}", "what": "16 samples; the network itself"},
        **{"seconds": ours, "baseline": float_pass, "ratio": ours / float_pass, "budget": budget},
    }


@torch.no_grad()
def table() -> list[dict]:
    """Rows for ``python -m benchmarks``."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [
            drawing(1, None),
            drawing(16, "ratio >= 8"),
            drawing(64, "ratio >= 4"),
            drawing(256, None),
            passes(128, "ratio <= 2"),
            passes(1, None),
        ]
    finally:
        torch.set_num_threads(threads)
