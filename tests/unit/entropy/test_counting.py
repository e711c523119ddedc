"""Algorithm 4 against the table of the source."""

import pytest
import torch

from relu_book.entropy import count_activations
from relu_book.patterns import count, pack


def by_table(pre_activation, channel_dim):
    """Algorithm 4 as it is printed: a hash table whose keys are patterns."""
    table, counts, ids = {}, [], []
    for point in pre_activation.movedim(channel_dim, -1).flatten(0, -2):
        pattern = tuple((point > 0).tolist())
        if pattern not in table:
            table[pattern] = len(counts)
            counts.append(0)
        counts[table[pattern]] += 1
        ids.append(table[pattern])
    return counts, ids


@pytest.mark.parametrize("width", [1, 2, 5, 63, 64, 65, 130])
@pytest.mark.parametrize("channel_dim", [0, 1, -1])
def test_counts_and_ids_are_those_of_the_table(width, channel_dim):
    generator = torch.Generator().manual_seed(width)
    centres = torch.randn(6, width, generator=generator)
    points = centres[torch.randint(6, (40,), generator=generator)].view(5, 8, width)
    points[..., 0] *= torch.where(torch.rand(5, 8, generator=generator) < 0.5, 1, -1)
    points = points.movedim(-1, channel_dim)
    counts, ids = count_activations(points, channel_dim)
    table, of_table = by_table(points, channel_dim)
    assert counts[ids].tolist() == [table[number] for number in of_table]
    pairs = set(zip(ids.tolist(), of_table, strict=True))
    assert len(pairs) == len(table) == len(counts)
    engine = count(pack(points, channel_dim), width)
    assert sorted(counts.tolist()) == sorted(engine.counts.tolist())


@pytest.mark.parametrize(("shape", "counted"), [((0, 3), []), ((4, 0), [4]), ((0, 0), [])])
def test_nothing_is_counted_of_nothing(shape, counted):
    counts, ids = count_activations(torch.ones(shape))
    assert counts.tolist() == counted
    assert ids.tolist() == [0] * shape[0]


def test_words_that_only_together_tell_patterns_apart():
    # Two words of two values each, in all four pairs: no single word tells them apart.
    points = torch.full((4, 128), -1.0)
    points[1:3, 0] = points[2:4, 100] = 1
    counts, ids = count_activations(points)
    assert counts.tolist() == [1] * 4 and len(set(ids.tolist())) == 4


@pytest.mark.parametrize("rows", [1, 255, 256, 1024, 5000])
def test_the_table_and_the_sort_agree(rows, monkeypatch):
    # 2^10 places are a table from 256 rows on.
    points = torch.randn(rows, 10, generator=torch.Generator().manual_seed(rows))
    counts, ids = count_activations(points)
    monkeypatch.setattr("relu_book.entropy.counting._PLACES_A_ROW", 0)
    by_sort = count_activations(points)
    assert torch.equal(counts, by_sort[0]) and torch.equal(ids, by_sort[1])
