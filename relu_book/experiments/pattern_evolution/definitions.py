"""Definition 4 and the measures of thesis 3.1.2 (equations 3.1 to 3.10), case by random case.

Each function measures what the rule of one claim in ``data/claims.yml`` asks for and returns it by
the rule's names. The library's value stands against a twin that needs no library: the full table c
of thesis equation 3.4, a list with one entry for each of the 2^d patterns of d filters (so d stays
small there), a dictionary, or the rows of the sign matrix. All of them together take about 4 s.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from relu_book import datasets
from relu_book.models import cifar_resnet, convnet, pyramidnet, toynet
from relu_book.patterns import (
    PatternCounts,
    appeared,
    changed,
    count,
    pack,
    unpack,
    vanished,
    watch,
    weighted_jaccard,
)

Formula = Callable[[np.ndarray, np.ndarray], int]
WIDTHS = (1, 2, 5, 16, 63, 64, 65, 130)
MAKERS = {"toynet": toynet, "convnet": convnet, "resnet": cifar_resnet, "pyramidnet": pyramidnet}


def table(counts: PatternCounts) -> np.ndarray:
    """The full table c of equation 3.4: entry i counts the pattern whose sign j is bit j of i."""
    full = np.zeros(2**counts.width, dtype=np.int64)
    full[counts.patterns[:, 0].numpy()] = counts.counts.numpy()
    return full


def random_signs(width: int, evaluations: int, rng: np.random.Generator) -> np.ndarray:
    """Signs of one layer on random inputs of few dimensions: some patterns are far more frequent.

    Returns:
        (evaluations, width) booleans.
    """
    dimensions = rng.integers(1, 9)
    weight, bias = rng.normal(size=(dimensions, width)), rng.normal(size=width)
    return rng.normal(size=(evaluations, dimensions)) @ weight + bias > 0


def counted(signs: np.ndarray) -> PatternCounts:
    """The library's counts of the rows of a sign matrix."""
    return count(packed(signs), signs.shape[1])


def packed(signs: np.ndarray) -> Tensor:
    """The rows of a sign matrix as words."""
    return pack(torch.from_numpy(signs.astype(np.float64)))


def random_layers(cases: int, rng: np.random.Generator, fewest: int = 1) -> Iterator[np.ndarray]:
    """Sign matrices of all ``WIDTHS`` in turn, of ``fewest`` to 3,000 evaluations."""
    for case in range(cases):
        yield random_signs(WIDTHS[case % len(WIDTHS)], int(rng.integers(fewest, 3000)), rng)


def random_pairs(cases: int, seed: int = 0) -> Iterator[tuple[PatternCounts, PatternCounts]]:
    """A layer of up to 10 filters on the same inputs before and after a step of random size."""
    rng = np.random.default_rng(seed)
    for _ in range(cases):
        width, inputs = rng.integers(1, 11), rng.normal(size=(rng.integers(1, 1000), 4))
        weight, step = rng.normal(size=(2, 4, width))
        size = rng.choice([0, 0.1, 0.5, 2])
        yield counted(inputs @ weight > 0), counted(inputs @ (weight + size * step) > 0)


def moved_layer(filters: int, step: float, seed: int = 0) -> tuple[np.ndarray, ...]:
    """A layer on 500 points in the plane before and after a step of its weights.

    Returns:
        The points (500, 2), and the signs before and after, both (500, filters).
    """
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(500, 2))
    weight, direction = rng.normal(size=(2, 3, filters))
    inputs = np.column_stack([points, np.ones(len(points))])
    return points, inputs @ weight > 0, inputs @ (weight + step * direction) > 0


def dictionary_counts(cases: int = 120, seed: int = 0) -> dict:
    """def-4: patterns whose count differs from a dictionary's; totals, evaluations, distinct."""
    rows = []
    for signs in random_layers(cases, np.random.default_rng(seed)):
        naive = Counter(map(tuple, signs.tolist()))
        counts = counted(signs)
        patterns = map(tuple, unpack(counts.patterns, counts.width).tolist())
        found = Counter(dict(zip(patterns, counts.counts.tolist(), strict=True)))
        mismatches = sum(naive[key] != found[key] for key in naive.keys() | found.keys())
        rows.append((mismatches, counts.total, len(signs), counts.distinct, counts.width))
    names = ("mismatches", "totals", "evaluations", "distinct", "widths")
    return dict(zip(names, np.transpose(rows).tolist(), strict=True))


