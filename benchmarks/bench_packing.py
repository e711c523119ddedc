"""Packing and counting patterns, beside what a user would write instead.

    python -m benchmarks packing        about a minute, one thread

Packing: pre-activations of a convolution, (n, d, height, width) float32, 32 MiB so that they come
from main memory. Baselines: a loop over channels in torch, ``np.packbits`` on the signs, and a
plain copy of the input (its ratio is the share of the bandwidth of copying that packing reaches).
Counting: two million patterns (300 thousand of 256 channels) beside ``torch.unique(dim=0)`` on the
words or on the bits, and ``np.unique``.
"""

import time
from collections.abc import Callable

import numpy as np
import torch

from relu_book.patterns import count, pack, set_backend, unpack

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


def row(name: str, what: str, ours: float, baseline: float, budget: float) -> dict:
    """One line of the table; the ratio is how many times faster than the baseline we are."""
    return {
        "name": name,
        "what": what,
        "seconds": ours,
        "baseline": baseline,
        "ratio": baseline / ours,
        "budget": budget,
    }


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


def counting(width: int, rows: int, distinct: int, budget: float, *, on_bits: bool) -> list[dict]:
    packed = some_patterns(rows, width, distinct)
    ours = best(lambda: count(packed, width), 5)
    name = f"count, {width} bits, {rows} rows, {distinct} distinct"
    table = unpack(packed, width) if on_bits else packed
    slow = best(lambda: torch.unique(table, dim=0, return_counts=True), 1)
    what = f"torch.unique(dim=0) on {'bits' if on_bits else 'words'}"
    lines = [row(name, what, ours, slow, budget)]
    if width <= 64:
        keys = packed[:, 0].numpy().view(np.uint64)
        numpy_unique = best(lambda: np.unique(keys, return_counts=True), 5)
        lines.append(row(name, "np.unique", ours, numpy_unique, 10 if width <= 16 else 0.7))
    return lines


def table() -> list[dict]:
    """All rows, measured on one thread with the backend that ``auto`` chooses."""
    threads, backend = torch.get_num_threads(), set_backend("auto")
    torch.set_num_threads(1)
    try:
        rows = [line for width in WIDTHS for line in packing(width)]
        rows += counting(16, 2_000_000, 60_000, 100, on_bits=False)
        rows += counting(64, 2_000_000, 100_000, 100, on_bits=False)
        rows += counting(64, 2_000_000, 2_000_000, 50, on_bits=False)
        rows += counting(256, 300_000, 30_000, 40, on_bits=True)
        return rows
    finally:
        torch.set_num_threads(threads)
        set_backend(backend)


if __name__ == "__main__":
    for line in table():
        print(
            f"{line['name']:<46} {line['seconds'] * 1e3:9.2f} ms   {line['what']:<30} "
            f"{line['baseline'] * 1e3:10.2f} ms   {line['ratio']:8.2f} x (budget {line['budget']})"
        )
