"""The pictures show what a probe measured, at its rate, step and site, whatever it came to."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from torch import nn

from relu_book.plots.probe import BEYOND, phase_diagram, temperature_by_layer
from relu_book.plots.words import words_of
from relu_book.temperature import Distance, Measurement, TemperatureProbe

RATES = np.array([0.01, 0.1, 1.0])
SITES = ("layer1/relu", "layer2/relu")
EVALUATIONS = np.array([64, 64])


def measured(step, rate=0.1, shares=(0.25, 0.5), tried=RATES, overflowed=()):
    """A measurement whose D at the tried rates is 0, that at the used rate, and 1."""
    shares = np.array([shares])
    distance = Distance(shares, np.array([rate]), SITES, EVALUATIONS)
    if tried is None:
        return Measurement(step, rate, distance)
    values = np.concatenate([0 * shares, shares, 0 * shares + 1])
    return Measurement(
        step, rate, distance, Distance(values, tried, SITES, EVALUATIONS, overflowed)
    )


def colours(axes):
    """The numbers behind the colours of a map, rows upwards; masked where there are none."""
    return axes.collections[0].get_array()


def test_the_phase_diagram_shows_d_at_each_rate_and_step_and_the_used_rate():
    history = [measured(10), measured(20, 0.2, (0.5, 0.75)), measured(30, 0.05, (0.0, 0.0))]
    axes = phase_diagram(history).axes[0]
    assert colours(axes).tolist() == [[0, 0, 0], [0.375, 0.625, 0], [1, 1, 1]]
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [10, 20, 30]
    assert line.get_ydata().tolist() == [0.1, 0.2, 0.05]
    corners = axes.collections[0].get_coordinates()
    assert corners[0, :, 0].tolist() == [5, 15, 25, 35]
    assert np.allclose(corners[:, 0, 1], 10.0 ** np.array([-2.5, -1.5, -0.5, 0.5]))
    assert axes.get_yscale() == "log" and axes.get_xlabel() == "step"
    of_one = phase_diagram(history, site="layer2/relu").axes[0]
    assert colours(of_one)[1].tolist() == [0.5, 0.75, 0]


def test_rates_come_in_any_order_and_those_of_no_logarithm_are_left_out():
    rates = np.array([1.0, -0.1, 0.01])
    axes = phase_diagram([measured(1, 0.0, tried=rates), measured(2, tried=rates)]).axes[0]
    assert colours(axes).tolist() == [[1, 1], [0, 0]]
    assert np.isnan(axes.lines[0].get_ydata()[0]) and axes.lines[0].get_ydata()[1] == 0.1
    with pytest.raises(ValueError, match="none of the tried rates is positive"):
        phase_diagram([measured(1, tried=-RATES)])


def test_the_largest_used_rate_is_in_the_picture_and_the_end_of_a_schedule_need_not_be():
    low, high = phase_diagram([measured(1), measured(2, 1e-9)]).axes[0].get_ylim()
    assert np.allclose([low, high], 10.0 ** np.array([-2.5, 0.5]))
    low, high = phase_diagram([measured(1, 1e-5), measured(2, 0.0)]).axes[0].get_ylim()
    assert low < 1e-5 and np.isclose(high, 10**0.5)
    assert phase_diagram([measured(1, 50.0)]).axes[0].get_ylim()[1] > 50
    low, _ = phase_diagram([measured(1, 0.0)]).axes[0].get_ylim()
    assert np.isclose(low, 10**-2.5)


def test_an_overflow_has_a_colour_of_its_own():
    figure = phase_diagram([measured(1), measured(2, overflowed=(1.0,))])
    mesh = figure.axes[0].collections[0]
    mesh.update_scalarmappable()
    assert np.allclose(mesh.to_rgba(colours(figure.axes[0]))[2, 1, :3], rgb(BEYOND))
    assert not np.allclose(mesh.to_rgba(colours(figure.axes[0]))[2, 0, :3], rgb(BEYOND))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["used rate", "overflow"]
    assert "overflow" in words_of(figure).caption
    assert "overflow" not in words_of(phase_diagram([measured(1)])).caption


def rgb(colour):
    return np.array([*bytes.fromhex(colour[1:])]) / 255


def test_without_tried_rates_the_line_has_dots_in_the_colour_of_their_d():
    history = [measured(1, tried=None), measured(2, tried=None, shares=(1.0, 1.0))]
    axes = phase_diagram(history).axes[0]
    (dots,) = axes.collections
    assert dots.get_array().tolist() == [0.375, 1.0]
    assert dots.get_offsets().tolist() == [[1, 0.1], [2, 0.1]]
    partly = phase_diagram([*history, measured(3)]).axes[0]
    assert colours(partly).mask.all(axis=0).tolist() == [True, True, False]


def test_the_temperature_stands_at_its_site_and_step():
    history = [measured(10), measured(20, shares=(0.75, 0.875))]
    figure = temperature_by_layer(history)
    axes = figure.axes[0]
    assert np.allclose(colours(axes), [[-np.log2(0.75), 2], [1, 3]])
    assert axes.collections[0].norm.vmax == 3
    assert [text.get_text() for text in axes.get_yticklabels()] == list(SITES)
    assert figure.axes[1].get_ylabel() == "temperature in bits"
    assert not figure.legends


def test_a_step_that_changed_every_pattern_does_not_stretch_the_scale():
    figure = temperature_by_layer([measured(1), measured(2, shares=(0.5, 1.0))])
    mesh = figure.axes[0].collections[0]
    assert mesh.norm.vmax == 1
    assert np.allclose(mesh.to_rgba(colours(figure.axes[0]))[1, 1, :3], rgb(BEYOND))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["every pattern changed"]
    assert "beyond" in words_of(figure).caption
    for shares in ((0.0, 0.0), (1.0, 1.0)):  # nothing to make a scale of
        only = temperature_by_layer([measured(1, shares=shares)]).axes[0].collections[0]
        assert only.norm.vmax == 1


def test_a_site_that_a_measurement_did_not_meet_is_grey():
    other = Distance(np.array([[0.5]]), np.array([0.1]), ("head",), np.array([8]))
    axes = temperature_by_layer([measured(1), Measurement(2, 0.1, other)]).axes[0]
    assert colours(axes).mask.tolist() == [[False, True], [False, True], [True, False]]
    assert [text.get_text() for text in axes.get_yticklabels()] == [*SITES, "head"]


def test_of_many_sites_every_second_or_third_is_named():
    sites = tuple(f"block{number}" for number in range(40))
    distance = Distance(np.full((1, 40), 0.5), np.array([0.1]), sites, np.full(40, 8))
    axes = temperature_by_layer([Measurement(1, 0.1, distance)]).axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == list(sites[::3]) and axes.get_yticks().tolist() == list(range(0, 40, 3))


@pytest.mark.parametrize("draw", [phase_diagram, temperature_by_layer])
def test_steps_at_unequal_distances_get_equal_columns_and_say_so(draw):
    figure = draw([measured(step) for step in (1, 2, 4, 100)])
    axes = figure.axes[0]
    assert axes.get_xlabel() == "step, not to scale"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "2", "4", "100"]
    assert axes.collections[0].get_coordinates()[0, :, 0].tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]
    assert words_of(figure).caption.endswith("The steps are not to scale.")
    assert "scale" not in words_of(draw([measured(1), measured(2)])).caption
    assert draw([measured(7)]).axes[0].get_xlabel() == "step"


@pytest.mark.parametrize("draw", [phase_diagram, temperature_by_layer])
def test_nothing_is_cut_off_also_without_the_style_of_the_book(draw):
    with mpl.rc_context(mpl.rcParamsDefault):
        figure = draw([measured(10, shares=(0.5, 1.0)), measured(20)])
        figure.draw_without_rendering()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height


def test_alt_texts_say_the_numbers_of_the_first_and_last_step():
    history = [measured(10), measured(20), measured(30, 0.2, (0.75, 0.875))]
    assert words_of(phase_diagram(history)).alt == (
        "Learning rates upwards on a logarithmic axis, steps to the right. The used rate 0.1 "
        "changed 38% of the patterns at step 10 and 0.2 changed 81% of the patterns at step 30; of "
        "the rates tried at step 30, 0.01 would have changed 0% and 1 100%."
    )
    assert words_of(temperature_by_layer(history)).alt == (
        "Heat map of the temperature, layers upwards, steps to the right: at step 10 0.71 bits in "
        "the mean over 2 layers, 1 in the hottest, layer2/relu; at step 30 2.5 bits in the mean "
        "over 2 layers, 3 in the hottest, layer2/relu."
    )


def test_what_cannot_be_drawn_is_said_in_a_sentence():
    for draw in (phase_diagram, temperature_by_layer):
        with pytest.raises(ValueError, match="the history holds no measurement; train inside"):
            draw([])
    with pytest.raises(ValueError, match="no site 'layer2'; did you mean layer2/relu"):
        phase_diagram([measured(1)], site="layer2")
    with pytest.raises(ValueError, match=r"tried at step 2, 3 from 0\.02 to 2, are others"):
        phase_diagram([measured(1), measured(2, tried=2 * RATES)])


def test_the_history_of_a_training_is_drawn_with_one_call_each():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with TemperatureProbe(model, optimizer, every=2, learning_rates=np.logspace(-3, 3, 7)) as probe:
        for _ in range(6):
            optimizer.zero_grad()
            model(torch.randn(32, 4)).square().mean().backward()
            optimizer.step()
    shown = colours(phase_diagram(probe.history).axes[0])
    assert np.allclose(shown.T, [found.tried.mean for found in probe.history])
    shown = colours(temperature_by_layer(probe.history).axes[0])
    assert np.allclose(shown.T, [found.temperature for found in probe.history])


@pytest.mark.parametrize("draw", [phase_diagram, temperature_by_layer])
@pytest.mark.parametrize("wrong", ["x", [1.0], object()], ids=["text", "numbers", "no list"])
def test_what_is_no_history_is_refused_in_a_sentence(draw, wrong):
    with pytest.raises(TypeError, match=f"probe.history, not this {type(wrong).__name__}"):
        draw(wrong)
