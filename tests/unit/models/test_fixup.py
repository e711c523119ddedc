"""FixUp: its initialisation, the network written out, and its two kinds of parameters."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from relu_book.models import cifar_resnet, fixup_groups, fixup_resnet
from relu_book.patterns import watch


def units(model: nn.Module) -> list[nn.Module]:
    return [*model.layer1, *model.layer2, *model.layer3]


@pytest.mark.parametrize("depth", [8, 20, 32, 110])
def test_parameters_are_those_of_resnet_with_numbers_instead_of_normalisation(depth):
    residual = sum(
        value.numel()
        for name, value in cifar_resnet(depth, 1).named_parameters()
        if "bn" not in name
    )
    n = (depth - 2) // 2
    # Four biases and a scale a unit, a bias behind the first convolution and before the last layer.
    expected = residual + 5 * n + 2
    assert sum(parameter.numel() for parameter in fixup_resnet(depth).parameters()) == expected


@pytest.mark.parametrize("depth", [8, 20, 56])
def test_branches_and_outputs_are_zero_before_training(depth):
    model = fixup_resnet(depth, seed=0)
    x = 100 * torch.randn(3, 3, 32, 32)
    assert (model(x) == 0).all()
    x = model.relu(model.conv1(x))
    for unit in units(model):
        assert x.abs().max() > 0 and (unit.branch(x) == 0).all()
        x = unit(x)


@pytest.mark.parametrize("depth", [8, 20])
def test_first_convolutions_of_branches_shrink_with_the_number_of_units(depth):
    model = fixup_resnet(depth, width=32, seed=1)
    count = len(units(model))
    for convolution, variance in [(model.conv1, 2), *((u.conv1, 2 / count) for u in units(model))]:
        weight = convolution.weight.detach().double()
        scaled = weight.square().mean() * weight[0].numel() / variance
        assert abs(scaled - 1) < 5 * math.sqrt(2 / weight.numel())
    numbers = {name: value.item() for name, value in model.named_parameters() if value.numel() == 1}
    assert len(numbers) == 5 * count + 2
    assert all(value == name.endswith("scale") for name, value in numbers.items())


def test_weights_are_those_of_resnet_up_to_the_factor():
    residual, fixup = cifar_resnet(20, 1, seed=4), fixup_resnet(20, seed=4)
    assert torch.equal(fixup.conv1.weight, residual.conv1.weight)
    torch.testing.assert_close(
        fixup.layer2[1].conv1.weight, residual.layer2[1].conv1.weight / math.sqrt(9)
    )


@pytest.mark.parametrize("size", [8, 16, 32])
def test_sites_are_those_of_resnet_version_1(size):
    images = torch.zeros(2, 3, size, size)
    shapes = []
    for model in (fixup_resnet(20), cifar_resnet(20, 1)):
        with watch(model) as watched:
            model(images)
        shapes.append([(name, s.pre_activation.shape) for name, s in watched.sites.items()])
    assert shapes[0] == shapes[1] and len(shapes[0]) == 19


@pytest.mark.parametrize("size", [8, 13])
def test_outputs_are_those_of_the_network_written_out(size):
    model = fixup_resnet(14, 3, seed=2, dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, dtype=torch.float64)
    w = model.state_dict()
    images = torch.randn(4, 3, size, size, dtype=torch.float64)
    x = (functional.conv2d(images, w["conv1.weight"], padding=1) + w["bias1"]).relu()
    for stage in (1, 2, 3):
        for unit in (0, 1):
            at = f"layer{stage}.{unit}"
            stride = 2 if stage > 1 and unit == 0 else 1
            shifted = x + w[f"{at}.bias1a"]
            y = functional.conv2d(shifted, w[f"{at}.conv1.weight"], stride=stride, padding=1)
            y = (y + w[f"{at}.bias1b"]).relu() + w[f"{at}.bias2a"]
            y = functional.conv2d(y, w[f"{at}.conv2.weight"], padding=1)
            y = y * w[f"{at}.scale"] + w[f"{at}.bias2b"]
            if stride == 2:
                channels = x.shape[1]
                carried = torch.zeros_like(y)
                new = y.shape[1] - channels
                carried[:, new // 2 : new // 2 + channels] = shifted[:, :, ::2, ::2]
            else:
                carried = x
            x = (y + carried).relu()
    expected = (x.mean(dim=(2, 3)) + w["bias2"]) @ w["linear.weight"].T + w["linear.bias"]
    torch.testing.assert_close(model(images), expected, rtol=1e-11, atol=1e-11)


def test_it_learns_without_normalisation():
    model = fixup_resnet(20, 4, seed=0, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(32, 3, 8, 8, generator=generator, dtype=torch.float64)
    labels = (images[:, 0].mean(dim=(1, 2)) > 0).long()
    optimizer = torch.optim.SGD(fixup_groups(model, 0.1), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(40):
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(math.log(10)) and losses[-1] < 0.3


def test_groups_hold_every_parameter_once_and_slow_down_biases_and_scales():
    model = fixup_resnet(20, activation=nn.PReLU)
    fast, slow = fixup_groups(model, 0.5)
    assert (fast["lr"], slow["lr"]) == (0.5, 0.05)
    together = [id(p) for p in [*fast["params"], *slow["params"]]]
    assert sorted(together) == sorted(id(p) for p in model.parameters())
    assert all(p.numel() == 1 or p is model.linear.bias for p in slow["params"])
    assert len(slow["params"]) == 5 * 9 + 2 + 1
