"""VGG: layers, sites, counts, and that it is torchvision's network where that exists."""

import pytest
import torch
from torch import nn

from relu_book.models import load_weights, vgg
from relu_book.patterns import watch
from relu_book.torchvision_compat import torchvision

DEPTHS = [11, 13, 16, 19]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_layers_pools_and_filters(depth, batch_norm):
    model = vgg(depth, batch_norm)
    weighted = [part for part in model.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    assert len(weighted) == depth
    assert sum(isinstance(part, nn.MaxPool2d) for part in model.modules()) == 5
    assert sum(isinstance(part, nn.BatchNorm2d) for part in model.modules()) == batch_norm * (
        depth - 3
    )
    filters = [part.out_channels for part in weighted if isinstance(part, nn.Conv2d)]
    assert filters == sorted(filters) and (filters[0], filters[-1]) == (64, 512)
    assert all(part.kernel_size == (3, 3) for part in weighted if isinstance(part, nn.Conv2d))


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("size, width, hidden", [(32, 64, None), (64, 4, 33), (8, 3, None)])
def test_parameters_follow_the_closed_form(depth, size, width, hidden):
    convolutions = {11: [1, 1, 2, 2, 2], 13: 5 * [2], 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4]}
    weights = outputs = 0
    inputs = 2
    for stage, many in enumerate(convolutions[depth]):
        filters = min(2**stage, 8) * width
        for _ in range(many):
            weights += 9 * inputs * filters
            outputs += filters
            inputs = filters
    dense = hidden or 8 * width
    values = inputs * max(1, size // 32) ** 2
    head = (values + 1) * dense + (dense + 1) * dense + (dense + 1) * 7
    arguments = {"in_channels": 2, "classes": 7, "size": size, "hidden": hidden}
    for batch_norm in (True, False):
        model = vgg(depth, batch_norm, width, **arguments)
        counted = sum(parameter.numel() for parameter in model.parameters())
        assert counted == weights + (2 if batch_norm else 1) * outputs + head


@pytest.mark.parametrize("size", [8, 16, 28, 32])
def test_sites_are_modules_of_features_and_classifier(size):
    model = vgg(11, width=4, size=size)
    with watch(model) as watched:
        model(torch.zeros(2, 3, size, size))
    names = [f"features.{number}" for number in (2, 6, 10, 13, 17, 20, 24, 27)]
    assert list(watched.sites) == [*names, "classifier.1", "classifier.4"]
    assert [s.width for s in watched.sites.values()] == [4, 8, 16, 16, 32, 32, 32, 32, 32, 32]
    halved = [-(-size // 2**k) for k in (0, 1, 2, 2, 3, 3, 4, 4)]
    sides = [s.pre_activation.shape[-1] for s in watched.sites.values()]
    assert sides == [*halved, 32, 32]


@pytest.mark.parametrize("depth", DEPTHS)
def test_names_and_shapes_are_those_of_torchvision(depth):
    with torch.device("meta"):
        theirs = getattr(torchvision().models, f"vgg{depth}")(init_weights=False).state_dict()
    ours = vgg(depth, False, size=224, hidden=8).state_dict()
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if name.startswith("features"):
            assert value.shape == theirs[name].shape, name
    assert theirs["classifier.0.weight"].shape[1] == ours["classifier.0.weight"].shape[1]


def test_outputs_are_those_of_torchvision(tmp_path):
    from safetensors.torch import save_file

    ours = vgg(13, False, size=64, hidden=16, classes=5, seed=0).eval()
    build = torchvision().models.vgg
    theirs = build.VGG(build.make_layers(build.cfgs["B"]), init_weights=False)
    theirs.avgpool = nn.Identity()
    theirs.classifier = nn.Sequential(
        nn.Linear(2048, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 16), nn.ReLU(), nn.Dropout(),
        nn.Linear(16, 5),
    )  # fmt: skip
    save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    load_weights(ours, tmp_path / "theirs.safetensors")
    images = torch.randn(2, 3, 64, 64)
    assert torch.equal(ours(images), theirs.eval()(images))


def test_dropout_acts_only_in_training_and_only_if_asked_for():
    images = torch.randn(4, 3, 32, 32)
    model = vgg(11, False, 8, seed=0)
    assert torch.equal(model(images), model.eval()(images))
    dropping = vgg(11, False, 8, dropout=0.5, seed=0)
    assert not torch.equal(dropping(images), dropping(images))
    assert torch.equal(dropping.eval()(images), model(images))


@pytest.mark.parametrize("depth", [12, 8, 0, -11, 110])
def test_another_depth_raises_and_says_which_there_are(depth):
    with pytest.raises(ValueError, match=f"VGG has 11, 13, 16 or 19 layers, but got depth {depth}"):
        vgg(depth)


@pytest.mark.parametrize("argument", ["size", "hidden"])
def test_counts_below_one_raise(argument):
    with pytest.raises(ValueError, match=f"{argument} must be at least 1, but got 0"):
        vgg(11, **{argument: 0})


def test_images_of_another_size_raise_and_say_what_to_do():
    model = vgg(11, width=2, size=32)
    with pytest.raises(
        ValueError, match=r"takes images of 32 x 32 pixels, but got 64 x 32; .*size="
    ):
        model(torch.zeros(1, 3, 64, 32))
