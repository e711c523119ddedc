"""How verdicts are made, printed and remembered."""

import textwrap

import numpy as np
import pytest
import torch
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
