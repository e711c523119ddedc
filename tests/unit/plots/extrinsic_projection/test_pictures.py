"""The picture of both ways, in both readings."""

import pytest

from relu_book.plots import extrinsic_projection as plots
from relu_book.plots.extrinsic_projection.routes import stages
from relu_book.plots.words import words_of


@pytest.mark.parametrize(("inputs", "agree"), [(3, True), (2, False)])
def test_both_ways_end_alike_in_space_only(inputs, agree):
    found = stages(inputs)
    gap = (found["read out (iii)"] - found["read out of (eee)"]).norm(dim=1).max()
    assert (gap < 1e-10) == agree
    assert found["sheet (e)"].shape == found["deformed (eee)"].shape == (1600, inputs)
    drawn = plots.draw_routes(inputs)
    assert len(drawn.axes) == 6
    assert f"misses the other by {gap:.1g}" in words_of(drawn).alt
