"""The language of the rules, its statistics, and how verdicts are made and printed."""

import ast
import math
import textwrap

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from relu_book import claims
from relu_book.claims import catalogue, rules, verdicts
from relu_book.claims.functions import FUNCTIONS
from relu_book.claims.wording import number, series

TRUTHS = [True, False, None]


def decide(rule, **quantities):
    return rules.decide(rule, quantities)


# --- the language ---


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


@pytest.mark.parametrize("first", TRUTHS)
@pytest.mark.parametrize("second", TRUTHS)
def test_kleene_logic(first, second):
    # Truth values as quantities: true above 0, false below, undecided by the two judgements.
    words = {True: "1 > 0", False: "1 < 0", None: "enough(1 < 0)"}
    order = {False: 0, None: 1, True: 2}
    a, b = words[first], words[second]
    assert order[decide(f"{a} and {b}")] == min(order[first], order[second])
    assert order[decide(f"{a} or {b}")] == max(order[first], order[second])
    assert order[decide(f"not {a}" if first is not None else f"not ({a})")] == 2 - order[first]


@given(st.lists(st.sampled_from(TRUTHS), min_size=1, max_size=6))
def test_all_and_any_are_repeated_and_and_or(values):
    order = {False: 0, None: 1, True: 2}
    array = np.array(values, dtype=object)
    assert order[decide("all(a)", a=array)] == min(order[v] for v in values)
    assert order[decide("any(a)", a=array)] == max(order[v] for v in values)


def test_comparisons_chain_element_by_element():
    low, high = np.array([1, 2, 3], dtype=object), np.array([1.5, 2.5, 2.5])
    assert rules.evaluate("1 <= low <= high", {"low": low, "high": high}).tolist() == [1, 1, 0]
    both = rules.evaluate("low > 1 and low < 3", {"low": low})
    assert both.dtype == bool and both.tolist() == [False, True, False]
    assert rules.evaluate("not low > 1", {"low": low}).tolist() == [True, False, False]


def test_names_leave_functions_out():
    assert rules.names("all(max(a) <= 2 ** b) and enough(len(a) > 3)") == {"a", "b"}


# --- judgements and statistics ---


def test_equal_needs_every_case_within_and_a_hundred_of_them():
    good = np.full(100, 1e-6)
    assert decide("equal(d, 1e-5)", d=good) is True
    assert decide("equal(d, 1e-5)", d=good[:99]) is None
    assert decide("equal(d, 1e-5)", d=-np.append(good, 2e-5)) is False
    assert decide("equal(d, 1e-5)", d=2e-5) is False
    assert decide("equal(d, 1e-5, 1000)", d=good) is None
    assert decide("equal(d, 0)", d=np.array([0] * 100, dtype=object)) is True


def test_ordered_is_the_paired_t_interval():
    generator = np.random.default_rng(0)
    outcomes = set()
    for shift in np.linspace(-2, 2, 41):
        a, b = generator.normal(shift, 1, 8), generator.normal(0, 1, 8)
        low, high = stats.ttest_rel(a, b).confidence_interval(0.95)
        expected = True if low > 0 else False if high < 0 else None
        assert decide("ordered(a, b)", a=a, b=b) is expected
        outcomes.add(expected)
    assert outcomes == set(TRUTHS)


def test_ordered_needs_five_pairs_of_equal_number():
    a = np.array([2.0, 3.0, 4.0, 5.0])
    assert decide("ordered(a, b)", a=a + 1, b=a) is None
    assert decide("ordered(a, b)", a=5, b=4) is None
    with pytest.raises(ValueError, match="equal shapes"):
        decide("ordered(a, b)", a=a, b=a[:3])
    five = np.arange(5.0)
    assert decide("ordered(a, b)", a=five + 1, b=five) is True
    assert decide("ordered(a, b)", a=five, b=five) is None


def test_ordered_judges_each_column():
    seeds = np.random.default_rng(1).normal(0, 0.1, (6, 3))
    columns = seeds + np.array([1.0, -1.0, 0.0])
    judged = rules.evaluate("ordered(a, b)", {"a": columns, "b": np.zeros((6, 3))})
    low, high = stats.ttest_1samp(columns[:, 2], 0).confidence_interval(0.95)
    assert low < 0 < high
    assert judged.tolist() == [True, False, None]
    assert decide("all(ordered(a, b))", a=columns[:, [0, 2]], b=np.zeros((6, 2))) is None
    assert decide("all(ordered(a, b))", a=columns, b=np.zeros((6, 3))) is False


