"""Pictures of drawn weights say the numbers that they draw."""

import numpy as np
import pytest
import torch
import xarray as xr

from relu_book.experiments.binarization import live
from relu_book.plots import binarization as plots
from relu_book.plots.binarization.number import outcomes
from relu_book.plots.binarization.published import lost_points
from relu_book.plots.binarization.second_look import lost
from relu_book.plots.words import words_of
from relu_book.records import load


def test_figure_4_1():
    drawn = plots.panels()
    _, probability, variance, relative = drawn.axes
    assert probability.lines[0].get_ydata().max() < 1
    assert variance.lines[0].get_ydata().max() == pytest.approx(1, abs=1e-3)  # at the weight 3
    assert relative.lines[0].get_ydata().max() == pytest.approx(8**-0.5, abs=1e-5)


@pytest.mark.parametrize(("w", "n"), [(8 / 3, 4), (3.0, 1), (2.0, 8)])
def test_the_distribution_of_a_weight(w, n):
    values, probabilities = outcomes(w, n)
    assert probabilities @ values == pytest.approx(w)
    drawn = plots.draw_weight(w, n)
    assert drawn.axes[0].lines[1].get_xdata().tolist() == values.tolist()
    deviation = np.sqrt(probabilities @ (values - w) ** 2)
    assert f"standard deviation {deviation:.3g}" in words_of(drawn).alt


def test_two_ways_to_average():
    curves = {"counts": [1, 4], "after": [0.5, 0.4], "before": [0.5, 0.25]}
    drawn = plots.averages(curves)
    assert [line.get_ydata().tolist() for line in drawn.axes[0].lines[1:]] == [
        [0.5, 0.4],
        [0.5, 0.25],
    ]
    assert "0.5 to 0.4" in words_of(drawn).alt


@pytest.fixture(scope="module")
def small():
    """A network without training, six images."""
    images, labels = live.digits("test", 16)
    return live.three_convolutions().eval(), images[:6], labels[:6]


def test_a_network_that_is_drawn(small):
    data = live.resampled(*small, passes=3)
    drawn = plots.draw_samples(data, 4)
    right = data.accuracy.sel(samples=4)
    assert f"{float(right.min()):.1f} to {float(right.max()):.1f} %" in words_of(drawn).alt
    dots = [line for line in drawn.axes[1].lines if len(line.get_xdata()) == 10]
    assert len(dots) == 3


def test_a_second_look(small):
    data = live.attended(*small, base=2, factors=(0.0, 1.0), passes=2)
    drawn = plots.draw_attention(data, 3, 1.0)
    share = float(data.image_coverage.sel(factor=1.0)[3])
    assert f"{share:.0%} of it are refined" in words_of(drawn).alt
    shown = np.asarray(drawn.axes[2].images[0].get_array())
    assert shown.mean() == pytest.approx(share)


def test_maps_of_errors(small):
    model, images, _ = small
    data = live.errors_by_layer(model, images[:1], repeats=3)
    drawn = plots.errors(data)
    shown = np.asarray(drawn.axes[1].images[0].get_array())
    assert shown == pytest.approx(data.absolute_1.values)
    assert f"layer 3: absolute {float(data.absolute_3.min()):.2g}" in words_of(drawn).alt


def test_maps_of_errors_in_published_pictures():
    record = load("binarization/picture_errors")
    drawn = plots.errors_in_pictures(record)
    assert len(drawn.axes) == 6 * record.sizes["shown"]
    shown = np.asarray(drawn.axes[3].images[0].get_array())
    assert shown == pytest.approx(record.relative0[0, 0].values)
    told = f"{float(record.first_last.mean()):.2f} between first and last layer"
    assert told in words_of(drawn).alt


