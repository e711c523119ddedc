"""Separable networks: sites, the naive form of their convolutions, and what load_weights needs."""

import pytest
import torch
from torch.nn import functional

from relu_book.models import efficientnet_lite0, mobilenet_v1
from relu_book.models.separable import SameConv2d
from relu_book.patterns import watch


@pytest.mark.parametrize(("make", "sites"), [(mobilenet_v1, 27), (efficientnet_lite0, 33)])
def test_sites_and_seeds(make, sites):
    model = make(classes=7, seed=1)
    with watch(model) as watched:
        assert model(torch.rand(2, 3, 40, 33)).shape == (2, 7)
    assert len(watched.sites) == sites
    again, other = make(classes=7, seed=1), make(classes=7, seed=2)
    assert torch.equal(model.conv_stem.weight, again.conv_stem.weight)
    assert not torch.equal(model.conv_stem.weight, other.conv_stem.weight)


def test_published_numbers_of_parameters():
    def parameters(model):
        return sum(parameter.numel() for parameter in model.parameters())

    # Keras names 470,072 and 4,231,976 trainable ones.
    assert parameters(mobilenet_v1(0.25)) == 470_072
    assert parameters(mobilenet_v1()) == 4_231_976


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("window", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_same_padding_is_that_of_tensorflow(side, window, stride):
    layer = SameConv2d(2, 2, window, stride, groups=2)
    x = torch.randn(1, 2, side, side)
    found = layer(x)
    total = (found.shape[2] - 1) * stride + window - side
    before = max(total, 0) // 2
    naive = torch.zeros_like(found)
    around = functional.pad(x, [before, window, before, window])
    for row in range(found.shape[2]):
        for column in range(found.shape[3]):
            top, left = row * stride, column * stride
            seen = around[:, :, top : top + window, left : left + window]
            naive[:, :, row, column] = (seen * layer.weight[:, 0]).sum((2, 3)) + layer.bias
    assert found.shape[2] == -(-side // stride)
    assert torch.allclose(found, naive, atol=1e-5)


def test_a_width_without_filters_is_told():
    with pytest.raises(ValueError, match="width must leave"):
        mobilenet_v1(0.001)