def test_positive_is_the_t_interval_of_each_column():
    generator = np.random.default_rng(4)
    outcomes = set()
    for shift in np.linspace(-2, 2, 41):
        a = generator.normal([shift, -shift], 1, (5, 2))
        interval = stats.ttest_1samp(a, 0).confidence_interval(0.95)
        ends = zip(interval.low, interval.high, strict=True)
        expected = [True if low > 0 else False if high < 0 else None for low, high in ends]
        assert rules.evaluate("positive(a)", {"a": a}).tolist() == expected
        assert decide("positive(a)", a=a[:, 0]) is expected[0]
        outcomes.update(expected)
    assert outcomes == set(TRUTHS)
    three = np.array([2.0, 3.0, 4.0])
    assert decide("positive(a)", a=three) is True
    assert decide("positive(-a)", a=three) is False
    assert decide("positive(a)", a=three[:2]) is None
    assert decide("positive(a)", a=4) is None
    assert decide("all(positive(a))", a=np.ones((2, 3))) is None


@given(st.lists(st.integers(-5, 5), min_size=3, max_size=9), st.randoms(use_true_random=False))
def test_spearman_equals_scipy(x, random):
    y = [value + random.randint(-3, 3) for value in x]
    found = rules.evaluate("spearman(x, y)", {"x": np.array(x, object), "y": np.array(y, object)})
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_rank_correlation_counts_seeds():
    layer = np.arange(1, 9)
    rising, falling, flat = layer * 1.0, -layer * 1.0, np.ones(8)

    def judged(*rows, rule="rank_correlation(layer, y, above=0.8)"):
        return decide(rule, layer=layer, y=np.array(rows))

    assert judged(*[rising] * 4, falling) is True
    assert judged(*[rising] * 3, falling, falling) is None
    assert judged(*[falling] * 4, rising) is False
    assert judged(rising, rising) is None  # two seeds are too few
    assert judged(rising) is None
    assert judged(*[rising] * 4, flat) is True
    assert judged(*[flat] * 5) is None  # no rank correlation at all
    below = "rank_correlation(layer, y, below=-0.8)"
    assert judged(*[falling] * 4, rising, rule=below) is True
    assert judged(*[rising] * 4, falling, rule=below) is False
    weak = np.array([2, 1, 4, 3, 6, 8, 5, 7.0])
    assert 0 < stats.spearmanr(layer, weak).statistic < 0.9
    assert judged(*[weak] * 5, rule="rank_correlation(layer, y, above=0.9)") is None
    with pytest.raises(ValueError, match="above= or below="):
        judged(rising, rule="rank_correlation(layer, y)")


def test_near_is_the_mean_of_three_runs_or_more():
    runs = np.array([90.0, 91, 92.5])
    assert decide("near(a, 90.5, 1)", a=runs) is True
    assert decide("near(a, 92.5, 1)", a=runs) is False
    assert decide("near(a, 89.5, 1)", a=runs) is False
    assert decide("near(a, 91, 0)", a=np.array([90, 91, 92], dtype=object)) is True
    assert decide("near(a, 50, 1)", a=runs[:2]) is None  # two runs refute nothing either
    assert decide("near(a, 90, 1)", a=90.0) is None


def test_differ_and_interval_low_equal_scipy():
    generator = np.random.default_rng(2)
    a, b = generator.normal(0.8, 1, (4, 30)), generator.normal(0, 1, (4, 30))
    interval = stats.ttest_rel(a, b).confidence_interval(0.95)
    found = rules.evaluate("differ(a, b)", {"a": a, "b": b})
    assert found.tolist() == ((interval.low > 0) | (interval.high < 0)).tolist()
    assert 0 < found.sum() < 30
    low = rules.evaluate("interval_low(a)", {"a": a})
    np.testing.assert_allclose(low, stats.ttest_1samp(a, 0).confidence_interval(0.95).low)
    with pytest.raises(ValueError, match="3 pairs or more"):
        rules.evaluate("differ(a, b)", {"a": a[:2], "b": b[:2]})
    with pytest.raises(ValueError, match="3 seeds or more"):
        rules.evaluate("interval_low(a)", {"a": 4.0})


