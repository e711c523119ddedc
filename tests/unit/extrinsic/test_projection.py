"""Projections against matrices written out, in chains, with skips, batch norm and convolutions."""

import copy
import warnings

import pytest
import torch
from torch import nn

from relu_book.extrinsic import project, round_trip_error
from relu_book.extrinsic.cut import Cut, fixed
from relu_book.extrinsic.steps import Pseudoinverse, Transpose, steps_of
from relu_book.models import cifar_resnet, mlp

pinv = torch.linalg.pinv


def points(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(first, second, tolerance=1e-9):
    torch.testing.assert_close(first, second, rtol=tolerance, atol=tolerance)


def linear(layer):
    return layer.weight.detach().T, layer.bias.detach()


@pytest.mark.parametrize("widths", [(3, 2, 4, 3), (2, 5, 5, 5), (4, 4, 4, 2), (3, 7, 2, 6)])
def test_a_chain_is_taken_back_layer_by_layer(widths):
    model, x = mlp(widths, seed=1, dtype=torch.float64), points(9, widths[0])
    layers = [linear(model[number]) for number in (0, 2, 4)]
    y, seen = x, []
    for weight, bias in layers:
        y = (y @ weight + bias).relu()
        back = y
        seen.append((weight, bias))
        for weight, bias in seen[::-1]:
            back = (back - bias) @ pinv(weight)
        close(project(model, x, (0, 1, None)[len(seen) - 1]), back)


def test_layers_are_named_as_sites_are():
    model, x = mlp((2, 3, 3, 1), seed=0, dtype=torch.float64), points(4, 2)
    close(project(model, x, "3"), project(model, x, -1))
    with pytest.raises(ValueError, match="no site 'layer3'"):
        project(model, x, "layer3")


@pytest.mark.parametrize("inverse", ["exact", "transpose"])
def test_relus_in_place_are_as_others(inverse):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 7), nn.ReLU(True), nn.Linear(7, 9), nn.ReLU(True)).double()
    x, state = points(9, 4), torch.get_rng_state()
    (w1, b1), (w2, b2) = linear(model[0]), linear(model[2])
    found = project(model, x, 1, inverse=inverse)
    if inverse == "exact":
        close(found, ((model(x) - b2) @ pinv(w2) - b1) @ pinv(w1))
    error = round_trip_error(model, x, 1, inverse=inverse)
    for part in (model[1], model[3]):
        part.inplace = False
    close(found, project(model, x, 1, inverse=inverse))
    assert error == pytest.approx(round_trip_error(model, x, 1, inverse=inverse), abs=1e-12)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("inplace", [False, True])
def test_a_layer_whose_columns_cancel_is_used(inplace):
    relus = nn.ReLU(inplace), nn.ReLU(inplace)
    model = nn.Sequential(nn.Linear(3, 4), relus[0], nn.Linear(4, 4), relus[1]).double()
    with torch.no_grad():  # the outputs add up to the same number for all inputs
        model[2].weight -= model[2].weight.mean(0)
    (w1, b1), (w2, b2), x = linear(model[0]), linear(model[2]), points(5, 3)
    expected = ((model(x) - b2) @ pinv(w2) - b1) @ pinv(w1)
    close(project(model, x, 1), expected)


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("inverse", ["exact", "transpose"])
def test_a_layer_of_zeros_sends_all_to_one_point(inverse, inplace):
    relus = nn.ReLU(inplace), nn.ReLU(inplace)
    model = nn.Sequential(nn.Linear(3, 3), relus[0], nn.Linear(3, 4), relus[1]).double()
    nn.init.orthogonal_(model[0].weight)
    nn.init.zeros_(model[2].weight)
    weight, bias = linear(model[0])
    close(project(model, points(5, 3), 1, inverse=inverse), (-bias @ weight.T).expand(5, 3))
    assert round_trip_error(model, points(5, 3), 1, inverse=inverse) == pytest.approx(1)


def test_inputs_of_zero_come_back_without_error():
    model, zeros = mlp((3, 4, 2), seed=0), torch.zeros(2, 3)
    assert round_trip_error(model, zeros, 0) == 0
    assert round_trip_error(model, zeros, 0, inverse="transpose") == 0


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.float16, 5e-2)])
def test_dependent_filters_are_told_apart_in_few_digits(dtype, tolerance):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 2), nn.Linear(2, 6), nn.ReLU()).to(dtype)
    x = points(5, 8).to(dtype)
    found = project(model, x, 0).double()
    torch.testing.assert_close(
        found, project(model.double(), x.double(), 0), rtol=tolerance, atol=tolerance
    )


