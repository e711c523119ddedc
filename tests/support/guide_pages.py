"""The code of a guide, run in the order of its page, with what it prints held to the page."""

import re
from collections.abc import Callable
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```", re.M | re.S)


def code_of(page: str) -> list[str]:
    """The Python blocks of a page, by its file name."""
    text = (BOOK / page).read_text(encoding="utf-8")
    return [block for kind, block in BLOCK.findall(text) if kind == "python"]


def run_guide(
    page: str, capsys, after_block: Callable[[dict], None] = lambda names: None
) -> tuple[dict[str, object], int]:
    """Runs a page and compares what each block prints with the text behind it.

    Args:
        page: File name, such as ``use_patterns.md``.
        capsys: Pytest's.
        after_block: Is given the names after each block of code.

    Returns:
        The names that the code made, and how many printed texts were compared.
    """
    names: dict[str, object] = {}
    shown = 0
    for kind, block in BLOCK.findall((BOOK / page).read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(block, page, "exec"), names)
            after_block(names)
        else:
            found = capsys.readouterr().out
            assert OutputChecker().check_output(block, found, ELLIPSIS), f"{block}\n---\n{found}"
            shown += 1
    assert capsys.readouterr().out == ""  # nothing is printed that the page does not show
    return names, shown
