"""Dense networks: their shape, their initial statistics, and that a seed is all they depend on."""

import functools
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.models import f1, mlp


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def kinds(model: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in model]


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("head", [False, True])
@pytest.mark.parametrize("widths", [(2, 1), (1, 1, 1), (2, 128), (2, 16, 16, 1), [3, 63, 64, 65]])
def test_layers_stand_in_order_and_only_a_head_has_no_activation(widths, head, batch_norm):
    model = mlp(widths, batch_norm, head=head, seed=0)
    hidden = ["Linear", "BatchNorm1d", "ReLU"] if batch_norm else ["Linear", "ReLU"]
    layers = len(widths) - 1
    assert kinds(model) == hidden * (layers - head) + ["Linear"] * head
    assert model(torch.randn(5, widths[0])).shape == (5, widths[-1])
    # A weight for each connection; a bias for each output; and the scale of each normalisation.
    expected = sum(a * b + b for a, b in pairwise(widths))
    expected += sum(widths[1 : len(widths) - head]) if batch_norm else 0
    assert parameters(model) == expected


def test_the_toy_network_of_the_source_has_its_5454_parameters():
    assert parameters(mlp((2, 50, 50, 50, 4))) == 5454


@pytest.mark.parametrize("batch_norm, expected", [(False, 1_457_674), (True, 1_460_234)])
def test_f1_has_five_hidden_layers_of_512(batch_norm, expected):
    model = f1(batch_norm, seed=0)
    assert parameters(model) == expected
    assert kinds(model)[0] == "Flatten"
    assert kinds(model).count("ReLU") == 5
    assert kinds(model).count("BatchNorm1d") == 5 * batch_norm
    assert model(torch.zeros(2, 1, 28, 28)).shape == model(torch.zeros(2, 784)).shape == (2, 10)