def distinct_against_rows(cases: int = 120, seed: int = 1) -> list[int]:
    """eq-3.5: entries of the count vector above zero minus unique rows of the sign matrix."""
    return [
        int((counted(signs).counts > 0).sum()) - len(np.unique(signs, axis=0))
        for signs in random_layers(cases, np.random.default_rng(seed))
    ]


def changes(printed: Formula, cases: int = 200, seed: int = 2) -> dict:
    """eq-3.6.a: the printed numerator beside patterns gained and lost, and the swap of one.

    Args:
        printed: Numerator of thesis equation 3.6, from the full tables of two states.
        cases: Number of random pairs.
        seed: Of the pairs.
    """
    rows = [
        (int(printed(table(a), table(b))), appeared(a, b), vanished(a, b), changed(a, b))
        for a, b in random_pairs(cases, seed)
    ]
    names = ("printed", "gained", "lost", "churn")
    one, other = (count(torch.tensor(words)[:, None], width=2) for words in ([0, 1], [0, 2]))
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) | {
        "swapped_printed": int(printed(table(one), table(other))),
        "swapped_difference": appeared(one, other) + vanished(one, other),
    }


def difference_of(formula: Formula, other: Formula, cases: int = 200, seed: int = 3) -> list[int]:
    """eq-3.6.b: value of one formula on the full tables of two states minus that of another."""
    tables = [(table(a), table(b)) for a, b in random_pairs(cases, seed)]
    return [int(formula(a, b) - other(a, b)) for a, b in tables]


def jaccard_values(cases: int = 1500, seed: int = 4) -> dict:
    """eq-3.7: weighted Jaccard index, shared patterns, and whether all counts agree.

    One case in three has vectors without a common pattern, one in three equal vectors in a
    different order of evaluations.
    """
    rng = np.random.default_rng(seed)
    found = {"values": [], "shared": [], "identical": []}
    for case in range(cases):
        evaluations, patterns = rng.integers(1, 60), int(rng.integers(2, 40))
        first, second = rng.integers(0, patterns, (2, evaluations))
        if case % 3 == 1:
            second = second + patterns  # other patterns altogether
        elif case % 3 == 2:
            second = rng.permutation(first)
        a, b = (count(torch.from_numpy(words)[:, None], width=7) for words in (first, second))
        naive = Counter(first.tolist()), Counter(second.tolist())
        found["values"].append(weighted_jaccard(a, b))
        found["shared"].append(len(naive[0].keys() & naive[1].keys()))
        found["identical"].append(naive[0] == naive[1])
    return found


def largest_shares(cases: int = 200, seed: int = 5) -> dict:
    """eq-3.8: share of the most frequent pattern, and number of distinct patterns."""
    values, distinct = [], []
    for case, (counts, _) in enumerate(random_pairs(cases, seed)):
        if case % 5 == 0:  # a layer whose filters all stay silent has one pattern
            counts = counted(np.zeros((counts.total, counts.width), dtype=bool))
        values.append(counts.max_frequency)
        distinct.append(int((table(counts) > 0).sum()))
    return {"values": values, "distinct": distinct}


def entropy_extremes(cases: int = 150, seed: int = 6) -> dict:
    """eq-3.9.a: entropy of equally frequent patterns, of a single one, and of random counts."""
    rng = np.random.default_rng(seed)
    found = {name: [] for name in ("uniform_deviation", "single_deviation", "entropies", "largest")}
    for patterns in range(1, cases + 1):
        times = int(rng.integers(1, 1000))
        words = torch.arange(patterns)[:, None]
        found["uniform_deviation"].append(
            count(words.repeat(times, 1), 8).entropy - math.log2(patterns)
        )
        found["single_deviation"].append(count(words[:1].repeat(times, 1), 8).entropy)
        # A geometric law gives counts that differ by orders of magnitude; each is at least one.
        often = torch.from_numpy(rng.geometric(rng.uniform(0.001, 1), patterns))
        found["entropies"].append(count(words.repeat_interleave(often, 0), 8).entropy)
        found["largest"].append(math.log2(patterns))
    return found


