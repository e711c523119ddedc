"""The file of claims is read, and what is wrong in an entry is told in a sentence."""

import ast

import pytest
import yaml
from small_claims import ENTRY

from relu_book import claims
from relu_book.claims import catalogue, rules
from relu_book.claims.functions import FUNCTIONS


def test_the_file_holds_all_claims_of_the_chapter_once():
    loaded = claims.load_claims()
    chapter = [claim for claim in loaded.values() if claim.chapter == "activation_cells"]
    assert len(chapter) == 60
    assert {claim.scale for claim in chapter} == {"live", "desk"}
    desk = {claim.id for claim in chapter if claim.scale == "desk"}
    assert desk == {
        *(f"fig-2.12.{part}" for part in "abcde"),
        *(f"fig-2.13.{part}" for part in "abcde"),
        "txt-2.2.4.2",
    }
    assert {"def-2.b", "prop-1.b", "prop-2.b"} <= {claim.id for claim in chapter if claim.corrected}
    assert {claim.id for claim in chapter if claim.instead} == {
        "fig-2.4.c",
        "fig-2.5.c",
    }


# Kinds of rules that the chapters to come need; a claim that uses one takes it off this list.
READY = {"correlation_rule", "exists", "ties_at"}


def test_every_function_of_the_language_is_used_by_a_claim():
    used = {
        node.func.id
        for claim in claims.load_claims().values()
        for rule in claim.expressions
        for node in ast.walk(rules.parse(rule))
        if isinstance(node, ast.Call)
    }
    assert used | READY == set(FUNCTIONS) and not used & READY


RIGHT = {"statement": "It is large.", "rule": "count > 3", "rule_text": "Above 3."}
TWO = {"one": "count > 3", "another": "count > 4"}
OLD = {"date": "2026-11-29", "reason": "A defect.", "rule": "count < 9", "verdict": "holds"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"rule": None}, "lacks rule"),
        ({"colour": "red"}, "unknown field colour: a claim has .*, rule, rule_text, "),
        ({7: "red"}, "unknown field 7: a claim has"),
        ({"kind": "guess"}, "kind is one of .*, not 'guess' and 'live'"),
        ({"scale": "huge"}, "scale one of"),
        ({"rule": "counts <= 3"}, "counts is used by a rule and not described"),
        ({"rule": "1 <= 3"}, "count is described under measured and used by no rule"),
        ({"rule": "count.real"}, "x: a rule cannot use Attribute"),
        ({"rule": "count <= tolerance"}, "tolerance is used and not given"),
        ({"measured": {"max": "how many"}, "rule": "max < 2"}, "max is a word of the rules"),
        ({"corrected": {"rule": "count > 3"}}, "corrected has statement, rule, rule_text"),
        ({"corrected": RIGHT, "kind": "shape"}, "x: only what is calculated can be wrong as pri"),
        ({"corrected": RIGHT, "scale": "desk"}, "only what is calculated"),
        ({"corrected": RIGHT, "experiment": "a/b"}, "with instead: what was found"),
        ({"corrected": RIGHT, "instead": RIGHT}, "corrected, or something was found instead, not"),
        ({"by_construction": "So.", "instead": RIGHT}, "true by construction cannot be otherwise"),
        ({"statement": "At most $2^D."}, "a formula in a sentence begins with a . and does not"),
        ({"rule_text": "At most $2^D."}, "a formula in a sentence"),
        ({"note": "Not $2^D."}, "a formula in a sentence"),
        ({"readings": TWO}, "it has a rule or readings, not both"),
        ({"readings": {"one": "count > 3"}, "rule": None}, "read in one way has a rule"),
        ({"beside": "a/b"}, "beside names a second experiment, and there is no first"),
        ({"requires": {"seeds": 5}}, "requires says what the record of its experiment must have"),
        ({"sizes": {"count": []}}, "sizes names one quantity and lists those"),
        ({"sizes": {"count": ["count"]}}, "sizes names one quantity"),
        ({"sizes": {"images": ["count"]}}, "images is named by sizes and not described"),
        ({"revised": []}, "revised is a list of revisions, oldest first"),
        ({"revised": [{"date": "2026-11-29"}]}, "a revision has date, reason, rule, verdict"),
        ({"revised": [OLD | {"rule": "count.real"}]}, "a revision needs a day and a rule: a rule"),
        ({"revised": [OLD | {"date": "yesterday"}]}, "a revision needs a day and a rule"),
        ({"revised": [OLD | {"date": "20261129"}]}, "is dated 2026-11-29, not 20261129"),
        ({"revised": [OLD, OLD | {"date": "2025-01-01"}]}, "not in the order of their dates"),
    ],
)
def test_a_wrong_entry_is_named(book, change, complaint):
    entry = {key: value for key, value in (ENTRY | change).items() if value is not None}
    with pytest.raises(ValueError, match=complaint):
        claims.load_claims(book(x=entry))


def test_an_entry_keeps_how_its_rule_came_about(book):
    again = OLD | {"date": "2026-12-01"}
    (claim,) = claims.load_claims(book(x=ENTRY | {"revised": [OLD, again]})).values()
    assert claim.revised == (claims.Revision(**OLD), claims.Revision(**again))


def test_every_revision_names_its_defect_and_what_the_verdict_was():
    for claim in claims.load_claims().values():
        for each in claim.revised:
            assert each.reason.endswith("."), claim.id
            assert each.verdict.startswith(claims.VERDICTS), claim.id


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
