"""Pictures are numbered by page, and text refers to them by number."""

import re
from pathlib import Path

import pytest
from book_contents import CONTENTS, NOTEBOOKS
from pictures import Numbering, title

LABEL = re.compile(
    r'<figure class="relu-picture" id="(pic-[^"]+)".*?<figcaption>'
    r'<a href="#([^"]+)">Picture (\d+)\.</a> [^<]',
    re.DOTALL,
)


def picture(name: str) -> str:
    return f'<figure class="relu-picture" data-picture="{name}"><figcaption>Dots</figcaption>'


def test_pictures_are_numbered_over_the_pieces_of_a_page():
    page = Numbering()
    first = page.numbered(picture("dots") + "</figure><p>between</p>" + picture("lines"))
    second = page.numbered(picture("dots") + picture(""))
    assert page.anchors == {"pic-dots": 1, "pic-lines": 2, "pic-dots-2": 3, "pic-4": 4}
    assert LABEL.findall(first + second) == [
        (anchor, anchor, str(number)) for anchor, number in page.anchors.items()
    ]
    assert page.numbered("<p>no picture</p>") == "<p>no picture</p>"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_numbers_ascend_from_one(site, name):
    page = (site / f"{name}.html").read_text(encoding="utf8")
    found = LABEL.findall(page)
    assert [int(number) for *_, number in found] == list(range(1, len(found) + 1))
    assert all(anchor == target for anchor, target, _ in found)
    assert len({anchor for anchor, *_ in found}) == len(found)
    assert page.count("<figcaption") == len(found) and "data-picture" not in page


def test_text_names_the_number_of_the_picture(site):
    numbers = {
        f"{name}.html#{anchor}": number
        for name in NOTEBOOKS
        for anchor, _, number in LABEL.findall((site / f"{name}.html").read_text(encoding="utf8"))
    }
    links = [
        (f"book/{page}" if page else f"{name}.html", anchor, re.sub("<[^>]*>", "", text))
        for name in CONTENTS
        for page, anchor, text in re.findall(
            r'<a class="reference internal" href="([^"#]*)#(pic-[^"]+)">(.*?)</a>',
            (site / f"{name}.html").read_text(encoding="utf8"),
        )
    ]
    assert len(links) >= 5
    for page, anchor, text in links:
        assert text == f"picture {numbers[f'{page}#{anchor}']}"


@pytest.mark.parametrize(
    ("caption", "first"),
    [
        ("Figure 4.4 in small: a digit. Above the errors.", "Figure 4.4 in small: a digit"),
        ("Rank 1 &lt; 2 for all.", "Rank 1 < 2 for all"),
        ("What ReLU <b>does</b>.\nAnd more.", "What ReLU does"),
    ],
)
def test_titles_are_first_sentences(caption, first):
    assert title(caption) == first


def test_the_index_leads_to_every_picture_and_marks_those_with_sliders(site):
    index = (site / "book/index_of_pictures.html").read_text(encoding="utf8")
    rows = re.findall(r'<li><a href="([^"#]+)#(pic-[^"]+)">(\d+)</a> [^<]+(<strong>)?', index)
    listed = {(page, anchor): (number, bool(moved)) for page, anchor, number, moved in rows}
    there = {}
    for name in CONTENTS:
        page = (site / f"{name}.html").read_text(encoding="utf8")
        for figure in re.findall(r'<figure class="relu-picture" id=.*?</figure>', page, re.DOTALL):
            [(anchor, _, number)] = LABEL.findall(figure)
            there[f"{Path(name).name}.html", anchor] = (number, 'class="relu-explore"' in figure)
    assert len(there) > 100 and sum(moved for _, moved in there.values()) > 20
    assert listed == there
