"""The small VGG of figure 2.2: its layers, weights in a row, histograms, training."""

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.experiments.tutorial import small_vgg
from relu_book.experiments.tutorial.small_vgg import from_row, network, to_row
from relu_book.runs import Run


@pytest.fixture
def model():
    return network([(4,), (6, 8)], seed=3, dtype=torch.float64).eval()


def test_layout_of_the_network(model):
    kinds = [type(part).__name__ for part in model]
    block = ["Conv2d", "BatchNorm2d", "ReLU"]
    assert kinds == [
        *block, "MaxPool2d", *block, *block, "AdaptiveAvgPool2d", "Flatten", "Linear",
    ]  # fmt: skip
    assert [part.out_channels for part in model if isinstance(part, nn.Conv2d)] == [4, 6, 8]
    assert model(torch.zeros(2, 1, 28, 28, dtype=torch.float64)).shape == (2, 10)


def test_a_network_survives_its_row(model):
    model.train()(torch.rand(8, 1, 8, 8, dtype=torch.float64))
    again = from_row(network([(4,), (6, 8)], seed=9, dtype=torch.float64), to_row(model))
    x = torch.rand(3, 1, 8, 8, dtype=torch.float64)
    assert torch.equal(again(x), model.eval()(x))
    assert not again.training


def test_a_row_of_another_network_is_refused(model):
    with pytest.raises(ValueError, match=r"the network has .* weights, but the row has"):
        from_row(network([(4,), (6, 6)]), to_row(model))


def test_distance_is_that_of_sorted_weights(model):
    before = small_vgg.convolutions(model)
    with torch.no_grad():
        model.convolution2.weight.mul_(1.7).add_(0.01)
        flat = model.convolution3.weight.view(-1)
        flat.copy_(flat.flip(0))
    found = small_vgg.compare(model, before)
    now = small_vgg.convolutions(model)
    for layer in range(3):
        twin = np.abs(np.sort(now[layer]) - np.sort(before[layer])).mean()
        assert found["distance"][layer] == pytest.approx(twin, rel=1e-9, abs=1e-12)
    assert found["distance"][0] == 0 and found["distance"][2] == pytest.approx(0, abs=1e-12)
    assert found["distance"][1] > 0.01


def test_histograms_sum_to_the_number_of_weights_and_count_what_lies_beyond(model):
    before = small_vgg.convolutions(model)
    with torch.no_grad():
        model.convolution1.weight.view(-1)[:5] = 100 * before[0].std()
        model.convolution1.weight.view(-1)[5] = -100 * before[0].std()
    histogram = small_vgg.compare(model, before)["histogram"]
    assert histogram.sum(1).tolist() == [len(weights) for weights in before] == [36, 216, 432]
    assert histogram[0, -1] >= 5 and histogram[0, 0] >= 1
    scaled = before[1] / before[1].std()
    for edge in range(60):
        low, high = small_vgg.EDGES[edge : edge + 2]
        assert histogram[1, edge] == ((scaled >= low) & (scaled < high)).sum()


def test_training_moves_the_weights_that_the_record_keeps(tmp_path):
    settings = small_vgg.Settings(
        data="digits", stages=((2,), (3, 4)), steps=12, batch_size=32, measured=(0, 4, 12),
        dtype="float64",
    )  # fmt: skip
    found = small_vgg.small_vgg(settings, 1, Run(tmp_path, "smoke"))
    assert found.distance.dims == ("step", "layer") and found.distance.shape == (3, 3)
    assert (found.distance[0] == 0).all()
    assert (found.distance[1:] > 0).all()
    assert (found.histogram.sum("bin") == [18, 54, 108]).all()
    assert found.training_loss.sizes["update"] == 12
    trained = from_row(network(settings.stages, dtype=torch.float64), found.weights.values)
    data = Run(tmp_path, "smoke").load("digits", "test", size=16)
    right = trained(data.images.double()).argmax(1) == data.labels
    assert found.test_accuracy.item() == right.double().mean().item()
