"""The trainings behind the recorded figures of thesis 3.1: what they measure, how they resume."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from relu_book.experiments.pattern_evolution import (
    early_phase,
    entropy_by_depth,
    single_steps,
    whole_training,
)
from relu_book.experiments.pattern_evolution.evolution import (
    Evolution,
    filled,
    layout,
    list_bytes,
    places_for,
)
from relu_book.experiments.trainings import (
    images_for,
    optimizer_for,
    shrunk,
    untrained,
)
from relu_book.models import cifar_resnet, pyramidnet
from relu_book.patterns import watch
from relu_book.runs.job import Run

EARLY = replace(early_phase.SMOKE, network="resnet")


class KilledError(Exception):
    """Stands for a process that is gone."""


class KilledRun(Run):
    """A run that ends after some updates."""

    def __init__(self, folder: Path, after: int) -> None:
        super().__init__(folder, "smoke")
        self.after = after

    def progress(self, done: float, total: float) -> None:
        if done == self.after:
            raise KilledError


def patterns_of(model: torch.nn.Module, batches: list[torch.Tensor]) -> list[list[tuple]]:
    """The patterns of every layer, one tuple an evaluation, with batch statistics."""
    found: list[list[tuple]] = []
    model.train()
    for batch in batches:
        with watch(model) as watched, torch.no_grad():
            model(batch)
        for number, site in enumerate(watched.sites.values()):
            rows = (site.pre_activation > 0).movedim(1, -1).flatten(0, -2)
            if len(found) <= number:
                found.append([])
            found[number] += [tuple(row) for row in rows.tolist()]
    return found


def test_measures_against_sets_of_patterns():
    batches = list(torch.randn(24, 1, 8, 8, generator=torch.Generator().manual_seed(5)).split(8))
    models = [cifar_resnet(8, width=3, in_channels=1, seed=seed) for seed in (0, 1, 2)]
    evolution = Evolution(batches, steps=range(3), hashed=[0, 2])
    for step, model in enumerate(models):
        evolution(step, model)
    table = evolution.table(9)
    states = [patterns_of(model, batches) for model in models]
    for layer in range(7):
        start, before, now = (set(state[layer]) for state in states)
        row = table.sel(step=2, layer=layer + 1)
        assert row.distinct == len(now)
        assert row.appeared == len(now - before) and row.vanished == len(before - now)
        assert float(row.absent_start) == pytest.approx(len(start - now) / len(start), rel=2.5e-4)
        kept = np.mean([pattern in now for pattern in states[0][layer]])
        assert float(row.retained_start) == pytest.approx(kept, rel=2.5e-4)
        first = states[0][layer]
        shared = sum(min(first.count(p), states[2][layer].count(p)) for p in start & now)
        union = 2 * len(first) - shared
        assert float(row.similarity_start) == pytest.approx(shared / union, rel=2.5e-4)
    assert np.isnan(table.distinct.sel(layer=[8, 9])).all()
    assert np.isnan(table.occupancy.sel(step=1, layer=1))
    first_list = places_for(80e9, 24 * 64)
    assert table.occupancy.sel(step=2, layer=1) == pytest.approx(
        float(table.distinct.sel(step=2, layer=1)) / first_list, rel=0.02
    )


def test_layers_know_their_block_and_whether_they_follow_an_addition():
    image = torch.randn(1, 3, 16, 16)
    resnet = layout(cifar_resnet(20, seed=0), image, [image], 19)
    assert resnet.block.values.tolist() == 7 * [1] + 6 * [2] + 6 * [3]
    assert resnet.after.values.tolist() == [0.0, 0.0, *8 * [1.0, 0.0], 1.0]
    assert resnet.evaluations.values[[0, -1]].tolist() == [256, 16]
    small = layout(pyramidnet(20, seed=0), image, [image], 19)
    assert small.block.dropna("layer").values.tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3, 3]


def test_hash_lists_have_the_memory_of_the_source_in_proportion():
    evaluations = 50_000 * 32 * 32
    assert list_bytes(evaluations) == pytest.approx(80e9, rel=1e-6)
    assert list_bytes(evaluations / 100) == pytest.approx(80e7, rel=1e-4)


def test_missing_layers_are_nan():
    assert np.isnan(filled(np.ones((2, 3)), 5)[:, 3:]).all()


@pytest.mark.parametrize("size", [64, 32, 28])
def test_shrinking_keeps_the_mean_of_what_is_there(size):
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    small = shrunk(images, 16)
    assert small.shape == (2, 3, 16, 16)
    factor = -(-size // 16)
    assert small.sum().item() == pytest.approx(images.sum().item() / factor**2, rel=1e-5)


def test_images_too_small_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="8 x 8 pixels cannot be shrunk to 16"):
        shrunk(torch.zeros(1, 1, 8, 8), 16)


def test_more_images_than_there_are(tmp_path):
    settings = replace(EARLY, train_images=10**6)
    with pytest.raises(ValueError, match=r"digits has .* train images, not 1000000"):
        images_for(settings, Run(tmp_path, "smoke").load, torch.device("cpu"))


def test_networks_without_skips_start_with_the_weights_of_resnet(tmp_path):
    images = images_for(EARLY, Run(tmp_path, "smoke").load, torch.device("cpu"))
    plain, residual = (untrained(name, EARLY, 0, images, 8) for name in ("convnet", "resnet"))
    assert all(map(torch.equal, plain.parameters(), residual.parameters()))
    assert images.train.mean().abs() < 1e-6 and images.train.std() == pytest.approx(1, rel=1e-4)
    groups = optimizer_for("fixup", untrained("fixup", EARLY, 0, images, 8), EARLY).param_groups
    assert [group["lr"] for group in groups] == [0.05, pytest.approx(0.005)]


def test_steps_that_are_counted():
    measured = early_phase.DESK.measured
    assert measured[:201] == tuple(range(201)) and measured[-1] == 2000
    assert {250, 251, 252, 1950, 1951, 1952} <= set(measured)
    whole = whole_training.DESK
    assert {0, 1, 40, whole.epoch, 500, 520, 750, 770, 950, 980, 1000} <= set(whole.measured)
    assert whole.tested == (200, 400, 600, 800, 1000) and set(whole.tested) <= set(whole.measured)
    depth = entropy_by_depth.DESK
    assert {0, 1, 8, 40, 2 * depth.epoch, 250, 251, 500} <= set(depth.measured)


@pytest.mark.parametrize(
    ("module", "settings", "after"),
    [
        (early_phase, EARLY, 7),
        (whole_training, replace(whole_training.SMOKE, setup="resnet_prelu", steps=8), 5),
        (entropy_by_depth, replace(entropy_by_depth.SMOKE, network="toynet", convolutions=2), 7),
    ],
)
def test_a_killed_job_ends_with_the_same_numbers(tmp_path, monkeypatch, module, settings, after):
    monkeypatch.setattr(module, "CHECKPOINT_STEPS", 3)
    (tmp_path / "straight").mkdir()
    straight = module._measure(settings, 0, Run(tmp_path / "straight", "smoke"))
    (tmp_path / "killed").mkdir()
    with pytest.raises(KilledError):
        module._measure(settings, 0, KilledRun(tmp_path / "killed", after))
    assert (tmp_path / "killed" / "checkpoint").is_file()
    resumed = module._measure(settings, 0, Run(tmp_path / "killed", "smoke"))
    xr.testing.assert_identical(resumed, straight)


def test_only_the_named_batches_are_spoilt():
    settings = replace(single_steps.SMOKE, spoilt=(1,))
    batches = single_steps.NoisyBatches(settings)
    generator = torch.Generator().manual_seed(0)
    spreads = [float(batches(torch.zeros(8, 1, 8, 8), generator).std()) for _ in range(3)]
    assert spreads[0] == spreads[2] == 0 and spreads[1] == pytest.approx(5, rel=0.1)
