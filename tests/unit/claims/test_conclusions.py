"""Conclusions are sorted by the verdicts of the ledger, and rest on claims that exist."""

from pathlib import Path

import pytest

from relu_book.claims import VERDICTS, load_claims
from relu_book.claims.conclusions import SIDES, Conclusion, conclusions_list, load_conclusions
from relu_book.claims.ledger import Entry

ROOT = Path(__file__).resolve().parents[3]
CLAIMS = load_claims()


def row(name: str, verdict: str, words: str | None = None) -> Entry:
    return Entry(CLAIMS[name], verdict, words or verdict)


def test_every_verdict_lies_on_one_side():
    assert set(SIDES) == set(VERDICTS)


def test_the_claims_of_a_conclusion_stand_below_their_sides():
    rows = [
        row("fig-2.4.a", "holds", "holds, by construction"),
        row("fig-2.4.b", "wrong as printed", "wrong as printed; corrected"),
        row("fig-2.4.c", "not run"),
    ]
    names = tuple(each.id for each in rows)
    text = conclusions_list([Conclusion("here", "Cells tell.", names)], rows)
    assert "| 1 | Cells tell. | 1 | 1 | 1 |" in text
    stands, falls, unknown = (text.index(f"**{x}**") for x in (
        "Stands", "Does not stand", "Cannot be said yet"
    ))  # fmt: skip
    places = [text.index(f"- {name} (") for name in names]
    assert stands < places[0] < falls < places[1] < unknown < places[2]
    assert "fig-2.4.a (holds, by construction): " + CLAIMS["fig-2.4.a"].statement in text


def test_a_side_without_claims_is_not_named():
    text = conclusions_list([Conclusion("x", "Y.", ("fig-2.4.a",))], [row("fig-2.4.a", "fails")])
    assert "| 1 | Y. | – | 1 | – |" in text and "**Stands**" not in text


def test_the_books_conclusions_cover_every_chapter_but_the_tutorial():
    found = load_conclusions(ROOT / "data" / "conclusions.yml", CLAIMS)
    chapters = {CLAIMS[name].chapter for each in found for name in each.claims}
    assert chapters == {claim.chapter for claim in CLAIMS.values()} - {"tutorial"}


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("[]", "names no claim"),
        ("[fig-2.4.a, fig-99]", "names the unknown claim fig-99"),
        ("[fig-2.4.a, fig-2.4.a]", "names a claim twice"),
    ],
)
def test_a_conclusion_that_rests_on_nothing_is_refused(tmp_path, claims, said):
    path = tmp_path / "conclusions.yml"
    path.write_text(f"- {{where: here, says: Cells tell., claims: {claims}}}\n")
    with pytest.raises(ValueError, match=said):
        load_conclusions(path, CLAIMS)
