"""Packing and counting on a GPU with Triton, beside PyTorch there. Without a GPU it says so.

    python -m benchmarks triton         two minutes on a GPU, nothing elsewhere

Packing: 512 MiB of float32 or bfloat16, images in either layout, beside a loop over channels and a
plain copy (its ratio is the share of the bandwidth that packing reaches). Counting: the sizes of
``bench_packing``'s table, ten times the rows, beside ``torch.unique(dim=0)`` on the words.
Epochs: all layers of ResNet-20 counted during one pass over 50,000 images, at initialisation,
beside the plain pass. Every result is compared on the way, with the CPU's (packing and counting) or
PyTorch's (epochs), so a wrong kernel ends the benchmark. ``MiB`` is the most that a run took on the
GPU beyond its input.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.bench_packing import channel_loop, some_patterns
from relu_book.models import cifar_resnet
from relu_book.patterns import backends, count, count_patterns, pack, set_backend

DEVICE = "cuda"
ELEMENTS = 2**27
IMAGES = 50_000
BATCH = 500


def best(run: Callable[[], object], repeats: int = 5) -> tuple[float, float]:
    """Seconds of the fastest of several runs after one that warms up, and the MiB it took."""
    run()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before, seconds = torch.cuda.memory_allocated(), []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds), (torch.cuda.max_memory_allocated() - before) / 2**20


def row(name: str, what: str, ours: Callable[[], object], baseline: Callable[[], object]) -> dict:
    """One line of the table; the ratio is how many times faster than the baseline we are."""
    set_backend("triton")
    (seconds, memory), (slow, slow_memory) = best(ours), best(baseline, 2)
    return {
        "name": name,
        "what": what,
        "seconds": seconds,
        "baseline": slow,
        "ratio": slow / seconds,
        "MiB": memory,
        "baseline MiB": slow_memory,
    }


def same_as_on_the_cpu(run: Callable[[Tensor], object], on_gpu: Tensor) -> None:
    set_backend("triton")
    assert backends.of(on_gpu).__name__.endswith("triton_kernels")
    ours = run(on_gpu)
    set_backend("auto")
    twin = run(on_gpu.cpu())
    assert torch.equal(ours.cpu(), twin) if isinstance(ours, Tensor) else ours == twin


def packing(width: int, dtype: torch.dtype, layout: torch.memory_format) -> list[dict]:
    side = {16: 32, 64: 16, 256: 8}[width]
    images = ELEMENTS // (width * side**2)
    x = torch.randn(images, width, side, side, device=DEVICE).to(dtype, memory_format=layout)
    same_as_on_the_cpu(pack, x[: max(images // 16, 1)])

    def loop() -> Tensor:
        with x.device:
            return channel_loop(x)

    name = f"pack, {width} channels, {str(dtype)[6:]}, {str(layout)[6:]}"
    return [
        row(name, "torch, a loop over channels", lambda: pack(x), loop),
        row(name, "a plain copy", lambda: pack(x), x.clone),
    ]


def counting(width: int, rows: int, distinct: int) -> list[dict]:
    packed = some_patterns(rows, width, distinct).to(DEVICE)
    same_as_on_the_cpu(lambda words: count(words, width), packed)
    name = f"count, {width} bits, {rows} rows, {distinct} distinct"
    return [
        row(
            name,
            "torch.unique(dim=0) on words",
            lambda: count(packed, width),
            lambda: torch.unique(packed, dim=0, return_counts=True),
        )
    ]


def epochs(images: int, batch: int) -> list[dict]:
    torch.manual_seed(0)
    model = cifar_resnet(20).to(DEVICE)
    data = torch.randn(images, 3, 32, 32, device=DEVICE).split(batch)

    @torch.no_grad()
    def plain() -> None:
        for part in data:
            model(part)

    deterministic = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True  # the same signs in both passes that are compared
    set_backend("torch")
    twin = count_patterns(model, data[:2])
    set_backend("triton")
    assert count_patterns(model, data[:2]) == twin
    torch.backends.cudnn.deterministic = deterministic
    name = f"all layers of ResNet-20, {images} images"
    return [row(name, "the plain pass", lambda: count_patterns(model, data), plain)]


def table() -> list[dict]:
    """All rows; none, and one line that says so, without a GPU or without Triton."""
    before = set_backend("auto")
    try:
        if not torch.cuda.is_available():
            print("no GPU that torch can use: nothing to measure")
            return []
        rows = []
        for width in (16, 64, 256):
            for dtype in (torch.float32, torch.bfloat16):
                for layout in (torch.contiguous_format, torch.channels_last):
                    rows += packing(width, dtype, layout)
        rows += counting(16, 20_000_000, 60_000)
        rows += counting(64, 20_000_000, 1_000_000)
        rows += counting(64, 20_000_000, 20_000_000)
        rows += counting(256, 3_000_000, 300_000)
        rows += epochs(IMAGES, BATCH)
        return rows
    finally:
        set_backend(before)
