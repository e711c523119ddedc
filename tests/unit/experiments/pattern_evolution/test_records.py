"""The records of the chapter: when they measure, and that a killed job resumes."""

from dataclasses import replace

import pytest
import torch
import xarray as xr
from killed_runs import KilledError, KilledRun

from relu_book.experiments.pattern_evolution import (
    early_phase,
    entropy_by_depth,
    first_steps,
    single_steps,
    whole_training,
)
from relu_book.runs import Run


def test_steps_that_are_counted():
    measured = early_phase.SCALES["desk"].measured
    assert measured[:201] == tuple(range(201)) and measured[-1] == 2000
    assert {250, 251, 252, 1950, 1951, 1952} <= set(measured)
    whole = whole_training.SCALES["desk"]
    assert {0, 1, 40, whole.epoch, 500, 520, 750, 770, 950, 980, 1000} <= set(whole.measured)
    assert whole.tested == (200, 400, 600, 800, 1000) and set(whole.tested) <= set(whole.measured)
    depth = entropy_by_depth.SCALES["desk"]
    assert {0, 1, 8, 40, 2 * depth.epoch, 250, 251, 500} <= set(depth.measured)


@pytest.mark.parametrize(
    ("module", "changes", "after"),
    [
        (early_phase, {"network": "resnet"}, 7),
        (whole_training, {"setup": "resnet_prelu", "steps": 8}, 5),
        (entropy_by_depth, {"network": "toynet", "convolutions": 2}, 7),
        (first_steps, {"network": "resnet"}, 5),
    ],
)
def test_a_killed_job_ends_with_the_same_numbers(tmp_path, monkeypatch, module, changes, after):
    monkeypatch.setattr(module, "CHECKPOINT_STEPS", 3)
    measure = getattr(module, module.__name__.rpartition(".")[2])
    settings = replace(module.SCALES["smoke"], **changes)
    (tmp_path / "straight").mkdir()
    straight = measure(settings, 0, Run(tmp_path / "straight", "smoke"))
    (tmp_path / "killed").mkdir()
    with pytest.raises(KilledError):
        measure(settings, 0, KilledRun(tmp_path / "killed", after))
    assert (tmp_path / "killed" / "checkpoint").is_file()
    resumed = measure(settings, 0, Run(tmp_path / "killed", "smoke"))
    xr.testing.assert_identical(resumed, straight)


def test_only_the_named_batches_are_spoilt():
    settings = replace(single_steps.SMALL, spoilt=(1,))
    batches = single_steps.NoisyBatches(settings)
    generator = torch.Generator().manual_seed(0)
    spreads = [float(batches(torch.zeros(8, 1, 8, 8), generator).std()) for _ in range(3)]
    assert spreads[0] == spreads[2] == 0 and spreads[1] == pytest.approx(5, rel=0.1)


def test_the_first_steps_are_counted_on_nested_numbers_of_images(tmp_path):
    settings = replace(first_steps.SCALES["smoke"], network="toynet")
    found = first_steps.first_steps(settings, 0, Run(tmp_path, "smoke"))
    assert found.distinct.dims == ("images", "step", "layer")
    assert found.images.values.tolist() == [64, 128] and found.sizes["update"] == 6
    fewer, all_ = found.distinct
    assert (all_ >= fewer).all() and (all_ > fewer).any()
    assert (2 * found.evaluations[0] == found.evaluations[1]).all()
