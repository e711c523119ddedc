"""Algorithm 2 of thesis 3.1.2 (article, algorithm 1): how a hash list counts, and where it errs.

The list has ``size`` places; a pattern with hash h is counted at place h mod size. Patterns that
share a place become one: n patterns take size (1 - exp(-n / size)) places of an ideal list. The
hash of algorithm 1 multiplies with odd numbers, so the low k bits of h depend on the first k
filters alone, and lists whose size 2^k divides are far from ideal. About 10 s on one core.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor

from relu_book import datasets
from relu_book.experiments.pattern_evolution.definitions import random_signs
from relu_book.models import cifar_resnet
from relu_book.parallel import columns
from relu_book.patterns import (
    HashList,
    PatternCounts,
    count,
    count_patterns,
    pack,
    weighted_jaccard,
)
from relu_book.patterns.hash_list import prime_size
from relu_book.training import train

Listing = Callable[..., tuple[Tensor, Tensor]]


def against_dictionary(cases: int = 120, seed: int = 0) -> dict:
    """alg-2.a: hash list against dictionary without shared places; sums with and without them."""
    rng = np.random.default_rng(seed)
    found = {"deviation": [], "sum_deviation": [], "cases_with_collisions": 0}
    for _ in range(cases):
        width, size = int(rng.integers(1, 131)), prime_size(int(rng.integers(50, 3000)))
        packed = pack(torch.from_numpy(random_signs(width, 1000, rng).astype(np.float64)))
        distinct = count(packed, width).patterns
        places = np.bincount(_keys(distinct, size), minlength=size)
        found["cases_with_collisions"] += int(places.max() > 1)
        found["sum_deviation"].append(int(_filled(packed, size).sum()) - len(packed))

        alone = packed[torch.from_numpy(places[_keys(packed, size)] == 1)]
        counts = _filled(alone, size)
        naive = Counter(map(tuple, alone.tolist()))
        patterns = torch.tensor(list(naive), dtype=torch.int64).reshape(-1, packed.shape[1])
        expected = torch.zeros(size, dtype=torch.int64)
        expected[_keys(patterns, size)] = torch.tensor(list(naive.values()), dtype=torch.int64)
        found["deviation"].append(int((counts - expected).abs().max()))
    return found


def lost_by_occupancy(cases: int = 3, evaluations: int = 500_000, seed: int = 0) -> dict:
    """alg-2.b: share of patterns that merge, and error of the relative entropy, at 10 and 15 %.

    Random words of 64 bits with unequal frequencies, a layer of 64 filters on 16 inputs, and one of
    130 filters on 12 inputs. The lists have prime sizes.
    """

    def measured(case: int) -> dict:
        counts, found = _many_patterns(case % 3, evaluations, seed + case), {"entropy_error": []}
        for per_cent in (10, 15):
            size = prime_size(round(-counts.distinct / math.log(1 - per_cent / 100)))
            hash_list = filled_list(counts, size)
            found[f"lost_at_{per_cent}"] = 1 - hash_list.distinct / counts.distinct
            error = hash_list.relative_entropy(counts.width) - counts.relative_entropy
            found["entropy_error"].append(error)
        return found | {"patterns": counts.distinct}

    found = columns(measured, range(cases))
    return found | {"entropy_error": found["entropy_error"].ravel()}


def same_listing(listing: Listing, cases: int = 120, seed: int = 0) -> dict:
    """H-alg-1: keys and counts of a listing with the article's arguments against the library's.

    As printed, the listing imports torch and np; what is missing of them is counted.

    Args:
        listing: Without these imports, ``listing(signs, hashlist_size=..., dtype=...)`` returns
            keys and counts.
        cases: Number of random layers.
        seed: Of the layers.
    """
    rng = np.random.default_rng(seed)
    deviation = []
    for case in range(cases):
        signs = torch.from_numpy(random_signs(int(rng.integers(1, 131)), 500, rng))
        size = {} if case % 2 else {"hashlist_size": int(rng.integers(50, 3000))}
        keys, counts = listing(signs, **size)
        packed = pack(signs.double())
        off = np.abs(keys.view(-1).numpy() - _keys(packed, len(counts))).max()
        deviation.append(int(max(off, (counts - _filled(packed, len(counts))).abs().max())))
    keys, counts = listing(signs)
    return {
        "missing_modules": sum(find_spec(name) is None for name in ("torch", "np")),
        "deviation": deviation,
        "default_places": len(counts),
        "default_bytes": counts.element_size(),
    }


def places_by_size(sizes: Iterable[int], patterns: int = 18_617, equal_filters: int = 15) -> dict:
    """Places taken by patterns of 64 filters that agree in the first few: ``{size: places}``."""
    words = np.random.default_rng(0).integers(0, 2 ** (63 - equal_filters), patterns)
    packed = torch.from_numpy(words << equal_filters)[:, None]
    distinct = count(packed, 64)
    return {size: filled_list(distinct, size).distinct for size in sizes}


def filled_list(counts: PatternCounts, size: int) -> HashList:
    """The hash list of a size after all evaluations of exact counts."""
    hash_list = HashList(size)
    hash_list.update(counts.patterns, counts.counts)
    return hash_list


@lru_cache(maxsize=1)
def _two_states() -> tuple[list[PatternCounts], ...]:
    """Patterns of each of 8 batches in layer 8 of ResNet-20, untrained and after one update."""
    digits = datasets.load("digits", size=16)
    images, site = digits.images.double(), "layer2.0.relu_before"
    model = cifar_resnet(20, in_channels=1, seed=0, dtype=torch.float64)
    batches = images[:512].split(64)
    states = []
    for steps in (0, 1):
        if steps:
            optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
            train(model, images, digits.labels, optimizer=optimizer, steps=steps, batch_size=64)
        states.append([count_patterns(model, [batch], sites=site)[site] for batch in batches])
    return tuple(states)


def filling(batches: int, size: int) -> dict[str, tuple[float, float]]:
    """Each measure as a hash list of a size gives it, and exactly, for layer 8 of ResNet-20.

    Args:
        batches: Of 64 images with 64 patterns each; 1 to 8.
        size: Places of the list.
    """
    before, after = (_merged(state[:batches]) for state in _two_states())
    lists = [filled_list(counts, size) for counts in (before, after)]
    first, second = (hash_list.counts.double() for hash_list in lists)
    overlap = float(torch.minimum(first, second).sum() / torch.maximum(first, second).sum())
    hashed = lists[0]
    return {
        "distinct patterns": (hashed.distinct, before.distinct),
        "corrected count": (hashed.corrected_distinct, before.distinct),
        "entropy in bits": (hashed.entropy, before.entropy),
        "relative entropy": (hashed.relative_entropy(before.width), before.relative_entropy),
        "most frequent": (hashed.max_frequency, before.max_frequency),
        "weighted Jaccard": (overlap, weighted_jaccard(before, after)),
    }


def places(batches: int, size: int) -> np.ndarray:
    """The counts of all places of the list of ``filling``, (size,)."""
    return filled_list(_merged(_two_states()[0][:batches]), size).counts.numpy()


def _merged(parts: Sequence[PatternCounts]) -> PatternCounts:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.merge(part)
    return whole


def _many_patterns(kind: int, evaluations: int, seed: int) -> PatternCounts:
    rng = np.random.default_rng(seed)
    if kind == 0:
        words = rng.integers(-(2**63), 2**63 - 1, evaluations // 2, endpoint=True)
        often = np.minimum(rng.zipf(1.5, len(words)), 10_000)
        counts = count(torch.from_numpy(words)[:, None], 64)
        return PatternCounts(counts.patterns, torch.from_numpy(often[: counts.distinct]), 64)
    inputs, width = ((16, 64), (12, 130))[kind - 1]
    weight = rng.normal(size=(inputs, width))
    packed = pack(torch.from_numpy(rng.normal(size=(evaluations, inputs)) @ weight))
    return count(packed, width)


def _keys(packed: Tensor, size: int) -> np.ndarray:
    return HashList(size).keys(packed).numpy()


def _filled(packed: Tensor, size: int) -> Tensor:
    hash_list = HashList(size)
    hash_list.update(packed)
    return hash_list.counts
