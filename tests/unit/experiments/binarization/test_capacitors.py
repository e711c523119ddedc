"""Averages before and after the non-linearity, drawn all at once and pass by pass."""

import pytest
import torch

from relu_book.binarization import binarize
from relu_book.claims import judge
from relu_book.experiments.binarization import capacitors
from relu_book.experiments.binarization.capacitors import network_and_inputs, outputs


def test_the_claim():
    found = capacitors.two_ways_to_average(passes=20_000)
    assert judge("eq-4.8.b", found).words == "holds"


@pytest.mark.parametrize("samples", [1, 16])
def test_all_passes_at_once_are_passes_of_the_library(samples):
    model, x = network_and_inputs(0)
    generator = torch.Generator().manual_seed(1)
    network = binarize(model, samples, activation_bits=None, generator=generator)
    with torch.no_grad():
        one_by_one = torch.stack([network(x) for _ in range(1000)])
    at_once = outputs(model, x, samples, 20_000, generator)
    error = one_by_one.std(0) / 1000**0.5
    assert ((one_by_one.mean(0) - at_once.mean(0)).abs() < 5 * error).all()
    assert torch.allclose(one_by_one.std(0), at_once.std(0), rtol=0.15)


def test_a_network_without_non_linearity_has_no_bias(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "relu", lambda values: values)
    linear = torch.nn.Identity()

    def without_relu(seed):
        model, x = network_and_inputs(seed)
        model[1] = linear
        return model, x

    monkeypatch.setattr(capacitors, "network_and_inputs", without_relu)
    found = capacitors.two_ways_to_average(passes=20_000, repeats=50)
    assert max(found["bias"]) < 5
    assert judge("eq-4.8.b", found).words == "fails"
