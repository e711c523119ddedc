"""Every slider of the tutorial draws at the ends of its range, and says what it draws."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from relu_book.datasets import published_sizes
from relu_book.plots import tutorial as plots
from relu_book.plots.words import words_of

ENDS = [
    (
        "activation",
        [
            {"function": name, "parameter": value}
            for name in ("ELU", "PReLU", "Sigmoid", "swish", "Softplus")
            for value in (0.25, 4.0)
        ],
    ),
    ("momentum", [{"beta": b, "rate": r} for b in (0.0, 0.97) for r in (0.002, 0.03)]),
    ("initialisation", [{"gain": g, "width": 16} for g in (0.5, 4.0)]),
    (
        "convolution",
        [{"kernel": k, "stride": s, "padding": p} for k in (2, 5) for s in (1, 3) for p in (0, 1)],
    ),
    (
        "batch_norm",
        [
            {"gamma": g, "beta": b, "batch": n}
            for g in (1.0, 2.0)
            for b in (-1.0, 1.0)
            for n in (8, 1000)
        ],
    ),
]
VIEWS = [
    ("maps", [{"picture": p, "layer": n} for p in ("boot", "bag") for n in (1, 4)]),
    ("class_map", [{"canvas": c, "digit": d} for c in (3, 5) for d in (0, 9)]),
    ("components", [{"canvas": c, "component": k} for c in (3, 6) for k in (1, 3)]),
    ("dream", [{"layer": n, "step": k} for n in (1, 4) for k in (0, 50)]),
    ("weights", [{"layer": n, "step": k} for n in (1, 4) for k in (0, 500)]),
    ("landscape", [{"seed": n, "reach": r} for n in (0, 4) for r in (0.5, 1.0)]),
]


@pytest.mark.parametrize(("name", "settings"), ENDS, ids=[name for name, _ in ENDS])
def test_sliders_draw_at_their_ends(name, settings):
    draw = getattr(plots, f"draw_{name}")
    texts = {words_of(draw(**values)).alt for values in settings}
    assert len(texts) == len(settings)
    for values in settings:
        drawn = draw(**values)
        assert isinstance(drawn, Figure)
        assert all(axes.get_xlabel() for axes in drawn.axes)


@pytest.mark.parametrize(("name", "settings"), VIEWS, ids=[name for name, _ in VIEWS])
def test_views_of_networks_draw_at_their_ends(name, settings):
    draw = getattr(plots, f"draw_{name}")
    assert len({words_of(draw(**values)).alt for values in settings}) == len(settings)
    for values in settings:
        drawn = draw(**values)
        assert isinstance(drawn, Figure)
        drawn.canvas.draw()
        assert drawn.axes[0].get_title()


def test_a_printed_prelu_of_slope_2_is_told_from_the_function():
    text = words_of(plots.draw_activation("PReLU", 2.0)).alt
    assert "-4.00 at -2 and 2.00 at 2" in text
    assert "-2.00 and 4.00 there" in text


def test_momentum_says_whether_it_arrives():
    assert "diverges" in words_of(plots.draw_momentum(0.0, 0.03)).alt
    assert "above 1e-6" in words_of(plots.draw_momentum(0.0, 0.002)).alt
    assert "below 1e-6 from step" in words_of(plots.draw_momentum(0.9, 0.03)).alt


def test_a_normalised_batch_says_its_parameters():
    title = plots.draw_batch_norm(gamma=2.0, beta=-1.0, batch=8).axes[1].get_title()
    assert "mean -1.00, s.d. 2.00" in title


def test_decay_halves_as_fast_as_the_alt_text_says():
    lines = plots.decay_curves(rate=0.1, strength=5e-4).axes[0].get_lines()
    left = {line.get_label(): line.get_ydata() for line in lines}
    assert left["L2, printed: η (1 − λ)"][6] > 0.5 > left["L2, printed: η (1 − λ)"][7]
    assert left["decoupled, printed: 1 − λ"][1] < 1e-3
    assert min(left["L2, usual: η λ"][-1], left["decoupled, usual: λ"][-1]) > 0.95


def test_curves_of_gradients_say_what_they_draw():
    first = plots.gradient_curves(seed=1).axes[0].get_lines()[1].get_ydata()[0]
    assert f"torch's default {round(np.log10(first)):+d}," in words_of(plots.gradient_curves(1)).alt
    alt = words_of(plots.exponent_curve([5, 10, 20], [0.25, 1.25, 3.25])).alt
    assert "3 points from 0.2 at 5 layers to 3.2 at 20" in alt and "rises by 0.20 a layer" in alt


def test_the_table_marks_what_differs_from_the_publishers():
    table = plots.data_set_table().data
    for name in published_sizes():
        if name in ("fashion_mnist", "cifar10", "cifar100", "tiny_imagenet", "speech_commands"):
            assert name.replace("_", " ") in table
    assert table.count("<strong>") == 2
    assert "<strong>105,829</strong>" in table
    assert "<strong>50</strong>" in table
