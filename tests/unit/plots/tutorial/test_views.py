"""The pictures of figure 2.2 draw at the ends of their sliders, and say what they draw."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from relu_book.experiments.tutorial import checkpoint, deep_dream, drawings, two_objects
from relu_book.experiments.tutorial.activation_maps import pre_activations
from relu_book.experiments.tutorial.class_activation import class_maps
from relu_book.plots.tutorial import network_views, network_weights
from relu_book.records import load

ENDS = [
    (network_views, "maps", [{"picture": p, "layer": n} for p in ("boot", "bag") for n in (1, 4)]),
    (network_views, "class_map", [{"canvas": c, "digit": d} for c in (3, 5) for d in (0, 9)]),
    (network_views, "components", [{"canvas": c, "component": k} for c in (3, 6) for k in (1, 3)]),
    (network_views, "dream", [{"layer": n, "step": k} for n in (1, 4) for k in (0, 50)]),
    (network_weights, "weights", [{"layer": n, "step": k} for n in (1, 4) for k in (0, 500)]),
    (network_weights, "landscape", [{"seed": n, "reach": r} for n in (0, 4) for r in (0.5, 1.0)]),
]


@pytest.mark.parametrize(("module", "name", "settings"), ENDS, ids=[name for _, name, _ in ENDS])
def test_sliders_draw_at_their_ends(module, name, settings):
    draw, describe = getattr(module, f"draw_{name}"), getattr(module, f"describe_{name}")
    assert len({describe(**values) for values in settings}) == len(settings)
    for values in settings:
        drawn = draw(**values)
        assert isinstance(drawn, Figure)
        drawn.canvas.draw()
        assert drawn.axes[0].get_title()


def test_maps_lie_where_their_place_in_the_row_is():
    axes = network_views.draw_maps("boot", 2).axes[1]
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)
    maps = pre_activations(checkpoint.read(), drawings.garment("boot"))["relu2"]
    assert shown.shape == (2 * 15, 8 * 15)
    for k in (0, 7, 8, 13):
        row, column = 15 * (k // 8), 15 * (k % 8)
        assert np.array_equal(shown[row : row + 14, column : column + 14], maps[k].numpy())
    assert np.isnan(shown[14::15]).all() and np.isnan(shown[:, 14::15]).all()


def test_the_class_map_is_the_one_of_its_digit_and_boxes_surround_the_objects():
    model, test = two_objects.of_record(load("tutorial/two_objects", "desk"))
    axes = network_views.draw_class_map(3, 2).axes[1]
    expected = class_maps(model, test.images[3])[2]
    assert np.array_equal(axes.images[0].get_array()[::2, ::2], expected)
    for line, box in zip(axes.lines, test.boxes[3], strict=True):
        columns, rows = (np.array(values) for values in line.get_data())
        area = (columns.max() - columns.min()) * (rows.max() - rows.min())
        assert area == box.sum()
        y, x = np.argwhere(box).mean(0)
        assert (columns.mean(), rows.mean()) != (0, 0)
        assert columns.min() < x < columns.max() and rows.min() < y < rows.max()


def test_the_dream_is_shown_after_its_step():
    dream = deep_dream.ascend(checkpoint.read(), "relu2", deep_dream.noise(3))
    left, right = network_views.draw_dream(2, 20).axes
    shown = np.ma.filled(left.images[0].get_array(), np.nan)
    assert np.array_equal(shown[:, 30:58], dream.pictures[20, 1, 0].numpy())
    assert len(right.lines[-1].get_xdata()) == 21
    text = network_views.describe_dream(2, 20)
    assert f"{dream.activation[20].mean():.2f}" in text


def test_histograms_are_shares_of_the_layer_at_its_step():
    record = load("tutorial/small_vgg", "desk")
    counts = record.histogram.sel(seed=0, layer=4, step=500).values
    _, now = network_weights.draw_weights(4, 500).axes[0].patches
    assert np.allclose(now.get_data().values, counts / counts.sum())
    distance = record.distance.sel(seed=0, layer=4, step=500).item()
    assert f"{distance:.4f}" in network_weights.describe_weights(4, 500)


def test_the_landscape_is_cut_through_the_network():
    losses = load("tutorial/loss_landscape", "desk").loss.sel(seed=2).transpose("b", "a").values
    first, second = network_weights.draw_landscape(2, 0.5).axes[-1].lines
    assert np.array_equal(first.get_ydata(), losses[10, 5:16])
    assert np.array_equal(second.get_ydata(), losses[5:16, 10])
    border = np.concatenate([losses[[0, -1]].ravel(), losses[1:-1, [0, -1]].ravel()])
    assert len(border) == 80
    assert f"at least {border.min():.2f} on" in network_weights.describe_landscape(2, 0.5)
