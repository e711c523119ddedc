"""Small networks that read digits: what is drawn, and what is looked at."""

import pytest
import torch

from relu_book.binarization import binarize
from relu_book.experiments.binarization import live


@pytest.fixture(scope="module")
def small():
    images, labels = live.digits("test", 16)
    return live.three_convolutions().eval(), images[:20], labels[:20]


def test_digits_are_standardised():
    images, labels = live.digits("train")
    assert abs(float(images.mean())) < 1e-12 and float(images.std()) == pytest.approx(1)
    assert images.shape[1:] == (1, 8, 8) and len(images) == len(labels)


def test_the_network_that_is_looked_at_learns(small):
    _, images, labels = small
    model = live.train(live.three_convolutions(), *live.digits("train", 16), epochs=4)
    assert not model.training and live.accuracy(model, images, labels) > 40


def test_many_samples_are_float_nearly(small):
    data = live.resampled(*small, passes=3)
    off = abs(data.scores - data.float_scores).mean(["pass", "label"])
    assert float(off.sel(samples=64)) < float(off.sel(samples=1)) / 4
    assert data.sizes == {"samples": 7, "pass": 3, "label": 10, "row": 16, "column": 16}


def test_errors_of_layers_fall_with_the_samples(small):
    model, images, _ = small
    few, many = (live.errors_by_layer(model, images[:1], samples=n, repeats=8) for n in (1, 256))
    for number in (1, 2, 3):
        name = f"absolute_{number}"
        assert float(many[name].mean()) < float(few[name].mean()) / 8  # a 16th, by theory


def test_pre_activations_are_those_of_the_network(small):
    model, images, _ = small
    first = live._pre_activations(model, images[:1], 1)[0]
    with torch.no_grad():
        assert torch.equal(first, model[1](model[0](images[:1])))
    network = binarize(model, float("inf"), activation_bits=None)
    last = live._pre_activations(network, images[:1], 2)[2]
    assert torch.allclose(
        last, live._pre_activations(model, images[:1], 1)[2].expand(2, -1, -1, -1)
    )
