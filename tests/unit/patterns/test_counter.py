"""Streaming counts: equal to counting at once however the stream is cut, within every limit."""

import itertools
import random
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import torch

from relu_book.patterns import PatternCounter, PatternCounts, count, pack, set_backend
from relu_book.patterns.backends import numba_hashed, numba_table, numba_words, reference

WIDTHS = [1, 16, 17, 63, 64, 65, 130, 512, 2048]


@pytest.fixture(autouse=True)
def restored():
    before = set_backend("auto")
    yield
    set_backend(before)


@pytest.fixture(params=["torch", "numba"])
def backend(request, restored):
    set_backend(request.param)


@pytest.fixture(params=[5, 1 << 16], ids=["merge often", "merge at the end"])
def buffer_rows(request, monkeypatch):
    monkeypatch.setattr(numba_table, "_ROWS", request.param)
    for module in (numba_words, reference):
        monkeypatch.setattr(module, "_LEAST_ROWS", request.param)


def words(rows: int, width: int, seed: int) -> torch.Tensor:
    """Random words; the sign bit of a word is as random as the others."""
    generator = torch.Generator().manual_seed(seed)
    packed = torch.randint(-(2**63), 2**63 - 1, (rows, -(-width // 64)), generator=generator)
    if width % 64:
        packed[:, -1] &= (1 << width % 64) - 1
    return packed


def stream(rows: int, width: int, distinct: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return words(distinct, width, seed)[torch.randint(0, distinct, (rows,), generator=generator)]


def one_by_one(packed: torch.Tensor, limit: int | None = None) -> tuple[list, int]:
    """A dictionary of Python integers that takes no new key once it is full."""
    listed, unlisted = {}, 0
    for row in packed.tolist():
        key = tuple(word % 2**64 for word in row)
        if key in listed or limit is None or len(listed) < limit:
            listed[key] = listed.get(key, 0) + 1
        else:
            unlisted += 1
    return sorted(listed.items()), unlisted


def as_list(counts: PatternCounts) -> list:
    keys = [tuple(word % 2**64 for word in row) for row in counts.patterns.tolist()]
    return list(zip(keys, counts.counts.tolist(), strict=True))


def in_batches(packed: torch.Tensor, width: int, seed: int = 0, **limits) -> PatternCounts:
    counter, start, draw = PatternCounter(width, **limits), 0, random.Random(seed)
    while start < len(packed):
        size = draw.choice([0, 1, 7, 60, 300])
        counter.update(packed[start : start + size])
        start += size
    return counter.result()


@pytest.mark.parametrize("width", WIDTHS)
def test_any_cut_of_the_stream_gives_the_count_of_all(width, backend, buffer_rows):
    packed = stream(700, width, 90)
    expected, _ = one_by_one(packed)
    for seed in range(2):
        counts = in_batches(packed, width, seed)
        assert as_list(counts) == expected
        assert counts == count(packed, width)
        assert counts.complete


@pytest.mark.parametrize("width", WIDTHS)
def test_all_equal_and_all_different(width, backend, buffer_rows):
    same = words(1, width, 3).expand(500, -1)
    assert as_list(in_batches(same, width)) == one_by_one(same)[0]
    different = words(500, width, 4)
    counts = in_batches(different, width)
    assert as_list(counts) == one_by_one(different)[0]
    assert counts.distinct == 500 or width <= 17


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("limit", [0, 1, 40, 89, 90, 91, 1000])
def test_the_first_patterns_up_to_the_limit_are_counted_exactly(width, limit, backend, buffer_rows):
    packed = stream(400, width, 90, seed=5)
    expected, unlisted = one_by_one(packed, limit)
    counts = in_batches(packed, width, max_patterns=limit)
    assert as_list(counts) == expected
    assert (counts.unlisted, counts.total, counts.mixed) == (unlisted, 400, False)
    least, most = counts.distinct_bounds
    assert least <= count(packed, width).distinct <= most


@pytest.mark.parametrize("width", [16, 64, 130])
def test_results_on_the_way_stay_as_they_were(width, backend, buffer_rows):
    packed = stream(900, width, 300)
    counter, kept = PatternCounter(width), []
    for start in range(0, 900, 90):
        counter.update(packed[start : start + 90])
        kept.append(counter.result())
        assert counter.result() == kept[-1]
    for i, counts in enumerate(kept):
        assert as_list(counts) == one_by_one(packed[: 90 * (i + 1)])[0]


@pytest.mark.parametrize("width", [1, 16, 64, 130])
def test_batches_stay_as_they_were(width, backend, buffer_rows):
    packed = stream(300, width, 50)
    before = packed.clone()
    in_batches(packed, width, max_patterns=20)
    assert torch.equal(packed, before)


@pytest.mark.parametrize("width", [16, 64, 130])
def test_rows_in_any_memory_layout(width, backend):
    packed = stream(400, width, 50)
    expected = count(packed, width)
    spread = torch.stack([packed, packed], 1)[:, 0]
    transposed = packed.T.contiguous().T
    for rows in (spread, transposed):
        counter = PatternCounter(width)
        counter.update(rows)
        assert counter.result() == expected


def test_an_empty_stream(backend):
    for width in (1, 16, 64, 65):
        counter = PatternCounter(width)
        assert counter.result() == count(words(0, width, 0), width)
        counter.update(words(0, width, 0))
        assert counter.result() == count(words(0, width, 0), width)
        counter.update(words(3, width, 0))
        assert counter.result().total == 3


def test_patterns_without_channels(backend):
    for limit, listed in ((None, 1), (1, 1), (0, 0)):
        counter = PatternCounter(0, max_patterns=limit)
        counter.update(pack(torch.empty(7, 0)))
        counts = counter.result()
        assert (counts.total, counts.distinct) == (7, listed)


@pytest.mark.parametrize("width", [70, 300])
@pytest.mark.parametrize("limit", [None, 25])
def test_equal_fingerprints_lose_no_pattern(width, limit, monkeypatch):
    set_backend("numba")
    packed = stream(500, width, 40)
    expected, unlisted = one_by_one(packed, limit)
    for fingerprints in (
        lambda rows: rows[:, 0] * 0,
        lambda rows: rows[:, 0] % 3,
        lambda rows: rows[:, 0] % 3 << 32,
        lambda rows: ~(rows[:, 0] * 0),
    ):
        monkeypatch.setattr(numba_hashed, "fingerprints", fingerprints)
        counts = in_batches(packed, width, max_patterns=limit)
        assert (as_list(counts), counts.unlisted) == (expected, unlisted)


@pytest.mark.parametrize("width", [65, 200, 2048])
def test_sorted_by_late_words_where_the_first_are_equal(width, backend):
    packed = words(600, width, 6)
    packed[:, :-1] &= 1
    packed[::7, -1] = 0
    counts = in_batches(packed, width)
    assert as_list(counts) == one_by_one(packed)[0]


def test_more_patterns_than_a_table_starts_with():
    packed = stream(5000, 130, 3000)
    expected, _ = one_by_one(packed)
    assert as_list(in_batches(packed, 130)) == expected


@pytest.mark.parametrize("width", [5, 64, 512, 2048])
def test_a_limit_on_bytes_holds_at_the_peak(width):
    set_backend("numba")  # its arrays are those of numpy, which are traced
    limit = 1 << 19
    batches = [words(4000, width, seed) for seed in range(8)]
    warm = PatternCounter(width, max_bytes=limit)
    warm.update(batches[0])
    warm.result()
    tracemalloc.start()
    try:
        counter = PatternCounter(width, max_bytes=limit)
        for packed in batches:
            counter.update(packed)
        counts = counter.result()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= limit
    assert counts.total == 32000
    assert counts.complete == (width == 5)
    # what is listed is worth the memory
    assert width == 5 or counts.distinct * (8 * counts.patterns.shape[1] + 8) > limit / 4
    expected, unlisted = one_by_one(torch.cat(batches), max(counts.distinct, 32))
    assert as_list(counts) == expected
    assert counts.unlisted == unlisted


STREAM = """
import resource, torch
from relu_book.patterns import PatternCounter, set_backend

torch.set_num_threads(1)
packed = torch.empty(2000, 8, dtype=torch.int64)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def stream(max_bytes, batches):
    counter = PatternCounter(512, max_bytes=max_bytes)
    for _ in range(batches):
        counter.update(packed.random_(-(2**63), 2**63 - 1))
    return counter.result()

for backend, batches in (("torch", 16), ("numba", 160)):
    set_backend(backend)
    stream(1 << 16, 2)
    before = peak()
    counts = stream(1 << 24, batches)
    assert not counts.complete and counts.distinct > 5000, counts
    print(backend, peak() - before)
"""


def test_a_limit_on_bytes_holds_for_the_whole_process():
    run = subprocess.run([sys.executable, "-c", STREAM], capture_output=True, text=True, check=True)
    grown = dict(line.split() for line in run.stdout.splitlines())
    assert int(grown["torch"]) <= 1 << 24
    assert int(grown["numba"]) <= 1 << 24


def test_the_lower_of_two_limits_holds(backend):
    packed = words(5000, 64, 0)
    assert in_batches(packed, 64, max_patterns=10, max_bytes=1 << 20).distinct == 10
    assert in_batches(packed, 64, max_patterns=10**9, max_bytes=1 << 16).distinct < 5000


def test_wrong_input_is_named(backend):
    for width in (-1, 2.0, "wide", True, None):
        with pytest.raises(ValueError, match="width is a number of channels"):
            PatternCounter(width)
    for limit in (-1, 2.5, True):
        with pytest.raises(ValueError, match="max_patterns is a whole number of at least 0"):
            PatternCounter(3, max_patterns=limit)
    for limit in (0, 65535, 1e6):
        with pytest.raises(ValueError, match="max_bytes is a whole number of at least 65536"):
            PatternCounter(3, max_bytes=limit)
    counter = PatternCounter(2)
    counter.update(torch.tensor([[1], [2]]))
    for packed, message in (
        (torch.zeros(3, 1), "float32"),
        (torch.zeros(3, dtype=torch.int64), "shape"),
        (torch.zeros(3, 2, dtype=torch.int64), "take 1 words, packed has 2"),
        (torch.tensor([[1], [4]]), "beyond its width of 2"),
        (torch.tensor([[1], [-1]]), "beyond its width of 2"),
    ):
        with pytest.raises(ValueError, match=message):
            counter.update(packed)
    assert counter.result() == count(torch.tensor([[1], [2]]), 2)


def test_numbers_of_numpy_are_numbers():
    counter = PatternCounter(np.int64(70), max_patterns=np.int32(1))
    counter.update(torch.tensor([[1, 1], [2, 2]]))
    result = counter.result()
    assert (result.width, result.distinct_bounds) == (70, (2, 2))
    assert count(torch.tensor([[1, 1]]), np.int64(70)).entropy_bounds == (0, 0)


def test_backends_agree_under_every_limit():
    for width, limit in itertools.product([3, 33, 130], [0, 10, 60]):
        packed = stream(500, width, 70, seed=limit)
        results = []
        for name in ("torch", "numba"):
            set_backend(name)
            results.append(in_batches(packed, width, max_patterns=limit))
        assert results[0] == results[1]


@pytest.mark.parametrize("width", [1, 5, 16, 17, 65])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float8_e5m2])
@pytest.mark.parametrize("limit", [None, 3])
def test_pre_activations_count_as_their_packed_patterns_do(width, dtype, limit):
    generator = torch.Generator().manual_seed(width)
    # planes of more pixels than are read at a time, of some, of too few; channels elsewhere
    shapes = [(1, width, 4099), (3, width, 5, 7), (4, width, 1, 2), (0, width, 4, 4), (9, width)]
    signs = [torch.randn(shape, generator=generator).to(dtype) for shape in shapes]
    signs += [signs[1].contiguous(memory_format=torch.channels_last)]
    together, packed_before = (PatternCounter(width, max_patterns=limit) for _ in range(2))
    taken = 0
    for pre_activation in signs * 2:
        packed = pack(pre_activation)
        packed_before.update(packed)
        if together._add_signs(pre_activation, 1):
            taken += 1
        else:
            together.update(packed)
        assert together.result() == packed_before.result()
    if width <= 16 and not limit and dtype != torch.float8_e5m2:
        assert taken > 4  # after the first, which chooses what counts, all whose channels lie apart


@pytest.mark.parametrize("width", [5, 20])
def test_a_stream_of_pre_activations(width):
    generator = torch.Generator().manual_seed(width)
    counter, packed = PatternCounter(width), []
    few = torch.randn(300, width, generator=generator)
    taken = 0
    for batch in range(40):  # more and more patterns, until the table is given up
        rows = few if batch < 20 else torch.randn(9000, width, generator=generator)
        x = rows[torch.randint(0, len(rows), (9000,), generator=generator)].T[None].contiguous()
        packed.append(pack(x))
        if counter._add_signs(x, 1):
            taken += 1
        else:
            counter.update(packed[-1])
        if batch in (10, 30):
            assert counter.result() == count(torch.cat(packed), width)
    assert counter.result() == count(torch.cat(packed), width)
    assert taken > 20


@pytest.mark.parametrize("width", [5, 20])
def test_pre_activations_with_a_nan_are_not_counted(width):
    counter = PatternCounter(width)
    pre_activation = torch.ones(2, width, 4, 4)
    counter.update(pack(pre_activation))
    assert counter._add_signs(pre_activation, 1)
    pre_activation[1, 2, 3, 0] = -torch.nan
    assert not counter._add_signs(pre_activation, 1)
