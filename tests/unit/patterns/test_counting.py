"""Counting: exact for any width, with the measures that follow from the counts."""

import collections
import itertools
import math
import random

import numpy as np
import pytest
import torch

from relu_book.patterns import PatternCounts, count, pack, set_backend, unpack
from relu_book.patterns.backends import numba_hashed

WIDTHS = [1, 2, 15, 16, 17, 31, 63, 64, 65, 128, 130, 512, 2048]


@pytest.fixture(params=["torch", "numba"], autouse=True)
def backend(request):
    before = set_backend(request.param)
    yield request.param
    set_backend(before)


def some_patterns(rows: int, width: int, distinct: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    pool = torch.rand(distinct, width, generator=generator) > 0.5
    return pack(pool[torch.randint(0, distinct, (rows,), generator=generator)])


def one_by_one(packed: torch.Tensor) -> list[tuple[tuple[int, ...], int]]:
    """A dictionary of Python integers, read as unsigned, in their order."""
    rows = [tuple(word % 2**64 for word in row) for row in packed.tolist()]
    return sorted(collections.Counter(rows).items())


def as_list(counts: PatternCounts) -> list[tuple[tuple[int, ...], int]]:
    rows = [tuple(word % 2**64 for word in row) for row in counts.patterns.tolist()]
    return list(zip(rows, counts.counts.tolist(), strict=True))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("distinct", [1, 2, 50, 5000])
def test_equals_a_dictionary(width, distinct):
    packed = some_patterns(3000, width, distinct)
    counts = count(packed, width)
    assert as_list(counts) == one_by_one(packed)
    assert counts.total == 3000
    assert counts.distinct == len(counts.counts) == len(counts.patterns)
    assert counts.patterns.dtype == counts.counts.dtype == torch.int64


@pytest.mark.parametrize("width", [65, 130, 512])
def test_patterns_that_differ_in_late_words_only(width):
    bits = torch.zeros(600, width, dtype=torch.bool)
    bits[:, -2:] = torch.randint(0, 2, (600, 2), generator=torch.Generator().manual_seed(1)).bool()
    bits[:, 0] = torch.arange(600) % 3 == 0
    packed = pack(bits)
    assert as_list(count(packed, width)) == one_by_one(packed)
    assert count(packed, width).distinct == 8


def test_order_is_that_of_unsigned_words():
    packed = torch.tensor([[-1], [0], [1], [-(2**63)], [2**63 - 1]])
    assert count(packed, 64).patterns[:, 0].tolist() == [0, 1, 2**63 - 1, -(2**63), -1]
    wide = torch.tensor([[-1, 0], [0, -1], [0, 1], [0, -1]])
    assert count(wide, 128).patterns.tolist() == [[0, 1], [0, -1], [-1, 0]]
    assert count(wide, 128).counts.tolist() == [1, 2, 1]


@pytest.mark.parametrize("width", [70, 300])
def test_equal_fingerprints_lose_no_pattern(width, monkeypatch):
    packed = some_patterns(500, width, 40)
    exact = count(packed, width)
    for fingerprints in (
        lambda words: words[:, 0] * 0,
        lambda words: words[:, 0] % 3,
        lambda words: words[:, -1].copy(),
    ):
        monkeypatch.setattr(numba_hashed, "fingerprints", fingerprints)
        assert count(packed, width) == exact
        assert count(packed, width).merge(exact).total == 1000


@pytest.mark.parametrize("few_slots", [1 << 10, 1 << 13, numba_hashed._FEW_SLOTS])
def test_a_table_grows_where_the_sample_shows_few_of_many_patterns(few_slots, monkeypatch):
    monkeypatch.setattr(numba_hashed, "_FEW_SLOTS", few_slots)
    packed = some_patterns(20_000, 130, 20_000)
    packed[::16] = packed[torch.arange(1250) % 10]  # the rows that are sampled
    assert as_list(count(packed, 130)) == one_by_one(packed)


@pytest.mark.parametrize("width", WIDTHS)
def test_equal_multisets_are_equal(width):
    packed = some_patterns(400, width, 30)
    shuffled = packed[torch.randperm(400, generator=torch.Generator().manual_seed(3))]
    assert count(packed, width) == count(shuffled, width)
    assert count(packed, width) != count(packed[1:], width)
    changed = packed.clone()
    changed[0, 0] ^= 1
    assert count(packed, width) != count(changed, width)
    assert count(packed, width) != "counts"
    with pytest.raises(TypeError, match="unhashable"):
        hash(count(packed, width))


def test_an_empty_count():
    for width in (1, 16, 64, 65):
        counts = count(pack(torch.empty(0, width)), width)
        assert (counts.total, counts.distinct, counts.max_frequency) == (0, 0, 0.0)
        assert (counts.entropy, counts.relative_entropy) == (0.0, 0.0)
        assert counts.patterns.shape == (0, -(-width // 64))
        assert counts.merge(counts) == counts


def test_patterns_without_channels():
    counts = count(pack(torch.empty(7, 0)), 0)
    assert (counts.total, counts.distinct, counts.relative_entropy) == (7, 1, 0.0)
    assert counts.merge(counts).total == 14


@pytest.mark.parametrize("width", WIDTHS)
def test_merging_is_counting_together(width):
    a, b = some_patterns(300, width, 40, seed=1), some_patterns(500, width, 40, seed=2)
    b[:100] = a[:100]
    together = count(torch.cat([a, b]), width)
    assert count(a, width).merge(count(b, width)) == together
    assert count(b, width).merge(count(a, width)) == together
    empty = count(a[:0], width)
    assert together.merge(empty) == empty.merge(together) == together


def test_large_counts_stay_exact():
    big = PatternCounts(torch.tensor([[1], [2]]), torch.tensor([2**61 + 1, 1]), 2)
    assert big.merge(big).counts.tolist() == [2**62 + 2, 2]
    wide = PatternCounts(torch.tensor([[1, 0], [2, 0]]), torch.tensor([2**61 + 1, 1]), 65)
    assert wide.merge(wide).counts.tolist() == [2**62 + 2, 2]


def test_measures_by_their_formulas():
    counts = PatternCounts(torch.tensor([[0], [1], [5]]), torch.tensor([1, 1, 6]), 3)
    shares = [1 / 8, 1 / 8, 6 / 8]
    entropy = -sum(p * math.log2(p) for p in shares)
    assert counts.max_frequency == 6 / 8
    assert counts.entropy == pytest.approx(entropy, abs=1e-14)
    assert counts.relative_entropy == pytest.approx(entropy / 3, abs=1e-14)


def test_entropy_at_its_bounds():
    one = count(torch.zeros(9, 1, dtype=torch.int64), 5)
    assert (one.entropy, one.relative_entropy, one.max_frequency) == (0.0, 0.0, 1.0)
    assert math.copysign(1, one.entropy) == 1
    every = count(torch.arange(16)[:, None], 4)
    assert (every.entropy, every.relative_entropy) == (4.0, 1.0)
    # fewer evaluations than patterns: the bound is log2 of the total
    few = count(torch.arange(8)[:, None], 40)
    assert (few.entropy, few.relative_entropy) == (3.0, 1.0)
    single = count(torch.tensor([[3]]), 40)
    assert (single.entropy, single.relative_entropy) == (0.0, 0.0)


def limited(multiset: dict[int, int], listed: set[int], width: int = 2) -> PatternCounts:
    """What a count of this multiset gives that could only list these patterns."""
    rows = sorted(pattern for pattern in multiset if pattern in listed)
    return PatternCounts(
        torch.tensor(rows, dtype=torch.int64)[:, None],
        torch.tensor([multiset[pattern] for pattern in rows], dtype=torch.int64),
        width,
        sum(multiset.values()) - sum(multiset[pattern] for pattern in rows),
    )


def completions(counts: PatternCounts):
    """Every multiset that can lie behind an incomplete count, as lists of positive counts."""
    known = dict(as_list(counts))
    known = {pattern[0]: c for pattern, c in known.items()}
    free = [p for p in range(2**counts.width) if counts.mixed or p not in known]
    for split in itertools.product(range(counts.unlisted + 1), repeat=len(free)):
        if sum(split) == counts.unlisted:
            whole = collections.Counter(known) + collections.Counter(
                dict(zip(free, split, strict=True))
            )
            yield list(whole.values())


def entropy_of(counts: list[int]) -> float:
    total = sum(counts)
    return -sum(c / total * math.log2(c / total) for c in counts)


def incomplete_counts():
    for values in itertools.product([1, 2, 4], repeat=3):
        a = dict(enumerate(values))
        for size in (0, 1, 2):
            yield limited(a, set(range(size)))
            yield limited(a, set(range(size))).merge(limited({0: 1, 3: 2}, {3}))


def test_bounds_hold_for_every_multiset_that_is_possible():
    for counts in incomplete_counts():
        possible = list(completions(counts))
        assert possible
        distinct = [len(c) for c in possible]
        assert counts.distinct_bounds == (min(distinct), max(distinct))
        frequencies = [max(c) / sum(c) for c in possible]
        least, most = counts.max_frequency_bounds
        assert least <= min(frequencies)
        assert most == pytest.approx(max(frequencies), abs=1e-12)
        entropies = [entropy_of(c) for c in possible]
        least, most = counts.entropy_bounds
        assert least == pytest.approx(min(entropies), abs=1e-12)
        assert most >= max(entropies) - 1e-12
        if counts.unlisted <= 4 - counts.distinct:  # there are patterns enough to differ
            assert most == pytest.approx(max(entropies), abs=1e-12)
        bound = min(counts.width, math.log2(counts.total))
        relative = counts.relative_entropy_bounds
        assert relative == pytest.approx((least / bound, most / bound), abs=1e-12)
        values = (counts.max_frequency, counts.entropy, counts.relative_entropy)
        assert values == (counts.max_frequency_bounds[0], least, relative[0])


def test_bounds_of_complete_counts_are_their_values():
    for width in (1, 64, 65):
        counts = count(some_patterns(200, width, 30), width)
        assert counts.complete
        assert counts.distinct_bounds == (counts.distinct, counts.distinct)
        assert counts.entropy_bounds == (counts.entropy, counts.entropy)
        assert counts.max_frequency_bounds == (counts.max_frequency, counts.max_frequency)
        assert counts.relative_entropy_bounds[0] == counts.relative_entropy_bounds[1]


def test_nothing_but_unlisted_evaluations():
    counts = limited({1: 3}, set(), width=40)
    assert (counts.total, counts.distinct, counts.distinct_bounds) == (3, 0, (1, 3))
    assert counts.entropy_bounds == (0.0, pytest.approx(math.log2(3)))
    assert counts.max_frequency_bounds == (pytest.approx(1 / 3), 1.0)
    assert repr(counts) == "PatternCounts(width=40, total=3, distinct>=1, unlisted=3)"


def test_merging_incomplete_counts_in_any_order_and_grouping():
    draw = random.Random(0)
    for _ in range(60):
        parts = []
        for _ in range(3):
            multiset = {p: draw.randint(1, 3) for p in range(4) if draw.random() < 0.7}
            listed = {p for p in range(4) if draw.random() < draw.choice([0.6, 1])}
            parts.append((multiset, limited(multiset, listed)))
        truth = sum((collections.Counter(multiset) for multiset, _ in parts), collections.Counter())
        a, b, c = (counts for _, counts in parts)
        merged = a.merge(b).merge(c)
        for again in (a.merge(b.merge(c)), c.merge(a).merge(b), b.merge(c.merge(a))):
            assert again == merged
        assert merged.total == truth.total()
        for (pattern,), listed in as_list(merged):
            assert listed <= truth[pattern]
            assert merged.mixed or listed == truth[pattern]
        least, most = merged.distinct_bounds
        assert least <= len(truth) <= most
        if truth:
            least, most = merged.entropy_bounds
            assert least - 1e-12 <= entropy_of(list(truth.values())) <= most + 1e-12


def test_incomplete_counts_differ_from_complete_ones():
    whole = limited({0: 2, 1: 1}, {0, 1})
    part = limited({0: 2, 1: 1}, {0})
    assert whole != part
    assert part == limited({0: 2, 3: 1}, {0})
    mixed = part.merge(limited({3: 1}, {3}))
    assert mixed.mixed
    assert mixed != PatternCounts(mixed.patterns, mixed.counts, 2, mixed.unlisted)


def test_incomplete_counts_saved_and_loaded(tmp_path):
    part = limited({0: 2, 1: 1}, {0})
    for counts in (part, part.merge(limited({3: 1}, {3}))):
        counts.save(tmp_path / "counts.npz")
        assert PatternCounts.load(tmp_path / "counts.npz") == counts


@pytest.mark.parametrize("width", [3, 64, 130])
def test_saved_and_loaded(width, tmp_path):
    counts = count(some_patterns(300, width, 20), width)
    path = tmp_path / "counts.npz"
    counts.save(path)
    assert PatternCounts.load(str(path)) == counts
    assert [file.name for file in tmp_path.iterdir()] == ["counts.npz"]


def test_files_that_hold_no_counts(tmp_path):
    with pytest.raises(FileNotFoundError):
        PatternCounts.load(tmp_path / "missing.npz")
    path = tmp_path / "counts.npz"
    count(some_patterns(300, 70, 20), 70).save(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    damaged = [
        whole[:middle],
        b"",
        b"text",
        whole[:200] + bytes([whole[200] ^ 255]) + whole[201:],
    ]
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"counts\.npz holds no pattern counts or is damaged"):
            PatternCounts.load(path)


def test_a_flipped_bit_anywhere_is_found_or_harmless(tmp_path):
    path = tmp_path / "counts.npz"
    counts = count(some_patterns(300, 70, 20), 70)
    counts.save(path)
    whole = path.read_bytes()
    # 28, 149 and 3775 have led to errors of zlib, of tokenize and of zipfile
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            assert PatternCounts.load(path) == counts  # a date or a comment of the archive
        except ValueError as error:
            assert "counts.npz holds no pattern counts or is damaged (" in str(error)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counts": [1, 0, 2]}, "a pattern is counted 0 times"),
        ({"counts": [1, -3, 2]}, "a pattern is counted -3 times"),
        ({"patterns": [[1], [0], [2]]}, "not in order"),
        ({"patterns": [[-1], [0], [2]], "width": 64}, "not in order"),
        ({"patterns": [[0], [2], [2]]}, "listed twice"),
        ({"unlisted": -1}, "unlisted=-1"),
        ({"unlisted": 1.5}, "integer"),
        ({"width": 1}, "beyond its width of 1"),
        ({"width": [2]}, "integer"),
        ({"counts": [1.0, 1.0, 1.0]}, "float64"),
        ({"patterns": [[0, 1], [0, 0], [1, 0]], "width": 65}, "not in order"),
        ({"patterns": [[0, 1], [1, 0], [1, 0]], "width": 65}, "listed twice"),
    ],
)
def test_counts_that_cannot_be_are_refused(change, message, tmp_path):
    path = tmp_path / "counts.npz"
    content = {"patterns": [[0], [1], [2]], "counts": [1, 1, 2], "width": 2}
    content |= {"unlisted": 0, "mixed": False} | change
    np.savez(path, **{name: np.array(value) for name, value in content.items()})
    with pytest.raises(ValueError, match=f"is damaged .*{message}"):
        PatternCounts.load(path)


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "counts.npz"
    counts = count(torch.tensor([[1]]), 2)
    counts.save(path)

    def full_disk(file, **arrays):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("numpy.savez_compressed", full_disk)
    with pytest.raises(OSError, match="no space"):
        count(torch.tensor([[2]]), 2).save(path)
    assert PatternCounts.load(path) == counts
    assert len(list(tmp_path.iterdir())) == 1


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="width 65 take 2 words, packed has 1"):
        count(torch.zeros(3, 1, dtype=torch.int64), 65)
    with pytest.raises(ValueError, match="beyond its width of 2"):
        count(torch.tensor([[4]]), 2)
    with pytest.raises(ValueError, match="float32"):
        count(torch.zeros(3, 1), 2)
    with pytest.raises(ValueError, match="width 1 and of width 2"):
        count(torch.tensor([[1]]), 1).merge(count(torch.tensor([[1]]), 2))
    with pytest.raises(ValueError, match="one for each of 1 patterns"):
        PatternCounts(torch.tensor([[1]]), torch.tensor([1, 2]), 2)
    with pytest.raises(ValueError, match="unlisted=-1"):
        PatternCounts(torch.tensor([[1]]), torch.tensor([1]), 2, -1)
    with pytest.raises(ValueError, match="mixed=True beside 1 listed"):
        PatternCounts(torch.tensor([[1]]), torch.tensor([1]), 2, 0, True)


