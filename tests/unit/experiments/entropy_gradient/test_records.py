"""The records of the chapter at their smallest scale: they measure, resume, and survive NaN."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from killed_runs import KilledError, KilledRun
from torch.nn.functional import cross_entropy

from relu_book.experiments.entropy_gradient import entropy_with_skips, regulariser, small_networks
from relu_book.experiments.entropy_gradient.raised import raised
from relu_book.models import mlp
from relu_book.runs import Run, find
from relu_book.training import train


@pytest.mark.parametrize(
    ("module", "changes"),
    [
        (entropy_with_skips, {"network": "resnet"}),
        (regulariser, {"setup": "beside"}),
        (regulariser, {"setup": "neither"}),
    ],
)
def test_a_killed_job_ends_with_the_same_numbers(tmp_path, monkeypatch, module, changes):
    monkeypatch.setattr(module, "CHECKPOINT_STEPS", 3)
    measure = getattr(module, module.__name__.rpartition(".")[2])
    settings = replace(module.SCALES["smoke"], **changes)
    (tmp_path / "straight").mkdir()
    straight = measure(settings, 0, Run(tmp_path / "straight", "smoke"))
    (tmp_path / "killed").mkdir()
    with pytest.raises(KilledError):
        measure(settings, 0, KilledRun(tmp_path / "killed", 7))
    assert (tmp_path / "killed" / "checkpoint").is_file()
    resumed = measure(settings, 0, Run(tmp_path / "killed", "smoke"))
    xr.testing.assert_identical(resumed, straight)


@pytest.mark.parametrize("name", ["regulariser_tuning", "regulariser_third"])
def test_the_other_records_of_the_regulariser_run(tmp_path, name):
    known = find(f"entropy_gradient/{name}")
    settings = known.settings("smoke")
    found = known.function(replace(settings, setup=settings.setup[-1]), 0, Run(tmp_path, "smoke"))
    assert found.trained == settings.steps and found["test_accuracy"].notnull()


def test_half_of_the_images_have_no_more_patterns(tmp_path):
    settings = replace(entropy_with_skips.SCALES["smoke"], network="convnet", steps=2)
    found = entropy_with_skips.entropy_with_skips(settings, 0, Run(tmp_path, "smoke"))
    fewer, all_ = found.distinct
    assert found.images.values.tolist() == [64, 128] and (fewer <= all_).all()
    assert (2 * found.evaluations[0] == found.evaluations[1]).all()
    assert found.step.values.tolist() == [0, 1, 2]


def test_the_times_are_ten_and_a_third_of_the_steps_has_as_many():
    settings = [
        find(f"entropy_gradient/entropy_with_skips{ending}").settings("desk")
        for ending in ("", "_third")
    ]
    assert [each.measured[::5] for each in settings] == [(0, 500, 1000), (0, 165, 330)]
    assert settings[0].measured_images // 2 % settings[0].batch_size == 0


def test_regulariser_and_tuning_share_no_seed_and_no_image():
    assert not set(regulariser.TUNING_SEEDS) & set(regulariser.SCALES["desk"].seeds)
    assert {name: len(group) for name, group in regulariser.CANDIDATES.items()} == {
        "batch_norm": 6,
        "beside": 6,
        "instead": 6,
    }
    desk = regulariser.SCALES["desk"]
    assert desk.train_images + desk.validation_images == 50_000


def test_the_network_with_neither_has_the_rate_of_the_regularised_one(tmp_path, monkeypatch):
    names = list(regulariser.TRIED)
    values = [[90.0 if name == "instead_1_0.03" else 50.0] for name in names]
    record = xr.Dataset({"validation_accuracy": (("setup", "seed"), values)}, {"setup": names})
    monkeypatch.setattr(regulariser, "load", lambda name, scale: record)
    run = Run(tmp_path, "smoke")
    run.scale = "desk"
    name, changes = regulariser.tuned("neither", run)
    assert name == "instead_1_0.03"
    assert changes == {"batch_norm": False, "strength": 0.0, "learning_rate": 0.03}
    assert regulariser.tuned("batch_norm", run)[0] == "batch_norm_0_0.1"


@pytest.mark.parametrize("strength", [0.0, 0.1])
def test_without_strength_it_is_the_plain_training(tmp_path, strength):
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randn(64, 2, generator=generator), torch.arange(64) % 3
    losses = []
    for own in (False, True):
        model = mlp((2, 8, 3), seed=0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        options = {"optimizer": optimizer, "steps": 20, "batch_size": 16, "seed": 0}
        if own:
            found, taken = raised(model, x, y, Run(tmp_path, "smoke"), strength=strength, **options)
            assert taken == 20
        else:
            found = train(model, x, y, loss_function=cross_entropy, **options).loss
        losses.append(found)
    assert np.array_equal(*losses) == (strength == 0)


def test_a_training_whose_weights_overflow_is_told_as_diverged(tmp_path):
    model = mlp((2, 8, 3), seed=0)
    x, y = torch.randn(64, 2, generator=torch.Generator().manual_seed(1)), torch.arange(64) % 3
    losses, taken = raised(
        model,
        x,
        y,
        Run(tmp_path, "smoke"),
        strength=10.0,
        relaxation="quadratic",
        steps=500,
        batch_size=16,
        optimizer=torch.optim.SGD(model.parameters(), lr=30.0),
    )
    assert taken < 500 and np.isnan(losses[taken + 1 :]).all()


@pytest.mark.parametrize("method", small_networks.METHODS)
def test_small_networks_run_with_each_method(tmp_path, method):
    known = find("entropy_gradient/small_networks")
    settings = replace(known.settings("smoke"), data="digits", method=method)
    found = known.function(settings, 0, Run(tmp_path, "smoke"))
    assert found["test_accuracy"].dims == ("candidate", "check")
    assert found.sizes == {"candidate": 6, "check": 3}
    assert found["test_accuracy"].isel(candidate=0).notnull().all()


def test_small_networks_are_tuned_alike():
    assert {len(candidates) for candidates in small_networks.METHODS.values()} == {6}
    desk = find("entropy_gradient/small_networks").settings("desk")
    assert desk.choosing == 5 and len(desk.seeds) == 15 and desk.checked == (100, 200, 300)
