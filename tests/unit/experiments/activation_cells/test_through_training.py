"""Cells while a network trains: resumed bit by bit, judged on records made by hand, drawn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from matplotlib.figure import Figure

from relu_book.claims import judge
from relu_book.experiments import activation_cells as measure
from relu_book.experiments.activation_cells import through_training
from relu_book.plots import activation_cells as plots
from relu_book.records import load
from relu_book.runs import Run

SMALL = replace(
    through_training.SMOKE,
    width=8,
    epochs=2,
    measured=(0, 1, 2),
    compared=(0, 1, 2),
    pictured=(0, 2),
    planes=1,
    resolution=12,
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
    monkeypatch.setattr(through_training, "CHECKPOINT_STEPS", 7)
    settings = replace(SMALL, batch_norm=batch_norm)
    whole = through_training.cells_through_training(
        settings, 4, Run(folder(tmp_path / "whole"), "smoke")
    )
    run, calls = Run(folder(tmp_path / "cut"), "smoke"), []

    def stop(done, total):
        calls.append(done)
        if done >= 0.7 * total:
            raise Cut

    monkeypatch.setattr(run, "progress", stop)
    with pytest.raises(Cut):
        through_training.cells_through_training(settings, 4, run)
    monkeypatch.setattr(run, "progress", lambda done, total: calls.append(done))
    before = len(calls)
    found = through_training.cells_through_training(settings, 4, run)
    assert calls[before] > 0.6 * calls[-1]  # it did not begin again
    xr.testing.assert_identical(found, whole)
    assert (found.classes.values > 0).any()
    assert found.test_accuracy[-1] > found.test_accuracy[0]


def test_only_the_first_seed_is_pictured(tmp_path):
    found = through_training.cells_through_training(SMALL, 5, Run(tmp_path, "smoke"))
    assert not found.classes.values.any()
    assert found.sizes["pictured"] == 2
    assert found.far.values.min() >= 1


def test_held_out_images_are_those_of_no_other_split():
    data = through_training.standardised_images(SMALL)
    rows = torch.cat([images for images, _ in data.values()])
    assert len(rows) == 1797
    assert len(data["validation"][0]) == SMALL.held_out
    assert abs(float(data["train"][0].mean())) < 1e-6
    assert abs(float(data["train"][0].std()) - 1) < 1e-6


def record(plain, normalised, near=None, corners=((2.0, 2.0), (8.0, 8.0)), seeds=5, planes=20):
    """Counts in the far and unit squares, by kind: epochs by layers; densities by kind.

    ``near`` are counts around the images; ``corners`` the corner densities at start and end. Seeds
    differ a little, so that intervals have a width.
    """
    counts = np.array([plain, normalised], dtype=float)
    epochs, layers = counts.shape[1:]
    shift = 1 + 0.001 * np.arange(seeds)
    far = np.einsum("bel,s->bsel", counts, shift)
    near = far if near is None else np.einsum("bel,s->bsel", np.array(near, dtype=float), shift)
    times = np.array([0, epochs // 2, epochs - 1])
    by_time = np.array([[c[0], (c[0] + c[1]) / 2, c[1]] for c in corners])
    corner = np.einsum("bt,s,p,l->bstpl", by_time, shift, np.ones(planes), np.ones(layers))
    by_plane = far[:, :, times][:, :, :, None].repeat(planes, 3)
    far_dims = ("batch_norm", "seed", "epoch", "layer")
    dims = ("batch_norm", "seed", "compared", "plane", "layer")
    return xr.Dataset(
        {
            "far": (far_dims, far),
            "unit": (far_dims, far),
            "near": (far_dims, near),
            "far_by_plane": (dims, by_plane),
            "near_density": (dims, np.full(corner.shape, 50.0)),
            "corner_density": (dims, corner),
        },
        {
            "batch_norm": [False, True],
            "seed": range(seeds),
            "epoch": range(epochs),
            "compared": times,
            "layer": range(1, layers + 1),
        },
    )


def verdicts(made):
    return {
        name: judge(name, values).verdict for name, values in measure.slice_quantities(made).items()
    }


def curve(*values):
    """The same course in each of five layers: (epochs, 5)."""
    return np.repeat(np.array(values, dtype=float)[:, None], 5, axis=1)


THINNING = curve(100, 60, 50, 45, 42, 40, 38, 36, 35, 34, 33)
RISING = curve(200, 205, 210, 215, 220, 225, 230, 235, 240, 245, 250)
DROP_AND_BACK = curve(100, 70, 50, 52, 54, 56, 58, 60, 62, 64, 66)
OTHERS = {"fig-2.13.b", "fig-2.13.d"}  # contradict what the first record shows


def test_a_record_on_which_the_claims_hold():
    found = verdicts(record(THINNING, RISING))
    assert {name for name, verdict in found.items() if verdict != "holds"} == OTHERS
    assert verdicts(record(THINNING, THINNING + 100))["fig-2.13.b"] == "holds"
    assert verdicts(record(DROP_AND_BACK, RISING))["fig-2.13.d"] == "holds"


def test_a_record_on_which_the_claims_fail():
    # Cells multiply without batch norm, unevenly, and thin out with it, first of all in corners.
    uneven = RISING * np.array([1, 3, 9, 1, 3])
    made = record(
        RISING, THINNING * 2, near=(RISING, THINNING * np.arange(1, 6)), corners=((20, 20), (8, 2))
    )
    found = verdicts(made)
    assert found.pop("fig-2.13.a") == "holds"  # that they differ is all that it says
    assert found.pop("txt-2.2.4.2") == "holds"  # planes agree with each other
    assert set(found.values()) == {"fails"}, found
    assert verdicts(record(uneven, RISING))["fig-2.12.b"] == "fails"
    assert verdicts(record(RISING, RISING))["fig-2.13.a"] != "holds"


def test_planes_that_disagree_make_the_last_claim_fail():
    made = record(THINNING, RISING)
    made.far_by_plane.loc[{"batch_norm": False, "compared": 10, "plane": slice(0, 8)}] = 1000.0
    found = measure.slice_quantities(made)["txt-2.2.4.2"]
    assert found["signs_thinning"].tolist() == [-1] * 8 + [1] * 12
    assert judge("txt-2.2.4.2", found).verdict == "fails"


def test_slope_after_the_minimum_by_hand():
    made = record(DROP_AND_BACK, RISING, seeds=1)
    found = measure.slice_quantities(made)["fig-2.13.d"]
    assert found["time_of_minimum"].tolist() == [[20.0] * 5]
    assert np.allclose(found["slope_after"], 2.0)
    falling = measure.slice_quantities(record(THINNING, RISING, seeds=1))["fig-2.13.d"]
    assert falling["time_of_minimum"].tolist() == [[100.0] * 5]
    assert falling["slope_after"].tolist() == [[0.0] * 5]


def test_order_of_dimensions_does_not_matter():
    made = record(THINNING * np.arange(1, 6), RISING)
    turned = made.transpose("layer", "epoch", "plane", "compared", "seed", "batch_norm")
    one, other = measure.slice_quantities(made), measure.slice_quantities(turned)
    for name, quantities in one.items():
        for quantity, values in quantities.items():
            assert np.array_equal(values, other[name][quantity]), (name, quantity)


def test_recorded_pictures_are_drawn_from_the_record():
    made = record(THINNING, RISING, seeds=3)
    rng = np.random.default_rng(0)
    shape = (2, 3, 3, 5, 12, 12)
    dims = ("batch_norm", "seed", "pictured", "layer", "v", "u")
    made["classes"] = (dims, rng.integers(0, 64, shape).astype(np.uint8))
    made = made.assign_coords(pictured=made.compared.values)
    drawn = plots.draw_recorded(made, epoch=5, layer=2)
    assert [axes.get_title() for axes in drawn.axes[:2]] == [
        "no batch norm: 40 cells",
        "batch norm: 225 cells",
    ]
    blocks = made.classes.sel(batch_norm=True, seed=0, pictured=5, layer=2).values
    expected = [
        [len(set(blocks[v : v + 5, u : u + 5].ravel().tolist())) for u in (0, 5)] for v in (0, 5)
    ]
    assert drawn.axes[1].images[0].get_array().tolist() == expected
    assert "40 cells without and 225" in plots.describe_recorded(made, epoch=5, layer=2)
    assert len(plots.training_panels(made).axes) == 30
    curves = plots.count_curves(made)
    assert isinstance(curves, Figure)
    for axes in curves.axes:  # no line leaves its picture
        low, high = axes.get_ylim()
        heights = np.concatenate([line.get_ydata() for line in axes.lines])
        assert low == 0
        assert heights.max() < high


def test_the_smoke_record_is_drawn_too():
    made = load("activation_cells/cells_through_training", "smoke")
    assert len(plots.training_panels(made).axes) == 2 * 2 * 5  # two of its times have pictures
    epoch, layer = made.pictured.values[-1], made.layer.values[0]
    assert plots.draw_recorded(made, epoch, layer).axes[0].get_title()
    assert len(plots.count_curves(made).axes) == 10
    found = measure.slice_quantities(made)
    assert {judge(name, values, scale="live").verdict for name, values in found.items()} == {
        "not decidable at this scale"
    }
