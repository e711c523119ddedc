"""The small VGG of figure 2.2: its layers, weights in a row, histograms, landscape, experiments."""

import json

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from torch.nn import functional

from relu_book import runs
from relu_book.experiments.tutorial import (
    loss_landscape,
    small_vgg,
    two_objects,
    weight_distributions,
)
from relu_book.experiments.tutorial.small_vgg import from_row, network, to_row


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


# --- Histograms ---


def test_distance_is_that_of_sorted_weights(model):
    before = weight_distributions.convolutions(model)
    with torch.no_grad():
        model.convolution2.weight.mul_(1.7).add_(0.01)
        flat = model.convolution3.weight.view(-1)
        flat.copy_(flat.flip(0))
    found = weight_distributions.compare(model, before)
    now = weight_distributions.convolutions(model)
    for layer in range(3):
        twin = np.abs(np.sort(now[layer]) - np.sort(before[layer])).mean()
        assert found["distance"][layer] == pytest.approx(twin, rel=1e-9, abs=1e-12)
    assert found["distance"][0] == 0 and found["distance"][2] == pytest.approx(0, abs=1e-12)
    assert found["distance"][1] > 0.01


def test_histograms_sum_to_the_number_of_weights_and_count_what_lies_beyond(model):
    before = weight_distributions.convolutions(model)
    with torch.no_grad():
        model.convolution1.weight.view(-1)[:5] = 100 * before[0].std()
        model.convolution1.weight.view(-1)[5] = -100 * before[0].std()
    histogram = weight_distributions.compare(model, before)["histogram"]
    assert histogram.sum(1).tolist() == [len(weights) for weights in before] == [36, 216, 432]
    assert histogram[0, -1] >= 5 and histogram[0, 0] >= 1
    scaled = before[1] / before[1].std()
    for edge in range(60):
        low, high = weight_distributions.EDGES[edge : edge + 2]
        assert histogram[1, edge] == ((scaled >= low) & (scaled < high)).sum()


def test_distances_are_those_of_the_last_layer_by_seed_and_step():
    values = np.arange(12.0).reshape(2, 3, 2)
    record = xr.Dataset({"distance": (("seed", "step", "layer"), values)}, {"step": [0, 5, 9]})
    found = weight_distributions.distances(record)
    assert found["step"].tolist() == [0, 5, 9]
    assert found["distance"].tolist() == [[1, 3, 5], [7, 9, 11]]


# --- Landscape ---


def test_each_filter_of_a_direction_is_as_long_as_the_networks_own(model):
    direction = loss_landscape.filter_normalised(model, seed=0)
    parameters = dict(model.named_parameters())
    assert list(direction) == [
        "convolution1.weight", "convolution2.weight", "convolution3.weight", "classes.weight",
    ]  # fmt: skip
    for name, tensor in direction.items():
        for own, drawn in zip(parameters[name], tensor, strict=True):
            assert drawn.norm().item() == pytest.approx(own.norm().item(), rel=1e-12)
            assert abs(nn.functional.cosine_similarity(own.ravel(), drawn.ravel(), 0)) < 0.99
    other = loss_landscape.filter_normalised(model, seed=1)
    assert not torch.equal(direction["classes.weight"], other["classes.weight"])


def test_the_loss_on_the_plane_is_that_of_a_network_moved_by_hand(model):
    images = torch.rand(9, 1, 8, 8, dtype=torch.float64)
    labels = torch.arange(9)
    plane = [loss_landscape.filter_normalised(model, seed) for seed in (0, 1)]
    kept = to_row(model)
    at = loss_landscape.loss_at
    origin = functional.cross_entropy(model(images), labels).item()
    assert at(model, plane, (0.0, 0.0), images, labels) == origin
    found = at(model, plane, (0.3, -0.8), images, labels)
    assert np.array_equal(to_row(model), kept)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in plane[0]:
                parameter += 0.3 * plane[0][name] - 0.8 * plane[1][name]
    assert found == pytest.approx(functional.cross_entropy(model(images), labels).item(), rel=1e-9)
    assert found != pytest.approx(origin)


def test_basin_compares_the_middle_with_the_whole_border():
    losses = np.full((2, 5, 5), 3.0)
    losses[:, 2, 2] = 1.0
    losses[:, 1:4, 1] = 0.5  # inside, so it does not count
    losses[0, 4, 3], losses[1, 2, 0] = 2.0, 0.9
    record = xr.Dataset({"loss": (("seed", "b", "a"), losses)})
    found = loss_landscape.basin(record)
    assert found["centre"].tolist() == [1.0, 1.0]
    assert found["lowest_border"].tolist() == [2.0, 0.9]


# --- Experiments ---


def test_training_moves_the_weights_that_the_record_keeps(tmp_path):
    settings = small_vgg.Settings(
        data="digits", stages=((2,), (3, 4)), steps=12, batch_size=32, measured=(0, 4, 12),
        dtype="float64",
    )  # fmt: skip
    found = small_vgg.small_vgg(settings, 1, runs.Run(tmp_path, "smoke"))
    assert found.distance.dims == ("step", "layer") and found.distance.shape == (3, 3)
    assert (found.distance[0] == 0).all()
    assert (found.distance[1:] > 0).all()
    assert (found.histogram.sum("bin") == [18, 54, 108]).all()
    assert found.training_loss.sizes["update"] == 12
    trained = from_row(network(settings.stages, dtype=torch.float64), found.weights.values)
    data = runs.Run(tmp_path, "smoke").load("digits", "test", size=16)
    right = trained(data.images.double()).argmax(1) == data.labels
    assert found.test_accuracy.item() == right.double().mean().item()


def test_two_objects_are_learned_and_found_again(tmp_path):
    settings = two_objects.Settings(stages=((4,), (8,)), canvases=64, steps=6, images=5)
    run = runs.Run(tmp_path, "smoke")
    found = two_objects.two_objects(settings, 2, run).expand_dims(seed=[2])
    found.attrs["settings"] = json.dumps({"data": "digits", "stages": [[4], [8]], "images": 5})
    model, test = two_objects.of_record(found, seed=2)
    assert not model.training
    named = {
        n for n in range(5)
        if set(model(test.images[n : n + 1])[0].topk(2).indices.tolist())
        == set(test.labels[n].tolist())
    }  # fmt: skip
    assert found.both_right.item() == pytest.approx(len(named) / 5)
    first, second = two_objects.first_objects(found), two_objects.second_objects(found)
    areas = test.boxes.mean((2, 3))
    assert first["area_share"].tolist() == areas[:, 0].tolist()
    assert second["area_share"].tolist() == areas[:, 1].tolist()
    assert len(second["correlation"]) == len(two_objects.regions(found)["separation"]) == 5
