"""A warning is rare where nothing rises, comes where something does, and never for a fall."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.temperature import EarlyWarning, TemperatureProbe


def alarms(values, **options):
    warning = EarlyWarning(**options)
    for value in values:
        warning.update(value)
    return warning.warned_at


def test_few_stable_trainings_raise_an_alarm():
    trainings = np.random.default_rng(0).normal(1.3, 0.1, size=(50, 100))
    assert sum(bool(alarms(values)) for values in trainings) <= 2


def test_of_a_calibrated_one_none_does_and_few_others():
    trainings = np.random.default_rng(1).normal(size=(60, 100))
    warning = EarlyWarning.calibrated(trainings[:40], warm_up=10)
    assert not any(alarms(t, threshold=warning.threshold, warm_up=10) for t in trainings[:40])
    assert sum(bool(alarms(t, threshold=warning.threshold, warm_up=10)) for t in trainings[40:]) < 4


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_rise_is_told_whatever_the_unit_and_a_fall_is_not(scale):
    noise = np.random.default_rng(2).normal(1.3, 0.05, 100) * scale
    drift = np.r_[np.zeros(60), np.arange(40) * 0.05] * scale
    (first, *_) = alarms(noise + drift)
    assert 60 < first < 75
    assert alarms(noise - drift) == []


def test_the_score_is_that_of_the_formula():
    past = [1.0, 2.0, 4.0, 7.0]
    warning = EarlyWarning(warm_up=4)
    for value in past:
        warning.update(value)
        assert math.isnan(warning.score)
    warning.update(10.0)
    assert warning.score == pytest.approx((10 - 3) / (1.4826 * 1.5))


def test_window_is_the_latest_values_only():
    high_then_low = [100.0, 101.0] * 20 + [1.0, 1.1] * 10
    assert alarms([*high_then_low, 50.0], warm_up=10, window=20)[-1] == 61
    assert alarms([*high_then_low, 50.0], warm_up=10) == []


def test_infinity_warns_at_once_and_nan_is_passed_over():
    warning = EarlyWarning(warm_up=2)
    assert warning.update(math.inf) and warning.warned_at == [1]
    assert not any(warning.update(value) for value in (1.0, math.nan, 1.1))
    assert not warning.update(1.05) and math.isfinite(warning.score)


def test_values_that_are_all_equal_have_a_scale():
    assert alarms([0.0] * 30 + [1e-9]) == [31]
    assert alarms([5.0] * 30 + [5.1]) == []


def test_a_probe_history_is_followed_and_calibrates():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    with TemperatureProbe(model, optimizer) as probe:
        for _ in range(14):
            optimizer.zero_grad()
            model(torch.randn(32, 3)).square().mean().backward()
            optimizer.step()
    means = [found.temperature.mean() for found in probe.history]
    calibrated = EarlyWarning.calibrated([probe.history], warm_up=5)
    assert calibrated.threshold == EarlyWarning.calibrated([means], warm_up=5).threshold
    assert alarms(probe.history, threshold=calibrated.threshold, warm_up=5) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"threshold": math.nan}, "threshold is the score above which to warn, not nan"),
        ({"threshold": "high"}, "threshold is the score above which to warn, not 'high'"),
        ({"warm_up": 1}, "warm_up is a number of values, at least 2, not 1"),
        ({"window": 5}, "window is a number of values, at least the 20 of warm_up, not 5"),
    ],
)
def test_wrong_options_are_told_in_a_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        EarlyWarning(**options)


def test_a_value_that_is_none_is_told_in_a_sentence():
    with pytest.raises(TypeError, match="a value to follow is a number or a Measurement, not str"):
        EarlyWarning().update("hot")


def test_trainings_too_short_to_calibrate_are_told():
    with pytest.raises(ValueError, match="give longer ones, or a smaller warm_up"):
        EarlyWarning.calibrated([[1.0] * 10])
