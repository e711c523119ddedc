"""The guides' code and what it prints fit the page of a desk, which cuts off what is wider."""

import re

import pytest
from book_contents import CONTENTS, ROOT

# What adds files to the repository (contribute.md) has the width of the repository.
GUIDES = [name for name in CONTENTS if name.startswith(("book/use_", "book/how_", "book/intro"))]
WIDEST = {"python": 76, "text": 84}


@pytest.mark.parametrize("name", GUIDES)
def test_code_and_outputs_of_a_guide_are_as_wide_as_the_page(name):
    page = (ROOT / f"{name}.md").read_text(encoding="utf8")
    wide = [
        line
        for kind, width in WIDEST.items()
        for block in re.findall(rf"^```{kind}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
        if len(line) > width
    ]
    assert wide == []