def test_lines_equal_scipy():
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=7), generator.normal(size=(2, 5, 7))
    slopes = rules.evaluate("slope(x, y)", {"x": x, "y": y})
    errors = rules.evaluate("fit_error(x, y)", {"x": x, "y": y})
    for index in np.ndindex(2, 5):
        line = stats.linregress(x, y[index])
        assert slopes[index] == pytest.approx(line.slope)
        left_over = y[index] - line.intercept - line.slope * x
        assert errors[index] == pytest.approx(np.sqrt((left_over**2).mean()))
    with pytest.raises(ValueError, match="a line needs"):
        rules.evaluate("slope(x, y)", {"x": np.ones(7), "y": y})


def test_numbers():
    counts = np.array([[4, 2, 1], [6, 2, 2], [5, 9, 0]], dtype=object)
    known = {"c": counts, "s": np.array([1, 1, -1, 1, 0], dtype=object)}

    def value(rule):
        found = rules.evaluate(rule, known)
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
        rules.evaluate("variation(s)", {"s": np.array([1.0, -1.0])})
    with pytest.raises(ValueError, match="positive values"):
        rules.evaluate("log(s)", known)
    with pytest.raises(ValueError, match="undecided"):
        rules.evaluate("how_many(ordered(c, c))", {"c": np.ones((5, 2))})


def test_hyperplane_regions_by_the_recursion_of_adding_one_hyperplane():
    def regions(number, dimension):
        if number == 0 or dimension == 0:
            return 1
        return regions(number - 1, dimension) + regions(number - 1, dimension - 1)

    number, dimension = np.meshgrid(np.arange(9), np.arange(5))
    found = rules.evaluate("hyperplane_regions(D, d)", {"D": number, "d": dimension})
    assert all(found[i] == regions(number[i], dimension[i]) for i in np.ndindex(number.shape))
    assert decide("hyperplane_regions(600, 600) == 2 ** 600")


# --- the file ---


def test_the_file_holds_all_claims_of_the_chapter_once():
    loaded = claims.load_claims()
    chapter = [claim for claim in loaded.values() if claim.chapter == "activation_cells"]
    assert len(chapter) == 59
    assert {claim.scale for claim in chapter} == {"live", "desk"}
    desk = {claim.id for claim in chapter if claim.scale == "desk"}
    assert desk == {
        *(f"fig-2.12.{part}" for part in "abcd"),
        *(f"fig-2.13.{part}" for part in "abcde"),
        "txt-2.2.4.2",
    }
    corrected = {claim.id for claim in chapter if claim.corrected}
    assert corrected >= {"def-2.b", "prop-1.b", "prop-2.b", "fig-2.4.c", "fig-2.5.c"}


def test_every_function_of_the_language_is_used_by_a_claim():
    used = {
        node.func.id
        for claim in claims.load_claims().values()
        for rule in claim.expressions
        for node in ast.walk(rules.parse(rule))
        if isinstance(node, ast.Call)
    }
    assert used == set(FUNCTIONS)


ENTRY = {
    "where": "thesis 1",
    "chapter": "one",
    "statement": "A count is small.",
    "kind": "number",
    "scale": "live",
    "measured": {"count": "how many"},
    "rule": "count <= 3",
    "rule_text": "At most 3.",
}


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Writes a file of claims and makes it the book's own."""

    def write(**entries):
        path = tmp_path / f"claims-{len(list(tmp_path.iterdir()))}.yml"
        path.write_text(yaml.safe_dump(entries, sort_keys=False))
        monkeypatch.setenv("RELU_BOOK_CLAIMS", str(path))
        return path

    monkeypatch.setattr(verdicts, "_session", {})
    return write


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"rule": None}, "lacks rule"),
        ({"colour": "red"}, "unknown field colour"),
        ({"kind": "guess"}, "kind is one of"),
        ({"scale": "huge"}, "scale one of"),
        ({"rule": "counts <= 3"}, "counts is used by a rule and not described"),
        ({"rule": "1 <= 3"}, "count is described under measured and used by no rule"),
        ({"rule": "count.real"}, "x: a rule cannot use Attribute"),
        ({"rule": "count <= tolerance"}, "tolerance is used and not given"),
        ({"measured": {"max": "how many"}, "rule": "max < 2"}, "max is a word of the rules"),
        ({"corrected": {"rule": "count > 3"}}, "corrected has statement, rule, rule_text"),
    ],
)
def test_a_wrong_entry_is_named(book, change, complaint):
    entry = {key: value for key, value in (ENTRY | change).items() if value is not None}
    with pytest.raises(ValueError, match=complaint):
        claims.load_claims(book(x=entry))


