"""What is planted in longer trainings is found: temperatures that move at a constant rate."""

import numpy as np
import pytest
from temperature_records import as_stated, diverged, record

from relu_book.experiments.temperature.longer_reading import layer_mean_reading, longer_reading
from relu_book.experiments.temperature.schedules import SETUPS

BOTH = ["resnet_step_decay", "resnet_one_cycle"]


def long_record(course):
    """Five seeds whose temperatures have a course of their own while the rate is constant."""

    def temperature(setup, time, rate):
        return as_stated(setup, time, rate) * course(time)[:, None]

    return record("longer", BOTH, temperature, steps=4000, every=20)


@pytest.mark.parametrize(
    ("course", "verdict"),
    [
        (lambda time: 1.5 - time, "holds"),
        (lambda time: 1.0 + 2 * time, "fails"),
    ],
)
def test_a_fall_at_constant_rate(course, verdict):
    found = long_record(course)
    assert longer_reading(found).judge("fig-3.8.e").verdict == verdict
    schedules = record("schedules", list(SETUPS))
    # One short length refutes nothing.
    mean = "undecided" if verdict == "fails" else verdict
    assert layer_mean_reading(schedules, found).judge("S-fig-2").verdict == mean


def test_a_temperature_that_stays_is_no_hidden_state():
    moving, still = long_record(lambda time: 1.5 - time), long_record(np.ones_like)
    assert longer_reading(moving).judge("fig-3.8.g").verdict == "holds"
    assert longer_reading(still).judge("fig-3.8.g").verdict == "fails"


def test_layers_whose_temperature_is_not_known_decide_nothing():
    noise = np.random.default_rng(0)
    noisy = long_record(lambda time: noise.choice([0.01, 1.0], size=len(time)))
    assert longer_reading(noisy).judge("fig-3.8.g").verdict == "not decidable at this scale"


def test_one_of_three_seeds_that_diverged_is_too_much():
    made = long_record(lambda time: 1.5 - time).isel(seed=slice(3))
    found = longer_reading(diverged(made, [("resnet_step_decay", 1)], 2500))
    for claim in found:
        verdict = found.judge(claim)
        assert verdict.reasons == ("guard not met: 67% of the seeds stand",)
