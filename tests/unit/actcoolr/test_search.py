"""The search brackets where the printed one does not."""

import numpy as np
import pytest

from relu_book.actcoolr import Limits, Seen, bracket
from relu_book.transition import LogNormal


def measured(model):
    return lambda rate: Seen(rate, model.probability(rate))


@pytest.mark.parametrize(("bound", "start"), [(0.75, 0.05), (0.25, 0.95)])
@pytest.mark.parametrize("mu", [-8.0, -1.0, 4.0])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.0])
def test_it_crosses_the_bound_in_as_many_doublings_as_there_are(mu, sigma, bound, start):
    model = LogNormal(mu, sigma)
    near = Seen(model.learning_rate(start), start)
    walk = bracket(measured(model), near, bound, Limits())
    sides = [seen.probability >= bound for seen in (near, *walk)]
    assert sides[-1] != sides[0]
    doublings = abs(np.log2(model.learning_rate(bound) / near.learning_rate))
    assert len(walk) == int(np.ceil(doublings))


def test_it_looks_between_where_a_doubling_leaps_over_the_transition():
    model = LogNormal(0.3, 0.01)
    near = Seen(0.25, 0.0)
    walk = bracket(measured(model), near, 0.75, Limits())
    assert [round(seen.probability, 9) for seen in walk[:3]] == [0, 0, 1]
    assert 0.75 <= walk[-1].probability < 1


def test_it_ends_at_the_limits_and_after_so_many_measurements():
    dead = lambda rate: Seen(rate, 0.0)  # noqa: E731
    assert len(bracket(dead, Seen(1.0, 0.0), 0.75, Limits(max_lr=1e3))) == 9
    assert len(bracket(dead, Seen(1.0, 0.0), 0.75, Limits(), most=5)) == 5
    step = lambda rate: Seen(rate, float(rate > 1))  # noqa: E731
    assert len(bracket(step, Seen(0.6, 0.0), 0.75, Limits(), most=50)) < 10


def printed(measure, rate, probability, bound, where):
    """``_search_eta`` of A.4 as it is printed."""
    rates, found = [], []
    for _ in range(100):
        if rate < 1e-10 or rate > 1e300:
            break
        rate = rate * 2 if probability <= bound and where == "max" else rate / 2
        probability = measure(rate)
        rates.append(rate)
        found.append(probability)
        if (probability <= bound and where == "max") or (probability >= bound and where == "min"):
            break
    return rates, found


def test_the_printed_search_stops_before_the_bound_or_goes_on_behind_it():
    model = LogNormal(0.0, 1.0)
    start = model.learning_rate(0.2)
    _, found = printed(model.probability, start, 0.2, 0.75, "max")
    assert found[-1] < 0.75
    start = model.learning_rate(0.3)
    rates, _ = printed(model.probability, start, 0.3, 0.25, "min")
    assert len(rates) > 30