def test_where_the_error_of_mobilenet_comes_from():
    record = load("binarization/mobilenet_variance")
    drawn = plots.collapse(record)
    left, right = drawn.axes
    assert sum(len(each.lines[0].get_xdata()) for each in left.containers) == record.sizes["layer"]
    widths = [bar.get_width() for bar in right.containers[1]]
    assert widths[0] == pytest.approx(float(record.cure_error.sel(cure="none").mean()))
    only = float(record.kind_error.sel(kind="depthwise").mean())
    assert f"only depthwise {only:.2g}" in words_of(drawn).alt


def test_savings():
    drawn = plots.expenses((0.5,))
    assert drawn.axes[0].texts[0].get_text() == "25"  # from 1 to 2 samples, 1.5 of 2
    assert np.isnan(np.asarray(drawn.axes[0].images[0].get_array())[4, 0])


def test_published_networks():
    by = ("network", "seed", "samples")
    record = xr.Dataset(
        {
            "accuracy": (by, np.array([[[40.0, 80.0]] * 2])),
            "float_accuracy": (by[:2], [[80.0] * 2]),
            "bits_accuracy": (
                (*by[:2], "rounding", "bits"),
                np.array([[[[79.0, 60.0], [78.0, 50.0]]] * 2]),
            ),
        },
        {"network": ["resnet20"], "samples": [1, 16], "rounding": ["nearest", "floor"],
         "bits": [4, 1]},
    )  # fmt: skip
    assert (
        "resnet20 40.0 % with 1 and 80.0 % with 16"
        in words_of(plots.samples_of_published(record)).alt
    )
    assert lost_points(record)["floor"].values.tolist() == [2, 30]
    assert "floor 2.0 with 4, 30.0 with 1" in words_of(plots.few_bits(record)).alt


def test_trained_networks():
    by = ("setup", "seed", "samples", "drawing")
    accuracy = np.array([[20.0, 80.0], [60.0, 70.0], [30.0, 85.0]]).reshape(3, 1, 2, 1)
    record = xr.Dataset(
        {"accuracy": (by, accuracy), "float_accuracy": (by[:2], [[84.0], [0.0], [0.0]])},
        {"setup": ["float_16", "psb_1", "float_32"], "samples": [1, 32]},
    )
    drawn = plots.trained_networks(record)
    assert words_of(drawn).alt.endswith("converted 20 to 80 %; trained with 1 60 to 70 %.")
    assert [line.get_ydata()[0] for line in drawn.axes[0].lines] == [84, 20, 60]


def test_losses_of_a_second_look():
    by = ("network", "seed")
    record = xr.Dataset(
        {
            "everywhere": ((*by, "samples"), [[[50.0, 70.0, 90.0]]]),
            "refined": (
                (*by, "pair", "margin", "selection"),
                np.array([[60.0, 65.0], [80.0, 70.0], [85.0, 88.0]]).reshape(1, 1, 3, 1, 2),
            ),
        },
        {"network": ["squeezenet"], "samples": [1, 2, 4], "pair": ["1/2", "1/4", "2/4"],
         "margin": [0], "selection": ["entropy", "random"]},
    )  # fmt: skip
    table = lost(record, "squeezenet", 0, "random")
    assert table[0].tolist() == [5, 20] and table[1, 1] == 2 and np.isnan(table[1, 0])
    drawn = plots.losses(record, "squeezenet")
    assert [text.get_text() for text in drawn.axes[1].texts] == ["10.0", "10.0", "5.0"]
    assert "random, margin 0: 20.0 at most" in words_of(drawn).alt


def test_the_second_look_is_a_refinement(small):
    model, images, labels = small
    data = live.attended(model, images, labels, base=2, factors=(0.0, 1e9), passes=2)
    for selection in live.SELECTIONS:
        at = data.accuracy.sel(selection=selection)
        assert torch.equal(
            *(torch.tensor(each.values) for each in (at.sel(factor=0.0), data.full_accuracy))
        )
        assert (at.sel(factor=1e9).values == data.base_accuracy.values).all()
    assert data.saved.sel(factor=0.0).values.tolist() == [0, 0]
