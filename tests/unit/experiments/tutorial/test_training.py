"""Trainings of the tutorial: what a record is read as, data sets, networks without activations."""

import math

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from relu_book import runs
from relu_book.datasets import load, published_sizes
from relu_book.experiments.tutorial import data_sets, rates, skips, without_activations
from relu_book.training import accuracy


def record(losses):
    """A record of losses, by batch_norm, seed, learning rate and step."""
    losses = np.asarray(losses, dtype=float)
    return xr.Dataset(
        {"losses": (("batch_norm", "seed", "learning_rate", "step"), losses)},
        coords={
            "batch_norm": [False, True],
            "seed": np.arange(losses.shape[1]),
            "learning_rate": [0.25, 0.5, 1.0][: losses.shape[2]],
            "step": np.arange(losses.shape[3]),
        },
    )


def test_the_best_rate_is_best_on_average_and_diverges_in_no_seed():
    losses = np.ones((2, 2, 3, 20))
    losses[:, :, 1] = 0.8
    losses[:, 0, 2], losses[:, 1, 2] = 0.1, 0.2
    losses[0, 1, 2, 5:] = np.nan
    losses[1, 1, 2, :18] = 5.0  # the last tenth counts
    found = rates.best_losses(record(losses))
    assert found == {"loss_plain": [0.8, 0.8], "loss_batch_norm": [0.1, 0.2]}


def test_divergence_is_nan_or_no_better_than_guessing():
    losses = np.full((2, 3, 3, 120), 1.0)
    losses[0, 0, 2, 90:] = np.nan
    losses[0, 1, 1:, 89:100] = math.log(10)
    losses[0, 2] = 2.25
    losses[1, :, :, 100:] = np.nan  # behind the steps that count
    found = rates.largest_rates(record(losses))
    assert found == {"largest_rate_plain": [0.5, 0.25, 0.0], "largest_rate_batch_norm": [1.0] * 3}


def test_each_rate_starts_from_the_same_weights(tmp_path):
    settings = rates.Settings(
        depth=3, batch_norm=False, rates=(2.0**-9, 2.0**-6, 2.0**300), steps=4, dtype="float64"
    )
    run = runs.Run(tmp_path, "smoke")
    found = rates.dense_by_rate(settings, 0, run)["losses"].values
    assert found.shape == (3, 4)
    assert len(set(found[:, 0])) == 1
    assert len(set(found[:2, 3])) == 2
    assert np.isnan(found[2, 3])
    again = rates.dense_by_rate(settings, 0, run)["losses"].values
    np.testing.assert_array_equal(found, again)


def test_skips_change_the_training_and_seeds_fix_it(tmp_path):
    def losses(folder, residual):
        settings = skips.Settings(residual, 8, width=4, steps=2, dtype="float64", seeds=(0,))
        run = runs.Run(tmp_path / folder, "smoke")
        return skips.skip_connections(settings, 0, run)["loss"].values.tolist()

    plain = losses("plain", False)
    assert len(plain) == 2
    assert losses("again", False) == plain
    assert losses("residual", True) != plain


def test_losses_at_the_end_are_those_of_each_depth():
    losses = np.zeros((2, 3, 2, 20))  # residual, depth, seed, step
    losses[..., 18:] = np.arange(12).reshape(2, 3, 2, 1) + np.array([-0.5, 0.5])
    found = skips.losses_at_the_end(
        xr.Dataset(
            {"loss": (("residual", "depth", "seed", "step"), losses)},
            coords={"residual": [False, True], "depth": [8, 32, 56]},
        )
    )
    assert found["loss_plain"].tolist() == [[0, 2, 4], [1, 3, 5]]
    assert found["loss_residual"].tolist() == [[6, 8, 10], [7, 9, 11]]
    assert found["deep_plain"].tolist() == [[2, 4], [3, 5]]
    assert found["deep_residual"].tolist() == [[8, 10], [9, 11]]


def test_published_numbers_reach_the_claims():
    assert data_sets.pictures("fashion_mnist")["per_class"] == (6000, 1000)
    assert sum(list(data_sets.speech_parts().values())[:3]) == 105_829
    assert data_sets.speech_classes()["speakers"] == 2618
    assert data_sets.imagenet()["validation"] == 50_000
    assert set(data_sets.ELSEWHERE) <= set(data_sets.TABLE) <= set(published_sizes())


@pytest.mark.parametrize("name", ["fashion_mnist", "cifar10"])
def test_files_that_are_at_hand_have_the_published_counts(name):
    size = data_sets.pictures(name)
    for split, per_class in zip(("train", "test"), size["per_class"], strict=True):
        try:
            data = load(name, split, validation=0)
        except FileNotFoundError:
            pytest.skip(f"no files of {name}")
        assert len(data) == size[split]
        assert tuple(data.images.shape[1:]) == size["shape"]
        assert data.class_counts.tolist() == [per_class] * size["classes"]


def test_the_split_of_digits_is_disjoint():
    found = data_sets.split_of_digits()
    held_out, train = len(load("digits", "validation")), len(load("digits"))
    assert found == {"held_out": held_out / (held_out + train), "overlap": 0}


def test_augmentation_is_told_from_other_changes(monkeypatch):
    found = data_sets.augmented_digits(samples=50)
    assert (found["explained"], found["changed_unasked"]) == (50, 0)
    assert 15 <= found["flipped"] <= 35

    class Darker(data_sets.Augment):
        def __call__(self, images, generator):
            return super().__call__(images, generator) * 0.9

    monkeypatch.setattr(data_sets, "Augment", Darker)
    changed = data_sets.augmented_digits(samples=50)
    assert (changed["explained"], changed["changed_unasked"]) == (0, 50)


def test_linear_twins_start_alike_and_are_linear():
    relu, linear = (
        without_activations.trained("digits", kind, seed=0, steps=1) for kind in (True, False)
    )
    assert relu[0].weight.dtype == torch.float64
    assert any(isinstance(layer, nn.ReLU) for layer in relu)
    x = torch.randn(2, 3, 256, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(
        linear(x[0]) + linear(x[1]), linear(x[0] + x[1]) + linear(torch.zeros_like(x[0]))
    )


def test_accuracies_are_those_of_the_trained_networks():
    found = without_activations.accuracies([3], steps=20)
    model = without_activations.trained("digits", True, 3, steps=20)
    data = load("digits", "test", size=16)
    assert found["relu_digits"] == [accuracy(model, data.images.flatten(1).double(), data.labels)]
    assert set(found) == {f"{kind}_{task}" for kind in ("relu", "linear")
                          for task in ("checkboard", "digits")}  # fmt: skip


def test_decisions_are_classes_of_the_points_of_a_grid():
    found = without_activations.decisions(relu=True, seed=0, steps=2, resolution=5)
    model = without_activations.trained("checkboard", True, 0, steps=2)
    edge = 3**0.5
    corner = torch.tensor([[edge, -edge]], dtype=torch.float64)
    assert found[0, 4] == model(corner).argmax().item()
    assert found.shape == (5, 5)
