"""How many distinct numbers a sample lets expect."""

import numpy as np
import pytest

from relu_book.patterns.backends.numba_sample import expected, runs, sampled


@pytest.mark.parametrize("distinct", [1, 30, 5000, 100_000, 1_000_000])
def test_equally_frequent_numbers(distinct):
    keys = np.random.default_rng(0).integers(0, distinct, 2_000_000, dtype=np.uint64)
    patterns, others, even = expected(sampled(keys), len(keys))
    assert even
    assert patterns == pytest.approx(distinct, rel=0.15)
    # the sample is of 65536 at the most
    assert others == pytest.approx(np.exp(-min(len(sampled(keys)), 65536) / distinct), abs=0.02)


@pytest.mark.parametrize("exponent", [1.1, 1.3, 1.6])
def test_some_frequent_and_many_rare(exponent):
    keys = np.random.default_rng(0).zipf(exponent, 2_000_000).astype(np.uint64)
    patterns, _, even = expected(sampled(keys), len(keys))
    assert not even
    assert patterns == pytest.approx(len(np.unique(keys)), rel=0.5)


def test_all_different_or_all_equal():
    keys = np.arange(1 << 20, dtype=np.uint64)
    assert expected(sampled(keys), len(keys))[:2] == (len(keys), 1.0)
    assert expected(sampled(keys * 0), len(keys)) == (1, 0.0, True)


def test_a_sample_is_spread_over_all_rows():
    for rows in (1, 15, 16, 17, 5000, 1 << 21):
        keys = np.arange(rows)
        chosen = sampled(keys)
        assert 1 <= len(chosen) <= max(1, min(65536, rows // 16))
        assert rows < 100 or chosen[-1] > 0.9 * rows


def test_runs_in_place():
    rows = np.array([3, 3, 5, 7, 7, 7], np.uint64)
    times = np.empty(6, np.int64)
    found = runs(rows, rows, times)
    assert (rows[:found].tolist(), times[:found].tolist()) == ([3, 5, 7], [2, 1, 3])
