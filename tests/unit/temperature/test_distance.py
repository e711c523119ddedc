"""Distance and temperature as definitions 5 and 6 have them."""

import math

import numpy as np
import pytest
import torch

from relu_book.temperature import Distance, temperature


def test_the_base_is_two():
    assert temperature(8 / 9) == pytest.approx(3.17, abs=0.01)  # the thesis's start temperature
    assert [temperature(share) for share in (0.0, 0.5, 0.75, 0.875)] == [0.0, 1.0, 2.0, 3.0]


def test_it_is_zero_exactly_where_nothing_changed():
    assert math.copysign(1, temperature(0.0)) == 1
    assert temperature(1e-300) > 0
    shares = np.random.default_rng(0).random(1000)
    assert (temperature(shares) > 0).all()
    assert np.allclose(temperature(shares), -np.log2(1 - shares))


def test_all_changed_is_capped_where_the_evaluations_are_known():
    assert temperature(1.0) == math.inf
    assert temperature(1.0, 2048) == 12.0
    assert temperature(1 - 1 / 2048, 2048) == 11.0
    assert temperature([[1.0, 0.5]], evaluations=[4, 8]).tolist() == [[3.0, 1.0]]
    assert temperature(1.0, evaluations=np.array([4, 8])).tolist() == [3.0, 4.0]
    found = Distance(np.array([[1.0, 0.0]]), np.array([0.1]), ("a", "b"), np.array([32, 8]))
    assert temperature(found).tolist() == [[6.0, 0.0]]


def test_the_listing_of_the_supplement_gives_the_same():
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        before, after = (torch.randn(16, 2, 3, 3, generator=generator) for _ in "ab")
        same = ((before > 0) == (after > 0)).all(1)
        counts, total = same.sum().double(), same.numel()
        expected = -torch.log2(torch.where(counts == 0, 0.5, counts) / total)
        assert temperature(1 - float(counts) / total, total) == pytest.approx(float(expected))


def test_what_comes_is_what_goes():
    assert type(temperature(0.5)) is type(temperature(np.float32(0.5))) is float
    assert type(temperature(1)) is float
    array = temperature(np.array([0.5], dtype=np.float32))
    assert array.dtype == np.float64 and array.tolist() == [1.0]
    tensor = torch.tensor([0.25, 0.5], requires_grad=True)
    bits = temperature(tensor)
    assert bits.dtype == torch.float32
    bits.sum().backward()  # dT/dD = 1 / ((1 - D) ln 2)
    assert torch.allclose(tensor.grad, 1 / ((1 - tensor.detach()) * math.log(2)))
    assert temperature(torch.tensor(1.0), torch.tensor(8)) == 4


@pytest.mark.parametrize("wrong", [-0.1, 1.5, math.nan, [0.5, 1.0001], torch.tensor([-1e-9])])
def test_no_share_is_refused(wrong):
    with pytest.raises(ValueError, match="a distance is a share of evaluations, from 0 to 1, not"):
        temperature(wrong)


@pytest.mark.parametrize("wrong", [0, [4, -1], math.nan])
def test_no_counts_are_refused(wrong):
    with pytest.raises(ValueError, match="evaluations are counts of at least 1"):
        temperature(1.0, wrong)


def test_a_distance_says_what_it_is():
    values = np.array([[0.0, 0.5], [0.5, 1.0]])
    found = Distance(values, np.array([0.1, 1e9]), ("a", "b"), np.array([4, 8]), (1e9,), "jvp")
    assert found.mean.tolist() == [0.25, 0.75]
    expected = "mean=0.25 to 0.75, approximate by jvp, overflow at 1e+09)"
    assert repr(found) == f"Distance(rates=2, sites=2, {expected}"


def test_what_is_no_number_is_refused():
    for wrong in ("x", 1j, np.array(["a"])):
        with pytest.raises(TypeError, match="a distance is a share of evaluations, not"):
            temperature(wrong)
    with pytest.raises(TypeError, match="evaluations are counts, not 'many'"):
        temperature(1.0, "many")
    with pytest.raises(ValueError, match=r"evaluations of shape \(3,\) do not fit distances of"):
        temperature([1.0, 0.5], [1, 2, 3])
