"""A relation of temperature and accuracy that is planted is found, and its absence."""

import numpy as np
import pytest
import xarray as xr
from temperature_records import LAYERS, record

from relu_book.experiments.temperature.first_layer import SCALES
from relu_book.experiments.temperature.first_layer_reading import first_layer_reading, partial

RATES, SCHEDULES = SCALES["desk"].learning_rate, SCALES["desk"].schedule


def trainings(related):
    """32 trainings of 8 settings; ``related`` layers are hotter where the accuracy is higher."""
    quality = np.random.default_rng(1).permutation(8)
    parts = []
    for number, schedule in enumerate(SCHEDULES):
        row = []
        for place, rate in enumerate(RATES):
            better = float(quality[4 * number + place])
            other = float((3 * quality[4 * number + place] + 2) % 8 % 5)

            def temperature(setup, time, rates, better=better, other=other):
                hot = np.where(related(LAYERS), 2 + 0.3 * better, 2 + 0.3 * other)
                return hot + 0 * time[:, None]

            made = record("first_layer", ["resnet_step_decay"], temperature, steps=100)
            made = made.isel(setup=0, drop=True).isel(seed=slice(4))
            noise = 1e-3 * np.array([0, 1, 2, 3])
            made["test_accuracy"] = ("seed", 0.5 + 0.05 * better + noise)
            row.append(made.expand_dims(schedule=[schedule], learning_rate=[rate]))
        parts.append(xr.concat(row, "learning_rate"))
    return xr.concat(parts, "schedule").assign_attrs(parts[0].attrs)


def test_only_the_first_layer_is_related():
    found = first_layer_reading(trainings(lambda layer: layer == 1))
    assert found.judge("S-txt-1").verdict == "holds"
    assert found["S-txt-1"]["trainings"] == 32


def test_all_layers_are_related():
    found = first_layer_reading(trainings(lambda layer: layer > 0))
    assert found.judge("S-txt-2").verdict == "fails"


def test_what_the_peak_explains_is_taken_from_both():
    rng = np.random.default_rng(0)
    z = np.repeat(np.arange(8.0), 100)
    x, y = z + 0.1 * rng.normal(size=800), z + 0.1 * rng.normal(size=800)
    assert abs(partial(x, y, z)) < 0.2
    assert partial(x, x, rng.normal(size=800)) == pytest.approx(1.0)


@pytest.mark.parametrize(("settings", "left"), [(1, 28), (2, None)])
def test_settings_in_which_a_training_diverged_are_left_out(settings, left):
    made = trainings(lambda layer: layer == 1)
    for rate in RATES[:settings]:
        place = {"schedule": SCHEDULES[0], "learning_rate": rate, "seed": 1}
        made["trained"].loc[place], made["test_accuracy"].loc[place] = 7, np.nan
    found = first_layer_reading(made)
    verdict = found.judge("S-txt-1")
    assert verdict.left_out[0] == "step_decay at 0.025, seed 1: diverged after 7 of 100 steps"
    if left:
        assert found["S-txt-1"]["trainings"] == left and verdict.verdict == "undecided"
    else:
        assert verdict.reasons == ("guard not met: 75% of the settings stand",)
