"""Which parameters are pruned together, and which networks cannot be."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from relu_book.models import cifar_blocks, cifar_resnet
from relu_book.pruning import pools


@pytest.mark.parametrize("problem", [2, 4, 6, 8])
def test_pools_of_the_source(problem):
    model = cifar_blocks(problem, width=0.25)
    found = pools(model)
    convolutions = [
        f"features.{number}.{own}"
        for number, part in enumerate(model.features)
        if isinstance(part, nn.Conv2d)
        for own in ("weight", "bias")
    ]
    assert found == {
        "conv": tuple(convolutions),
        "fc": ("classifier.0.weight", "classifier.0.bias"),
    }


def test_a_pool_without_parameters_is_not_there_and_missing_biases_are_no_parameters():
    found = pools(cifar_resnet(8, seed=0))
    assert list(found) == ["conv"] and all(name.endswith("weight") for name in found["conv"])
    assert list(pools(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)))) == ["fc"]


def test_an_output_layer_may_be_a_convolution():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1), nn.Flatten())
    assert pools(model) == {"conv": ("0.weight", "0.bias")}


def masked():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))
    prune.l1_unstructured(model[0], "weight", 0.5)
    return model


def shared(own="weight"):
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3))
    setattr(model[1], own, getattr(model[0], own))
    return model


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Sequential(nn.Linear(2, 2)), "nothing to prune"),
        (nn.ReLU(), "ReLU has no convolution"),
        (masked(), "'0' of Sequential has a mask of torch.nn.utils.prune already"),
        (shared(), "shares its weight with '1'"),
        (shared("bias"), "shares its bias with '1'"),
        (
            nn.TransformerEncoderLayer(4, 1, 8),
            "'self_attn.out_proj' of TransformerEncoderLayer is part of",
        ),
        (nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2)), "has no weights yet"),
        (
            nn.Sequential(parametrizations.weight_norm(nn.Linear(2, 3)), nn.Linear(3, 2)),
            "is computed from other parameters",
        ),
    ],
    ids=[
        "one layer",
        "none",
        "masked",
        "shared",
        "shared bias",
        "attention",
        "lazy",
        "weight norm",
    ],
)
def test_other_networks_end_in_a_sentence(model, words):
    with pytest.raises(ValueError, match=words):
        pools(model)


def test_half_precision_is_taken():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)).to(torch.bfloat16)
    assert pools(model) == {"fc": ("0.weight", "0.bias")}


def test_what_is_no_network_ends_in_a_sentence():
    with pytest.raises(TypeError, match=r"model must be a torch\.nn\.Module, but got list"):
        pools([1])
