"""Chapters of several parts: each leads on to the next, and the last one sums up all of them."""

import re
from itertools import pairwise

import nbformat
import pytest
import yaml
from book_contents import ROOT, entries

CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [entries(one) for part in CONTENTS["parts"] for one in part["chapters"]]
OF_PARTS = {names[0]: names for names in CHAPTERS if len(names) > 1}


def cells_of(name):
    return nbformat.read(ROOT / f"{name}.ipynb", as_version=4).cells


@pytest.mark.parametrize("chapter", OF_PARTS)
def test_parts_have_the_name_of_their_chapter_and_lead_on(chapter):
    parts = OF_PARTS[chapter]
    assert [name for name in parts if not name.startswith(chapter)] == []
    for name, following in pairwise(parts):
        last = cells_of(name)[-1]
        assert last.cell_type == "markdown" and last.source.startswith("## What holds")
        assert f"]({following.removeprefix('book/')}.ipynb)" in last.source.splitlines()[-1]


@pytest.mark.parametrize("chapter", OF_PARTS)
def test_the_last_part_sums_up_all_and_is_executed_after_them(chapter):
    *before, last = OF_PARTS[chapter]
    summary = cells_of(last)[-1].source
    named = re.findall(r'"(\w+)\.ipynb"', summary)
    assert named == [name.removeprefix("book/") for name in before] and "summary(" in summary
    (reports,) = re.findall(r"^REPORTS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert f"{last}.ipynb" in reports.split()
