"""How verdicts are made, printed and remembered."""

import textwrap

import numpy as np
import pytest
import torch
import xarray as xr
from small_claims import ENTRY

from relu_book import claims


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
        return found.verdict, found.other, found.followed

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


def test_a_quantity_given_twice_is_refused():
    with pytest.raises(ValueError, match="exact_counts is given twice"):
        claims.check("fig-2.5.b", {"exact_counts": [2, 4]}, exact_counts=[2, 4])


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


# --- readings, sizes, guards, settings ---


def words(name, **measured):
    return claims.judge(name, measured).words


def test_readings_hold_or_fail_together(book, capsys):
    both = {"as the thesis": "count < 5", "as the article": "count < 3"}
    book(x={key: value for key, value in ENTRY.items() if key != "rule"} | {"readings": both})
    assert words("x", count=1) == "holds"
    assert words("x", count=9) == "fails"
    assert words("x", count=4) == "undecided (the readings disagree)"
    claims.check("x", count=4)
    assert "  readings: as the thesis: holds; as the article: fails\n" in capsys.readouterr().out


def sized(book, **more):
    book(
        x=ENTRY
        | {
            "measured": {"images": "images counted, one a size", "count": "count, one a size"},
            "sizes": {"images": ["count"]},
            "rule": "count < 5 and images > 0",
        }
        | more
    )


def test_a_verdict_needs_the_two_largest_sizes_to_agree(book, capsys):
    sized(book)
    assert words("x", images=[1, 2, 4], count=[9, 1, 1]) == "holds"
    assert words("x", images=[1, 2, 4], count=[1, 9, 9]) == "fails"
    assert words("x", images=[1, 2, 4], count=[1, 9, 1]) == (
        "undecided (the two largest sizes disagree)"
    )
    assert words("x", images=[4], count=[1]) == "undecided (too few: one size of 2)"
    assert words("x", images=4, count=1) == "undecided (too few: one size of 2)"
    claims.check("x", images=[1, 2, 4], count=[9, 1, 1])
    assert "  sizes: 1: fails; 2: holds; 4: holds\n" in capsys.readouterr().out


def test_what_one_of_the_two_largest_sizes_leaves_open_is_told_with_the_size(book):
    across = "the interval contains the threshold"
    clear, open_ = [1.0, 1.1, 1.2], [-1.0, 1.0, 2.0]
    sized(book, rule="positive(count) and images > 0")
    assert words("x", images=[1, 2, 4], count=[clear, open_, clear]) == (
        f"undecided (undecided at 2: {across}; holds at 4)"
    )
    assert words("x", images=[1, 2, 4], count=[open_, clear, open_]) == (
        f"undecided (holds at 2; undecided at 4: {across})"
    )
    below = [-1.0, -1.1, -1.2]  # three seeds refute nothing
    assert words("x", images=[2, 4], count=[open_, below]) == (
        f"undecided (undecided at 2: {across}; undecided at 4: too few: 3 of 5 seeds)"
    )
    assert words("x", images=[1, 2, 4], count=[clear, open_, open_]) == f"undecided ({across})"
    sized(book, rule="decidable(images > 2) and positive(count)")
    assert words("x", images=[2, 4], count=[clear, clear]) == (
        "not decidable at this scale (not decidable at 2: guard not met: images > 2; holds at 4)"
    )


@pytest.mark.parametrize(
    ("measured", "complaint"),
    [
        ({"images": [4, 2], "count": [1, 1]}, "x: images must ascend, but is 4, 2"),
        ({"images": [2, 2], "count": [1, 1]}, "must ascend"),
        ({"images": [2, 4], "count": [1, 1, 1]}, "x: count has not one entry for each of images"),
        ({"images": [2, 4], "count": 1}, "count has not one entry"),
    ],
)
def test_sizes_that_do_not_fit_are_named(book, measured, complaint):
    sized(book)
    with pytest.raises(ValueError, match=complaint):
        claims.judge("x", measured)


