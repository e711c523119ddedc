"""Packing patterns, beside what a user would write instead.

    python -m benchmarks packing        some seconds, one thread

Pre-activations of a convolution, (n, d, height, width) float32, 32 MiB so that they come
from main memory. Baselines: a loop over channels in torch, ``np.packbits`` on the signs, and a
plain copy of the input (its ratio is the share of the bandwidth of copying that packing reaches).
"""

import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.table import row
from relu_book.patterns import pack, set_backend

WIDTHS = (16, 64, 256)
ELEMENTS = 2**23


def best(run: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of several runs, after one that warms up."""
    run()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def channel_loop(x: torch.Tensor) -> torch.Tensor:
    """Packing as one would first write it in torch."""
    n, d, height, width = x.shape
    words = torch.zeros(n, height, width, -(-d // 64), dtype=torch.int64)
    for channel in range(d):
        words[..., channel // 64] |= (x[:, channel] > 0).long() << channel % 64
    return words.reshape(-1, words.shape[-1])


def packbits(x: torch.Tensor) -> np.ndarray:
    """Packing as one would write it with numpy."""
    signs = (x > 0).permute(0, 2, 3, 1).reshape(-1, x.shape[1])
    return np.packbits(signs.numpy(), axis=1, bitorder="little")


def packing(width: int) -> list[dict]:
    side = {16: 32, 64: 16, 256: 8}[width]
    generator = torch.Generator().manual_seed(width)
    x = torch.randn(ELEMENTS // (width * side**2), width, side, side, generator=generator)
    packed = pack(x)
    assert torch.equal(packed, channel_loop(x))
    assert np.array_equal(packed.numpy().view(np.uint8)[:, : width // 8], packbits(x))
    target = torch.empty_like(x)
    ours = best(lambda: pack(x), 9)
    name = f"pack, {width} channels"
    return [
        row(name, "torch, a loop over channels", ours, best(lambda: channel_loop(x), 3), 8),
        row(name, "np.packbits", ours, best(lambda: packbits(x), 3), 6),
        row(name, "a plain copy", ours, best(lambda: target.copy_(x), 9), 0.35),
    ]


def some_patterns(rows: int, width: int, distinct: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(width)
    pool = pack(torch.rand(distinct, width, generator=generator) - 0.5)
    return pool[torch.randint(0, distinct, (rows,), generator=generator)]


def table() -> list[dict]:
    """All rows, measured on one thread with the backend that ``auto`` chooses."""
    threads, backend = torch.get_num_threads(), set_backend("auto")
    torch.set_num_threads(1)
    try:
        return [line for width in WIDTHS for line in packing(width)]
    finally:
        torch.set_num_threads(threads)
        set_backend(backend)


if __name__ == "__main__":
    for line in table():
        print(
            f"{line['name']:<46} {line['seconds'] * 1e3:9.2f} ms   {line['what']:<30} "
            f"{line['baseline'] * 1e3:10.2f} ms   {line['ratio']:8.2f} x (budget {line['budget']})"
        )
