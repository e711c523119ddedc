"""Counting in a hash list: as the sources print it, and as wrong as the list is full."""

import math

import pytest
import torch

from relu_book.patterns import HashList, count, pack, prime_size


def one_by_one(active: torch.Tensor, size: int) -> tuple[list[int], list[int]]:
    """Algorithms 1 and 2 in Python's integers: the place of each row, and the filled list."""
    places, counts = [], [0] * size
    for row in active.tolist():
        h = 1610612741
        for start in range(0, len(row), 64):
            word = sum(1 << bit for bit, on in enumerate(row[start : start + 64]) if on)
            h = (word * 402653189 ^ h * 805306457) % 2**64
        signed = h - 2**64 if h >= 2**63 else h
        places.append(signed % size)
        counts[places[-1]] += 1
    return places, counts


def signs(rows: int, width: int, distinct: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(width)
    pool = torch.rand(distinct, width, generator=generator) > 0.5
    return pool[torch.randint(0, distinct, (rows,), generator=generator)]


@pytest.mark.parametrize("width", [1, 16, 35, 63, 64, 65, 130, 512])
@pytest.mark.parametrize("size", [None, 1, 97, 2**15])
def test_equals_the_printed_algorithm(width, size):
    active = signs(700, width, 150)
    hash_list = HashList(size) if size else HashList()
    places, counts = one_by_one(active, size or 30_000)
    packed = pack(active)
    assert hash_list.keys(packed).tolist() == places
    for part in packed.split(300):
        hash_list.update(part)
    assert hash_list.counts.tolist() == counts
    assert hash_list.counts.dtype == torch.int64
    assert (hash_list.size, hash_list.total) == (len(counts), 700)


@pytest.mark.parametrize("width", [16, 64, 130])
def test_exact_where_no_place_is_shared(width):
    packed = pack(signs(5000, width, 40))
    exact = count(packed, width)
    hash_list = HashList(prime_size(1_000_000))
    assert len(set(hash_list.keys(exact.patterns).tolist())) == exact.distinct
    hash_list.update(packed)
    by_place = dict(
        zip(hash_list.keys(exact.patterns).tolist(), exact.counts.tolist(), strict=True)
    )
    assert {k: n for k, n in enumerate(hash_list.counts.tolist()) if n} == by_place
    assert (hash_list.distinct, hash_list.total) == (exact.distinct, exact.total)
    assert hash_list.max_frequency == exact.max_frequency
    assert hash_list.entropy == pytest.approx(exact.entropy, abs=1e-12)
    assert hash_list.relative_entropy(width) == pytest.approx(exact.relative_entropy, abs=1e-12)


def test_patterns_with_their_counts():
    packed = pack(signs(3000, 70, 200))
    one_by_one, at_once = HashList(101), HashList(101)
    one_by_one.update(packed)
    exact = count(packed, 70)
    at_once.update(exact.patterns, exact.counts)
    assert torch.equal(one_by_one.counts, at_once.counts)
    at_once.update(exact.patterns[:0])
    assert torch.equal(one_by_one.counts, at_once.counts)


def test_sizes_that_a_power_of_two_divides_lose_many_more():
    """18,617 patterns with equal first 15 channels: the numbers that the class names."""
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(-(2**48), 2**48, (18_617,), generator=generator) << 15
    distinct = count(words[:, None], 64)
    assert distinct.distinct == 18_617
    lists = {size: HashList(size) for size in (2**15, 30_000, 32_749)}
    for hash_list in lists.values():
        hash_list.update(distinct.patterns)
    assert (lists[2**15].distinct, lists[30_000].distinct) == (1, 1875)
    ideal = 32_749 * -math.expm1(-18_617 / 32_749)
    assert lists[32_749].distinct == pytest.approx(ideal, rel=0.01)
    assert lists[32_749].corrected_distinct == pytest.approx(18_617, rel=0.01)


@pytest.mark.parametrize("patterns", [1_000, 3_000, 30_000])
def test_losses_of_an_ideal_list_and_their_correction(patterns):
    """The share that a list of about 30,000 places loses, against size (1 − exp(−n / size))."""
    words = torch.randint(
        -(2**63), 2**63 - 1, (patterns,), generator=torch.Generator().manual_seed(1)
    )
    hash_list = HashList(prime_size(30_000))
    hash_list.update(words[:, None])
    lost = 1 - hash_list.distinct / patterns
    load = patterns / hash_list.size
    spread = math.sqrt(hash_list.size * (math.exp(-load) - (1 + load) * math.exp(-2 * load)))
    assert lost == pytest.approx(1 + math.expm1(-load) / load, abs=4 * spread / patterns)
    assert hash_list.occupancy == hash_list.distinct / hash_list.size
    assert abs(hash_list.corrected_distinct / patterns - 1) < min(0.01, lost)


def test_entropy_by_its_formula_and_never_more_than_that_of_the_patterns():
    packed = pack(signs(4000, 20, 300))
    exact = count(packed, 20)
    before = 0.0
    for size in (1, 2, 10, 100, 1000, 100_003):
        hash_list = HashList(size)
        hash_list.update(packed)
        shares = [n / 4000 for n in hash_list.counts.tolist() if n]
        assert hash_list.entropy == pytest.approx(-sum(p * math.log2(p) for p in shares), abs=1e-12)
        assert before <= hash_list.entropy <= exact.entropy + 1e-12
        assert hash_list.relative_entropy(20) == pytest.approx(
            hash_list.entropy / math.log2(4000), abs=1e-12
        )
        assert hash_list.relative_entropy(3) == min(1.0, hash_list.entropy / 3)
        assert hash_list.max_frequency == max(shares)
        before = hash_list.entropy


def test_empty_and_full_lists():
    empty = HashList(5)
    assert (empty.distinct, empty.occupancy, empty.corrected_distinct, empty.total) == (0, 0, 0, 0)
    assert (empty.max_frequency, empty.entropy, empty.relative_entropy(8)) == (0, 0, 0)
    empty.update(torch.empty(0, 3, dtype=torch.int64))
    assert empty.total == 0
    full = HashList(5)
    full.update(torch.arange(100)[:, None])
    assert (full.occupancy, full.corrected_distinct) == (1.0, math.inf)
    assert repr(full) == "HashList(size=5, total=100, occupancy=1.0000)"


def test_counts_beyond_32_bits():
    hash_list = HashList(3)
    pattern = torch.tensor([[5]])
    for _ in range(2):
        hash_list.update(pattern, torch.tensor([2**61]))
    assert hash_list.total == 2**62


def test_keys_are_never_negative():
    packed = torch.randint(
        -(2**63), 2**63 - 1, (2000, 2), generator=torch.Generator().manual_seed(2)
    )
    keys = HashList(1009).keys(packed)
    assert int(keys.min()) >= 0
    assert int(keys.max()) < 1009


def test_wrong_input_is_named():
    for size in (0, -3, 2.5, True, "30000"):
        with pytest.raises(ValueError, match="a positive number of places, not"):
            HashList(size)
    with pytest.raises(ValueError, match=r"float32 of shape \(3,\)"):
        HashList(5).update(torch.zeros(3))
    with pytest.raises(ValueError, match=r"one for each of 1 patterns, not torch.int32 of shape"):
        HashList(5).update(torch.tensor([[1]]), torch.tensor([1], dtype=torch.int32))
    with pytest.raises(ValueError, match=r"one for each of 1 patterns, not .* of shape \(2,\)"):
        HashList(5).update(torch.tensor([[1]]), torch.tensor([1, 2]))
    with pytest.raises(ValueError, match=r"whole number, not 3\.5"):
        prime_size(3.5)


def test_primes_by_a_sieve():
    sieve = torch.ones(5000, dtype=torch.bool)
    sieve[:2] = False
    for number in range(2, 71):
        if sieve[number]:
            sieve[number * number :: number] = False
    for least in range(-3, 4900):
        size = prime_size(least)
        assert sieve[size] and not sieve[max(least, 2) : size].any()
