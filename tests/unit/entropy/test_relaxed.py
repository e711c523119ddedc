"""The counted entropy and the gradient of its relaxations, each against an independent form."""

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.entropy import apply_derivative, count_activations, pattern_entropy, potential
from relu_book.patterns import count, pack

SHAPES = [
    ((40, 3), 1),
    ((40, 3), -1),
    ((3, 40), 0),
    ((5, 4, 3, 2), 1),
    ((2, 3, 4, 5), 3),
    ((7,), 0),
]
RELAXATIONS = ["linear", "quadratic"]


def points(shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=dtype)


def loop(pre_activation, channel_dim, relaxation):
    """Value and gradient in NumPy, point by point, with nothing of the library."""
    rows = np.moveaxis(pre_activation.detach().double().numpy(), channel_dim, -1)
    flat = rows.reshape(-1, rows.shape[-1])
    patterns = [tuple(row > 0) for row in flat]
    number = {pattern: patterns.count(pattern) for pattern in set(patterns)}
    total = len(flat)
    entropy = -sum(c / total * np.log2(c / total) for c in number.values())
    gradient = np.zeros_like(flat)
    for row, pattern, out in zip(flat, patterns, gradient, strict=True):
        share = number[pattern] / total
        # d/dc of -sum (c/T) log2 (c/T), by the quotient rule, T being the sum of the counts
        others = [c for other, c in number.items() if other != pattern]
        slope = -(1 - share) / total * (np.log2(share) + 1 / np.log(2))
        slope += sum(c / total**2 * (np.log2(c / total) + 1 / np.log(2)) for c in others)
        if relaxation == "quadratic":
            out[:] = slope * row
        else:
            nearest = np.abs(row).argmin()
            out[nearest] = slope * np.sign(row[nearest])
    return entropy, np.moveaxis(gradient.reshape(rows.shape), -1, channel_dim)


@pytest.mark.parametrize("relaxation", RELAXATIONS)
@pytest.mark.parametrize(("shape", "channel_dim"), SHAPES)
def test_value_and_gradient_are_those_of_a_loop(shape, channel_dim, relaxation):
    x = points(shape).requires_grad_()
    entropy = pattern_entropy(x, relaxation=relaxation, channel_dim=channel_dim)
    entropy.backward()
    value, gradient = loop(x, channel_dim, relaxation)
    assert entropy.item() == pytest.approx(value, abs=1e-12)
    torch.testing.assert_close(x.grad, torch.from_numpy(gradient), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("relaxation", RELAXATIONS)
def test_the_gradient_is_that_of_finite_differences_of_the_relaxation(relaxation):
    # Away from the kinks: no point within 1e-3 of a border, or of having another nearest border.
    x = points((30, 4))
    size = x.abs().sort(1).values
    x = x[(size[:, 0] > 1e-3) & (size[:, 1] - size[:, 0] > 1e-3)].requires_grad_()
    counts, ids = count_activations(x)
    shares = counts.double() / counts.sum()
    entropy = -(shares * shares.log2()).sum()
    slopes = -(shares.log2() + entropy) / counts.sum()

    def relaxed(y):
        return (slopes[ids] * potential(y, relaxation)).sum()

    assert torch.autograd.gradcheck(relaxed, x)
    (ours,) = torch.autograd.grad(pattern_entropy(x, relaxation=relaxation), x)
    (numbers,) = torch.autograd.grad(relaxed(x), x)
    torch.testing.assert_close(ours, numbers, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("width", [1, 8, 64, 65, 512])
def test_the_value_is_that_of_the_engine_at_any_width(width):
    x = points((300, 7), seed=width, dtype=torch.float32) @ points((7, width), dtype=torch.float32)
    for channel_dim, y in ((1, x), (0, x.T), (2, x.view(10, 30, width))):
        engine = count(pack(y, channel_dim), width).entropy
        assert pattern_entropy(y, channel_dim=channel_dim).item() == pytest.approx(engine, abs=1e-6)


@pytest.mark.parametrize("relaxation", RELAXATIONS)
def test_equally_frequent_patterns_have_no_gradient(relaxation):
    x = torch.tensor([[1.0, 2], [-1, 2], [1, -2], [-1, -3]], requires_grad=True)
    entropy = pattern_entropy(x, relaxation=relaxation)
    entropy.backward()
    assert entropy == 2 and not x.grad.any()


@pytest.mark.parametrize("relaxation", RELAXATIONS)
def test_frequent_points_go_to_the_border_and_rare_ones_inwards(relaxation):
    x = torch.tensor([[1.0, 2], [3, 1], [2, 3], [-1, -2]], requires_grad=True)
    pattern_entropy(x, relaxation=relaxation).backward()
    inwards = (x.grad * x).sum(1)
    assert (inwards[:3] < 0).all() and inwards[3] > 0


@pytest.mark.parametrize("relaxation", RELAXATIONS)
@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (1, 3)])
def test_nothing_and_a_single_pattern_have_no_entropy(shape, relaxation):
    x = torch.ones(shape, requires_grad=True)
    entropy = pattern_entropy(x, relaxation=relaxation)
    entropy.backward()
    assert entropy.item() == 0 and not entropy.signbit()
    assert x.grad.shape == shape and not x.grad.any()