def normalisers(
    printed: Callable[[list[int], int], float], cases: int = 150, seed: int = 7
) -> dict:
    """eq-3.9.b: sums of the counts over 2^d and over their total; the printed form of one.

    Args:
        printed: Thesis equation 3.9 as printed, from counts and number of filters.
        cases: Number of random count vectors.
        seed: Of the vectors.
    """
    tables = [table(counts) for counts, _ in random_pairs(cases, seed)]
    return {
        "printed_sums": [float((c / len(c)).sum()) for c in tables],
        "total_sums": [float((c / c.sum()).sum()) for c in tables],
        "printed_single": float(printed([51_200_000], 16)),
    }


def relative_entropies(cases: int = 120, seed: int = 8) -> dict:
    """eq-3.10: entropy, width, total and relative entropy of random counts and of networks.

    The network is ResNet-20 on 16 x 16 digits, untrained, with the statistics of the batch.
    """
    rng = np.random.default_rng(seed)
    vectors = [counted(signs) for signs in random_layers(cases, rng, fewest=2)]
    # Patterns without any structure come closest to the bound.
    vectors += [counted(rng.random((2000, width)) < 0.5) for width in WIDTHS]
    model = cifar_resnet(20, in_channels=1, seed=seed, dtype=torch.float64)
    measured = layer_counts(model.train(), datasets.load("digits", size=16).images[:64].double())
    vectors += measured
    return {
        "entropies": [c.entropy for c in vectors],
        "widths": [c.width for c in vectors],
        "totals": [c.total for c in vectors],
        "relative": [c.relative_entropy for c in vectors],
        "from_networks": len(measured),
    }


def layer_counts(model: nn.Module, images: Tensor) -> list[PatternCounts]:
    """Counts of every site in one pass, in the model's own mode."""
    found = []
    with torch.no_grad(), watch(model, lambda site: found.append(count(site.pack(), site.width))):
        model(images)
    return found


def split_networks(images: int = 10, seed: int = 0) -> dict[str, list]:
    """eq-3.1: output of G(sigma(F(x)), x) minus the network's, one a layer and image.

    The network runs again with the activation of one layer replaced by what follows from the
    pre-activation recorded there, on the same images.

    Returns:
        ``deviation_toynet``, ``deviation_convnet``, ``deviation_resnet``, ``deviation_pyramidnet``:
        largest absolute difference of the outputs, (layers * images,).
    """
    x = datasets.load("digits").images[:images].double()
    return {f"deviation_{name}": _recomputed(name, x, x, seed).ravel().tolist() for name in MAKERS}


def input_needed(seed: int = 0) -> dict[str, tuple[int, int]]:
    """In how many layers, of how many, G needs x itself: given another image its output changes."""
    x, other = datasets.load("digits").images[:2].double().split(1)
    found = {}
    for name in MAKERS:
        differs = (_recomputed(name, x, other, seed) > 1e-5).any(1)
        found[name] = int(differs.sum()), len(differs)
    return found


def _recomputed(name: str, x: Tensor, given: Tensor, seed: int) -> np.ndarray:
    """Distance of F(x) from G(sigma(F_l(x)), given), (layers, images)."""
    # Running statistics, so that no image sees the others of its batch.
    model = MAKERS[name](20, in_channels=1, seed=seed, dtype=torch.float64).eval()
    with torch.no_grad(), watch(model) as watched:
        expected = model(x)
    sites = watched.sites.items()
    return np.array(
        [
            (_above(model, layer, site.pre_activation, given) - expected).abs().amax(1).numpy()
            for layer, site in sites
        ]
    )


def _above(model: nn.Module, layer: str, pre_activation: Tensor, x: Tensor) -> Tensor:
    """G of one layer: the network on x with this layer's activation put in by hand."""
    replacement = pre_activation * (pre_activation > 0)
    hook = model.get_submodule(layer).register_forward_hook(lambda *_: replacement)
    try:
        with torch.no_grad():
            return model(x)
    finally:
        hook.remove()


def table_sizes() -> dict:
    """txt-3.1.2.1: bytes of full tables with a bit or a 32-bit count a pattern; the article's."""
    widths = (16, 32, 64)
    articles = {16: 2e9, 32: 137e12}
    return {
        "bytes_one_bit": [2**width // 8 for width in widths],
        "bytes_counts": [4 * 2**width for width in widths],
        "bytes_each_in_article": [size / 2**width for width, size in articles.items()],
    }
