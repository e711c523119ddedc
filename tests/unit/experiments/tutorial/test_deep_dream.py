"""Ascents on pictures, against slopes pixel by pixel."""

import numpy as np
import pytest
import torch

from relu_book.experiments.tutorial import deep_dream, maps


def test_a_step_goes_along_the_gradient_and_stays_among_pixels(model):
    start = deep_dream.noise(2, size=8, seed=1)
    dream = deep_dream.ascend(model, "relu2", start, steps=3, length=0.05)
    assert dream.pictures.shape == (4, 2, 1, 8, 8)
    assert torch.equal(dream.pictures[0], start)

    def activation(picture):
        return maps.pre_activations(model, picture)["relu2"].clamp(min=0).mean().item()

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
