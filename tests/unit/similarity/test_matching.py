"""Patterns of two layers: the matching beside all permutations, the index beside counters."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
import torch

from relu_book.patterns import pack
from relu_book.similarity import match_filters, pattern_similarity


def jaccard(first, second):
    """Of lists of patterns, by counters."""
    a, b = (Counter(map(tuple, rows.tolist())) for rows in (first, second))
    return (a & b).total() / (a | b).total()


def normals(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("p", "q"), [(5, 5), (4, 6), (6, 4)])
@pytest.mark.parametrize("seed", range(5))
def test_the_matching_is_the_best_of_all(p, q, seed):
    x, y = normals(40, p, seed=seed) > 0, normals(40, q, seed=seed + 100) > 0
    rows, columns = match_filters(x, y)
    agreed = int((x[:, rows] == y[:, columns]).sum())
    narrow, wide = (x, y) if p <= q else (y, x)
    best = max(
        int((narrow == wide[:, list(chosen)]).sum())
        for chosen in permutations(range(max(p, q)), min(p, q))
    )
    assert agreed == best and len(rows) == len(set(columns.tolist())) == min(p, q)


def test_the_index_is_that_of_counters_also_over_places():
    x, y = normals(30, 3, 4, 4), normals(30, 3, 4, 4, seed=1)
    rows = [m.movedim(1, -1).flatten(0, -2) > 0 for m in (x, y)]
    assert pattern_similarity(x, y, match=False) == pytest.approx(jaccard(*rows), abs=1e-15)
    order = match_filters(*rows)[1]
    assert pattern_similarity(x, y) == pytest.approx(jaccard(rows[0], rows[1][:, order]), abs=1e-15)


@pytest.mark.parametrize("width", [1, 6, 70])
def test_filters_in_another_order_are_found(width):
    x = normals(500, width)
    order = torch.randperm(width, generator=torch.Generator().manual_seed(1))
    assert pattern_similarity(x, x[:, order] * 3) == 1
    assert pattern_similarity(x.numpy(), x[:, order].numpy()) == 1
    packed = pack(x), pack(x[:, order])
    assert pattern_similarity(*packed, width=width) == 1
    assert pattern_similarity(packed[0], x[:, order], width=(width, None)) == 1
    if width == 6:
        assert pattern_similarity(x, x[:, order], match=False) < 1


def test_filters_without_a_match_are_left_out():
    x = normals(200, 5)
    assert pattern_similarity(x, x[:, [4, 1]]) == pattern_similarity(x[:, [4, 1]], x) == 1


def test_float16_and_chunks(monkeypatch):
    from relu_book.similarity import matching

    x, y = normals(100, 5).half(), normals(100, 5, seed=1).double()
    expected = pattern_similarity(x, y)
    monkeypatch.setattr(matching, "_CHUNK", 7)
    assert pattern_similarity(x, y) == expected
    assert pattern_similarity.larger_is_more_similar


def test_what_cannot_be_compared_is_said():
    x = normals(10, 3)
    with pytest.raises(TypeError, match="first is a bool tensor of who is active, not"):
        match_filters(x * np.nan, x)
    with pytest.raises(ValueError, match=r"not of shapes \(10, 3\) and \(9, 3\)"):
        match_filters(x > 0, x[:9] > 0)
    with pytest.raises(ValueError, match="first has 10 evaluations and second 9"):
        pattern_similarity(x, x[:9])
    with pytest.raises(ValueError, match="first has 0 evaluations"):
        pattern_similarity(x[:0], x[:0])
    with pytest.raises(ValueError, match="3 filters and second 2, which have no places"):
        pattern_similarity(x, x[:, :2], match=False)
    with pytest.raises(ValueError, match="first holds packed patterns: say of how many filters"):
        pattern_similarity(pack(x), pack(x))
    with pytest.raises(TypeError, match="second is a tensor or an array, not list"):
        pattern_similarity(x, x.tolist())
    with pytest.raises(ValueError, match=r"second is a floating-point .* not torch.float32 of sha"):
        pattern_similarity(x, x[:, 0])
    with pytest.raises(ValueError, match="NaN has no sign"):
        pattern_similarity(x, torch.full((10, 3), np.nan))