def test_a_repeated_id_is_refused(tmp_path):
    path = tmp_path / "claims.yml"
    path.write_text("a: 1\nb: 2\na: 3\n")
    with pytest.raises(ValueError, match="a stands twice"):
        claims.load_claims(path)


def test_the_file_is_found_from_elsewhere_and_its_absence_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv("RELU_BOOK_CLAIMS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert claims.claims_path().parts[-2:] == ("data", "claims.yml")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yml"):
        claims.load_claims(tmp_path / "nowhere.yml")
    monkeypatch.setenv("RELU_BOOK_CLAIMS", str(tmp_path / "gone.yml"))
    with pytest.raises(FileNotFoundError, match=r"gone\.yml"):
        claims.judge("fig-2.6.a")


def test_an_installed_package_finds_the_file_above_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("RELU_BOOK_CLAIMS", raising=False)
    monkeypatch.setattr(catalogue, "__file__", str(tmp_path / "site-packages" / "catalogue.py"))
    (tmp_path / "clone" / "book").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "clone" / "book")
    with pytest.raises(FileNotFoundError, match="work inside a clone"):
        claims.claims_path()
    (tmp_path / "clone" / "data").mkdir()
    (tmp_path / "clone" / "data" / "claims.yml").write_text(yaml.safe_dump({"x": ENTRY}))
    assert list(claims.load_claims()) == ["x"]


# --- verdicts ---


def test_verdict_words(book):
    right = {"statement": "It is large.", "rule": "count > 3", "rule_text": "Above 3."}
    book(
        plain=ENTRY,
        wrong=ENTRY | {"corrected": right},
        vague=ENTRY | {"rule": "enough(count <= 3)"},
        choice=ENTRY | {"kind": "setting"},
        large=ENTRY | {"scale": "paper"},
    )

    def verdict(name, count, **more):
        found = claims.judge(name, {"count": count}, **more)
        assert found.verdict in claims.VERDICTS
        return found.verdict, found.corrected, found.followed

    assert verdict("plain", 3) == ("holds", None, None)
    assert verdict("plain", 4) == ("fails", None, None)
    assert verdict("wrong", 4) == ("wrong as printed", "holds", None)
    assert verdict("wrong", 3) == ("holds", None, None)
    assert verdict("vague", 4) == ("undecided", None, None)
    assert verdict("choice", 3) == ("setting", None, True)
    assert verdict("choice", 4) == ("setting", None, False)
    assert verdict("large", 3, scale="desk")[0] == "not decidable at this scale"
    assert verdict("large", 3, scale="paper")[0] == "holds"
    assert claims.judge("plain").verdict == "not run"
    with pytest.raises(ValueError, match="scale is one of"):
        verdict("plain", 3, scale="big")


@pytest.mark.parametrize(
    ("measured", "complaint"),
    [
        ({}, "x: count is missing; its rule needs count"),
        ({"count": 1, "counts": 1}, "counts is unknown"),
        ({"count": float("nan")}, "x: count holds nan"),
        ({"count": np.array([1.0, np.inf])}, "x: count holds inf"),
        ({"count": torch.tensor([1.0, float("nan")])}, "x: count holds nan"),
        ({"count": []}, "count is empty"),
        ({"count": np.zeros((0, 3))}, "count is empty"),
        ({"count": "3"}, "not str"),
        ({"count": None}, "not NoneType"),
        ({"count": {"a": 1}}, "not dict"),
        ({"count": 1j}, "not complex"),
        ({"count": [[1, 2], [3]]}, "must hold numbers|different lengths"),
        ({"count": [1, 2]}, "ends in true, false or undecided"),
    ],
)
def test_unusable_measurements_are_named(book, measured, complaint):
    book(x=ENTRY)
    with pytest.raises(ValueError, match=complaint):
        claims.judge("x", measured)


def test_an_unknown_id_is_answered_with_close_ones():
    with pytest.raises(ValueError, match=r"'fig-2.6a': did you mean fig-2\.6\.a"):
        claims.judge("fig-2.6a")
    with pytest.raises(ValueError, match="lists them all"):
        claims.check("zzz")