class Skips(nn.Module):
    """One skip over an affine layer, and one over a ReLU."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = (nn.Linear(3, 3) for _ in range(3))
        self.double()

    def forward(self, x):
        y = torch.relu(self.first(x) + x)
        z = torch.relu(self.second(y))
        return torch.relu(self.third(z) + y)


def test_a_skip_is_a_block_of_ones():
    torch.manual_seed(0)
    model, x = Skips(), points(8, 3)
    (w1, b1), (w2, b2), (w3, b3) = map(linear, (model.first, model.second, model.third))
    one = torch.eye(3, dtype=torch.float64)
    y = (x @ (w1 + one) + b1).relu()
    z = (y @ w2 + b2).relu()
    out = (z @ w3 + b3 + y).relu()
    close(project(model, x, 0), (y - b1) @ pinv(w1 + one))
    # From y to the third ReLU two paths lead, one through the second ReLU.
    back = (out - b2 @ w3 - b3) @ pinv(one + w2 @ w3)
    close(project(model, x, 2), (back - b1) @ pinv(w1 + one))
    # What the second ReLU itself gives needs no skip.
    close(project(model, x, 1), (((z - b2) @ pinv(w2)) - b1) @ pinv(w1 + one))


def test_batch_norm_is_taken_into_the_weights():
    model = mlp((3, 4, 4, 2), batch_norm=True, seed=0, dtype=torch.float64)
    for _ in range(3):
        model(points(50, 3, seed=_) * 2 + 1)
    norm, x = model[1], points(6, 3)
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
    weight = model[0].weight.detach().T * scale
    bias = norm.bias.detach() - norm.running_mean * scale
    y = (x @ weight + bias).relu()
    close(project(model, x, 0), (y - bias) @ pinv(weight))
    assert model.training and int(norm.num_batches_tracked) == 3


@pytest.mark.parametrize("pool", [False, True])
def test_a_convolution_is_its_matrix(pool):
    torch.manual_seed(0)
    parts = [nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(inplace=True)]
    model = nn.Sequential(nn.AvgPool2d(2) if pool else nn.Identity(), *parts).double()
    x = points(5, 2, 4, 4)
    zero = torch.zeros(1, 2, 4, 4, dtype=torch.float64)
    with torch.no_grad():
        bias = model[:2](zero).flatten()
        basis = torch.eye(32, dtype=torch.float64).view(32, 2, 4, 4)
        weight = model[:2](basis).flatten(1) - bias
        y = model(x).flatten(1)
    close(project(model, x, 0), ((y - bias) @ pinv(weight)).view(5, 2, 4, 4))


def test_the_transpose_is_the_inverse_where_rows_are_orthogonal():
    torch.manual_seed(0)
    convolution = nn.Conv2d(2, 6, 1, dtype=torch.float64)
    nn.init.orthogonal_(convolution.weight.data.view(6, 2)).mul_(3)
    model, x = nn.Sequential(convolution, nn.ReLU()), points(4, 2, 5, 5)
    assert round_trip_error(model, x, 0, inverse="transpose") < 1e-12
    close(project(model, x, 0, inverse="transpose"), project(model, x, 0))


def test_the_transpose_of_a_random_convolution_is_no_inverse():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 8, 3, padding=1), nn.ReLU()).double()
    x = points(4, 2, 6, 6)
    assert round_trip_error(model, x, 0) < 1e-10
    error = round_trip_error(model, x, 0, inverse="transpose")
    weight, bias = model[0].weight.detach(), model[0].bias.detach().view(-1, 1, 1)
    forth = nn.functional.conv2d(x, weight, padding=1)
    back = nn.functional.conv_transpose2d(forth, weight, padding=1)
    best = ((back * x).sum() / back.square().sum() * back - x).norm() / x.norm()
    assert best <= error < 1.1 * best and best > 0.1
    # One number times the transposed convolution, bias taken off.
    y = (forth + bias).relu() - bias
    back = nn.functional.conv_transpose2d(y, weight, padding=1)
    ratio = project(model, x, 0, inverse="transpose") / back
    close(ratio, ratio.mean().expand_as(ratio))


@pytest.mark.parametrize("layer", range(6))
def test_both_ways_agree_with_each_other_on_a_residual_network(layer):
    model = cifar_resnet(8, width=2, seed=0, dtype=torch.float64).eval()
    x = points(3, 3, 4, 4)
    with fixed(model), torch.no_grad():
        cut = Cut(model, x, layer)
        steps = steps_of(cut)
        exact, transposed = Pseudoinverse(cut, steps), Transpose(cut, steps)
        rows = x.flatten(1)
        close(exact.forth(rows), transposed.forth(rows))
        for (weight, _), step in zip(exact._parts, steps, strict=True):
            state = points(2, weight.shape[1])
            close(transposed._transposed(step, state), state @ weight.T)


def test_a_residual_network_without_zeroed_filters_comes_back():
    # Biases high against weights: every ReLU is the identity, and no layer here narrows.
    model = cifar_resnet(8, width=4, seed=0, dtype=torch.float64).eval()
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.bias.data.fill_(1.0)
            part.weight.data.fill_(0.01)
    x = points(3, 3, 4, 4)
    for layer in (0, 1, 2):
        close(project(model, x, layer), x, 1e-6)


def test_the_model_stays_as_it_was():
    model = nn.Sequential(
        *(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(inplace=True), nn.Dropout(0.5)),
        *(nn.Linear(4, 4), nn.ReLU()),
    ).double()
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    projected = project(model, points(5, 3), -1)
    assert model.training and all(part.training for part in model)
    assert torch.equal(torch.get_rng_state(), state)
    for name, each in model.state_dict().items():
        assert torch.equal(each, before[name])
    assert not projected.requires_grad and not any(p.grad is not None for p in model.parameters())


class InPlace(nn.Module):
    """Writes to its input and to what its ReLUs give."""

    def forward(self, x):
        y = torch.relu(x.relu_().mul_(2))
        y += 1
        return y.relu_()


@pytest.mark.parametrize("inverse", ["exact", "transpose"])
def test_a_model_may_write_to_what_it_is_given(inverse):
    x = points(5, 3)
    before = x.clone()
    # y = 2 relu(x), z = y + 1: taken back it is relu(x).
    close(project(InPlace(), x, 2, inverse=inverse), x.relu())
    assert torch.equal(x, before)


@pytest.mark.parametrize("inverse", ["exact", "transpose"])
def test_in_inference_mode_it_is_the_same(inverse):
    model, x = mlp((2, 3, 3, 1), seed=0, dtype=torch.float64), points(4, 2)
    expected = project(model, x, 1, inverse=inverse)
    with torch.inference_mode():
        close(project(model, points(4, 2), 1, inverse=inverse), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_types_are_those_of_the_inputs(dtype):
    model, x = mlp((2, 6, 6, 1), seed=0, dtype=dtype), points(5, 2).to(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        projected = project(model, x, 1)
    assert projected.dtype == dtype and projected.shape == x.shape
    exact = project(model.double(), x.double(), 1)
    torch.testing.assert_close(projected.double(), exact, rtol=1e-3, atol=1e-3)


class NotAffine(nn.Module):
    def forward(self, x):
        return torch.relu(x.square())


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Flatten(), nn.Tanh(), nn.ReLU()),
        nn.Sequential(nn.MaxPool2d(2), nn.ReLU()),
        nn.Sequential(nn.BatchNorm2d(2, track_running_stats=False), nn.ReLU()),
        nn.Sequential(nn.Flatten(), nn.BatchNorm1d(32, track_running_stats=False), nn.ReLU()),
        NotAffine(),
    ],
)
def test_what_is_not_affine_is_refused(model):
    with pytest.raises(ValueError, match="the model is not affine between its ReLUs"):
        project(model, torch.randn(3, 2, 4, 4), 0)


def test_bad_input_gets_one_sentence():
    model = mlp((2, 3, 1), seed=0)
    with pytest.raises(ValueError, match="the inverse is 'exact' or 'transpose', not 'pinv'"):
        project(model, torch.randn(3, 2), 0, inverse="pinv")
    with pytest.raises(TypeError, match=r"floating-point numbers, one input a row, not torch\.int"):
        project(model, torch.ones(3, 2, dtype=torch.int64), 0)
    with pytest.raises(ValueError, match="inputs are one or more rows"):
        project(model, torch.ones(2), 0)
    with pytest.raises(TypeError, match=r"the model is a torch\.nn\.Module, not str"):
        project("model", torch.ones(3, 2), 0)
    with pytest.raises(ValueError, match="does not depend on the input"):
        project(Constant(), torch.ones(3, 2), 0)
    for output, kind in (((model, 1), "tuple"), ({}, "dict")):
        with pytest.raises(TypeError, match=f"is a tensor, not {kind}; name a layer"):
            project(Returning(model, output), torch.ones(3, 2), None)
    with pytest.raises(ValueError, match=r"site 'the output' has shape \(\) for 3 inputs"):
        project(Returning(model, torch.tensor(1.0)), torch.ones(3, 2), None)
    wide = mlp((2, 5000, 2), seed=0)
    with pytest.raises(ValueError, match="a matrix of 2 by 5000, and at most 4096 are taken"):
        project(wide, torch.ones(3, 2), 0)
    assert project(wide, torch.ones(3, 2), 0, inverse="transpose").shape == (3, 2)


class Constant(nn.Module):
    def forward(self, x):
        return torch.relu(torch.ones_like(x))


class Returning(nn.Module):
    def __init__(self, model, output):
        super().__init__()
        self.model, self.output = model, output

    def forward(self, x):
        self.model(x)
        return self.output


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_weights_that_are_not_finite_are_named(bad):
    model = mlp((2, 3, 1), seed=0)
    model[0].weight.data[1, 0] = bad
    with pytest.raises(ValueError, match="NaN or infinite numbers"):
        project(model, torch.ones(3, 2), 0)
