"""The map of similarities: where values stand, what is written, what is no more than chance."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from torch import nn

from relu_book.plots.similarity import similarity_map
from relu_book.plots.words import words_of
from relu_book.similarity import Comparison, compare


def found(values, chance=None, high=None, longest="fc"):
    values = np.array(values, dtype=float)
    a, b = values.shape
    names = (*(f"conv{n}" for n in range(a - 1)), longest)
    others = tuple(f"layer{n}" for n in range(b))
    chance, high = (None if c is None else np.full((a, b), c) for c in (chance, high))
    return Comparison(values, names, others, "cka", 500, chance, high)


def test_values_stand_at_their_layers_and_are_written():
    axes = similarity_map(found([[0.1, 0.2, 1.0], [0.3, 0.4, -0.05]])).axes[0]
    (image,) = axes.images
    assert image.get_array().tolist() == [[0.1, 0.2, 1.0], [0.3, 0.4, -0.05]]
    assert image.origin == "lower" and (image.norm.vmin, image.norm.vmax) == (-0.05, 1)
    assert [t.get_text() for t in axes.texts] == [".10", ".20", "1.0", ".30", ".40", "-.05"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["conv0", "fc"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["layer0", "layer1", "layer2"]


def test_what_is_no_more_than_chance_has_a_cross():
    figure = similarity_map(found([[0.1, 0.9]], 0.1, 0.2))
    assert [t.get_text() for t in figure.axes[0].texts] == ["×\n.10", ".90"]
    assert "Crosses: 1 pairs" in words_of(figure).caption and len(figure.legends) == 1
    figure = similarity_map(found([[0.8, 0.9]], 0.1, 0.2))
    assert not figure.legends and "Crosses" not in words_of(figure).caption
    assert "0.1 to 0.1" in words_of(figure).caption
    values = np.full((13, 14), 0.5)
    values[3, 5] = 0.0
    (line,) = similarity_map(found(values, 0.1, 0.2)).axes[0].lines
    assert line.get_xydata().tolist() == [[5, 3]]


def test_of_many_layers_some_are_named_and_nothing_is_written():
    axes = similarity_map(found(np.full((50, 13), 0.5))).axes[0]
    assert not axes.texts
    assert axes.get_yticks().tolist() == list(range(0, 50, 3)) and len(axes.get_xticks()) == 13


@pytest.mark.parametrize("shape", [(1, 1), (3, 12), (60, 5)])
def test_nothing_is_cut_off_also_without_the_style_of_the_book(shape):
    with mpl.rc_context(mpl.rcParamsDefault):
        figure = similarity_map(found(np.zeros(shape), 0.1, 0.2, "block3.2.downsample.conv"))
        figure.draw_without_rendering()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height


def test_alt_text_says_the_ends_and_chance():
    assert words_of(similarity_map(found([[0.1, 0.9]], 0.125, 0.2))).alt == (
        "Heat map of cka for 1 layers of the one network upwards and 2 of the other to the right: "
        "0.10 to 0.90, the largest for fc and layer1; under chance 0.12 to 0.12."
    )


def test_what_compare_gives_is_drawn_and_nothing_else():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8))
    given = compare(model, model, [torch.randn(60, 4)])
    assert np.allclose(similarity_map(given).axes[0].images[0].get_array(), given.values)
    with pytest.raises(TypeError, match="a Comparison, not ndarray"):
        similarity_map(given.values)
