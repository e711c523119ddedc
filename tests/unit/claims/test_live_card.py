"""Where somebody works in a notebook a verdict is its card; what is stored and compared is text."""

import re
from pathlib import Path

import pytest
from claim_samples import CHAPTERS

from relu_book.claims import VERDICTS, judge, ledger, load_claims, session
from relu_book.claims.cards import BOOK, COLOURS, SIGNS
from relu_book.claims.live_card import live_card

ROOT = Path(__file__).resolve().parents[3]
JUDGED = judge("fig-2.6.a", {"exact_sectors": 256, "sectors_on_grid": [254, 256, 255]})


def test_a_live_card_is_that_of_the_book_with_its_colours():
    found = live_card(JUDGED)
    assert found.startswith("<style>") and len(found) < 3000
    assert f'<a href="{BOOK}/claims.html#fig-2.6.a">fig-2.6.a</a>' in found
    assert "<b>✓ holds</b>" in found and "<details>" in found and "<dt>command" not in found
    assert f"--piece:{COLOURS['holds'][0]}" in found and COLOURS["fails"][0] not in found


@pytest.mark.parametrize("name", ["fig-2.12.d", "fig-3.1.r", "prop-2.b", "txt-2.1.1.2"])
def test_each_kind_of_verdict_has_a_live_card(name):
    claim = load_claims()[name]
    verdict = judge(name, CHAPTERS[claim.chapter].SAMPLES[name][0], evidence=("a/b, desk: none",))
    found = live_card(verdict)
    assert f"{SIGNS[verdict.verdict]} {verdict.words}".strip() in found
    assert ("<p>a/b, desk: none" in found) == (verdict.verdict != "not run")


def test_colours_and_address_are_those_of_the_book():
    style = (ROOT / "book" / "_static" / "relu_book.css").read_text(encoding="utf8")
    found = re.findall(
        r'^\[data-verdict="([^"]*)"\] \{ --piece: (#\w+); --sign: (#\w+); \}$', style, re.MULTILINE
    )
    assert {name: tuple(colours) for name, *colours in found} == COLOURS
    assert set(COLOURS) == set(VERDICTS) - {"not run"}
    assert f'Book = "{BOOK.removesuffix("book")}"' in (ROOT / "pyproject.toml").read_text("utf8")


CELLS = """
from relu_book.claims import check, summary
check("fig-2.6.a", exact_sectors=256, sectors_on_grid=[254, 256, 255])
"""


@pytest.fixture(scope="module")
def outputs():
    """The outputs of a cell that judges, by whether a person runs it."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.delenv("RELU_BOOK_STATIC", raising=False)
        for person in (True, False):
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELLS)])
            client = nbclient.NotebookClient(notebook, kernel_name="python3")
            with client.setup_kernel():
                client.kc.allow_stdin = person
                client.execute_cell(notebook.cells[0], 0)
            found[person] = notebook
    return found


def test_a_person_sees_the_card_and_a_program_stores_the_text(outputs):
    (shown,), (stored,) = (outputs[person].cells[0].outputs for person in (True, False))
    assert shown.data == {"text/plain": str(JUDGED), "text/html": live_card(JUDGED)}
    assert stored.output_type == "stream" and stored.text == f"{JUDGED}\n"


def test_what_a_person_saved_is_read_like_what_a_program_stored(outputs, tmp_path):
    nbformat = pytest.importorskip("nbformat")
    entries = []
    for person, notebook in outputs.items():
        path = tmp_path / f"{person}.ipynb"
        nbformat.write(notebook, path)
        (entry,) = ledger.stored([path], load_claims()).values()
        entries.append((entry.verdict, entry.parts))
    assert entries[0] == entries[1]


def test_a_verdict_that_is_shown_is_remembered_either_way(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    monkeypatch.setattr(session, "_session", {})
    for live in (True, False):
        monkeypatch.setattr(session, "kernel_is_live", lambda live=live: live)
        session.show(JUDGED)
        assert session.remembered("fig-2.6.a") is JUDGED
    assert len(shown) == 1 and capsys.readouterr().out == f"{JUDGED}\n"
