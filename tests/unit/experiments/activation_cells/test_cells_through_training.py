"""Cells while a network trains: resumed bit by bit, on images that are kept apart."""

from dataclasses import replace

import pytest
import torch
import xarray as xr

from relu_book.experiments.activation_cells import cells_through_training
from relu_book.runs import Run

SMALL = replace(
    cells_through_training.SMOKE,
    width=8,
    epochs=2,
    measured=(0, 1, 2),
    compared=(0, 1, 2),
    pictured=(0, 2),
    planes=1,
    resolution=12,
    learning_rate=0.01,  # a tenth of it would teach eight filters little in two epochs
    batch_norm=False,
    seeds=(4, 5),
)


class Cut(Exception):  # noqa: N818, not an error: the plug is pulled
    pass


def folder(path):
    path.mkdir()
    return path


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_run_cut_off_goes_on_to_the_same_result(batch_norm, tmp_path, monkeypatch):
    monkeypatch.setattr(cells_through_training, "CHECKPOINT_STEPS", 7)
    settings = replace(SMALL, batch_norm=batch_norm)
    whole = cells_through_training.cells_through_training(
        settings, 4, Run(folder(tmp_path / "whole"), "smoke")
    )
    run, calls = Run(folder(tmp_path / "cut"), "smoke"), []

    def stop(done, total):
        calls.append(done)
        if done >= 0.7 * total:
            raise Cut

    monkeypatch.setattr(run, "progress", stop)
    with pytest.raises(Cut):
        cells_through_training.cells_through_training(settings, 4, run)
    monkeypatch.setattr(run, "progress", lambda done, total: calls.append(done))
    before = len(calls)
    found = cells_through_training.cells_through_training(settings, 4, run)
    assert calls[before] > 0.6 * calls[-1]  # it did not begin again
    xr.testing.assert_identical(found, whole)
    assert (found.classes.values > 0).any()
    assert found.test_accuracy[-1] > found.test_accuracy[0]


def test_only_the_first_seed_is_pictured(tmp_path):
    found = cells_through_training.cells_through_training(SMALL, 5, Run(tmp_path, "smoke"))
    assert not found.classes.values.any()
    assert found.sizes["pictured"] == 2
    assert found.far.values.min() >= 1


def test_held_out_images_are_those_of_no_other_split():
    data = cells_through_training.standardised_images(SMALL)
    rows = torch.cat([images for images, _ in data.values()])
    assert len(rows) == 1797
    assert len(data["validation"][0]) == SMALL.held_out
    assert abs(float(data["train"][0].mean())) < 1e-6
    assert abs(float(data["train"][0].std()) - 1) < 1e-6
