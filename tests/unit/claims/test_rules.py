"""The language of the rules: what it refuses, and how it calculates and combines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_claims import NEVER, decide, evaluate

from relu_book.claims import rules
from relu_book.claims.truth import undecidable, undecided


@pytest.mark.parametrize(
    "rule",
    [
        "count.real > 0",
        "count.__class__.__bases__",
        "counts[0] > 0",
        "open(count)",
        "__import__(count)",
        "eval(count)",
        "max.__call__(count)",
        "(lambda: count)()",
        "[c for c in counts]",
        "{count: 1}",
        "[count]",
        "'text' == count",
        "True",
        "None",
        "1j > 0",
        "count if count else count",
        "(count := 3)",
        "f'{count}'",
        "count << 5",
        "count // 2",
        "count % 2",
        "count & 2",
        "~count",
        "count is count",
        "count in counts",
        "max(*counts)",
        "max(**counts)",
        "await count",
        "(count, 1) == 1",
        "count > 0; count",
        "import os",
        "",
        "count >",
        "count = 3",
    ],
)
def test_everything_off_the_white_list_is_refused(rule):
    with pytest.raises(ValueError, match=r"a rule |a tuple "):
        rules.parse(rule)


def test_refusal_comes_before_any_part_is_evaluated():
    with pytest.raises(ValueError, match="cannot use Attribute"):
        decide("count > 0 or count.real", count=1)


def test_huge_exponents_are_refused_and_large_ones_exact():
    with pytest.raises(ValueError, match="exponents"):
        decide("2 ** 10 ** 10 > 0")
    widths = np.array([1, 64, 512], dtype=object)
    assert decide("all(bounds == 2 ** widths)", widths=widths, bounds=2**widths)
    assert not decide("all(bounds == 2 ** widths)", widths=widths, bounds=2**widths + 1)


def test_missing_name_wrong_shape_and_wrong_end_are_named():
    with pytest.raises(ValueError, match="width was not measured"):
        decide("width > 0")
    with pytest.raises(ValueError, match="broadcast"):
        decide("all(a == (1, 2, 3))", a=np.array([1, 2], dtype=object))
    with pytest.raises(ValueError, match="not in 3"):
        decide("1 + 2")
    with pytest.raises(ValueError, match="true, false or undecided"):
        decide("a > 1", a=np.array([1, 2], dtype=object))
    with pytest.raises(ValueError, match="division by zero"):
        decide("1 / a > 1", a=0)
    with pytest.raises(ValueError, match="divide by zero"):
        decide("all(1 / a > 1)", a=np.array([0.0, 1.0]))


# A rule for each truth; false dominates undecided, and not decidable dominates everything.
RULES = {
    True: "1 > 0",
    False: "1 < 0",
    None: "enough(1 < 0)",
    NEVER: "decidable(1 < 0)",
}
RANK = {NEVER: -1, False: 0, None: 1, True: 2}


@pytest.mark.parametrize("first", RULES)
@pytest.mark.parametrize("second", RULES)
def test_truths_are_combined_as_kleene_and_bochvar_do(first, second):
    a, b = RULES[first], RULES[second]
    both, either = decide(f"{a} and {b}"), decide(f"{a} or {b}")
    if NEVER in (first, second):
        assert both == either == NEVER
    else:
        assert RANK[both] == min(RANK[first], RANK[second])
        assert RANK[either] == max(RANK[first], RANK[second])
    turned = {True: False, False: True}
    assert decide(f"not ({a})") == turned.get(first, first)
    if first in turned:
        assert decide(f"all(implies({a}, {b}))") == (second if first else decide(f"{b} or 1 > 0"))


@given(st.lists(st.sampled_from(list(RULES)), min_size=1, max_size=6))
def test_all_and_any_are_repeated_and_and_or(values):
    truths = [rules.weigh(RULES[value], {}).value for value in values]
    array = np.array(truths, dtype=object)
    chained = {f"t{n}": truth for n, truth in enumerate(truths)}
    for word, repeated in (("and", "all(a)"), ("or", "any(a)")):
        assert decide(repeated, a=array) == decide(f" {word} ".join(chained), **chained)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ("tttt", "true"),
        ("ttt?", "true"),
        ("tttf", "1 of 4 fail"),
        ("tt??", "wide"),
        ("tt?f", "1 of 4 fail"),
        ("t?ff", "false"),
        ("tt", "too few: 2 of 3"),
        ("ttt-", "capped"),
        ("t-ff", "capped"),
    ],
)
def test_nearly_all_bears_what_is_open_and_nothing_that_fails(values, found):
    of = {"t": True, "f": False, "?": undecided("wide"), "-": undecidable("capped")}
    pairs = np.array([of[value] for value in values], dtype=object)
    truth = rules.weigh("nearly_all(pairs, 3)", {"pairs": pairs}).value
    assert found == (str(truth).lower() if isinstance(truth, bool) else truth.reasons[0])


def test_the_reasons_of_the_open_parts_that_count_are_kept():
    def reasons(rule, **quantities):
        return rules.weigh(rule, quantities).value.reasons

    assert reasons("enough(a > 3 and b > 3)", a=1, b=9) == ("too few: not a > 3",)
    assert reasons("refuted(a > 3)", a=1) == ("did not occur: a > 3",)
    assert reasons("decidable(a > 3) and enough(a > 5)", a=1) == ("guard not met: a > 3",)
    assert reasons("enough(a > 3) and enough(a > 5)", a=1) == (
        "too few: not a > 3",
        "too few: not a > 5",
    )


def test_an_open_judgement_is_no_number():
    for rule in ("enough(a > 3) == 1", "1 + enough(a > 3) > 0", "-decidable(a > 3) < 0"):
        with pytest.raises(ValueError, match="may be undecided and cannot be compared"):
            decide(rule, a=1)
    with pytest.raises(ValueError, match="neither true nor false"):
        bool(rules.weigh("enough(a > 3)", {"a": 1}).value)


def test_intervals_say_what_they_are_of():
    known = {name: np.arange(6.0) for name in "abc"}
    found = rules.evaluate("ordered(a, b - c) and above(2 * a, 1) and near(b, 3, 1)", known)
    assert [each.what for each in found.intervals] == ["a - (b - c)", "2 * a", "b"]
    assert found.intervals[2].thresholds == (2, 4)


def test_comparisons_chain_element_by_element():
    low, high = np.array([1, 2, 3], dtype=object), np.array([1.5, 2.5, 2.5])
    assert evaluate("1 <= low <= high", low=low, high=high).tolist() == [1, 1, 0]
    both = evaluate("low > 1 and low < 3", low=low)
    assert both.dtype == bool and both.tolist() == [False, True, False]
    assert evaluate("not low > 1", low=low).tolist() == [True, False, False]


def test_names_leave_functions_out():
    assert rules.names("all(max(a) <= 2 ** b) and enough(len(a) > 3)") == {"a", "b"}


def test_sides_are_those_of_the_intervals_or_else_of_the_comparisons_without_conditions():
    known = {"a": np.array([[1.0, 5.0], [3.0, 6.0]]), "b": 2}
    found = rules.evaluate("all(within(a, 1, 4)) and b > 3", known)
    assert found.sides == (1, 1, -1, 1)  # 2 and 5.5 against 1, then against 4
    found = rules.evaluate("decidable(b > 3) and b > 1 and (b < 2 or enough(b > 5))", known)
    assert found.sides == (True, False)
    assert rules.evaluate("all(1 < a < 4)", known).sides == (
        False,
        True,
        True,
        True,
        True,
        False,
        True,
        False,
    )