@pytest.mark.parametrize(
    ("counts", "unlisted", "sentence"),
    [
        (torch.tensor([0, 1]), 0, "a pattern is counted 0 times, not once or more"),
        (torch.tensor([-1, 1]), 0, "a pattern is counted -1 times, not once or more"),
        ([1, 1], 0, "counts are an int64 tensor, one for each of 2 patterns, not list"),
        (None, 0, "counts are an int64 tensor, one for each of 2 patterns, not NoneType"),
        (torch.tensor([1, 1]), 1.5, "unlisted is a number of evaluations, .* not unlisted=1.5"),
        (torch.tensor([1, 1]), "1", "unlisted is a number of evaluations, .* not unlisted='1'"),
    ],
)
def test_no_counts_are_refused(counts, unlisted, sentence):
    with pytest.raises(ValueError, match=sentence):
        PatternCounts(torch.tensor([[1], [3]]), counts, 2, unlisted)


def test_no_width_and_what_is_no_counts_are_refused():
    packed = torch.tensor([[1], [3]])
    for refused in (lambda: count(packed, None), lambda: unpack(packed, None)):
        with pytest.raises(ValueError, match="the width is a number of channels, not None"):
            refused()
    with pytest.raises(TypeError, match="PatternCounts are merged with others, not dict"):
        count(packed, 2).merge({})
