"""What every network for images must do: shapes, sites, gradients, seeds, dtypes, errors."""

import copy
import functools
import math

import pytest
import torch
from torch import nn

from relu_book.models import (
    cifar_resnet,
    convnet,
    fixup_resnet,
    pyramidnet,
    resnet18,
    toynet,
    vgg,
)
from relu_book.patterns import watch

# name: (builder that takes any keyword argument, activations)
NETWORKS = {
    "resnet v1": (functools.partial(cifar_resnet, 14, version=1, width=4), 13),
    "resnet v2": (functools.partial(cifar_resnet, 14, width=4), 13),
    "resnet v2 plain": (functools.partial(cifar_resnet, 14, width=4, batch_norm=False), 13),
    "resnet18": (functools.partial(resnet18, 4), 17),
    "resnet18 without skips": (functools.partial(resnet18, 4, skip=False), 17),
    "convnet": (functools.partial(convnet, 14, 4), 13),
    "toynet": (functools.partial(toynet, 14, 6), 13),
    "toynet plain": (functools.partial(toynet, 14, 6, batch_norm=False), 13),
    "pyramidnet": (functools.partial(pyramidnet, 14, 4), 7),
    "pyramidnet 41": (functools.partial(pyramidnet, 41, 4), 28),
    "fixup": (functools.partial(fixup_resnet, 14, 4), 13),
    "vgg": (functools.partial(vgg, 13, True, 4), 12),
    "vgg plain": (functools.partial(vgg, 13, False, 4), 12),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def build(name: str, size: int = 32, **arguments) -> nn.Module:
    if name.startswith("vgg"):
        arguments["size"] = size
    return NETWORKS[name][0](**arguments)


def shaken(model: nn.Module) -> nn.Module:
    """Every parameter and statistic a little off its initial value, so that none is 0 or 1."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for value in [*model.parameters(), *model.buffers()]:
            if value.is_floating_point():
                value += 0.1 * torch.rand(value.shape, generator=generator, dtype=value.dtype)
    return model


@every_network
@pytest.mark.parametrize("size", [1, 8, 16, 28, 32, 33])
def test_images_of_any_size_give_one_row_of_finite_outputs_each(name, size):
    model = build(name, size, in_channels=2, classes=7, seed=0)
    images = torch.randn(3, 2, size, size, generator=torch.Generator().manual_seed(1))
    outputs = model(images)
    assert outputs.shape == (3, 7) and outputs.isfinite().all()
    assert model.eval()(images[:0]).shape == (0, 7)


@every_network
@pytest.mark.parametrize("size", [8, 16, 32])
def test_every_parameter_has_a_finite_gradient_and_is_used(name, size):
    model = shaken(build(name, size, seed=0, dtype=torch.float64))
    generator = torch.Generator().manual_seed(2)
    images = torch.randn(4, 3, size, size, generator=generator, dtype=torch.float64)
    # In evaluation mode: batch statistics would take away what some shifts add.
    model.eval()(images).square().sum().backward()
    for parameter, value in model.named_parameters():
        assert value.grad is not None and value.grad.isfinite().all(), parameter
        assert value.grad.abs().max() > 0, parameter


@every_network
def test_a_training_pass_has_finite_gradients_and_moves_the_outputs(name):
    model = build(name, seed=0)
    images = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    labels = torch.arange(8)
    before = nn.functional.cross_entropy(model(images), labels)
    before.backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())
    assert any(parameter.grad.abs().max() > 0 for parameter in model.parameters())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= 1e-3 * parameter.grad
    assert nn.functional.cross_entropy(model(images), labels) < before


@every_network
@pytest.mark.parametrize(
    "activation", [nn.ReLU, nn.PReLU, functools.partial(nn.LeakyReLU, 0.1)], ids=str
)
def test_sites_are_modules_that_are_called_once_in_order_of_their_registration(name, activation):
    model = build(name, seed=0, activation=activation)
    with watch(model) as watched:
        model(torch.randn(2, 3, 32, 32))
    kind = type(activation())
    modules = {key: part for key, part in model.named_modules() if isinstance(part, kind)}
    assert set(watched.sites) == set(modules) and len(modules) == NETWORKS[name][1]
    assert all(site.channel_dim == 1 for site in watched.sites.values())


@every_network
def test_a_seed_gives_one_network_and_leaves_the_global_numbers_alone(name):
    torch.manual_seed(11)
    before = torch.get_rng_state()
    first, again, other = build(name, seed=5), build(name, seed=5), build(name, seed=6)
    assert torch.equal(torch.get_rng_state(), before)
    for key, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[key])
    weights = [
        (value, another)
        for value, another in zip(first.parameters(), other.parameters(), strict=True)
        if value.ndim > 1 and value.any()  # FixUp begins some of them with zeros.
    ]
    assert weights and not any(torch.equal(*pair) for pair in weights)
    build(name)
    assert not torch.equal(torch.get_rng_state(), before)


@every_network
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_equal_seeds_give_equal_weights_up_to_the_rounding_of_the_dtype(name, dtype):
    reference = build(name, seed=9, dtype=torch.float64).state_dict()
    variant = build(name, seed=9, dtype=dtype, activation=nn.Tanh).state_dict()
    assert variant.keys() == reference.keys()
    for key, value in variant.items():
        assert torch.equal(value, reference[key].to(value.dtype)), key
        assert value.dtype == (dtype if reference[key].is_floating_point() else torch.int64)


@pytest.mark.parametrize("family", [cifar_resnet, convnet, toynet, resnet18, vgg])
def test_normalisation_alone_leaves_the_weights_as_they_are(family):
    build_one = functools.partial(
        family, *([] if family is resnet18 else [11 if family is vgg else 8])
    )
    plain, normalised = (
        [part.weight for part in build_one(width=4, seed=3, batch_norm=choice).modules()
         if isinstance(part, nn.Conv2d | nn.Linear)]
        for choice in (False, True)
    )  # fmt: skip
    assert len(plain) == len(normalised)
    assert all(map(torch.equal, plain, normalised))


@every_network
def test_weights_are_normal_with_variance_two_over_fan_in(name):
    if name == "fixup":
        pytest.skip("FixUp's own rule is tested with FixUp")
    scaled = torch.cat(
        [
            part.weight.detach().double().flatten() * math.sqrt(part.weight[0].numel() / 2)
            for part in build(name, seed=4, in_channels=5).modules()
            if isinstance(part, nn.Conv2d | nn.Linear)
        ]
    )
    n = scaled.numel()
    # Five standard errors each of mean, variance and fourth moment of n normal numbers.
    assert abs(scaled.mean()) < 5 / math.sqrt(n)
    assert abs(scaled.square().mean() - 1) < 5 * math.sqrt(2 / n)
    assert abs(scaled.pow(4).mean() - 3) < 5 * math.sqrt(96 / n)


@every_network
def test_convolutions_have_biases_only_where_no_normalisation_follows(name):
    model = build(name, seed=0)
    biases = [part.bias is not None for part in model.modules() if isinstance(part, nn.Conv2d)]
    window_one = [
        part.kernel_size == (1, 1) for part in model.modules() if isinstance(part, nn.Conv2d)
    ]
    assert biases == [name.endswith("plain")] * len(biases)
    # Only ResNet-18 has weights on its skips, only PyramidNet-41 windows of 1 x 1 in its branches.
    assert sum(window_one) == {"resnet18": 3, "pyramidnet 41": 26}.get(name, 0)
    norms = [part for part in model.modules() if isinstance(part, nn.BatchNorm2d)]
    assert bool(norms) == (name != "fixup" and not name.endswith("plain"))


@every_network
def test_a_default_device_elsewhere_does_not_tear_the_network_apart(name):
    with torch.device("meta"):
        model = build(name, seed=0, activation=nn.PReLU)
    assert {value.device.type for value in model.state_dict().values()} == {"cpu"}


@every_network
def test_a_copy_is_a_network_of_its_own(name):
    model = build(name, seed=0).eval()
    twin = copy.deepcopy(model)
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(model(images), twin(images))
    shaken(twin)
    assert torch.equal(build(name, seed=0).eval()(images), model(images))


SIX_N = [cifar_resnet, convnet, toynet, fixup_resnet, pyramidnet]


@pytest.mark.parametrize("family", SIX_N)
@pytest.mark.parametrize(
    "depth, near",
    [(21, "20 or 26"), (19, "14 or 20"), (9, "8 or 14"), (2, "8"), (-4, "8"), (0, "8")],
)
def test_a_depth_that_is_not_6n_plus_2_raises_and_says_which_are(family, depth, near):
    expected = (
        rf"{family.__name__} has a depth of 6n \+ 2 .*but got {depth}; the nearest is {near}$"
    )
    with pytest.raises(ValueError, match=expected) as caught:
        family(depth)
    assert "8, 14, 20, 32, 44, 56 or 110" in str(caught.value)
    assert ("41" in str(caught.value)) == (family is pyramidnet)


@pytest.mark.parametrize("family", SIX_N)
@pytest.mark.parametrize("depth", [8, 14, 20, 26, 32, 44, 56, 110])
def test_depth_counts_the_layers_with_weights(family, depth):
    layers = [p for p in family(depth, 1).modules() if isinstance(p, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth


@pytest.mark.parametrize("family", [*SIX_N, vgg])
@pytest.mark.parametrize("depth", [20.0, "20", None, [20]])
def test_a_depth_that_is_no_whole_number_raises(family, depth):
    with pytest.raises(TypeError, match="depth must be a whole number, but got"):
        family(depth)


@pytest.mark.parametrize("family", [*SIX_N, resnet18, vgg])
@pytest.mark.parametrize("argument", ["width", "in_channels", "classes"])
def test_counts_below_one_or_broken_raise(family, argument):
    first = [] if family is resnet18 else [11 if family is vgg else 8]
    with pytest.raises(ValueError, match=f"{argument} must be at least 1, but got 0"):
        family(*first, **{argument: 0})
    with pytest.raises(TypeError, match=f"{argument} must be a whole number, but got 1.5"):
        family(*first, **{argument: 1.5})


@pytest.mark.parametrize("family", [*SIX_N, resnet18, vgg])
def test_an_activation_that_makes_no_module_raises(family):
    first = [] if family is resnet18 else [11 if family is vgg else 8]
    with pytest.raises(TypeError, match="activation must be a class or function"):
        family(*first, activation=torch.relu)
