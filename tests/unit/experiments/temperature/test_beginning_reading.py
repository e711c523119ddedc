"""A drop in the first steps with a peak behind it is found, and that it is gone."""

import numpy as np
import pytest
from temperature_records import LAYERS, record

from relu_book.experiments.temperature.beginning import EPOCH, SCALES
from relu_book.experiments.temperature.beginning_reading import beginning_reading, both_schedules

DESK = SCALES["desk"]
SIZE = {"steps": DESK.steps, "singly": DESK.singly, "every": DESK.every}


def dropping(setup, time, rate):
    """5 bits at first, 2 at step 100, 4 at epoch 4."""
    step = time * DESK.steps
    return np.interp(step, [1, 100, 4 * EPOCH, 8 * EPOCH], [5, 2, 4, 1])[:, None] + 0 * LAYERS


def falling(setup, time, rate):
    return (5 - 4 * time)[:, None] + 0 * LAYERS


def rising_on(setup, time, rate):
    step = time * DESK.steps
    return np.interp(step, [1, 100, 8 * EPOCH], [5, 2, 4])[:, None] + 0 * LAYERS


def one_cycle(temperature):
    return record("beginning", ["convnet_one_cycle"], temperature, **SIZE)


def cyclic(temperature):
    made = record("beginning_cyclic", ["resnet_cyclic", "convnet_cyclic"], temperature, **SIZE)
    return made.isel(seed=slice(3))


def test_drop_and_peak():
    assert beginning_reading(one_cycle(dropping)).judge("fig-3.9.b").verdict == "holds"
    assert beginning_reading(one_cycle(falling)).judge("fig-3.9.b").verdict == "fails"
    assert beginning_reading(one_cycle(rising_on)).judge("fig-3.9.b").verdict == "fails"


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (dropping, falling, "holds"),
        (dropping, dropping, "fails"),
        (falling, falling, "not decidable at this scale"),
    ],
)
def test_it_is_gone_under_the_other_schedule(first, second, verdict):
    found = both_schedules(one_cycle(first), cyclic(second))
    assert found.judge("fig-3.9.c").verdict == verdict
