"""Measured quantities and intervals in words: short, in plain English, alike on every machine."""

import numpy as np

from relu_book import claims
from relu_book.claims.wording import number, series


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
