"""Pictures of entropy gradients show and say the numbers that they draw."""

import numpy as np
import pytest
import torch

from relu_book.entropy import pattern_entropy, potential
from relu_book.experiments.entropy_gradient.statements import entropy_of_two
from relu_book.plots import entropy_gradient as plots
from relu_book.plots.entropy_gradient import clusters
from relu_book.plots.words import words_of
from tests.support.entropy_records import regularised, skips


def test_two_filters_say_the_entropy_of_their_setting():
    drawn = plots.draw_two_filters(0.9, -0.3, 0.3)
    assert "1.611 bits by quadrature" in words_of(drawn).alt and "1.594" in words_of(drawn).alt
    left, right = drawn.axes[:2]
    assert left.lines[0].get_xdata()[0] == 0.3  # x + bias = 0
    grid = right.collections[0].get_array().reshape(61, 61)
    assert grid[30, 30] == pytest.approx(float(entropy_of_two(0.9, 0.0, 0.0)))
    assert grid.max() == pytest.approx(1.611, abs=2e-3)


def test_counted_and_calculated_entropies_are_close_in_all_four_panels():
    drawn = plots.two_filters()
    for axes in drawn.axes:
        exact, counted = (
            float(word) for word in axes.get_title().replace("bits, counted", "").split()
        )
        assert counted == pytest.approx(exact, abs=0.02)
    assert drawn.axes[0].get_title().startswith("2.000")


def test_potentials_are_those_of_the_library():
    drawn = plots.potentials()
    for axes, relaxation in zip(drawn.axes, ("linear", "quadratic"), strict=False):
        heights = axes.collections[0].get_array().reshape(121, 121)
        corner = potential(torch.tensor([[-2.0, -2.0]]), relaxation).item()
        assert heights[0, 0] == pytest.approx(corner)
        assert heights[60].max() == pytest.approx(0 if relaxation == "linear" else 2)


def test_borders_are_where_filters_are_zero():
    drawn = plots.borders(seed=1)
    x, _ = clusters.clusters.points(1)
    for axes, (weight, bias), entropy in zip(
        drawn.axes, clusters._layers(1, 4).values(), clusters._entropies(1, 4), strict=True
    ):
        for line, w, b in zip(
            axes.lines, weight.detach().numpy(), bias.detach().numpy(), strict=True
        ):
            assert np.abs(line.get_xydata() @ w + b).max() < 1e-6
        assert f"{entropy:.2f} bits" in axes.get_title()
    normal = clusters.clusters.normalise(clusters.clusters.layer(1, 4), x)
    assert pattern_entropy(normal).item() == pytest.approx(clusters._entropies(1, 4)[0])


def test_borders_move_while_the_entropy_is_raised():
    start, later = (plots.draw_maximising("linear", step) for step in (0, 40))
    for line in start.axes[0].lines:  # zero biases
        (x0, y0), (x1, y1) = line.get_xydata()
        assert x0 * y1 - x1 * y0 == pytest.approx(0, abs=1e-5)
    raised = clusters.clusters.maximised(0, "linear", 0.1, 4, 40)
    for line, w, b in zip(
        later.axes[0].lines, raised.weight.detach(), raised.bias.detach(), strict=True
    ):
        assert np.abs(line.get_xydata() @ w.numpy() + b.item()).max() < 1e-6
    assert f"{clusters.clusters.entropy(raised, 0):.2f} bits" in later.axes[0].get_title()
    assert "2.17 at the start" in words_of(later).alt


def test_accuracy_is_drawn_over_entropy_by_kind():
    drawn = plots.regularised(regularised(instead=55.0, raised=1.0))
    assert "regulariser in its place: 54.9 %" in words_of(drawn).alt
    assert "% and 10.0 bits" in words_of(drawn).alt
    assert [len(line.get_xdata()) for line in drawn.axes[0].lines] == [10] * 4
    assert drawn.axes[0].lines[2].get_xdata().mean() == pytest.approx(10, abs=0.05)


@pytest.mark.parametrize(
    ("counted", "told"), [(13, "13 of 19 layers count"), (0, "no layer counts")]
)
def test_layers_that_count_are_filled(counted, told):
    drawn = plots.kept(skips(convnet=0.6, resnet=0.8, counted=counted))
    assert told in words_of(drawn).alt
    filled = [line for line in drawn.axes[0].lines if line.get_markerfacecolor() != "white"]
    marks = [line for line in filled if line.get_marker() in "os"]
    assert [len(line.get_xdata()) for line in marks] == [counted, counted]
    if counted:
        assert np.median(marks[0].get_ydata()) == pytest.approx(0.6, abs=0.02)
        assert "0.60 of ConvNet-20 and 0.80 of ResNet-20" in words_of(drawn).alt
