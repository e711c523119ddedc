"""What a record of trainings by learning rate is read as."""

import math

import numpy as np
import xarray as xr
from hand_made import told

from relu_book.experiments.tutorial.dense_by_rate_reading import (
    best_losses,
    dense_by_rate_reading,
    largest_rates,
)


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
        attrs=told("tutorial/dense_by_rate"),
    )


def test_the_best_rate_is_chosen_on_other_seeds_and_diverges_in_none_of_them():
    losses = np.ones((2, 3, 3, 20))
    losses[:, :, 1] = 0.8
    losses[:, :, 2] = np.array([0.1, 0.2, 0.3]).reshape(3, 1)
    losses[0, 1, 2, 5:] = losses[0, 2, 2, 5:] = np.nan
    losses[1, 1, 2, :18] = 5.0  # the last tenth counts
    found = best_losses(record(losses))
    assert found["loss_plain"].values.tolist() == [0.8, 0.8, 0.8]
    assert found["loss_batch_norm"].values.tolist() == [0.1, 0.2, 0.3]


def test_a_seed_does_not_choose_the_rate_that_it_is_judged_at():
    losses = np.ones((2, 3, 2, 20))
    losses[:, 0, 0] = 0.0  # the mean of all three, but not that of the others, is lowest here
    losses[:, 1:, 1] = 0.9
    found = best_losses(record(losses))
    assert found["loss_plain"].values.tolist() == [1.0, 1.0, 1.0]
    assert found["loss_plain"].seed.values.tolist() == [0, 1, 2]


def test_divergence_is_nan_or_no_better_than_guessing():
    losses = np.full((2, 3, 3, 120), 1.0)
    losses[0, 0, 2, 90:] = np.nan
    losses[0, 1, 1:, 89:100] = math.log(10)
    losses[0, 2] = 2.25
    losses[1, :, :, 100:] = np.nan  # behind the steps that count
    found = largest_rates(record(losses))
    assert found["largest_rate_plain"].values.tolist() == [0.5, 0.25, 0.0]
    assert found["largest_rate_batch_norm"].values.tolist() == [1.0] * 3


def test_the_reading_judges_with_what_gradients_found_beside_it():
    losses = np.ones((2, 5, 3, 120))
    losses[0] = 0.5 + 0.01 * np.arange(5)[:, None, None]
    live = {"exponent_plain": [0.0] * 5, "exponent_batch_norm": [2.0, 2.1, 2.0, 2.1, 2.2]}
    live |= {"exponent_small": [-10.0] * 5}
    live |= {"depths": [5, 10, 15, 20], "exponent_by_depth": [0.0, 1.0, 2.0, 3.0]}
    reading = dense_by_rate_reading(record(losses), live)
    found = reading.judge("txt-2.1.9.a")
    assert found.words == "undecided (the readings disagree)"
    assert list(found.parts.values()) == ["fails", "holds"]
    assert reading.judge("txt-2.1.9.b").verdict == "undecided"  # both bear every rate
