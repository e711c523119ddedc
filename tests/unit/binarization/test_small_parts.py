"""Fewer bits, fixed point numbers and straight-through gradients."""

import pytest
import torch

from relu_book.binarization import (
    bernoulli,
    decode,
    discretize,
    encode,
    fixed_point,
    smallest,
    straight_through,
)
from relu_book.binarization.fixed_point import FixedPoint


def normal(many=100_000):
    return torch.randn(many, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(
    ("bits", "rounding", "bias", "error"),
    [
        (1, "floor", -0.158, 0.182), (1, "nearest", -0.011, 0.103),
        (4, "floor", None, 0.026), (4, "nearest", None, 0.013),
    ],
)  # fmt: skip
def test_rounding_to_few_bits_errs_as_calculated(bits, rounding, bias, error):
    w = normal()
    found = decode(discretize(encode(w), probability_bits=bits, rounding=rounding))
    assert ((found - w).norm() / w.norm()).item() == pytest.approx(error, abs=0.002)
    if bias is not None:
        assert (found.abs().sum() / w.abs().sum() - 1).item() == pytest.approx(bias, abs=0.003)
    p = encode(w).probability
    step = discretize(encode(w), probability_bits=bits, rounding=rounding).probability * 2**bits
    assert torch.equal(step, step.round()) and p.max() < 1


def test_a_carry_goes_into_the_exponent():
    encoding = discretize(encode(torch.tensor([1.9, -1.2])), probability_bits=2)
    assert encoding.exponent.tolist() == [1, 0] and encoding.probability.tolist() == [0, 0.25]
    encoding = discretize(encode(torch.tensor([1.4, 1.6])), probability_bits=0)
    assert decode(encoding).tolist() == [1, 2]


def test_few_exponents_end_with_the_largest():
    w = torch.tensor([8.0, 1.5, 1.0, 0.7, 0.5, 0.4999, -0.3, 0.0])
    found = decode(discretize(encode(w), exponent_bits=2))  # 1, 2, 4, 8
    assert found.tolist() == [8, 1.5, 1, 1, 1, 0, 0, 0]
    w = normal(1000)
    small = discretize(encode(w), exponent_bits=4)
    exponents = small.exponent[small.sign != 0]
    assert exponents.max() - exponents.min() < 16
    assert (decode(small) - w).abs().max() < 1e-4


def test_the_smallest_of_all_tensors_are_an_exact_share():
    layers = [normal(70).view(7, 10), 10 * normal(30)]
    masks = smallest(layers, 0.25)
    assert sum(int(mask.sum()) for mask in masks) == 25
    kept = torch.cat([w[~m].abs() for w, m in zip(layers, masks, strict=True)])
    gone = torch.cat([w[m].abs() for w, m in zip(layers, masks, strict=True)])
    assert kept.min() > gone.max()
    assert smallest([torch.ones(4)], 0.5)[0].tolist() == [True, True, False, False]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_rounding_is_to_the_nearest_and_cut_off(dtype):
    form = FixedPoint(8, 3)
    x = torch.cat([normal(1000) * 9, torch.arange(-40, 40) / 16, torch.tensor([99.0])]).to(dtype)
    expected = (x.double() * 8).round().clamp(-128, 127) / 8
    found, largest = form.rounded_and_largest(x)
    assert torch.equal(found.double(), expected) and found.dtype == dtype
    assert largest.item() == x.abs().max().item()
    assert torch.equal(form.rounded(found), found)


def test_with_and_without_numba_rounding_is_the_same(monkeypatch):
    x = (normal() * 12).float()
    x[:3] = torch.tensor([float("nan"), float("inf"), -float("inf")])
    one = FixedPoint().rounded(x)
    in_place = FixedPoint().rounded_and_largest(x.clone(), in_place=True)[0]
    monkeypatch.setattr(fixed_point, "_compiled", lambda: None)
    other = FixedPoint().rounded(x)
    assert torch.equal(one.nan_to_num(7), other.nan_to_num(7)) and one[0].isnan()
    assert torch.equal(in_place.nan_to_num(7), other.nan_to_num(7))


def test_what_needs_no_rounding_is_handed_on_and_no_input_is_written_to():
    x = torch.tensor([1.0, -0.5])
    assert FixedPoint().rounded(x).data_ptr() == x.data_ptr()
    x = torch.tensor([0.1, 40.0])
    FixedPoint().rounded(x)
    assert x.tolist() == pytest.approx([0.1, 40.0])


def test_gradients_of_rounded_numbers_end_where_they_are_cut_off():
    x = torch.tensor([0.1, 31.0, 40.0], requires_grad=True)
    FixedPoint().rounded(x).sum().backward()
    assert x.grad.tolist() == [1, 1, 0]


def test_equations_4_1_and_4_2():
    x = torch.tensor([-1.5, -0.2, 0.0, 0.7, 1.0], requires_grad=True)
    quantised = straight_through(x.detach().sign(), x)
    assert quantised.tolist() == [-1, -1, 0, 1, 1]
    (3 * quantised).sum().backward()
    assert x.grad.tolist() == [3, 3, 3, 3, 3]
    x.grad = None
    (3 * straight_through(x.detach().sign(), x, limit=1.0)).sum().backward()
    assert x.grad.tolist() == [0, 3, 3, 3, 0]


def test_bernoulli_has_the_mean_w_and_the_gradients():
    w = torch.full((200_000,), 0.3, requires_grad=True)
    drawn = bernoulli(w, generator=torch.Generator().manual_seed(0))
    assert set(drawn.tolist()) == {0.0, 1.0}
    assert drawn.mean().item() == pytest.approx(0.3, abs=4 * (0.21 / 200_000) ** 0.5)
    (drawn * 2).sum().backward()
    assert bool((w.grad == 2).all())
    ends = torch.tensor([0.0, 1.0], requires_grad=True)
    bernoulli(ends, clipped=True).sum().backward()
    assert ends.grad.tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"probabilities lie from 0 to 1, but .* one is 1.5"):
        bernoulli(torch.tensor([1.5]))
    with pytest.raises(TypeError, match=r"generator is a torch\.Generator, not 0"):
        bernoulli(torch.tensor([0.5]), generator=0)


def test_more_bits_than_there_are_leave_weights_exact():
    w = torch.tensor([1.7, 0.001, 0.0, -3e-40])
    for bits in (12, 15, 16, 63, 2000):
        assert torch.equal(decode(discretize(encode(w), exponent_bits=bits)), w)
    for bits in (52, 1023, 5000):
        assert torch.equal(decode(discretize(encode(w), probability_bits=bits)), w)
