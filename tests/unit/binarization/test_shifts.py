"""Shifts and additions of integers are eq 4.9, and the simulation bit by bit if both are exact."""

import math

import pytest
import torch
from torch import nn

from relu_book.binarization import binarize, encode
from relu_book.binarization.fixed_point import FixedPoint
from relu_book.binarization.shifts import GUARD_BITS, by_shifts

FORM = FixedPoint()


def naive(x, encoding, counts, n, bias, guard):
    """One dense layer in Python's integers: every sample a shift and an addition."""

    def shift(number, places):
        return number << places if places >= 0 else number >> -places

    rows = []
    for vector in (x * 1024).long().tolist():
        row = []
        for j in range(encoding.sign.shape[0]):
            total = round(float(bias[j]) * 2 ** (10 + guard)) * n
            for i, number in enumerate(vector):
                for k in range(n):
                    drawn = 1 if k < counts[j, i] else 0
                    term = shift(number, int(encoding.exponent[j, i]) + drawn + guard)
                    total += int(encoding.sign[j, i]) * term
            places = guard + int(math.log2(n))
            low, rest = total >> places, 2 * (total & ((1 << places) - 1))
            half = 1 << places
            row.append((low + (rest > half or (rest == half and low % 2 == 1))) / 1024)
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("guard", [0, 3, GUARD_BITS])
@pytest.mark.parametrize("n", [1, 4])
def test_integers_do_what_the_equation_says(n, guard):
    generator = torch.Generator().manual_seed(0)
    weight = 0.3 * torch.randn(3, 5, generator=generator, dtype=torch.float64)
    weight[0, 0] = 0
    bias = torch.randn(3, generator=generator, dtype=torch.float64)
    x = FORM.rounded(5 * torch.randn(4, 5, generator=generator, dtype=torch.float64))
    encoding = encode(weight)
    counts = torch.randint(0, n + 1, (3, 5), generator=generator)

    def run(weights, biases=None, of=x):
        return nn.functional.linear(of, weights, biases)

    found = by_shifts(run, x, encoding, counts, n, bias, FORM, guard)
    assert torch.equal(found, naive(x, encoding, counts, n, bias, guard))


MODELS = {
    "dense": (lambda: nn.Linear(6, 4), (6,)),
    "convolution": (lambda: nn.Conv2d(4, 6, 3, groups=2, padding=1), (4, 5, 5)),
    "transposed": (lambda: nn.ConvTranspose1d(4, 3, 4, stride=2), (4, 6)),
    "batch norm": (lambda: nn.Sequential(nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 2)), (4,)),
}


@torch.no_grad()
@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("n", [1, 16])
def test_they_are_the_simulation_bit_by_bit_where_both_are_exact(name, n):
    make, shape = MODELS[name]
    torch.manual_seed(0)
    model = make().double().eval()
    for parameter in model.parameters():
        # No weight below 2^-12, and biases on the accumulator's grid.
        whole = (parameter * 2**12).round()
        parameter.copy_(torch.where(whole == 0, 1.0, whole) / 2**12)
    x = torch.randn(3, *shape, dtype=torch.float64)
    simulated, integers = (
        binarize(model, n, shifts=shifts, generator=torch.Generator().manual_seed(1))
        for shifts in (False, True)
    )
    for _ in range(3):
        assert torch.equal(simulated(x), integers(x))
    assert torch.equal(simulated.refine(x, n), integers.refine(x, n))


@torch.no_grad()
def test_without_guard_bits_small_weights_lose_all_and_negative_numbers_do_not_end_at_zero():
    x = torch.tensor([[5 / 1024], [-5 / 1024]], dtype=torch.float64)
    encoding = encode(torch.tensor([[2.0**-20]], dtype=torch.float64))

    def run(weights, biases=None, of=x):
        return nn.functional.linear(of, weights, biases)

    found = by_shifts(run, x, encoding, torch.zeros(1, 1), 1, None, FORM, 0)
    assert (found * 1024).flatten().tolist() == [0, -1]


@torch.no_grad()
def test_what_integers_cannot_do_is_named():
    layer, x = nn.Linear(3, 2), torch.randn(2, 3)
    with pytest.raises(ValueError, match="a power of two, not 3"):
        binarize(layer, 3, shifts=True)(x)
    with pytest.raises(ValueError, match="are not finite, or need more than the 53 bits"):
        binarize(layer, 1, shifts=True)(x * math.nan)
