"""Measures between two counts: against dictionaries, at their bounds, on what they refuse."""

import math
from collections import Counter
from fractions import Fraction

import pytest
import torch

from relu_book.patterns import (
    PatternCounts,
    appeared,
    changed,
    count,
    net_change,
    pack,
    retained,
    set_backend,
    vanished,
    weighted_jaccard,
)

WIDTHS = [1, 2, 16, 17, 63, 64, 65, 128, 130, 512, 2048]
MEASURES = [appeared, vanished, net_change, changed, weighted_jaccard, retained]


@pytest.fixture(params=["torch", "numba"], autouse=True)
def backend(request):
    before = set_backend(request.param)
    yield request.param
    set_backend(before)


def two_samples(width: int, distinct: int, rows: int, others: int) -> list[torch.Tensor]:
    """Packed patterns of two states that share a part of their patterns."""
    generator = torch.Generator().manual_seed(width * 1000 + distinct)
    pool = torch.rand(distinct, width, generator=generator) > 0.5
    third = distinct // 3
    a = torch.randint(0, distinct - third, (rows,), generator=generator)
    b = torch.randint(third, distinct, (others,), generator=generator)
    return [pack(pool[a]), pack(pool[b])]


def by_dictionaries(packed_a: torch.Tensor, packed_b: torch.Tensor) -> dict[str, Fraction | int]:
    """Each measure as its formula says, in exact fractions."""
    a, b = (Counter(map(tuple, packed.tolist())) for packed in (packed_a, packed_b))
    union = a.keys() | b.keys()
    new, gone = len(b.keys() - a.keys()), len(a.keys() - b.keys())
    p = {key: Fraction(a[key], a.total()) for key in union}
    q = {key: Fraction(b[key], b.total()) for key in union}
    return {
        "appeared": new,
        "vanished": gone,
        "net_change": Fraction(new - gone, len(a)),
        "changed": Fraction(new + gone, len(union)),
        "retained": Fraction(sum(a[key] for key in a.keys() & b.keys()), a.total()),
        "jaccard": Fraction(
            sum(min(a[key], b[key]) for key in union), sum(max(a[key], b[key]) for key in union)
        ),
        "jaccard of shares": sum(min(p[key], q[key]) for key in union)
        / sum(max(p[key], q[key]) for key in union),
    }


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("sizes", [(2, 9, 9), (60, 300, 300), (900, 700, 999)])
@pytest.mark.parametrize("turned", [False, True])
def test_equal_dictionaries(width, sizes, turned):
    distinct, rows, others = sizes
    packed = two_samples(width, distinct, rows, others)[:: -1 if turned else 1]
    a, b = (count(patterns, width) for patterns in packed)
    expected = by_dictionaries(*packed)
    assert (appeared(a, b), vanished(a, b)) == (expected["appeared"], expected["vanished"])
    assert net_change(a, b) == float(expected["net_change"])
    assert changed(a, b) == float(expected["changed"])
    assert retained(a, b) == float(expected["retained"])
    shares = weighted_jaccard(a, b, normalize=True)
    assert shares == pytest.approx(float(expected["jaccard of shares"]), rel=1e-12)
    if rows == others:
        assert weighted_jaccard(a, b) == float(expected["jaccard"]) == shares


