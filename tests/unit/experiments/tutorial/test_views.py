"""What a trained network shows: maps, class activation, components, deep dream (figure 2.2)."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from relu_book.datasets import load
from relu_book.experiments.tutorial import (
    activation_maps,
    canvases,
    class_activation,
    deep_dream,
    principal_components,
)
from relu_book.experiments.tutorial.drawings import garment
from relu_book.experiments.tutorial.small_vgg import network


@pytest.fixture(scope="module")
def scans():
    return load("digits", "test")


@pytest.fixture
def model():
    """Statistics of batch normalisation other than at the start, so that they count."""
    made = network([(4,), (6, 8)], seed=3, dtype=torch.float64).train()
    generator = torch.Generator().manual_seed(5)
    for _ in range(3):
        made(torch.rand(16, 1, 16, 32, generator=generator, dtype=torch.float64))
    return made.eval()


# --- Canvases ---


def test_each_half_of_a_canvas_holds_its_digit_where_the_box_says(scans):
    made = canvases.two_digits(scans, 30, seed=4)
    known = {
        label: [scans.images[n, 0].double().numpy() for n in np.flatnonzero(scans.labels == label)]
        for label in range(10)
    }
    for picture, labels, boxes in zip(*made, strict=True):
        assert labels[0] != labels[1]
        for side, label in enumerate(labels.tolist()):
            half = np.zeros(32, bool)
            half[16 * side : 16 * side + 16] = True
            assert not boxes[side][:, ~half].any()
            rows, columns = np.flatnonzero(boxes[side].any(1)), np.flatnonzero(boxes[side].any(0))
            assert boxes[side].sum() == len(rows) * len(columns)
            assert max(len(rows), len(columns)) <= 8
            inside = picture[0].numpy()[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            assert any(_shows(inside, digit) for digit in known[label])
            outside = picture[0].numpy()[~boxes.any(0)]
            assert outside.min() >= 0
            assert outside.max() <= canvases.NOISE


def _shows(inside, digit):
    """Whether the ink of a digit fills a rectangle, noise showing where there is less of it."""
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    ink = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    strong = ink > canvases.NOISE
    return (
        ink.shape == inside.shape
        and np.array_equal(inside[strong], ink[strong])
        and inside[~strong].max(initial=0) <= canvases.NOISE
    )


def test_canvases_follow_their_seed(scans):
    first, again, other = (canvases.two_digits(scans, 5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)


def test_maps_are_repeated_over_the_pixels_that_they_cover():
    small = np.arange(8.0).reshape(1, 2, 4)
    large = canvases.to_canvas(small)
    assert large.shape == (1, 16, 32)
    for row, column in ((0, 0), (7, 7), (8, 8), (15, 31), (3, 20)):
        assert large[0, row, column] == small[0, row // 8, column // 8]


# --- Activation maps and class activation ---


def test_pre_activations_are_what_the_layers_compute_one_by_one(model):
    picture = torch.rand(1, 16, 32, dtype=torch.float64)
    maps = activation_maps.pre_activations(model, picture)
    x, found = picture[None], {}
    for name, part in model.named_children():
        if isinstance(part, nn.ReLU):
            found[name] = x[0]
        x = part(x)
    assert list(maps) == list(found) == ["relu1", "relu2", "relu3"]
    assert all(torch.equal(maps[name], found[name]) for name in maps)
    assert torch.equal(
        activation_maps.last_activations(model, picture), found["relu3"].clamp(min=0)
    )


def test_class_maps_are_the_sums_of_their_definition(model):
    picture = torch.rand(1, 16, 32, dtype=torch.float64)
    activations = activation_maps.last_activations(model, picture)
    maps = class_activation.class_maps(model, picture)
    assert maps.shape == (10, 8, 16)
    for label, row, column in ((0, 0, 0), (9, 7, 15), (4, 3, 9)):
        terms = [
            (model.classes.weight[label, k] * activations[k, row, column]).item() for k in range(8)
        ]
        assert maps[label, row, column] == pytest.approx(sum(terms), rel=1e-12)


def test_class_maps_average_to_the_outputs_without_bias(model):
    picture = torch.rand(1, 16, 32, dtype=torch.float64)
    outputs = model(picture[None])[0].detach().numpy()
    means = class_activation.class_maps(model, picture).mean((1, 2))
    assert np.allclose(means + model.classes.bias.detach().numpy(), outputs, rtol=0, atol=1e-12)


def test_places_of_objects_against_a_count_by_hand(model, scans):
    made = canvases.two_digits(scans, 4, seed=0)
    found = class_activation.places_of_objects(model, made)
    for n in range(4):
        maps = class_activation.class_maps(model, made.images[n])[made.labels[n].numpy()]
        for side in range(2):
            inside = total = 0.0
            for row in range(16):
                for column in range(32):
                    value = max(maps[side, row // 2, column // 2], 0.0)
                    total += value
                    inside += value * made.boxes[n, side, row, column]
            assert found["mass_share"][n, side] == pytest.approx(inside / total if total else 0.0)
            assert found["area_share"][n, side] == made.boxes[n, side].sum() / 512
        # Every place covers as many pixels, so the places alone have the same correlation.
        by_places = np.corrcoef(maps[0].ravel(), maps[1].ravel())[0, 1]
        assert found["correlation"][n] == pytest.approx(by_places)


def test_a_map_without_positive_part_lies_nowhere(model, scans):
    made = canvases.two_digits(scans, 2, seed=0)
    with torch.no_grad():
        model.classes.weight.copy_(-model.classes.weight.abs())
    assert (class_activation.places_of_objects(model, made)["mass_share"] == 0).all()


# --- Principal components ---


def test_components_are_those_of_the_covariance(model):
    maps = torch.randn(6, 5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    maps = maps * torch.tensor([5.0, 3.0, 2.0, 1.0, 0.5, 0.1], dtype=torch.float64).view(-1, 1, 1)
    found = principal_components.components(maps)
    places = maps.flatten(1).numpy()
    variances, directions = np.linalg.eigh(np.cov(places))
    assert np.allclose(found.shares, variances[::-1][:3] / variances.sum(), rtol=1e-12)
    centred = places - places.mean(1, keepdims=True)
    for k in range(3):
        scores = directions[:, -1 - k] @ centred
        scores *= np.sign(scores[np.abs(scores).argmax()])
        assert np.allclose(found.pictures[k].ravel(), scores, atol=1e-10)


def test_a_layer_that_says_nothing_has_no_components():
    found = principal_components.components(torch.ones(4, 3, 3))
    assert (found.pictures == 0).all()
    assert (found.shares == 0).all()


def test_separation_counts_pairs_and_forgets_the_sign():
    rng = np.random.default_rng(0)
    component, inside = rng.normal(size=(6, 8)), rng.random((6, 8)) < 0.4
    component[inside] -= 1
    higher = np.mean([a > b for a in component[~inside] for b in component[inside]])
    assert higher > 0.5
    for signed in (component, -component):
        assert principal_components.separation(signed, inside) == pytest.approx(higher)
    assert roc_auc_score(inside.ravel(), component.ravel()) < 0.5


def test_objects_against_background_takes_the_first_of_three_components(model, scans):
    made = canvases.two_digits(scans, 3, seed=2)
    found = principal_components.objects_against_background(model, made)
    assert found["explained"].shape == found["separation"].shape == (3,)
    activations = activation_maps.last_activations(model, made.images[1])
    variances = np.linalg.eigvalsh(np.cov(activations.flatten(1).numpy()))[::-1]
    assert found["explained"][1] == pytest.approx(variances[:3].sum() / variances.sum())
    first = principal_components.components(activations).pictures[0]
    pixels = np.kron(first, np.ones((2, 2)))
    area = roc_auc_score(made.boxes[1].any(0).ravel(), pixels.ravel())
    assert found["separation"][1] == pytest.approx(max(area, 1 - area))


# --- Deep dream ---


@pytest.mark.parametrize("chosen", [None, 2])
def test_a_step_goes_along_the_gradient_and_stays_among_pixels(model, chosen):
    start = deep_dream.noise(2, size=8, seed=1)
    dream = deep_dream.ascend(model, "relu2", start, chosen, steps=3, length=0.05)
    assert dream.pictures.shape == (4, 2, 1, 8, 8)
    assert torch.equal(dream.pictures[0], start)

    def activation(picture):
        maps = activation_maps.pre_activations(model, picture)["relu2"]
        return maps.clamp(min=0).mean().item() if chosen is None else maps[chosen].mean().item()

    for n in range(2):
        for step in range(4):
            value = activation(dream.pictures[step, n])
            assert dream.activation[step, n].item() == pytest.approx(value, rel=1e-12)
        moved = (dream.pictures[1, n] - start[n]).flatten()
        assert moved.norm().item() == pytest.approx(0.05)
        for pixel in (0, 9, 42):
            nudge = torch.zeros(64, dtype=torch.float64)
            nudge[pixel] = 1e-6
            up, down = (start[n].flatten() + sign * nudge for sign in (1, -1))
            slope = (activation(up.view(1, 8, 8)) - activation(down.view(1, 8, 8))) / 2e-6
            expected = moved[pixel].item() * _length_of_gradient(activation, start[n]) / 0.05
            assert slope == pytest.approx(expected, rel=1e-4, abs=1e-9)


def _length_of_gradient(activation, picture):
    slopes = []
    for pixel in range(64):
        nudge = torch.zeros(64, dtype=torch.float64)
        nudge[pixel] = 1e-6
        up, down = ((picture.flatten() + sign * nudge).view(1, 8, 8) for sign in (1, -1))
        slopes.append((activation(up) - activation(down)) / 2e-6)
    return float(np.linalg.norm(slopes))


def test_dreams_rise_and_do_not_leave_the_range_of_pixels(model):
    dream = deep_dream.ascend(model, "relu3", deep_dream.noise(4, size=12), steps=30, length=0.5)
    assert (dream.activation[-1] > dream.activation[0]).all()
    assert dream.pictures.min() == 0 and dream.pictures.max() == 1


def test_a_picture_does_not_depend_on_those_beside_it(model):
    start = deep_dream.noise(3, size=8)
    together = deep_dream.ascend(model, "relu3", start, steps=5).pictures[:, 1]
    alone = deep_dream.ascend(model, "relu3", start[1:2], steps=5).pictures[:, 0]
    assert torch.allclose(together, alone, rtol=0, atol=1e-12)


def test_a_silent_layer_leaves_its_picture(model):
    with torch.no_grad():
        model.norm3.weight.zero_()
        model.norm3.bias.fill_(-1)
    dream = deep_dream.ascend(model, "relu3", deep_dream.noise(2, size=8), steps=3)
    assert torch.equal(dream.pictures[-1], dream.pictures[0])
    assert (dream.activation == 0).all()


def test_an_unknown_layer_is_named(model):
    with pytest.raises(ValueError, match=r"no layer 'relu9', but convolution1, .*relu3"):
        deep_dream.ascend(model, "relu9", deep_dream.noise(1))


def test_rise_is_a_moving_mean_by_start():
    activation = torch.tensor([[1.0, 2.0], [2.0, 2.0], [3.0, 5.0], [6.0, 1.0]])
    found = deep_dream.rise(deep_dream.Dream(torch.zeros(4, 2, 1, 1, 1), activation), window=3)
    assert np.allclose(found["smoothed"], [[2, 11 / 3], [3, 8 / 3]])
    assert found["first"].tolist() == [1, 2]
    assert found["last"].tolist() == [6, 1]


def test_growth_takes_every_layer_from_the_same_starts(model):
    found = deep_dream.growth(model, starts=2, length=0.1)
    assert found["smoothed"].shape == (6, 47)
    second = deep_dream.rise(deep_dream.ascend(model, "relu2", deep_dream.noise(2), length=0.1))
    for name, values in second.items():
        assert np.array_equal(found[name][2:4], values)


# --- What is asked for and is not there ---


@pytest.mark.parametrize("chosen", [-1, 6])
def test_a_filter_that_is_not_there_is_named(model, chosen):
    with pytest.raises(ValueError, match=f"relu2 has the filters 0 to 5, but filter is {chosen}"):
        deep_dream.ascend(model, "relu2", deep_dream.noise(1), filter=chosen)


@pytest.mark.parametrize("number", [0, 5])
def test_more_components_than_filters_are_refused(number):
    with pytest.raises(ValueError, match=f"1 to 4 components, but number is {number}"):
        principal_components.components(torch.rand(4, 3, 3), number)


def test_digits_of_another_size_are_refused():
    with pytest.raises(ValueError, match="1 x 8 x 8 pixels, but those of digits have 1 x 16 x 16"):
        canvases.two_digits(load("digits", "test", size=16), 1, seed=0)


def test_a_garment_that_nobody_drew_is_named():
    with pytest.raises(ValueError, match="no drawing of 'hat': choose one of trousers, "):
        garment("hat")
