"""Counts of one word a pattern with Numba: exact for every word, order, crowd and number."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_book.patterns import PatternCounter, PatternCounts, count, set_backend
from relu_book.patterns.backends import numba_words

SPECIAL = [0, -1, 1, 2**63 - 1, -(2**63), 1 << 32, -(1 << 32)]


@pytest.fixture(autouse=True)
def numba():
    before = set_backend("numba")
    yield
    set_backend(before)


def check(words: np.ndarray, counts: PatternCounts) -> None:
    patterns, times = np.unique(words.astype(np.uint64), return_counts=True)
    assert np.array_equal(counts.patterns[:, 0].numpy().view(np.uint64), patterns)
    assert np.array_equal(counts.counts.numpy(), times)


def both_ways(words: np.ndarray, width: int = 64, cut: int = 5000) -> None:
    """In one call and as a stream."""
    packed = torch.from_numpy(words.astype(np.uint64).view(np.int64))[:, None]
    counts = count(packed, width)
    check(words, counts)
    counter = PatternCounter(width)
    for part in packed.split(cut):
        counter.update(part)
    assert counter.result() == counts


def drawn(rows: int, distinct: int, width: int = 64, seed: int = 0) -> np.ndarray:
    """Some of so many random words, among them 0 and the greatest one."""
    generator = np.random.default_rng(seed)
    pool = generator.integers(0, 2**width, distinct, dtype=np.uint64)
    pool[:1], pool[-1:] = 0, 2**width - 1
    return pool[generator.integers(0, distinct, rows)]


@pytest.fixture
def small(monkeypatch):
    """Sizes at which every turn is taken with some thousand rows."""
    for name, value in {
        "_SLOTS": 64,
        "_MOST_SLOTS": 512,
        "_LEAST_ROWS": 100,
        "_MANY_ROWS": 500,
        "_FEW_ROWS": 32,
        "_AT_A_TIME": 700,
        "_PLACES": 512,
    }.items():
        monkeypatch.setattr(numba_words, name, value)


@pytest.mark.parametrize("width", [17, 23, 40, 63, 64])
@pytest.mark.parametrize("distinct", [1, 2, 20, 200, 2000, 200_000])
def test_any_number_of_patterns(small, distinct, width):
    both_ways(drawn(20_000, distinct, width), width)


@pytest.mark.parametrize("distinct", [100, 30_000, 200_000, 400_000])
def test_the_sizes_that_users_have(distinct):
    both_ways(drawn(400_000, distinct), cut=1 << 16)
    both_ways(np.random.default_rng(1).permutation(drawn(300_000, distinct)), cut=300_000)


@pytest.mark.parametrize("exponent", [1.05, 1.2, 1.5, 3])
def test_some_frequent_patterns_and_many_rare_ones(small, exponent):
    ranks = np.random.default_rng(0).zipf(exponent, 30_000).astype(np.uint64)
    both_ways(ranks)
    both_ways(ranks * np.uint64(0xD1B54A32D192ED03))


@pytest.mark.parametrize(
    "words",
    [
        np.arange(20_000),
        np.arange(20_000)[::-1],
        np.arange(20_000) << 44,
        np.repeat(np.arange(500), 40),
        np.tile(np.arange(500), 40),
        np.append(np.zeros(15_000), np.arange(15_000)),
        np.append(np.arange(15_000), np.zeros(15_000)),
        np.full(20_000, 2**64 - 1, np.uint64),
    ],
    ids=["up", "down", "high bits", "runs", "periods", "0 first", "0 last", "one"],
)
def test_orders_and_constants(small, words):
    both_ways(words)


@settings(deadline=None, max_examples=60)
@given(
    pool=st.lists(st.integers(0, 2**64 - 1) | st.sampled_from(SPECIAL), min_size=1, max_size=80),
    rows=st.integers(0, 3000),
    seed=st.integers(0, 100),
    cut=st.integers(1, 2000),
)
def test_any_words(pool, rows, seed, cut):
    pool = np.array([word % 2**64 for word in pool], np.uint64)
    both_ways(pool[np.random.default_rng(seed).integers(0, len(pool), rows)], cut=cut)


@pytest.mark.parametrize("multiplier", [0, 1, 1 << 63])
@pytest.mark.parametrize("distinct", [10, 300, 20_000])
def test_words_that_all_lead_to_one_place(small, multiplier, distinct, monkeypatch):
    monkeypatch.setattr(numba_words, "_MULTIPLIER", np.uint64(multiplier))
    both_ways(drawn(20_000, distinct, 30))
    both_ways(drawn(20_000, distinct, 64))


@pytest.mark.parametrize("multiplier", [0, int(numba_words._MULTIPLIER)])
@pytest.mark.parametrize("limit", [0, 1, 20, 32, 33, 150])
def test_the_first_patterns_to_come_are_listed(small, limit, multiplier, monkeypatch):
    monkeypatch.setattr(numba_words, "_MULTIPLIER", np.uint64(multiplier))
    words = drawn(5000, 200)
    counter = PatternCounter(64, max_patterns=limit)
    for part in torch.from_numpy(words.view(np.int64))[:, None].split(170):
        counter.update(part)
    counts = counter.result()
    _, first = np.unique(words, return_index=True)
    listed = np.isin(words, words[np.sort(first)[:limit]])
    check(words[listed], counts)
    assert counts.unlisted == 5000 - listed.sum()


def test_counting_goes_on_after_a_result(small):
    words = drawn(6000, 900)
    counter = PatternCounter(64)
    for start in range(0, 6000, 500):
        counter.update(torch.from_numpy(words[start : start + 500].view(np.int64))[:, None])
        check(words[: start + 500], counter.result())


def test_many_rows_do_not_change_a_result_that_was_handed_out(small):
    words, listed = drawn(6000, 200), numba_words.Words(64, None, None, slots=0, ratio=4)
    listed.add(words[:, None])
    keys, counts = listed.finish()
    kept = keys.copy(), counts.copy()
    listed.add(words[:, None])
    assert np.array_equal(listed.finish()[1], 2 * kept[1])
    assert np.array_equal(keys, kept[0]) and np.array_equal(counts, kept[1])


def test_bits_beyond_the_width_are_refused_in_many_rows():
    words = np.arange(1 << 19, dtype=np.uint64)
    words[12345] = 1 << 60
    with pytest.raises(ValueError, match="beyond its width of 20"):
        count(torch.from_numpy(words.view(np.int64))[:, None], 20)


def test_a_stream_takes_24_bytes_a_pattern():
    packed = torch.randint(-(2**63), 2**63 - 1, (500_000, 1))
    for warm in (packed[:200_000], packed[:1]):
        count(warm, 64)
    tracemalloc.start()
    counter = PatternCounter(64)
    for part in packed.split(1 << 16):
        counter.update(part)
    counts = counter.result()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held <= 16 * counts.distinct + 2**16
    assert peak <= 24 * counts.distinct + 2**21


ONE_CALL = """
import resource, torch
from relu_book.patterns import count, set_backend

set_backend("numba")
pool = torch.randint(-(2**63), 2**63 - 1, (400_000, 1), generator=torch.Generator().manual_seed(0))
packed = pool[torch.randint(0, 400_000, (6_000_000,), generator=torch.Generator().manual_seed(1))]
count(packed[:600_000:3], 64)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
distinct = count(packed, 64).distinct
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / distinct)
"""


def test_one_call_takes_48_bytes_a_pattern():
    run = subprocess.run(
        [sys.executable, "-c", ONE_CALL], capture_output=True, text=True, check=True
    )
    assert float(run.stdout) <= 48 + 4  # memory comes in pages of up to 2 MiB
