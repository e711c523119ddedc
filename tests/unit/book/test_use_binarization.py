"""The page on binarization does what it says: its code runs and prints what stands there."""

import re
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "book" / "use_binarization.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```", re.M | re.S)


def test_the_page_on_binarization_does_what_it_says(capsys):
    names, shown = {}, 0
    for kind, block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(block, str(PAGE), "exec"), names)
        else:
            found = capsys.readouterr().out
            assert OutputChecker().check_output(block, found, ELLIPSIS), f"{block}\n---\n{found}"
            shown += 1
    assert capsys.readouterr().out == ""  # nothing is printed that the page does not show
    assert shown == 4
