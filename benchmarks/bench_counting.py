"""Counting patterns, beside what a user would use instead: time and memory.

    python -m benchmarks counting       some minutes of one thread

Random patterns, each drawn from a pool of distinct ones, some pools with a few frequent ones,
beside ``np.unique``, and pandas, polars and duckdb where they are installed
(``pip install '.[bench]'``), all on one thread and in one run; and beside the hash list of
algorithm 2 of the thesis, which merges patterns that collide. From signs: packing included, beside
``np.packbits``. ResNet-20: what it costs to count all 19 layers during a pass over CIFAR-10's test
images (noise of that size where the data are missing), running statistics, in batches of 128. There
the process keeps the memory that tensors give back: else one and the same pass takes up to half as
long again, by whether the C library gives it to the system between two layers.

Seconds are processor time of one thread, the least of several runs in turn, so that a busy machine
changes ratios little. ``bytes`` is the most memory that a run took beyond its input, for each
distinct pattern, read from the operating system in a process of its own, with what the allocator
does not give back; for a stream it is what is allocated.
"""

import ctypes
import os
import resource
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.rivals import missing, rivals
from benchmarks.table import row
from relu_book import datasets
from relu_book.models import cifar_resnet, load_weights
from relu_book.parallel import keep_freed_memory
from relu_book.patterns import (
    HashList,
    PatternCounter,
    count,
    count_patterns,
    pack,
    set_backend,
    unpack,
    watch,
)

BATCH = 128
ROWS = 20_000_000


