"""Pictures of pruned networks show and say the numbers that they draw."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from pruning_records import record
from pruning_rounds import repeat
from scipy.stats import spearmanr

from relu_book.experiments.pruning import live
from relu_book.plots import pruning as plots
from relu_book.plots.pruning import chance, dimension, masks, rounds
from relu_book.plots.words import words_of
from relu_book.runs import find

LAYERS = ("conv1", "conv2", "pool1", "conv3", "conv4", "pool2", "dense")


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """Two repeats of the experiment itself, at the scale smoke."""
    settings = replace(find("pruning/cifar2").settings("smoke"), images=48, compared_images=48)
    found = [repeat(settings, seed, tmp_path_factory.mktemp("run")) for seed in (1, 2)]
    return xr.concat(found, "seed").assign_coords(seed=[1, 2])


@pytest.fixture(scope="module")
def data():
    """Invented values in the shape of ``live.repeats``."""
    draw, names = np.random.default_rng(0), ["4 and 9", "1 and 7"]
    dims = {"problem": 2, "seed": 3, "round": 4, "layer": 7, "measure": 3}

    def values(*left, low=0.5, high=0.9):
        kept = [dim for dim in dims if dim not in left]
        return kept, draw.uniform(low, high, [dims[dim] for dim in kept])

    found = {"dimension": values("round", "measure", low=3, high=9)}
    for prefix, left in (("", ()), ("control_", ("round",)), ("apart_", ("round",))):
        found[f"{prefix}similarity"] = values(*left)
        for kind in ("chance", "chance_rows"):
            found[f"{prefix}{kind}"] = values(*left, low=0.0, high=0.3)
    coords = {"problem": names, "seed": [1, 2, 3], "round": [1, 2, 3, 4], "layer": list(LAYERS)}
    return xr.Dataset(found, coords | {"measure": list(live.MEASURES)})


def test_figure_1_of_a_record_of_the_experiment(smoke):
    drawn = plots.accuracies({"digits": smoke, "again": smoke})
    assert len(drawn.axes) == 2
    curve = drawn.axes[0].lines[1]
    assert curve.get_ydata() == pytest.approx(smoke["accuracy"].median("seed").values)
    assert curve.get_xdata() == pytest.approx(100 * smoke["density_all"].mean("seed").values)
    assert drawn.axes[0].lines[0].get_ydata()[0] == pytest.approx(
        float(smoke["control_accuracy"].median())
    )
    end = float(smoke["accuracy"].isel(round=-1).mean())
    assert f"digits: {end:.1f} %" in words_of(drawn).alt


def test_figure_2_of_a_record_of_the_experiment(smoke):
    drawn = plots.similarities(smoke)
    axes = drawn.axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list(LAYERS)
    for number, line in zip(smoke["round"].values, axes.lines, strict=False):
        wanted = smoke["similarity"].sel(round=number).median("seed")
        assert line.get_ydata() == pytest.approx(wanted.values)
    lines = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert lines["without pruning"] == pytest.approx(smoke["control"].median("seed").values)
    by_chance = smoke["chance"].isel(round=-1).median("seed")
    assert lines["by chance, last round"] == pytest.approx(by_chance.values)
    assert "conv1" in words_of(drawn).alt and "dense" in words_of(drawn).alt


def test_figures_of_a_record_as_large_as_those_to_come():
    ten = record("cifar10", lambda layer, number: 0.8 - 0.01 * number, network=10, problem=10)
    drawn = plots.similarities(ten)
    assert len(drawn.axes[0].get_xticks()) == 13
    assert len(plots.accuracies(dict.fromkeys("abcd", ten)).axes) == 6


def test_a_round_of_pruning_shows_who_goes(monkeypatch):
    monkeypatch.setattr(live, "ROUNDS", 2)
    live.rounds_of.cache_clear()
    for number, left in ((1, 0.8), (2, 0.64)):
        size, was, now = masks.sorted_out(number, "dense layer")
        assert was.mean() == pytest.approx(left / 0.8, abs=1e-3)
        assert size[was & ~now].max() <= size[now].min()
        drawn = plots.draw_masks(number, "dense layer")
        assert f"{now.mean():.1%} of the pool" in words_of(drawn).alt
        shown = drawn.axes[1].images[0].get_array()
        mask = live.rounds_of(masks.PROBLEM)[number - 1].masks["classifier.0.weight"]
        assert torch.equal(torch.from_numpy(np.asarray(shown)) == 2, mask)
    live.rounds_of.cache_clear()


def test_chance_is_where_layers_share_nothing():
    nothing, everything = (chance.found(10, shared) for shared in (0.0, 1.0))
    assert set(nothing) == set(chance.MEASURES)
    for name, rows in nothing.items():
        _, value, null, low, high = rows[-1]
        assert value == pytest.approx(null, abs=0.1) and low <= null <= high, name
        assert everything[name][-1, 1] == pytest.approx(1 if "CCA" in name else 0.95, abs=0.1)
    refused = np.isnan(nothing["mean CCA"][:, 2])
    assert nothing["mean CCA"][refused, 1] == pytest.approx(1)  # whatever the data
    assert refused.sum() == 3 and not np.isnan(nothing["CKA, debiased"]).any()


def test_the_picture_of_chance_has_what_was_found():
    drawn = plots.draw_chance(10, 0.5)
    for axes, (name, rows) in zip(drawn.axes, chance.found(10, 0.5).items(), strict=True):
        lines = {line.get_label(): line.get_ydata() for line in axes.lines}
        allowed = ~np.isnan(rows[:, 2])
        assert lines["value"] == pytest.approx(rows[allowed, 1])
        assert f"{name} {rows[-1, 1]:.2f}" in words_of(drawn).alt


@pytest.mark.parametrize("scale", rounds.SCALES)
def test_the_map_has_the_rounds_and_both_others(data, scale):
    drawn = plots.draw_rounds(data, "4 and 9", "CKA", scale)
    shown = drawn.axes[0].images[0].get_array()
    one = data.sel(problem="4 and 9", measure="CKA").mean("seed")
    for column, prefix in ((2, ""), (4, "control_"), (5, "apart_")):
        s, s0 = (one[f"{prefix}{name}"] for name in ("similarity", "chance"))
        s, s0 = (part.sel(round=3) if "round" in part.dims else part for part in (s, s0))
        wanted = s if scale == "as measured" else (s - s0) / (1 - s0)
        assert np.asarray(shown)[:, column] == pytest.approx(wanted.values)
    assert scale in words_of(drawn).alt


def test_the_profile_has_a_panel_a_measure(data):
    drawn = plots.draw_pivot(data, "1 and 7", 2)
    assert [axes.get_title() for axes in drawn.axes] == list(live.MEASURES)
    one = data.sel(problem="1 and 7", round=2, measure="patterns").mean("seed")
    lines = {line.get_label(): line.get_ydata() for line in drawn.axes[2].lines}
    assert lines["trained apart"] == pytest.approx(one["apart_similarity"].values)
    assert lines["chance: pictures"] == pytest.approx(one["chance"].values)
    assert f"dense {float(one['similarity'].sel(layer='dense')):.2f}" in words_of(drawn).alt


def test_ranks_of_dimension_and_similarity(data):
    drawn = plots.dimensions(data)
    one = data.isel(round=-1).sel(problem="4 and 9", measure="SVCCA").mean("seed")
    wanted = spearmanr(one["dimension"], one["similarity"]).statistic
    assert dimension.ranks(data, "SVCCA")[0] == pytest.approx(wanted)
    assert f"SVCCA {wanted:.2f}" in words_of(drawn).alt
    assert drawn.axes[0].lines[0].get_xdata() == pytest.approx(one["dimension"].values)
