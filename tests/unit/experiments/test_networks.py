"""Networks are made by the names that settings give them."""

from dataclasses import replace

import pytest
import torch

from relu_book.experiments.networks import MAKERS, four_convolutions
from relu_book.experiments.trainings import Images, Training, optimizer_for, untrained
from relu_book.models import f1
from relu_book.patterns import watch
from relu_book.training import SGDW

DEPTHS = {"resnet18_no_skips": 18, "vgg": 11, "four_convolutions": 5, "two_convolutions": 4}
PICTURE = torch.zeros(2, 3, 16, 16)
IMAGES = Images(PICTURE, torch.zeros(2), [PICTURE], PICTURE, torch.zeros(2), 10)


@pytest.mark.parametrize("name", MAKERS)
def test_a_network_has_an_activation_for_each_layer_but_the_last(name):
    settings = Training(network=name, depth=DEPTHS.get(name, 8), width=4)
    model = untrained(settings, 0, IMAGES)
    with watch(model) as watched:
        assert model(PICTURE).shape == (2, 10)
    # Of the two convolutions of a pyramid's unit only the second follows an activation.
    assert len(watched.sites) == (4 if name == "pyramidnet" else settings.depth - 1)


@pytest.mark.parametrize("name", ["resnet", "toynet", "vgg", "resnet18_no_skips"])
def test_batch_norm_is_left_out_where_settings_say_so(name):
    settings = Training(network=name, depth=DEPTHS.get(name, 8), width=4)
    for batch_norm in (True, False):
        modules = untrained(replace(settings, batch_norm=batch_norm), 0, IMAGES).modules()
        found = [module for module in modules if isinstance(module, torch.nn.BatchNorm2d)]
        assert bool(found) == batch_norm


def test_decoupled_decay_is_that_of_sgdw():
    settings = Training(depth=8, width=4, weight_decay=0.01)
    model = untrained(settings, 0, IMAGES)
    assert type(optimizer_for(model, settings)) is torch.optim.SGD
    decoupled = optimizer_for(model, replace(settings, decoupled=True))
    assert type(decoupled) is SGDW and decoupled.param_groups[0]["weight_decay"] == 0.01


def test_f1_is_the_dense_network_of_its_size():
    f1_again = MAKERS["dense"](6, 512, size=28, seed=0).state_dict()
    known = f1(seed=0).state_dict()
    assert known.keys() == f1_again.keys()
    assert all(torch.equal(known[name], f1_again[name]) for name in known)


def test_other_depths_are_refused():
    with pytest.raises(ValueError, match="are 5 layers, not 4"):
        four_convolutions(4)
    with pytest.raises(ValueError, match="has 18 layers, not 20"):
        MAKERS["resnet18_no_skips"](20, 4)
