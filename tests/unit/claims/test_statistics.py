"""Numbers that rules form of measured values, against SciPy and recursions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from small_claims import decide, evaluate


@given(st.lists(st.integers(-5, 5), min_size=3, max_size=9), st.randoms(use_true_random=False))
def test_spearman_equals_scipy(x, random):
    y = [value + random.randint(-3, 3) for value in x]
    found = evaluate("spearman(x, y)", x=np.array(x, object), y=np.array(y, object))
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_lines_equal_scipy():
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=7), generator.normal(size=(2, 5, 7))
    slopes = evaluate("slope(x, y)", x=x, y=y)
    errors = evaluate("fit_error(x, y)", x=x, y=y)
    for index in np.ndindex(2, 5):
        line = stats.linregress(x, y[index])
        assert slopes[index] == pytest.approx(line.slope)
        left_over = y[index] - line.intercept - line.slope * x
        assert errors[index] == pytest.approx(np.sqrt((left_over**2).mean()))
    with pytest.raises(ValueError, match="a line needs"):
        evaluate("slope(x, y)", x=np.ones(7), y=y)


def test_numbers():
    counts = np.array([[4, 2, 1], [6, 2, 2], [5, 9, 0]], dtype=object)
    known = {"c": counts, "s": np.array([1, 1, -1, 1, 0], dtype=object)}
    known["t"] = np.array([[1, -1], [1, -1], [-1, -1], [1, -1]], dtype=object)

    def value(rule):
        found = evaluate(rule, **known)
        return found.tolist() if isinstance(found, np.ndarray) else found

    assert value("medians(c)") == [5, 2, 1]
    assert value("means(c)") == pytest.approx([5, 13 / 3, 1])
    assert value("steps(c)") == [[-2, -1], [-4, 0], [4, -9]]
    assert value("mean(c)") == pytest.approx(31 / 9)
    assert value("min(c)") == 0
    assert value("max(c)") == 9
    assert value("sum(c)") == 31
    assert value("len(c)") == 3
    assert value("len(3)") == 1
    assert value("len(s, c)") == value("len(c, s)") == 3
    assert value("len(c, s, 3)") == 1
    assert value("abs(-3)") == 3
    assert value("abs(s)") == [1, 1, 1, 1, 0]
    assert value("agreement(s)") == 0.6
    assert value("agreement(t)") == [0.75, 1.0]
    assert value("share(s > 0)") == 0.6
    assert value("how_many(s > 0)") == 3
    assert value("variation(c)") == pytest.approx(
        [np.std(row, ddof=1) / np.mean(row) for row in counts.astype(float)]
    )
    assert value("log(1)") == 0
    assert value("includes(s, -1, 0.0)") is True
    assert value("includes(s, 2)") is False
    assert value("implies(s > 0, s == 1)") == [True] * 5
    assert value("all(implies(c > 4, c == 5))") is False
    with pytest.raises(ValueError, match="positive mean"):
        evaluate("variation(s)", s=np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="positive values"):
        evaluate("log(s)", **known)
    with pytest.raises(ValueError, match="undecided"):
        evaluate("how_many(ordered(c, c))", c=np.ones((5, 2)))


def test_hyperplane_regions_by_the_recursion_of_adding_one_hyperplane():
    def regions(number, dimension):
        if number == 0 or dimension == 0:
            return 1
        return regions(number - 1, dimension) + regions(number - 1, dimension - 1)

    number, dimension = np.meshgrid(np.arange(9), np.arange(5))
    found = evaluate("hyperplane_regions(D, d)", D=number, d=dimension)
    assert all(found[i] == regions(number[i], dimension[i]) for i in np.ndindex(number.shape))
    assert decide("hyperplane_regions(600, 600) == 2 ** 600")


def test_r_squared_is_the_squared_correlation_and_zero_for_a_constant():
    x = np.arange(1.0, 9.0)
    y = np.stack([2 * x + 1, x**0.5, np.ones(8), x % 3])
    found = evaluate("r_squared(x, y)", x=x, y=y)
    expected = [1, np.corrcoef(x, y[1])[0, 1] ** 2, 0, np.corrcoef(x, y[3])[0, 1] ** 2]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert evaluate("r_squared(x, y)", x=x, y=y[1]) == pytest.approx(expected[1])
