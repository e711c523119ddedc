"""Measured quantities and intervals in words: short, in plain English, alike on every machine."""

from dataclasses import replace

import numpy as np
import pytest

from relu_book import claims
from relu_book.claims.judgements import Interval, Ranks
from relu_book.claims.wording import interval, number, quantity, series


def test_rounding_errors_are_printed_the_same_on_every_machine(capsys):
    for size in (1e-15, 3e-7):
        claims.check("eq-2.9", deviation=np.full(120, size))
    first, second = capsys.readouterr().out.split("eq-2.9\n")[1:]
    assert first == second
    assert "deviation within 1e-05 (120 cases)" in first
    claims.check("eq-2.9", deviation=[0.25, 1e-9])
    assert "deviation up to 0.25 (2 cases)" in capsys.readouterr().out


def test_series_in_words():
    counts = np.array([[121, 30.5], [120, 28], [125, 29]])
    assert series(counts, "seeds") == "3 seeds: medians 121, 29"
    assert series(np.ones((3, 40)), "seeds") == "3 seeds: all 1"
    assert series(np.arange(120).reshape(3, 40), "seeds") == "3 seeds: 0 ... 119, median 59.5"
    assert series(np.array([True] * 6 + [False]), "grids") == "7 grids: yes in 6 of 7"
    assert series(np.array([1, 2.5]), "seeds") == "1, 2.5"
    assert [number(v) for v in (-0.0, 1e-4, 0.1 + 0.2, 123456.7, 2e7, 10**30)] == [
        "0", "0.0001", "0.3", "123457", "2e+07", str(10**30),
    ]  # fmt: skip


def told(meaning, value):
    """How a quantity of this meaning is printed."""
    claim = replace(claims.load_claims()["fig-2.5.b"], measured={"a": meaning}, rule="all(a > 0)")
    return quantity(claim, "a", np.asarray(value))


@pytest.mark.parametrize(
    ("meaning", "unit"),
    [
        ("change of the step, one a spoilt batch (5 among 200 in a run)", "spoilt batches"),
        ("largest output of a residual branch, one a branch", "branches"),
        ("share of the places, one a layer and time (100 or more)", "pairs of layer and time"),
        ("cells on the grid, one a pair of bias and seed", "pairs"),
        ("share of the layers that dip by 0.05 or more, seeds (3 or more) by setups", "seeds"),
        ("entropy in bits, one a count vector (100 or more)", "count vectors"),
        ("cells in the window, seeds by 15 (five layers at three times)", "seeds"),
        ("points that were looked at", "values"),
    ],
)
def test_units_are_plain_english(meaning, unit):
    assert told(meaning, np.arange(9) ** 2).startswith(f"a 9 {unit}: ")


def test_no_statistic_is_empty():
    cases = np.repeat([1, 2, 3, 4], 6)
    assert told("input dimension, one a case", cases) == "a 24 cases: 1, 2, 3, 4"
    assert told("patterns, one a case", np.arange(24) ** 2) == "a 24 cases: 0 ... 529"
    assert told("cells, one a seed", np.arange(7) ** 2) == "a 7 seeds: 0 ... 36, median 9"
    assert told("the epochs", np.arange(24) ** 2) == "a 24 values: 0 ... 529"
    close = 0.1 + np.arange(9) * 1e-9
    assert told("factor, one a filter", close) == "a 9 filters: all 0.1, rounded"


def test_ranks_are_one_short_line():
    claim = claims.load_claims()["fig-2.2.f"]
    found = Ranks("ranks of distance by step", 0.99557, 4, 5, "above 0.8")
    line = "ranks of distance by step: median rho 0.996, 4 of 5 seeds above 0.8"
    assert interval(claim, found, {}) == line


def test_an_interval_is_one_short_line():
    claim = replace(
        claims.load_claims()["fig-2.5.b"],
        measured={"a": "seeds (3 or more) by layers", "b": "the same"},
        rule="all(ordered(a, b))",
    )

    def line(size, **more):
        ends = np.linspace(1, 2, size) if size > 1 else 1.0
        found = Interval("a - b", ends, ends - 0.1234, ends + 0.1234, 5, (0,), 0.95)
        return interval(claim, replace(found, **more), {})

    assert line(1) == "a - b 1 [0.877, 1.12], 5 seeds, against 0"
    assert line(2) == "a - b 1 [0.877, 1.12], 2 [1.88, 2.12], 5 seeds, against 0"
    assert line(9).startswith("a - b over 9 layers 1 [0.877, 1.12] ... 2 [1.88, 2.12], 5 seeds")
    assert line(1, thresholds=(0.2, 3), level=1 - 0.05 / 3).endswith(
        "5 seeds, 98.3 % intervals, against 0.2 to 3"
    )
    assert line(1, thresholds=()).endswith("5 seeds")
    assert line(1, number=1, low=-np.inf, high=np.inf) == "a - b 1, no interval"