@pytest.mark.parametrize("relaxation", RELAXATIONS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_types(dtype, relaxation):
    x = points((50, 3), dtype=dtype).requires_grad_()
    entropy = pattern_entropy(x, relaxation=relaxation)
    entropy.backward()
    assert entropy.dtype == torch.promote_types(dtype, torch.float32)
    assert x.grad.dtype == dtype and x.grad.isfinite().all() and x.grad.any()
    assert pattern_entropy(torch.tensor([[1], [0]])) == 1  # whole numbers have a value


@pytest.mark.parametrize("relaxation", RELAXATIONS)
def test_a_relu_in_place_may_follow(relaxation):
    def gradient(inplace):
        layer = nn.Linear(3, 5, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(points((5, 3), seed=1))
            layer.bias.zero_()
        y = layer(points((60, 3)))
        entropy = pattern_entropy(y, relaxation=relaxation)
        (nn.functional.relu(y, inplace=inplace).sum() - entropy).backward()
        return layer.weight.grad

    torch.testing.assert_close(gradient(True), gradient(False), rtol=0, atol=0)


def test_algorithm_3_gives_each_point_the_gradient_of_its_count():
    x = points((9, 2)).requires_grad_()
    counts, ids = count_activations(x)
    weights = points((len(counts),), seed=3)
    out = apply_derivative(counts.double(), ids, x, "quadratic")
    assert torch.equal(out, counts.double())
    (out * weights).sum().backward()
    assert torch.equal(x.grad, x.detach() * weights[ids, None])


def test_a_point_on_its_border_gets_no_linear_gradient():
    x = torch.tensor([[0.0, 2], [1, 2], [3, 2]], requires_grad=True)
    pattern_entropy(x).backward()
    assert not x.grad[0].any() and x.grad[1:].any(1).all()


def test_bad_input_gets_one_sentence():
    with pytest.raises(ValueError, match="the relaxation is 'linear' or 'quadratic', not 'cubic'"):
        pattern_entropy(torch.ones(2, 2), relaxation="cubic")
    with pytest.raises(ValueError, match="NaN has no sign"):
        pattern_entropy(torch.full((2, 2), torch.nan))
    with pytest.raises(ValueError, match="no channel dimension 1"):
        pattern_entropy(torch.ones(3))
    with pytest.raises(ValueError, match="the relaxation is"):
        potential(torch.ones(2, 2), "cubic")


@pytest.mark.parametrize("shape", [(2, 3), ()])
def test_a_dimension_that_is_not_there_is_refused(shape):
    y = torch.ones(shape)
    counts, ids = count_activations(torch.ones(2, 3))
    for call in (
        lambda d: apply_derivative(counts, ids, y, channel_dim=d),
        lambda d: potential(y, channel_dim=d),
    ):
        with pytest.raises(ValueError, match="no channel dimension 9 in the shape"):
            call(9)
        with pytest.raises(TypeError, match="channel_dim is the number of a dimension, not 1"):
            call(1.0)
    with pytest.raises(TypeError, match="the pre-activation is a tensor of points, not NoneType"):
        potential(None)
