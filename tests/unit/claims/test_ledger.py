"""The ledger says what the chapters printed, for every claim; the committed page is that ledger."""

import re
import shutil
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from claim_samples import CHAPTERS

from relu_book import runs
from relu_book.claims import VERDICTS, check, judge, ledger, load_claims, session, summary

ROOT = Path(__file__).resolve().parents[3]


def costs() -> dict:
    return {name: runs.find(name).expected for name in runs.names()}


# One claim for each verdict, with a change of its sample that leads to it.
CHECKED = {
    "fig-2.6.a": {},
    "fig-2.3.b": {},  # by construction
    "fig-2.7.a": {"bias_of_minimum": [0, 0.05]},  # fails, revised
    "fig-2.4.c": {},  # fails, and something else was found
    "fig-2.12.d": {},  # not run: its record was made otherwise
    "fig-3.1.q": {"largest_share": [[0.03] * 3] * 5},  # readings that disagree
    "fig-3.1.r": {"evaluations": 4096},  # not decidable
    "prop-2.b": {},  # wrong as printed
    "txt-2.1.1.2": {},  # a setting
}


def sample(name):
    """The invented measurement of a claim."""
    return CHAPTERS[load_claims()[name].chapter].SAMPLES[name][0]


def write_chapter(path: Path) -> None:
    """A chapter whose stored outputs are what ``check`` prints today."""
    printed = [str(judge(name, sample(name) | change)) for name, change in CHECKED.items()]
    cells = [nbformat.v4.new_markdown_cell("## What does the bias do?")]
    for text in printed:
        output = nbformat.v4.new_output("stream", text=text + "\n")
        cells.append(nbformat.v4.new_code_cell("check(...)", outputs=[output]))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def small_clone(root: Path) -> Path:
    """What the ledger reads, with one small chapter."""
    (root / "data").mkdir()
    (root / "book").mkdir()
    for name in ("claims.yml", "conclusions.yml"):
        shutil.copy(ROOT / "data" / name, root / "data")
    write_chapter(root / "book" / "activation_cells.ipynb")
    return root


@pytest.fixture
def clone(tmp_path):
    return small_clone(tmp_path)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return ledger.entries(small_clone(tmp_path_factory.mktemp("clone")))


def edit(clone: Path, old: str, new: str) -> None:
    """Change the first stored output of a chapter that says this, by hand."""
    path = clone / "book" / "activation_cells.ipynb"
    notebook, changed = nbformat.read(path, as_version=4), 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if not changed and old in output.get("text", ""):
                output["text"] = output["text"].replace(old, new, 1)
                changed += 1
    assert changed == 1
    nbformat.write(notebook, path)


def test_the_committed_ledger_is_what_claims_and_chapters_give():
    found = ledger.drift(ROOT, costs())
    assert not found, found


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            ledger.PAGE,
            'id="fig-2.6.a" data-chapter="activation_cells" data-kind="exact" data-verdict="holds"',
            'id="fig-2.6.a" data-chapter="activation_cells" data-kind="exact" data-verdict="fails"',
            "(fig-2.6.a)",
        ),
        (ledger.PAGE, "<b>? undecided (", "<b>✓ holds (", "("),
        (ledger.SUMMARY, " fail", " hold", "(not in its rows)"),
        (ledger.SUMMARY, "| 60 | 2", "| 60 | 5", "(not in its rows)"),
    ],
)
def test_an_edited_ledger_is_told_in_one_sentence(clone, name, old, new, told):
    path = clone / "book" / name
    ledger.write(clone, costs())
    assert ledger.drift(clone, costs()) == ""
    text = path.read_text()
    path.write_text(text.replace(old, new, 1))
    assert text.count(old) >= 1
    found = ledger.drift(clone, costs())
    assert found.startswith(f"book/{name} {told}") and "`relu-book claims`" in found


def test_much_drift_of_the_ledger_is_still_one_short_sentence(clone):
    ledger.write(clone, costs())
    path = clone / "book" / ledger.PAGE
    path.write_text(path.read_text().replace("not run", "holds"))
    (clone / "book" / ledger.SUMMARY).unlink()
    found = ledger.drift(clone, costs())
    assert f"book/{ledger.PAGE} (" in found and f"book/{ledger.SUMMARY} (" in found
    assert " more)" in found and len(found) < 400


def test_the_summary_of_the_ledger_tells_every_verdict_in_words(rows):
    text, tally = ledger.summary_table(rows), Counter(row.verdict for row in rows)
    sentence = text[: text.index("| chapter")]
    assert "2 hold (1 of them by construction)" in sentence
    sentence = sentence.replace("(1 of them by construction)", "")
    numbers = [int(number) for number in re.findall(r"\d+", sentence)]
    expected = [tally[verdict] for verdict in VERDICTS if tally[verdict] and verdict != "not run"]
    left = [tally["not run"]] if tally["not run"] else []
    assert numbers == [len(rows), len(rows) - tally["not run"], *expected, *left]
    assert f"| {' | '.join(str(n) for n in [len(rows), *expected, *left])} |" in text


def test_the_ledger_has_one_row_for_every_claim(rows):
    page = ledger.page(rows, costs(), ledger.SUMMARY)
    assert re.findall(r'relu-card" id="([^"]+)"', page) == list(load_claims())
    verdicts = re.findall(r'data-verdict="([^"]+)"', page)
    assert len(verdicts) == len(rows) and set(verdicts) <= set(VERDICTS)


