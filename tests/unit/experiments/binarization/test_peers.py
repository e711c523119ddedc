"""Other numbers that weights are rounded to, each against its naive form."""

import itertools
import math

import numpy as np
import pytest
import torch
import xarray as xr

from relu_book.binarization import binarize
from relu_book.datasets import load
from relu_book.experiments.binarization.peers_reading import peers_table
from relu_book.experiments.binarization.published import prepared, published
from relu_book.experiments.binarization.rounding import (
    METHODS,
    additive_powers_of_two,
    folded_model,
    folds,
    integers,
    powers_of_two,
    rounded_model,
)
from relu_book.runs import run


@pytest.fixture
def weights():
    return torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(0))


def test_powers_of_two_are_the_nearest(weights):
    found, additions, bits = powers_of_two(weights)
    powers = 2.0 ** torch.arange(-20, 5)
    near = powers[(weights.abs()[..., None] - powers).abs().argmin(-1)] * weights.sign()
    assert torch.equal(found, near) and (additions, bits) == (1.0, 5)


def test_levels_of_apot(weights):
    found, additions, _ = additive_powers_of_two(weights)
    first, second = [0, 1 / 2, 1 / 8, 1 / 32], [0, 1 / 4, 1 / 16, 1 / 64]
    levels = torch.tensor([a + b for a, b in itertools.product(first, second)])
    for row, exact in zip(found.flatten(1), weights.flatten(1), strict=True):
        # Of each filter the largest level that is taken tells the scale.
        scales = row.abs().max() / levels[levels > 0]
        fits = [(row.abs()[:, None] / scale - levels).abs().min(1).values.max() for scale in scales]
        assert min(fits) < 1e-5
        assert (row - exact).norm() < 0.25 * exact.norm()
    assert 1 < additions < 2


@pytest.mark.parametrize("bits", [4, 8])
def test_integers(weights, bits):
    found, additions, _ = integers(weights, bits)
    error = (found - weights).norm() / weights.norm()
    assert error < {4: 0.15, 8: 0.01}[bits] and 0 < additions < bits
    assert all(len(row.unique()) < 2**bits for row in found)


@torch.no_grad()
def test_folding_changes_no_output_and_rounding_does():
    images, _ = prepared("untrained", load, 10)
    model = published("untrained")
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 2)
    folded = folds(binarize(model, math.inf), images)
    plain = folded_model(model, folded)
    assert torch.allclose(plain(images), model(images), atol=1e-4)
    errors = {
        name: (rounded_model(model, folded, name)[0](images) - model(images)).norm().item()
        for name in METHODS
    }
    assert errors["int8"] < errors["int4"] and errors["int8"] < errors["power of two"]
    assert errors["APoT"] < errors["power of two"]


def test_a_small_run(tmp_path):
    found = run("binarization/peers", "smoke", root=tmp_path, progress=False)
    assert found["peer_bits"].isel(network=0, seed=0).values.tolist() == [5, 5, 8, 4, 8]
    assert found["accuracy"].dims == ("network", "seed", "samples")


def test_the_table_has_a_row_for_each_method_that_was_measured():
    by = ("network", "seed")
    record = xr.Dataset(
        {
            "float_accuracy": (by, [[90.0, 90.0]]),
            "accuracy": ((*by, "samples"), [[[70.0, 88.0], [74.0, 88.0]]]),
            "bits": (by, [[9, 9]]),
            "peer_accuracy": ((*by, "method"), [[[86.0, np.nan]] * 2]),
            "peer_additions": ((*by, "method"), [[[1.5, np.nan]] * 2]),
            "peer_bits": ((*by, "method"), [[[5, 8]] * 2]),
        },
        {"network": ["resnet20"], "samples": [1, 16], "method": ["APoT", "absent"]},
    )
    rows = [line.split() for line in peers_table(record).splitlines()]
    assert rows[1:] == [
        ["float", "32", "90.0"],
        ["APoT", "5", "1.5", "86.0"],
        ["drawn,", "1", "samples", "9", "1", "72.0", "±", "2.8"],
        ["drawn,", "16", "samples", "9", "16", "88.0", "±", "0.0"],
    ]
