"""The layer passes its input on, and can be copied and stored after a pass."""

import copy
import io

import pytest
import torch
from torch import nn

from relu_book.entropy import EntropyNormalization, pattern_entropy


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), EntropyNormalization("quadratic"), nn.ReLU(inplace=True)
    )


def test_it_measures_what_passes_and_changes_nothing():
    model, images = network(), torch.randn(3, 1, 6, 6)
    plain = nn.Sequential(model[0], model[2])
    assert torch.equal(model(images), plain(images))
    expected = pattern_entropy(model[0](images), relaxation="quadratic")
    assert model[1].entropy == expected > 0
    (ours,) = torch.autograd.grad(model[1].entropy, model[0].weight)
    (theirs,) = torch.autograd.grad(expected, model[0].weight)
    assert torch.equal(ours, theirs) and ours.any()


def test_in_evaluation_it_does_nothing():
    model = network().eval()
    model(torch.randn(3, 1, 6, 6))
    assert model[1].entropy is None
    assert not list(model[1].parameters()) and not model[1].state_dict()


def test_after_a_pass_it_can_be_copied_and_stored():
    model = network()
    model(torch.randn(3, 1, 6, 6))
    assert copy.deepcopy(model)[1].entropy is None
    torch.save(model, io.BytesIO())
    assert model[1].entropy is not None


def test_it_says_what_it_is():
    assert repr(EntropyNormalization()) == "EntropyNormalization('linear', channel_dim=1)"
    with pytest.raises(ValueError, match="the relaxation is"):
        EntropyNormalization("cubic")
