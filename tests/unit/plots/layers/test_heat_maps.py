"""Heat maps show the numbers that they are given, where they belong."""

import numpy as np
import pytest
from layer_training import LAYERS, STEPS, TABLE, TRAINING, maps_of

from relu_book.plots import layers
from relu_book.plots.layers import Measure, Table
from relu_book.plots.layers.heat_maps import caption_of_heat_maps


def test_heat_maps_show_layers_upwards_and_steps_to_the_right():
    figure = layers.heat_maps(TABLE, TRAINING, ("relative_entropy",))
    resnet, pyramidnet = maps_of(figure)
    shown = resnet.images[0]
    expected = TRAINING.relative_entropy.isel(seed=0, network=0).transpose("layer", "step")
    assert np.allclose(shown.get_array(), expected)
    assert shown.origin == "lower"
    assert shown.get_extent()[2:] == [0.5, LAYERS + 0.5]
    assert pyramidnet.images[0].get_extent()[2:] == [0.5, 5.5]
    assert [axes.get_title() for axes in (resnet, pyramidnet)] == ["ResNet-20", "PyramidNet-20"]


def test_steps_at_unequal_distances_get_columns_with_their_numbers():
    axes = maps_of(layers.heat_maps(TABLE, TRAINING, ("relative_entropy",)))[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [str(step) for step in STEPS]
    assert axes.get_xticks().tolist() == [0, 1, 2, 3, 4]
    even = maps_of(layers.heat_maps(TABLE, TRAINING.sel(step=[0, 2]), ("relative_entropy",)))[0]
    assert even.images[0].get_extent()[:2] == [-1, 3]


@pytest.mark.parametrize("rows", ["measures", "networks"])
def test_maps_of_a_measure_share_one_scale(rows):
    figure = layers.heat_maps(TABLE, TRAINING, ("net_change", "max_frequency"), rows=rows)
    drawn = maps_of(figure)
    assert len(drawn) == 4
    ranges = {(axes.images[0].norm.vmin, axes.images[0].norm.vmax) for axes in drawn}
    assert len(ranges) == 2
    low, high = min(ranges)
    assert low == -high


def test_values_out_of_range_are_marked_on_the_colour_bar():
    bar = layers.heat_maps(TABLE, TRAINING, ("max_frequency",)).axes[-1]._colorbar
    assert bar.extend == "max"
    assert bar.cmap.get_over().tolist() != bar.cmap(1.0)
    inside = TRAINING.assign(max_frequency=TRAINING.max_frequency * 0 + 0.1)
    assert (
        layers.heat_maps(TABLE, inside, ("max_frequency",)).axes[-1]._colorbar.extend == "neither"
    )


def test_the_caption_keeps_names_that_hold_a_comma_apart():
    gone = Measure("vanished,\nof those before", lambda d: d.vanished / d.distinct)
    table = Table({"vanished": gone, **TABLE.pick(["similarity_start"])}, {})
    caption = caption_of_heat_maps(table, TRAINING, ("vanished", "similarity_start"))
    assert caption.startswith("Vanished, of those before; similarity: layers from the input")


def test_unknown_measures_and_rows_are_refused():
    with pytest.raises(ValueError, match=r"the measures are relative_entropy, .* not 'entropie'"):
        layers.heat_maps(TABLE, TRAINING, ("entropie",))
    with pytest.raises(ValueError, match="not 'seeds'"):
        layers.heat_maps(TABLE, TRAINING, ("distinct",), rows="seeds")
