"""Layouts counted in the models, against counts by hand."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from relu_book.experiments.tutorial import networks
from relu_book.models import cifar_resnet, convnet, fixup_resnet, toynet


def test_parameters_of_f1_are_those_of_its_formula():
    widths = (784, *5 * (512,), 10)
    parameters = sum((a + 1) * b for a, b in pairwise(widths))
    assert networks.dense() == {
        "parameters": parameters, "relu_layers": 5, "hidden_widths": [512] * 5,
    }  # fmt: skip


def test_layers_are_found_in_order_and_by_kind():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 4)), nn.ReLU())
    assert [layer.out_features for layer in networks.layers(model, nn.Linear)] == [3, 4]
    assert len(networks.layers(model, (nn.Linear, nn.ReLU))) == 4


@pytest.mark.parametrize(
    ("first", "second", "places"),
    [("abc", "abc", 0), ("abc", "abd", 1), ("ab", "abcd", 2), ("", "xy", 2)],
)
def test_differing_counts_places_and_what_is_left_over(first, second, places):
    assert networks.differing(first, second) == places


def test_a_toynet_differs_from_a_resnet():
    resnet, toy = cifar_resnet(8, seed=0), toynet(8, seed=0)
    assert networks.differing(networks.relu_shapes(resnet), networks.relu_shapes(toy)) > 0
    assert networks.differing(networks.three_by_three(resnet), networks.three_by_three(toy)) > 0
    plain = convnet(8, seed=0)
    assert networks.relu_shapes(resnet) == networks.relu_shapes(plain)
    assert networks.relu_shapes(plain)[0] == (16, 32, 32)
    assert networks.relu_shapes(plain)[-1] == (64, 8, 8)


def test_a_trained_branch_of_fixup_is_seen_to_speak():
    model = fixup_resnet(8, seed=0)
    assert networks.branch_outputs(model) == [0.0] * 3
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)
    assert all(value > 0 for value in networks.branch_outputs(model))
    hooks = sum(len(unit._forward_pre_hooks) for unit in model.modules())
    assert hooks == 0


@pytest.mark.parametrize(("depth", "pools"), [(11, 5), (13, 5)])
def test_a_vgg_has_the_layers_of_its_name(depth, pools):
    found = networks.vgg_family(depth)
    assert (found["weighted_layers"], found["pools"]) == (depth, pools)
    assert (found["smallest_growth"], found["total_growth"]) == (0, 64 - 8)
