"""Products in shifts and additions: the plain loop is what the library computes."""

import pytest
import torch
from torch import nn

from relu_book.claims import judge
from relu_book.experiments.binarization import integers
from relu_book.experiments.binarization.integers import layer_by_shifts, product


def test_the_claims():
    assert judge("eq-4.9", integers.two_forms()).words == "holds, by construction"
    assert judge("fig-4.1.c", integers.many_right_shifts()).words == (
        "wrong as printed; corrected: holds"
    )


@pytest.mark.parametrize("power", [0, 2, 5])
def test_the_plain_sum_is_that_of_the_library(power):
    torch.manual_seed(power)
    layer = nn.Linear(7, 5, bias=False).double()
    with torch.no_grad():
        layer.weight.mul_(torch.logspace(-4, 1, 5, dtype=torch.float64)[:, None])
    x = (torch.randn(6, 7, dtype=torch.float64) * 1024).round() / 1024
    ours, plain = layer_by_shifts(layer, x, power, seed=power)
    assert ours.tolist() == plain.tolist()
    assert abs(plain).max() > 1000 and abs(plain).min() < 20  # both ends of the range


def test_a_product_by_hand():
    assert product(5, 1, 0, ones=1, power=0) == 10
    assert product(5, -1, -1, ones=0, power=0) == -2
    assert product(-5, 1, -1, ones=0, power=1) == -3  # (-3 - 3) >> 1, where -2.5 is right


def test_a_shift_too_many_is_found_out(monkeypatch):
    monkeypatch.setattr(integers, "shifted", lambda x, k: x << k if k >= 0 else (x >> -k) - 1)
    assert judge("eq-4.9", integers.two_forms()).words == "fails"