def test_a_checked_claim_has_its_verdict_measurement_and_page(rows):
    entry = next(entry for entry in rows if entry.claim.id == "fig-2.6.a")
    assert entry.verdict == entry.words == "holds"
    assert entry.parts["measured"].startswith("exact_sectors 256")
    assert entry.page == "activation_cells.html"


def test_a_corrected_statement_of_the_ledger_has_two_verdicts(rows):
    wrong = [entry for entry in rows if entry.verdict == "wrong as printed"]
    assert wrong and all(entry.claim.corrected for entry in wrong)
    assert all(entry.words.startswith("wrong as printed; corrected: ") for entry in wrong)


def test_the_ledger_tells_the_old_verdict_beside_the_new_one(rows):
    page = ledger.page(rows, costs(), ledger.SUMMARY)
    row = next(line for line in page.splitlines() if ' id="fig-2.7.a"' in line)
    assert "<b>✗ fails</b> <small>before: holds</small>" in row
    assert "<dt>revised<dd>2026-11-29: At a bias of 10" in row
    assert "Before: holds, by <code>all(bias_of_minimum == 0)" in row


def test_the_ledger_shows_readings_reasons_and_what_was_found_instead(rows):
    by_id = {entry.claim.id: entry for entry in rows}
    page = ledger.page(rows, costs(), ledger.SUMMARY)
    assert by_id["fig-3.1.q"].words == "undecided (the readings disagree)"
    assert "as the thesis has it: holds; below 2 %" in by_id["fig-3.1.q"].parts["readings"]
    assert "below 2 %, as the article has it: <code>all(below(" in page
    assert by_id["fig-2.4.c"].words == "fails; instead: holds"
    assert "<dt>instead<dd>In the plane the number of cells grows" in page
    assert by_id["fig-2.3.b"].words == "holds, by construction"
    assert "<dt>by construction<dd>The finer grids" in page
    assert by_id["fig-3.1.r"].verdict == "not decidable at this scale"


def test_a_record_that_decides_nothing_is_not_linked(rows):
    entry = next(entry for entry in rows if entry.claim.id == "fig-2.12.d")
    assert entry.verdict == "not run" and entry.records == ()
    assert entry.words == "not run (no record with learning_rate 0.001)"


@pytest.mark.parametrize(
    ("claim", "measured"),
    [
        ("fig-2.6.a", {"exact_sectors": 256, "sectors_on_grid": [254, 256, 255]}),
        ("fig-2.6.a", {"exact_sectors": 255, "sectors_on_grid": [254]}),
        (
            "txt-2.2.4.1",
            {"sizes_that_give_930": [0, 0], "batches_of_59400": 929},
        ),
    ],
)
def test_the_ledger_reads_what_check_prints(claim, measured):
    verdict = judge(claim, measured)
    text = f"words before\n{verdict}\n{judge('fig-2.5.b', {'exact_counts': [2, 4]})}\n"
    first, second = ledger.printed(text, load_claims())
    assert (first.id, second.id) == (claim, "fig-2.5.b")
    assert first.parts["verdict"] == verdict.words
    assert first.parts["rule"].split() == verdict.claim.rule_text.split()
    assert text[slice(*first.span)] == f"{verdict}\n"


def test_a_verdict_edited_by_hand_changes_the_ledger(clone):
    before = ledger.entries(clone)
    edit(clone, "verdict: undecided", "verdict: holds")
    assert ledger.entries(clone) != before


def test_a_verdict_that_is_none_is_refused_by_the_ledger(clone):
    edit(clone, "verdict: undecided", "verdict: nearly")
    with pytest.raises(ValueError, match=r"'nearly .*', which is none"):
        ledger.entries(clone)


def test_a_rule_that_changed_after_the_chapter_is_refused_by_the_ledger(clone):
    path = clone / "data" / "claims.yml"
    old = "Exactly 256 sectors, of which the grid sees 250 to 256."
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, "Exactly 256 sectors, of which the grid sees 200 to 256."))
    with pytest.raises(ValueError, match=r"fig-2\.6\.a was judged by another rule"):
        ledger.entries(clone)


def test_two_verdicts_on_one_claim_are_refused_by_the_ledger(clone):
    path = clone / "book" / "activation_cells.ipynb"
    copy = nbformat.read(path, as_version=4)
    nbformat.write(copy, clone / "book" / "another.ipynb")
    ledger.entries(clone)
    edit(clone, "verdict: undecided", "verdict: holds")
    with pytest.raises(ValueError, match="has another verdict on"):
        ledger.entries(clone)


def test_a_summary_has_what_other_parts_have_stored_and_this_session_before_it(clone, monkeypatch):
    part = clone / "book" / "activation_cells.ipynb"
    monkeypatch.setattr(session, "_session", {})
    found = {row.id: row for row in summary("activation_cells", [part]).verdicts}
    alone = {row.id: row.verdict for row in summary("activation_cells").verdicts}
    assert list(found) == list(alone) and set(alone.values()) == {"not run"}
    for name, change in CHECKED.items():
        if load_claims()[name].chapter == "activation_cells":
            assert found[name].words == judge(name, sample(name) | change).words
    check("fig-2.6.a", exact_sectors=256, sectors_on_grid=[255, 249])
    found = {row.id: row.verdict for row in summary("activation_cells", [part]).verdicts}
    assert found["fig-2.6.a"] == "fails"


def test_a_part_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"stored outputs of first\.ipynb, which is not in"):
        summary("activation_cells", [tmp_path / "first.ipynb"])
