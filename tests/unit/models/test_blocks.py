"""The networks of the pruning paper: layers, sites, counts, errors."""

import pytest
import torch
from torch import nn

from relu_book.models import cifar_blocks
from relu_book.patterns import watch

FILTERS = {2: [16], 4: [16, 32], 6: [64, 128, 256], 8: [64, 128, 256, 512]}


@pytest.mark.parametrize("problem", [2, 4, 6, 8, 10])
def test_layers_are_those_of_table_2(problem):
    model = cifar_blocks(problem, seed=0)
    filters = FILTERS[min(problem, 8)]
    convolutions = [part for part in model.features if isinstance(part, nn.Conv2d)]
    assert [part.out_channels for part in convolutions] == [f for f in filters for _ in range(2)]
    assert all(part.kernel_size == (3, 3) and part.bias is not None for part in convolutions)
    norms = sum(isinstance(part, nn.BatchNorm2d) for part in model.features)
    assert norms == len(filters) * (2 if problem >= 8 else 1)
    with watch(model) as watched:
        assert model(torch.randn(2, 3, 32, 32)).shape == (2, problem)
    hidden = 1024 if problem >= 8 else 256
    assert [site.width for site in watched.sites.values()] == [
        *[f for f in filters for _ in range(2)],
        hidden,
    ]


@pytest.mark.parametrize(("problem", "size"), [(2, 8), (4, 28), (6, 9), (10, 16)])
def test_parameters_follow_the_closed_form(problem, size):
    model = cifar_blocks(problem, classes=3, width=0.25, in_channels=1, size=size)
    filters = [f // 4 for f in FILTERS[min(problem, 8)]]
    count, inputs = 0, 1
    for f in filters:
        norms = 2 if problem >= 8 else 1
        count += (9 * inputs + 1) * f + (9 * f + 1) * f + norms * 2 * f
        inputs = f
    hidden = 256 if problem >= 8 else 64
    side = size // 2 ** len(filters)
    count += (inputs * side**2 + 1) * hidden + (2 * hidden if problem >= 8 else 0)
    assert sum(p.numel() for p in model.parameters()) == count + (hidden + 1) * 3


def test_a_seed_decides_and_other_precisions_are_the_same_network():
    one, two = (cifar_blocks(4, seed=1, dtype=kind) for kind in (torch.float64, torch.float32))
    for first, second in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(first.float(), second)
    other = cifar_blocks(4, seed=2).features[0].weight
    assert not torch.equal(other, two.features[0].weight)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"problem": 3}, "table 2 has networks for 2, 4, 6, 8, 10 classes, but got problem 3"),
        (
            {"problem": 10, "size": 8},
            "4 poolings need images of at least 16 pixels, but got size 8",
        ),
        ({"width": 0}, "width must be a positive factor, but got 0"),
        ({"classes": 0}, "classes must be at least 1"),
        ({"dropout": 2}, "dropout"),
    ],
)
def test_bad_input_ends_in_a_sentence(arguments, words):
    with pytest.raises(ValueError, match=words):
        cifar_blocks(**arguments)


def test_images_of_another_size_are_told():
    with pytest.raises(ValueError, match="takes images of 32 x 32 pixels, but got 28 x 28"):
        cifar_blocks(2, seed=0)(torch.zeros(1, 3, 28, 28))