@pytest.mark.parametrize("width", [64, 128, 192])
def test_words_are_ordered_without_sign(width):
    """Bit 63 of any word set: the order of signed integers would miss shared patterns."""
    generator = torch.Generator().manual_seed(width)
    words = torch.tensor([0, 1, -1, -(2**63), 2**63 - 1])
    rows = words[torch.randint(0, 5, (80, width // 64), generator=generator)]
    packed = [rows[:50], rows[30:]]
    a, b = (count(patterns, width) for patterns in packed)
    expected = by_dictionaries(*packed)
    assert (appeared(a, b), vanished(a, b)) == (expected["appeared"], expected["vanished"])
    assert changed(a, b) == float(expected["changed"])


def test_patterns_that_differ_in_their_last_word_only():
    keys = [0, 1, 2, 2], [1, 2, 3, 3, 2]
    a, b = (count(torch.tensor([[5, 0, key] for key in some]), 130) for some in keys)
    assert (appeared(a, b), vanished(a, b)) == (1, 1)
    assert retained(a, b) == 3 / 4


def test_the_printed_change_is_none_where_half_of_the_patterns_are_new():
    a, b = (count(torch.arange(start, start + 4)[:, None], 3) for start in (0, 2))
    assert (appeared(a, b), vanished(a, b), net_change(a, b)) == (2, 2, 0.0)
    assert changed(a, b) == 4 / 6


def test_no_upper_bound_for_the_net_change_but_for_what_changed():
    a, b = count(torch.tensor([[0]]), 5), count(torch.arange(1, 32)[:, None], 5)
    assert net_change(a, b) == 30.0
    assert net_change(b, a) == -30 / 31
    assert changed(a, b) == changed(b, a) == 1.0


@pytest.mark.parametrize("width", [3, 64, 65, 500])
def test_equal_and_disjoint_counts(width):
    a = count(two_samples(width, 3, 200, 200)[0], width)
    assert (appeared(a, a), vanished(a, a), net_change(a, a), changed(a, a)) == (0, 0, 0.0, 0.0)
    assert weighted_jaccard(a, a) == retained(a, a) == 1.0
    words = a.patterns.shape[1]
    zeros = count(torch.zeros(a.total, words, dtype=torch.int64), width)
    ones = count(pack(torch.ones(a.total, width)), width)
    assert weighted_jaccard(zeros, ones) == retained(zeros, ones) == 0.0
    assert changed(zeros, ones) == 1.0


def test_frequencies_count_in_the_weighted_index_only():
    a = count(torch.tensor([[0], [0], [0], [1]]), 2)
    b = count(torch.tensor([[0], [1], [1], [1]]), 2)
    assert weighted_jaccard(a, b) == 2 / 6
    assert changed(a, b) == 0.0
    assert retained(a, b) == 1.0


def test_shares_are_compared_where_the_totals_differ():
    packed = two_samples(20, 30, 300, 300)[0]
    a = count(packed, 20)
    for times in (2, 3, 7, 11):
        repeated = count(packed.repeat(times, 1), 20)
        assert weighted_jaccard(a, repeated, normalize=True) == 1.0
        with pytest.raises(ValueError, match=rf"300 evaluations against {300 * times}: .*shares"):
            weighted_jaccard(a, repeated)


def test_large_counts_are_compared_exactly():
    patterns = torch.tensor([[1], [2]])
    a = PatternCounts(patterns, torch.tensor([2**60, 1]), 2)
    b = PatternCounts(patterns, torch.tensor([2**60 - 1, 2]), 2)
    assert weighted_jaccard(a, b) == float(Fraction(2**60, 2**60 + 2))
    half = PatternCounts(patterns, torch.tensor([2**59, 2**59]), 2)
    assert weighted_jaccard(a, half, normalize=True) == pytest.approx(1 / 3)


def test_empty_counts():
    for width in (1, 16, 64, 65):
        empty = count(pack(torch.empty(0, width)), width)
        some = count(pack(torch.ones(3, width)), width)
        assert [measure(empty, empty) for measure in MEASURES] == [0, 0, 0.0, 0.0, 1.0, 1.0]
        assert (appeared(empty, some), vanished(empty, some)) == (1, 0)
        assert (appeared(some, empty), vanished(some, empty)) == (0, 1)
        assert (net_change(empty, some), net_change(some, empty)) == (math.inf, -1.0)
        assert changed(empty, some) == changed(some, empty) == 1.0
        assert (retained(empty, some), retained(some, empty)) == (1.0, 0.0)
        assert weighted_jaccard(empty, some, normalize=True) == 0.0
        assert weighted_jaccard(some, empty, normalize=True) == 0.0
        with pytest.raises(ValueError, match="0 evaluations against 3"):
            weighted_jaccard(empty, some)


def test_patterns_without_channels():
    a, b = (count(pack(torch.empty(rows, 0)), 0) for rows in (7, 7))
    assert [measure(a, b) for measure in MEASURES] == [0, 0, 0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("measure", MEASURES)
def test_wrong_input_is_named(measure):
    a, b = count(torch.tensor([[1]]), 2), count(torch.tensor([[1]]), 3)
    with pytest.raises(
        ValueError, match=r"width [23] and of width [23] have no pattern to compare"
    ):
        measure(a, b)
    with pytest.raises(TypeError, match="two PatternCounts, not Tensor"):
        measure(a, torch.tensor([[1]]))


@pytest.mark.parametrize("measure", MEASURES)
def test_counts_that_do_not_list_everything_are_refused(measure):
    whole = count(torch.tensor([[1], [2], [2]]), 2)
    part = PatternCounts(torch.tensor([[1]]), torch.tensor([1]), 2, unlisted=2)
    for a, b in ((whole, part), (part, whole), (part, part)):
        with pytest.raises(ValueError, match=r"unlisted=2\) does not list all of its patterns, so"):
            measure(a, b)


def test_both_backends_find_the_same_places(backend, monkeypatch):
    """The merge in Numba, and the torch code on what Numba cannot read."""
    from relu_book.patterns import measures

    used = []
    original = measures._shared_by_torch
    monkeypatch.setattr(
        measures, "_shared_by_torch", lambda *args: used.append(1) or original(*args)
    )
    a, b = (count(packed, 130) for packed in two_samples(130, 60, 300, 300))
    assert appeared(a, b) > 0
    assert bool(used) == (backend == "torch")