def words(rows: int, width: int, distinct: int) -> Tensor:
    """Random packed patterns, about ``distinct`` different ones; exactly where it is ``rows``."""
    generator = torch.Generator().manual_seed(width)
    size = (distinct, -(-width // 64))
    pool = torch.randint(-(2**63), 2**63 - 1, size, generator=generator)
    if width % 64:
        pool[:, -1] &= (1 << width % 64) - 1
    if distinct == rows:
        return pool
    return pool[torch.randint(0, distinct, (rows,), generator=generator)]


def uneven(rows: int, exponent: float) -> Tensor:
    """Patterns of 64 channels, of which the k-th occurs in proportion to k^-exponent."""
    ranks = torch.from_numpy(np.random.default_rng(0).zipf(exponent, rows))
    return (ranks * 0x51B54A32D192ED03)[:, None]


def in_turn(*runs: Callable[[], object], repeats: int = 3) -> list[float]:
    """Seconds of processor time of each, the least of some rounds.

    A round runs each of them twice and times the second: the first finds the caches full of what
    the one before it read, which costs the fastest of them more than its own work.
    """
    seconds = [[] for _ in runs]
    for _ in range(repeats):
        for run, times in zip(runs, seconds, strict=True):
            run()
            times.append(once(run))
    return [min(times) for times in seconds]


def once(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def peak(run: Callable[[], object]) -> int:
    """Bytes that a run takes at the most, beyond what there is; measured in a copy of the process.

    The copy's own record starts at what it shares with this process; free memory, which a run could
    take unseen, is given back before.
    """
    ctypes.CDLL(None).malloc_trim(0)
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        try:
            before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
            run()
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            os.write(send, struct.pack("q", max(after - before, 0)))
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as result:
        (taken,) = struct.unpack("q", result.read())
    os.waitpid(child, 0)
    return taken


def packbits_unique(signs: Tensor) -> object:
    octets = np.packbits(signs.numpy(), axis=1, bitorder="little")
    keys = octets.view(np.dtype((np.void, octets.shape[1])))[:, 0]
    if octets.shape[1] in (1, 2, 4, 8):
        keys = keys.view(f"u{octets.shape[1]}")
    return np.unique(keys, return_counts=True)


def algorithm_2(packed: Tensor) -> object:
    table = HashList(30_000)
    table.update(packed)
    return table


def counting(name: str, packed: Tensor, width: int, budget: float) -> list[dict]:
    """Ours beside each rival; the budget is against the fastest of them."""
    runs = {"ours": lambda: count(packed, width), **rivals(packed.numpy())}
    times = dict(zip(runs, in_turn(*runs.values()), strict=True))
    ours = times.pop("ours")
    found = count(packed, width).distinct
    memory = {"bytes": peak(runs["ours"]) / found}
    name = f"{width} bits, {name}, {found} distinct"
    fastest = min(times, key=times.get)
    return [
        row(name, what, ours, times[what], budget if what == fastest else None, **memory)
        for what in sorted(times, key=times.get)
    ]


def from_signs(width: int, rows: int, distinct: int) -> list[dict]:
    packed = words(rows, width, distinct)
    signs = unpack(packed, width)
    ours, theirs = in_turn(lambda: count(pack(signs), width), lambda: packbits_unique(signs))
    name = f"{width} bits, {rows} rows, about {distinct} distinct, from signs"
    return [row(name, "np.packbits + np.unique", ours, theirs, None)]


def inexact(width: int, rows: int, distinct: int) -> list[dict]:
    packed = words(rows, width, distinct)
    ours, theirs = in_turn(lambda: count(packed, width), lambda: algorithm_2(packed))
    name = f"{width} bits, {rows} rows, about {distinct} distinct"
    return [row(name, "algorithm 2, 30000 places, inexact", ours, theirs, None)]


def streaming(width: int, rows: int, distinct: int, budgets: dict) -> list[dict]:
    """Bytes a distinct pattern that a counter holds while counting, its result, and the most."""
    packed = words(rows, width, distinct)
    count(packed[:1], width)  # compiles what is traced otherwise
    tracemalloc.start()
    counter = PatternCounter(width)
    for part in packed.split(1 << 16):
        counter.update(part)
    live = tracemalloc.get_traced_memory()[0]
    result = counter.result()
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    name = f"{width} bits, {rows} rows, {result.distinct} distinct, streaming"
    figures = {"live": live, "result": held, "peak": most}
    return [
        {"name": name, "what": what, "bytes": size / result.distinct, "budget": budgets.get(what)}
        for what, size in figures.items()
    ]


def resnet(name: str, model: torch.nn.Module, images: Tensor, budget: float) -> list[dict]:
    """All layers of ResNet-20 counted in a pass, beside the plain pass and algorithm 2."""
    model.eval()
    batches = images.split(BATCH)

    @torch.no_grad()
    def plain() -> None:
        for batch in batches:
            model(batch)

    def exact() -> object:
        return count_patterns(model, batches, batch_norm="running")

    @torch.no_grad()
    def hashed() -> None:
        tables = {}
        set_backend("torch")  # algorithm 2 as the thesis has it, packing included

        def update(site) -> None:
            tables.setdefault(site.name, HashList(30_000)).update(site.pack())

        with watch(model, update):
            for batch in batches:
                model(batch)
        set_backend("auto")

    bare, ours, theirs = in_turn(plain, exact, hashed, repeats=4)
    name = f"ResNet-20 {name}, {len(images)} images, 19 layers"
    return [
        row(name, f"the plain pass; at most {budget} times it", ours, bare, 1 / budget),
        row(name, "algorithm 2 in PyTorch, the pass included", ours, theirs, 1.5),
    ]


def networks(count: int = 8 * BATCH) -> list[dict]:
    keep_freed_memory()
    try:
        images = datasets.load("cifar10", "test").images[:count]
        mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
        std = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
        images = (images - mean) / std
    except FileNotFoundError:
        images = torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    lines = resnet("at initialisation", cifar_resnet(20, 1, seed=0), images, 1.1)
    weights = Path(os.environ.get("RELU_BOOK_DATA", "data"), "weights/resnet20-cifar10.safetensors")
    try:
        trained = load_weights(cifar_resnet(20, 1), weights)
    except FileNotFoundError:
        print(f"no weights of ResNet-20 at {weights}: no row for the trained network")
        return lines
    return lines + resnet("trained", trained, images, 1.1)


def table() -> list[dict]:
    """All rows, measured on one thread with the backend that ``auto`` chooses."""
    threads, backend = torch.get_num_threads(), set_backend("auto")
    torch.set_num_threads(1)
    try:
        if lacking := missing():
            print(f"not compared with {', '.join(lacking)}: pip install '.[bench]'")
        lines = []
        for distinct in (100, 1000, 10_000, 100_000, 1_000_000):
            lines += counting(f"{ROWS} rows", words(ROWS, 64, distinct), 64, 1.5)
        for exponent in (1.2, 1.5):
            lines += counting(f"{ROWS} rows, k^-{exponent}", uneven(ROWS, exponent), 64, 1)
        return [
            *lines,
            *counting("4000000 rows", words(4_000_000, 64, 4_000_000), 64, 1.5),
            *counting("1000000 rows", words(1_000_000, 256, 100_000), 256, 2),
            *counting("2000000 rows", words(2_000_000, 16, 2**16), 16, 1.5),
            *inexact(64, 4_000_000, 10_000),
            *from_signs(16, 200_000, 2**16),
            *from_signs(64, 1_000_000, 100_000),
            *streaming(64, ROWS, 1_000_000, {"live": 48, "result": 16}),
            *streaming(64, 4_000_000, 4_000_000, {"peak": 25}),
            *streaming(256, 1_000_000, 1_000_000, {"peak": 8 * 4 * 1.5 + 48}),
            *networks(),
        ]
    finally:
        torch.set_num_threads(threads)
        set_backend(backend)
