"""Draws of a seed, and distances."""

import torch

from relu_book.experiments.random_cases import distance, normals


def test_draws_follow_their_seed_and_one_another():
    first, again, other = (normals(seed) for seed in (3, 3, 4))
    x, y = first(2, 5), first(2, 5)
    assert torch.equal(x, again(2, 5))
    assert torch.equal(y, again(2, 5))
    assert not torch.equal(x, y)
    assert not torch.equal(x, other(2, 5))


def test_the_largest_difference_counts_in_either_direction():
    assert distance(torch.tensor([1.0, 5.0]), torch.tensor([4.0, 4.5])) == 3.0
