"""Two sorted lists with Numba: exact in pieces of any size, without memory that grows with them."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import torch

from relu_book.patterns import (
    appeared,
    count,
    retained,
    set_backend,
    vanished,
    weighted_jaccard,
)
from relu_book.patterns.backends import numba_pairs

SPECIAL = [0, 1, 2, 2**63 - 1, -(2**63), -2, -1]  # in the order of unsigned words


@pytest.fixture(autouse=True)
def numba():
    before = set_backend("numba")
    yield
    set_backend(before)


def two_counts(words: int, rows: int):
    draw = np.random.default_rng(rows)
    packed = [torch.from_numpy(draw.choice(SPECIAL, (rows, words))) for _ in range(2)]
    packed[0][:5], packed[1][-5:] = 1, 2  # often
    return packed, [count(some, 64 * words) for some in packed]


@pytest.mark.parametrize("words", [1, 2, 3])
@pytest.mark.parametrize("rows", [5, 30, 2000])
def test_merged_counts_are_the_sums_in_the_order_of_unsigned_words(words, rows):
    packed, (a, b) = two_counts(words, rows)
    as_unsigned = [tuple(word % 2**64 for word in row) for row in torch.cat(packed).tolist()]
    expected = sorted(Counter(as_unsigned).items())
    for merged in (a.merge(b), b.merge(a)):
        found = [tuple(word % 2**64 for word in row) for row in merged.patterns.tolist()]
        assert list(zip(found, merged.counts.tolist(), strict=True)) == expected


@pytest.mark.parametrize("words", [1, 2, 3])
@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_pieces_of_any_size_give_the_same_measures(words, at_once, monkeypatch):
    _, (a, b) = two_counts(words, 40)
    measures = [appeared, vanished, weighted_jaccard, retained]

    def found():
        shares = [weighted_jaccard(*pair, normalize=True) for pair in ((a, b), (b, a), (a, a))]
        return [measure(*pair) for measure in measures for pair in ((a, b), (b, a), (a, a))], shares

    whole = found()
    monkeypatch.setattr(numba_pairs, "_AT_ONCE", at_once)
    assert found() == whole
    pieces = list(numba_pairs.shared(a.patterns, a.counts, a.patterns, a.counts))
    assert max(len(in_a) for in_a, _ in pieces) <= at_once
    assert torch.equal(torch.cat([in_a for in_a, _ in pieces]), a.counts)


MEMORY = """
import resource, torch
from relu_book.patterns import PatternCounts, retained, set_backend, weighted_jaccard

set_backend("numba")
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
def some(start, rows):
    return PatternCounts(torch.arange(start, start + rows)[:, None], torch.ones(rows).long(), 64)
def work(a, b):
    before = peak()
    a.merge(b)
    merged = peak()
    weighted_jaccard(a, a), retained(a, a)
    return (merged - before) / (2 * a.distinct), (peak() - before) / a.distinct
work(some(0, 10), some(5, 10))
print(*work(some(0, 4_000_000), some(4_000_000, 4_000_000)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of the peak is that of Linux")
def test_memory_is_that_of_the_merged_list():
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    merged, compared = map(float, run.stdout.split())
    assert merged <= 16 + 2
    assert compared <= 32 + 4  # no more than it took to merge
