"""Garments drawn by hand."""

import pytest
import torch

from relu_book.experiments.tutorial.drawings import GARMENTS, garment


@pytest.mark.parametrize("name", GARMENTS)
def test_garments_are_bright_on_black_and_each_another(name):
    picture = garment(name)
    assert picture.shape == (1, 28, 28) and picture.dtype == torch.float64
    assert picture.min() == 0 and 0.5 < picture.max() <= 0.7
    assert 0.2 < (picture > 0.35).double().mean() < 0.7
    others = [garment(other) for other in GARMENTS if other != name]
    assert all((picture - other).abs().mean() > 0.05 for other in others)


def test_a_garment_that_nobody_drew_is_named():
    with pytest.raises(ValueError, match="no drawing of 'hat': choose one of trousers, "):
        garment("hat")
