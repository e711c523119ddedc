"""Early stopping: after as many looks without a new minimum as patience allows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relu_book.training import EarlyStopping


@given(st.lists(st.floats(0, 10), min_size=1, max_size=40), st.integers(1, 6))
def test_it_stops_where_the_last_minimum_is_that_long_ago(values, patience):
    stopping = EarlyStopping(patience)
    for number, value in enumerate(values):
        seen = values[: number + 1]
        ago = number - seen.index(min(seen))  # the first of equal ones is the last new minimum
        assert stopping.look(value) == (ago >= patience)


def test_nan_is_no_improvement():
    stopping = EarlyStopping(2)
    assert [stopping.look(value) for value in (1.0, math.nan, math.nan)] == [False, False, True]


def test_patience_is_a_whole_number():
    with pytest.raises(ValueError, match="patience must be a whole number of at least 1, not 0"):
        EarlyStopping(0)
