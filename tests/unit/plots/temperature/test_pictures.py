"""Pictures of the temperature say the numbers that they draw."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.temperature import live
from relu_book.plots import temperature as plots
from relu_book.plots.words import words_of
from relu_book.records import load
from relu_book.transition import LogNormal

RATES = np.geomspace(1e-3, 1e2, 21)
LAYERS = np.array([-3.0, -1.0, 0.0])


@pytest.fixture(scope="module")
def data():
    """Three schedules of ten steps, three layers whose transition is log-normal and moves."""
    names, step = ["step_decay", "one_cycle", "cyclic"], np.arange(1, 11)
    rate = np.broadcast_to(np.linspace(0.3, 0.03, 10), (3, 10))
    models = [LogNormal(mu=-mu, sigma=1.0) for mu in LAYERS]
    distance = np.stack([model.probability(rate) for model in models], -1)
    profile = np.stack([model.probability(RATES) for model in models], -1)
    return xr.Dataset(
        {
            "distance": (("schedule", "step", "layer"), distance),
            "rate": (("schedule", "step"), rate),
            "profile": (("swept", "learning_rate", "layer"), np.stack([profile, profile])),
        },
        {
            "schedule": names,
            "step": step,
            "layer": [1, 2, 3],
            "swept": [1, 10],
            "learning_rate": RATES,
            "evaluations": ("layer", [4096, 1024, 256]),
        },
    )


@pytest.mark.parametrize("layer", [1, 2])
def test_a_step_shows_the_samples_that_it_changes(layer):
    step = live.plane_step(10.0)
    changed = int(step.changed[:, layer - 1].sum())
    assert changed == round(step.distance.values[0, layer - 1] * 200)
    drawn = plots.draw_step(10.0, layer)
    for axes in drawn.axes:
        kept, flipped = axes.lines
        assert (len(kept.get_xdata()), len(flipped.get_xdata())) == (200 - changed, changed)
    assert f"pattern of {changed} of 200" in words_of(drawn).alt
    assert f"D = {changed}/200" in drawn.axes[1].get_title()


def test_schedules_show_bits(data):
    drawn = plots.schedules(data)
    assert [axes.get_title() for axes in drawn.axes[:3]] == ["step decay", "OneCycle", "CyclicLR"]
    mean = drawn.axes[0].lines[2].get_ydata()
    bits = -np.log2(1 - data.distance.isel(schedule=0)).mean("layer").values
    assert mean[4] == pytest.approx(bits[2:7].mean())
    assert f"{bits[0]:.2f} bits in the first step" in words_of(drawn).alt


def test_profiles_are_those_of_their_step(data):
    drawn = plots.draw_profiles(data, 10)
    for line, layer in zip(drawn.axes[0].lines, (1, 2, 3), strict=False):
        assert line.get_ydata().tolist() == data.profile.sel(swept=10, layer=layer).values.tolist()
    assert drawn.axes[0].lines[3].get_xdata()[0] == pytest.approx(0.03)
    assert "used, 0.03," in words_of(drawn).alt


def test_the_profile_of_a_step_is_the_mean_over_layers(data):
    rates, mean = plots.profile_of(data, 1)
    assert rates.tolist() == RATES.tolist()
    assert mean[0] == pytest.approx(data.profile[0, 0].mean())


def test_other_pictures_are_drawn():
    samples = xr.DataArray(
        np.full((3, 2), 0.5), {"noise": ["a", "b", "c"], "samples": [5, 10]}, ("noise", "samples")
    )
    filters = xr.DataArray(
        [[0.1, 0.9], [0.1, 0.1]],
        {"noise": ["independent", "one for a sample"], "filters": [1, 4]},
        ("noise", "filters"),
    )
    drawn = plots.proposition(samples, filters, 0.1)
    assert "rises from 0.100 to 0.900" in words_of(drawn).alt
    assert isinstance(plots.temperature_scale(), Figure)


def test_the_instrument_shows_its_record():
    record = load("temperature/instrument")
    usual = record.sel(stride=2)
    left, right = plots.instrument(record).axes
    seeds = [line.get_ydata() for line in left.lines if line.get_marker() == "o"][:5]
    spread = usual.spread.mean(("step", "layer")).sel(batch_size=256)
    assert [seed[-1] for seed in seeds] == pytest.approx(spread.values.tolist())
    kept = 1 - usual.sweep.sel(layer=14).mean(("seed", "step"))
    assert right.lines[2].get_ydata() == pytest.approx(kept.values, abs=1e-6)
    exponential = right.lines[4]
    rates, shares = exponential.get_xdata(), np.log(exponential.get_ydata())
    slopes = np.diff(shares) / np.diff(rates)
    assert slopes == pytest.approx(slopes[0])
    assert f"{float(spread.mean()):.4f} at 256 images" in words_of(left.figure).alt
