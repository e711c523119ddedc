"""The page on verdicts prints what it shows, knows every verdict, and stays short."""

import re
from pathlib import Path

from relu_book.claims import VERDICTS

PAGE = Path(__file__).resolve().parents[3] / "book" / "how_to_read_a_verdict.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_page_on_verdicts_prints_what_it_shows(capsys):
    names: dict[str, object] = {}
    shown = 0
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(text, str(PAGE), "exec"), names)
        else:
            assert capsys.readouterr().out == text
            shown += 1
    assert shown == 2


def test_the_page_on_verdicts_knows_every_verdict_and_stays_short():
    text = PAGE.read_text(encoding="utf-8")
    told = re.findall(r"^\| ([a-z][a-z ,]*) \|", text, re.MULTILINE)
    assert [verdict for verdict in told if verdict in VERDICTS] == list(VERDICTS)
    assert len(text.splitlines()) <= 60