def test_at_each_size_the_seeds_go_first(book):
    sized(book, rule="above(count, 2) and images > 0")
    rows = np.random.default_rng(0).normal(3, 0.1, (5, 2))
    named = xr.DataArray(rows, dims=("seed", "size"))
    found = claims.judge("x", {"images": [10, 20], "count": named})
    assert found.verdict == "holds" and found.intervals[0].number == 5
    assert found.intervals[0].middle == pytest.approx(rows[:, 1].mean())  # of the largest size
    assert found.measured["count"].shape == (2, 5)
    assert "5 seeds, against 2" in str(found)


def test_what_was_measured_is_printed_as_it_was_at_the_largest_size(book):
    sized(book, rule="mean(count) > 2 and images > 0")
    named = xr.DataArray([[1.5, 2.5], [3.5, 4.5]], dims=("seed", "size"))
    assert "measured: images 10, 20; count 2.5, 4.5\n" in str(
        claims.judge("x", {"images": [10, 20], "count": named})
    )
    many = xr.DataArray(np.arange(14.0).reshape(7, 2), dims=("seed", "size"))
    assert "count 7 seeds: 1 ... 13, median 7\n" in str(
        claims.judge("x", {"images": [10, 20], "count": many})
    )


@pytest.mark.parametrize("count", [1, 9])
def test_a_guard_that_is_not_met_takes_holds_and_fails_away(book, count):
    guarded = {"measured": {"count": "how many", "distinct": "different ones"}}
    book(
        x=ENTRY | guarded | {"rule": "decidable(distinct < 50) and count < 5"},
        y=ENTRY | guarded | {"rule": "decidable(distinct < 50) or count < 5"},
    )
    expected = "not decidable at this scale (guard not met: distinct < 50)"
    assert words("x", count=count, distinct=99) == words("y", count=count, distinct=99) == expected
    assert words("x", count=count, distinct=9) == ("holds" if count < 5 else "fails")


def test_at_sizes_a_guard_must_be_met_at_both_of_the_largest(book):
    sized(book, rule="decidable(images > 2) and count < 5")
    assert words("x", images=[1, 3, 4], count=[1, 1, 1]) == "holds"
    assert words("x", images=[1, 2, 4], count=[1, 1, 1]).startswith("not decidable")
    unmet = "not decidable at this scale (guard not met: images > 2)"
    assert words("x", images=2, count=1) == unmet


def test_a_record_with_other_settings_decides_nothing(book):
    book(x=ENTRY | {"experiment": "a/b", "requires": {"learning_rate": 0.001}})
    for settings in (None, {}, {"learning_rate": 0.01}):
        found = claims.judge("x", {"count": 1}, settings=settings)
        assert found.words == "not run (no record with learning_rate 0.001)"
        assert not found.measured
    assert claims.judge("x", {"count": 1}, settings={"learning_rate": 0.001}).verdict == "holds"


def test_what_holds_by_construction_is_marked_and_fails_as_anything_else(book):
    book(x=ENTRY | {"by_construction": "Three is the largest that can be counted."}, y=ENTRY)
    assert words("x", count=1) == "holds, by construction"
    assert words("x", count=4) == "fails"
    assert words("y", count=1) == "holds"


def test_what_was_found_instead_stands_beside_what_fails(book, capsys):
    found = {"statement": "It is large.", "rule": "count > 5", "rule_text": "Above 5."}
    book(x=ENTRY | {"kind": "shape", "instead": found})
    assert words("x", count=1) == "holds"
    assert words("x", count=4) == "fails; instead: fails"
    claims.check("x", count=6)
    out = capsys.readouterr().out
    assert "  instead: It is large. (holds)\n  verdict: fails; instead: holds\n" in out


def test_intervals_are_kept_and_printed(book, capsys):
    book(
        x=ENTRY
        | {
            "measured": {"a": "one a seed", "b": "the same, one a seed"},
            "rule": "ordered(a, b) and all(above(a, 1))",
        }
    )
    a, b = np.array([3.0, 4, 5, 4, 3]), np.array([1.0, 1, 2, 1, 2])
    (first, second) = claims.judge("x", {"a": a, "b": b}).intervals
    assert (first.what, first.number, first.thresholds) == ("a - b", 5, (0,))
    assert (second.what, second.thresholds) == ("a", (1,))
    claims.check("x", a=a, b=b)
    out = " ".join(capsys.readouterr().out.split())
    assert "interval: a - b 2.4 [1.29, 3.51], 5 seeds, against 0; a 3.8 [2.76, 4.84]," in out
