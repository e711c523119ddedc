"""Trainings that are followed: a killed job goes on with all that it had measured."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from killed_runs import KilledError, KilledRun

from relu_book.experiments import watched
from relu_book.experiments.temperature import (
    beginning,
    families,
    first_layer,
    instrument,
    longer,
    schedules,
)
from relu_book.runs import Run


@pytest.mark.parametrize(
    ("measure", "settings"),
    [
        (schedules.schedules, replace(schedules.SCALES["smoke"], setup="convnet_one_cycle")),
        (families.families, replace(families.SCALES["smoke"], network="fixup")),
        (instrument.instrument, replace(instrument.SCALES["smoke"], stride=1)),
    ],
)
def test_a_killed_job_ends_with_the_same_numbers(tmp_path, monkeypatch, measure, settings):
    monkeypatch.setattr(watched, "CHECKPOINT_STEPS", 3)
    monkeypatch.setattr(instrument, "CHECKPOINT_STEPS", 3)
    settings = replace(settings, steps=6)
    (tmp_path / "straight").mkdir()
    straight = measure(settings, 0, Run(tmp_path / "straight", "smoke"))
    (tmp_path / "killed").mkdir()
    with pytest.raises(KilledError):
        measure(settings, 0, KilledRun(tmp_path / "killed", 5))
    assert (tmp_path / "killed" / "checkpoint").is_file()
    resumed = measure(settings, 0, Run(tmp_path / "killed", "smoke"))
    xr.testing.assert_identical(resumed, straight)
    for values in straight.data_vars.values():
        assert values.notnull().all()


def test_a_training_that_diverges_keeps_what_it_had(tmp_path):
    settings = replace(families.SCALES["smoke"], network="fixup", learning_rate=1e30)
    found = families.families(settings, 0, Run(tmp_path, "smoke"))
    assert 0 < found.trained < settings.steps
    assert np.isnan(found.test_accuracy)
    assert found.distance.sel(step=1).notnull().all()
    assert found.distance.sel(step=settings.steps).isnull().all()
    assert found.sizes["step"] == len(settings.measured)


def test_steps_that_are_measured():
    desk = schedules.SCALES["desk"]
    assert desk.measured[:3] == (1, 5, 10) and len(desk.measured) == 201
    assert len(desk.measured_many) == 20 and desk.measured_many[-1] == desk.steps == 1000
    first = beginning.SCALES["desk"]
    assert first.measured[:101] == (*range(1, 101), 105) and first.steps == 8 * first.epoch
    assert first.scheduled_steps == 50 * first.epoch
    for one in (families.SCALES["desk"], longer.SCALES["desk"], first_layer.SCALES["desk"]):
        assert len(one.measured) == 201 and one.train_images % one.batch_size == 0


def test_the_beginning_of_a_schedule_is_that_of_all_of_it(tmp_path):
    settings = replace(beginning.SCALES["smoke"], setup="convnet_one_cycle", steps=8)
    (tmp_path / "first").mkdir()
    found = beginning.beginning(settings, 0, Run(tmp_path / "first", "smoke"))
    rates = found.rate.values
    assert (np.diff(rates) > 0).all() and rates[-1] < 0.2  # the peak is at step 30 of 100


def test_a_stride_of_one_keeps_the_pictures_of_the_third_block(tmp_path):
    sizes = {}
    for stride in (1, 2):
        folder = tmp_path / str(stride)
        folder.mkdir()
        settings = replace(instrument.SCALES["smoke"], stride=stride, steps=2, many_times=1)
        sizes[stride] = instrument.instrument(settings, 0, Run(folder, "smoke"))
    (full, usual) = (sizes[stride].evaluations.values for stride in (1, 2))
    assert (full[:5] == usual[:5]).all() and (full[5:] == 4 * usual[5:]).all()
    assert (sizes[1].width == sizes[2].width).all()