@pytest.mark.parametrize("fan_in", [2, 64, 784])
def test_weights_are_normal_with_variance_two_over_fan_in(fan_in):
    weights = mlp((fan_in, 200_000 // fan_in), seed=3)[0].weight.detach().double().flatten()
    scaled = weights / math.sqrt(2 / fan_in)
    n = scaled.numel()
    # Five standard errors each of mean, variance and fourth moment of n normal numbers.
    assert abs(scaled.mean()) < 5 / math.sqrt(n)
    assert abs(scaled.square().mean() - 1) < 5 * math.sqrt(2 / n)
    assert abs(scaled.pow(4).mean() - 3) < 5 * math.sqrt(96 / n)


@pytest.mark.parametrize("fan_in", [1, 2, 512])
def test_default_biases_are_uniform_up_to_one_over_root_fan_in(fan_in):
    n = 20_000
    bias = mlp((fan_in, n), seed=4)[0].bias.detach().double() * math.sqrt(fan_in)
    assert bias.abs().max() <= 1
    # The farthest of n points of U(-1, 1) misses either end by more than 20/n once in e^10 times.
    assert bias.max() > 1 - 20 / n and bias.min() < -1 + 20 / n
    assert abs(bias.mean()) < 5 * math.sqrt(1 / 3 / n)
    assert abs(bias.square().mean() - 1 / 3) < 5 * math.sqrt(4 / 45 / n)


@pytest.mark.parametrize("constant", [0, 0.25, -1.0, np.float32(0.5)])
def test_a_constant_bias_is_every_bias_and_beta_with_batch_norm(constant):
    for layer in mlp((2, 5, 6, 1), bias=constant):
        if isinstance(layer, nn.Linear):
            assert (layer.bias == float(constant)).all()
    plain, normalised, _, head = mlp((2, 5, 1), True, bias=constant)
    assert plain.bias is None
    assert (normalised.bias == float(constant)).all() and (normalised.weight == 1).all()
    assert (head.bias == float(constant)).all()


def test_beta_is_zero_by_default():
    assert (mlp((2, 5, 1), True)[1].bias == 0).all()


def test_a_seed_gives_one_network_and_leaves_the_global_numbers_alone():
    torch.manual_seed(11)
    before = torch.get_rng_state()
    first, again, other = f1(True, seed=5), f1(True, seed=np.int64(5)), f1(True, seed=6)
    assert torch.equal(torch.get_rng_state(), before)
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert not torch.equal(first[1].weight, other[1].weight)


def test_without_a_seed_the_global_numbers_decide():
    torch.manual_seed(11)
    first = mlp((2, 7, 1))
    second = mlp((2, 7, 1))
    torch.manual_seed(11)
    again = mlp((2, 7, 1))
    assert torch.equal(first[0].weight, again[0].weight)
    assert not torch.equal(first[0].weight, second[0].weight)


def test_equal_seeds_give_equal_weights_whatever_else_is_asked_for():
    reference = [layer.weight for layer in mlp((2, 7, 5, 1), seed=9, dtype=torch.float64)[::2]]
    variants = [
        mlp((2, 7, 5, 1), seed=9, bias=0.5),
        mlp((2, 7, 5, 1), True, seed=9),
        mlp((2, 7, 5, 1), head=False, seed=9),
        mlp((2, 7, 5, 1), activation=nn.Tanh, seed=9),
        mlp((2, 7, 5, 1), seed=9, dtype=torch.float16),
    ]
    for variant in variants:
        linear = [layer.weight for layer in variant if isinstance(layer, nn.Linear)]
        for weight, expected in zip(linear, reference, strict=True):
            assert torch.equal(weight, expected.to(weight.dtype))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_parameter_and_statistic_has_the_dtype(dtype):
    model = mlp((2, 3, 1), True, nn.PReLU, dtype=dtype)
    floating = [value for value in model.state_dict().values() if value.is_floating_point()]
    assert {value.dtype for value in floating} == {dtype}
    assert model(torch.zeros(4, 2, dtype=dtype)).dtype == dtype


def test_the_default_dtype_is_that_of_torch():
    torch.set_default_dtype(torch.float64)
    try:
        model = mlp((2, 3, 1), True, nn.PReLU)
    finally:
        torch.set_default_dtype(torch.float32)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float64}


def test_parameters_are_leaves_that_an_optimizer_can_train():
    model = mlp((2, 3, 1), True, seed=0)
    assert all(p.is_leaf and p.requires_grad and p.device.type == "cpu" for p in model.parameters())
    model(torch.randn(8, 2)).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_a_default_device_elsewhere_does_not_tear_the_network_apart():
    with torch.device("meta"):
        model = mlp((2, 3, 1), True, nn.PReLU, seed=0)
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}


def test_activations_are_one_module_a_layer():
    model = mlp((2, 3, 3, 1), activation=functools.partial(nn.LeakyReLU, 0.1))
    assert model[1].negative_slope == 0.1 and model[1] is not model[3]


@pytest.mark.parametrize("widths", [(), (2,), (2, 0), (0, 2), (2, -1, 1), np.array([2])])
def test_widths_that_make_no_network_raise(widths):
    with pytest.raises(ValueError, match=r"widths must name the inputs and at least one layer"):
        mlp(widths)


@pytest.mark.parametrize("widths", [2, None, (2, 1.5), ("2", "1"), "ab", (2, None)])
def test_widths_that_are_no_whole_numbers_raise(widths):
    with pytest.raises(TypeError, match="widths must be a sequence of whole numbers"):
        mlp(widths)


@pytest.mark.parametrize("bias", ["uniform", None, True, False, math.nan, math.inf, [0.1]])
def test_a_bias_that_is_no_number_raises(bias):
    with pytest.raises(ValueError, match="bias must be 'default' or a finite number"):
        f1(bias=bias)


@pytest.mark.parametrize("activation", [nn.ReLU(), torch.relu, None, "relu", dict])
def test_an_activation_that_makes_no_module_raises(activation):
    with pytest.raises(TypeError, match="activation must be a class or function"):
        mlp((2, 3, 1), activation=activation)