@pytest.mark.parametrize(
    "value",
    [
        3,
        3.0,
        np.int64(3),
        np.float32(3),
        np.array(3),
        torch.tensor(3),
        torch.tensor(3.0, dtype=torch.bfloat16),
        torch.tensor(3.0, requires_grad=True),
        True,
        np.True_,
    ],
)
def test_numpy_and_torch_values_are_taken(book, value, capsys):
    book(x=ENTRY)
    assert claims.judge("x", {"count": value}).verdict == "holds"
    assert claims.check("x", count=value) is None
    shown = "yes" if value is True or value is np.True_ else "3"
    assert f"measured: count {shown}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "value",
    [
        [1, 2, 3],
        (1, 2, 3),
        range(1, 4),
        np.array([1, 2, 3], dtype=np.uint8),
        torch.tensor([1, 2, 3]),
        [torch.tensor(1), np.int32(2), 3],
    ],
)
def test_sequences_are_taken_and_integers_stay_exact(book, value):
    book(x=ENTRY | {"rule": "all(count <= 3) and sum(2 ** (100 * count)) > 2 ** 300"})
    assert claims.judge("x", {"count": value}).verdict == "holds"


def test_judging_changes_neither_its_input_nor_the_session(book):
    book(x=ENTRY | {"rule": "all(count <= 3)"})
    count = np.array([1, 2])
    claims.judge("x", {"count": count})
    assert count.dtype == np.int64 and count.tolist() == [1, 2]
    assert claims.summary("one").tally == {"not run": 1}


# --- printing ---


def test_check_prints_id_measured_rule_and_verdict(capsys):
    assert claims.check("fig-2.6.a", exact_sectors=256, sectors_on_grid=[250, 256, 253] * 3) is None
    assert capsys.readouterr().out == textwrap.dedent(
        """\
        fig-2.6.a
          measured: exact_sectors 256; sectors_on_grid 9 seeds: 250 ... 256, median
            253
          rule: Exactly 256 sectors, of which the grid sees 250 to 256.
          verdict: holds
        """
    )


def test_check_prints_the_correction_and_the_report(capsys):
    claims.check(
        "prop-2.b",
        {"values": [0, 0, 1], "midpoint": [-1, -1]},
        ends_on_printed_line=0,
        ends_on_corrected_line=2,
    )
    out = capsys.readouterr().out
    assert "corrected: The same counter-example, on the line y = -x - 2" in out
    assert out.endswith("verdict: wrong as printed; corrected: holds\n")
    claims.check(
        "fig-2.7.b",
        bias_of_maximum=0.85,
        count_bias_08=np.arange(10) + 5280,
        count_bias_09=np.arange(10)[::-1] + 5280,
    )
    out = capsys.readouterr().out
    assert "  report: 0.8 and 0.9 can be told apart: no\n" in out
    assert all(len(line) <= 76 for line in out.splitlines())


def test_rounding_errors_are_printed_the_same_on_every_machine(capsys):
    for size in (1e-15, 3e-7):
        claims.check("eq-2.9", deviation=np.full(120, size))
    first, second = capsys.readouterr().out.split("eq-2.9\n")[1:]
    assert first == second
    assert "deviation within 1e-05 (120 cases)" in first
    claims.check("eq-2.9", deviation=[0.25, 1e-9])
    assert "deviation up to 0.25 (2 cases)" in capsys.readouterr().out


def test_a_quantity_given_twice_is_refused():
    with pytest.raises(ValueError, match="exact_counts is given twice"):
        claims.check("fig-2.5.b", {"exact_counts": [2, 4]}, exact_counts=[2, 4])


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


def test_summary_lists_every_claim_of_the_chapter(book, capsys):
    book(first=ENTRY, second=ENTRY | {"statement": "a < b"}, other=ENTRY | {"chapter": "two"})
    claims.check("first", count=9)
    claims.check("first", count=2)  # the latest counts
    capsys.readouterr()
    table = claims.summary("one")
    assert [verdict.id for verdict in table.verdicts] == ["first", "second"]
    assert repr(table) == "2 claims: 1 holds, 1 not run\nfirst   holds\nsecond  not run"
    page = table._repr_html_()
    assert "<td>a &lt; b</td><td>live</td><td>not run</td>" in page
    assert page.count("<tr>") == 3
    with pytest.raises(ValueError, match="'three'; chapters: one, two"):
        claims.summary("three")


def test_r_squared_is_the_squared_correlation_and_zero_for_a_constant():
    x = np.arange(1.0, 9.0)
    y = np.stack([2 * x + 1, x**0.5, np.ones(8), x % 3])
    found = rules.evaluate("r_squared(x, y)", {"x": x, "y": y})
    expected = [1, np.corrcoef(x, y[1])[0, 1] ** 2, 0, np.corrcoef(x, y[3])[0, 1] ** 2]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert rules.evaluate("r_squared(x, y)", {"x": x, "y": y[1]}) == pytest.approx(expected[1])
