"""PyramidNet: widths, published counts, and the network written out."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional

from relu_book.models import pyramidnet
from relu_book.models.layers import Layers
from relu_book.models.pyramidnet import PyramidNet
from relu_book.patterns import watch


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def units(model: PyramidNet) -> list[nn.Module]:
    return [unit for stage in model.stages for unit in getattr(model, stage)]


@pytest.mark.parametrize(
    # Exact counts of the reimplementation pytorchcv, which the paper rounds to 1.7 M and 3.8 M.
    "widening, expected",
    [(48, 1_772_706), (84, 3_904_446)],
)
def test_110_layers_have_as_many_parameters_as_published(widening, expected):
    assert parameters(pyramidnet(110, widening=widening)) == expected


def test_bottlenecks_have_as_many_parameters_as_published():
    # PyramidNet-164 with 270 more filters: 27.0 M in the paper, exactly so many in pytorchcv.
    layers = Layers(nn.ReLU, seed=0)
    model = PyramidNet(layers, (18, 18, 18), 16, 270, bottleneck=True)
    assert parameters(model) == 27_216_021


@pytest.mark.parametrize(
    "depth, width, widening", [(8, 4, 7), (20, 16, 84), (32, 16, 48), (20, 8, 0)]
)
def test_parameters_and_widths_follow_the_closed_form(depth, width, widening):
    model = pyramidnet(depth, width, widening)
    n = (depth - 2) // 2
    filters = [width, *(round(width + widening * k / n) for k in range(1, n + 1))]
    assert [unit.conv1.out_channels for unit in units(model)] == filters[1:]
    assert [unit.conv2.out_channels for unit in units(model)] == filters[1:]
    total = 27 * width + 2 * width + 2 * filters[-1] + 10 * filters[-1] + 10
    for inputs, outputs in pairwise(filters):
        total += 9 * outputs * (inputs + outputs) + 2 * inputs + 4 * outputs
    assert parameters(model) == total


def test_filters_grow_from_unit_to_unit_by_default():
    for depth, last in ((20, 100), (32, 100), (110, 100), (41, 128)):
        filters = [unit.conv1.out_channels for unit in units(pyramidnet(depth))]
        assert all(b > a for a, b in pairwise(filters))
        assert filters[-1] == last
    assert pyramidnet(20, 8).linear.in_features == 8 + 42


@pytest.mark.parametrize("size", [8, 16, 32])
@pytest.mark.parametrize("n", [1, 3])
def test_sites_are_one_a_unit_and_one_at_the_end(n, size):
    model = pyramidnet(6 * n + 2)
    with watch(model) as watched:
        model(torch.zeros(2, 3, size, size))
    shapes = {name: tuple(site.pre_activation.shape[1:]) for name, site in watched.sites.items()}
    expected = {}
    for stage in (1, 2, 3):
        side = size // 2 ** (stage - 1)
        for number, unit in enumerate(getattr(model, f"layer{stage}")):
            width = unit.conv1.out_channels
            expected[f"layer{stage}.{number}.relu_before"] = (width, side, side)
    expected["relu_after"] = (100, side, side)
    assert list(shapes.items()) == list(expected.items())


def test_41_layers_are_13_bottlenecks_behind_a_pooled_convolution():
    model = pyramidnet(41, classes=200)
    weighted = [part for part in model.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    assert len(weighted) == 41
    assert [len(getattr(model, stage)) for stage in model.stages] == [3, 4, 6]
    with watch(model) as watched:
        assert model(torch.zeros(2, 3, 64, 64)).shape == (2, 200)
    names = list(watched.sites)
    assert names[0] == "relu" and names[-1] == "relu_after" and len(names) == 28
    assert names[1:3] == ["layer1.0.relu", "layer1.0.relu_before"]
    sides = [site.pre_activation.shape[2] for site in watched.sites.values()]
    # The 3 x 3 convolution of a stage's first unit halves the side, after that unit's first ReLU.
    assert sides == [64] + 7 * [32] + 8 * [16] + 12 * [8]
    assert watched.sites["relu_after"].width == 4 * 128


def norm(x: torch.Tensor, weights: dict, name: str) -> torch.Tensor:
    mean, variance, scale, shift = (
        weights[f"{name}.{part}"][None, :, None, None]
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift


def plain_pyramidnet(
    x: torch.Tensor, weights: dict, counts: list[int], pooled: bool
) -> torch.Tensor:
    """PyramidNet from its weights, written out."""

    def conv(x, name, stride=1):
        weight = weights[f"{name}.weight"]
        return functional.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    x = norm(conv(x, "conv1"), weights, "bn1")
    if pooled:
        x = functional.max_pool2d(x.relu(), 3, stride=2, padding=1)
    for stage, count in enumerate(counts, start=1):
        for unit in range(count):
            at = f"layer{stage}.{unit}"
            stride = 2 if stage > 1 and unit == 0 else 1
            y = norm(x, weights, f"{at}.bn1")
            if pooled:
                y = norm(conv(y, f"{at}.conv1"), weights, f"{at}.bn2").relu()
                y = norm(conv(y, f"{at}.conv2", stride), weights, f"{at}.bn3").relu()
                y = norm(conv(y, f"{at}.conv3"), weights, f"{at}.bn4")
            else:
                y = norm(conv(y, f"{at}.conv1", stride), weights, f"{at}.bn2").relu()
                y = norm(conv(y, f"{at}.conv2"), weights, f"{at}.bn3")
            carried = torch.zeros_like(y)
            for row in range(y.shape[2]):
                for column in range(y.shape[3]):
                    tile = x[
                        :,
                        :,
                        stride * row : stride * (row + 1),
                        stride * column : stride * (column + 1),
                    ]
                    carried[:, : x.shape[1], row, column] = tile.mean(dim=(2, 3))
            x = y + carried
    x = norm(x, weights, "bn").relu()
    return x.mean(dim=(2, 3)) @ weights["linear.weight"].T + weights["linear.bias"]


@pytest.mark.parametrize("size", [8, 13])
@pytest.mark.parametrize("depth", [14, 41])
def test_outputs_are_those_of_the_network_written_out(depth, size):
    model = pyramidnet(depth, 4, seed=2, dtype=torch.float64)
    images = torch.randn(5, 3, size, size, dtype=torch.float64)
    for _ in range(3):
        model(images)
    weights = model.eval().state_dict()
    counts = [3, 4, 6] if depth == 41 else [2, 2, 2]
    expected = plain_pyramidnet(images, weights, counts, depth == 41)
    torch.testing.assert_close(model(images), expected, rtol=1e-11, atol=1e-11)


def test_a_negative_widening_raises():
    with pytest.raises(ValueError, match="widening must be at least 0, but got -1"):
        pyramidnet(20, widening=-1)
