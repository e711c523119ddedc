"""A step is shown in the colours of its patterns, with what the measures say."""

import numpy as np
import pytest

from relu_book.experiments.pattern_evolution import definitions
from relu_book.plots import pattern_evolution as plots
from relu_book.plots.words import words_of


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_step_shows_the_points_in_the_colours_of_their_patterns():
    left, right, words = plots.draw_step(step=0.5, filters=3).axes
    _, before, after = definitions.moved_layer(3, 0.5)
    colour_of = {}
    for axes, signs in ((left, before), (right, after)):
        colours = map(tuple, axes.collections[0].get_facecolors())
        for pattern, colour in zip(map(tuple, signs.tolist()), colours, strict=True):
            assert colour_of.setdefault(pattern, colour) == colour  # also from left to right
        assert axes.get_title().endswith(f": {len(np.unique(signs, axis=0))} patterns")
    assert len(set(colour_of.values())) >= len(colour_of) - 1  # two of 64 colours may coincide
    lost = len(set(map(tuple, before.tolist())) - set(map(tuple, after.tolist())))
    shown = texts_of(words)
    assert shown[shown.index("vanished") + 1] == str(lost)
    assert f"vanished {lost};" in words_of(plots.draw_step(step=0.5, filters=3)).alt


@pytest.mark.parametrize(("step", "filters"), [(0.05, 3), (2, 16)])
def test_step_slider_draws_at_its_ends(step, filters):
    assert plots.draw_step(step, filters).axes[0].get_xlabel() == "x"
    assert f"{filters} filters, a step of {step}" in words_of(plots.draw_step(step, filters)).alt
