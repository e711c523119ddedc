"""The built book, file by file: every page, every stored output, nothing from elsewhere."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import nbformat
import pytest
from book_contents import CONTENTS, NOTEBOOKS, ROOT
from offline import remote_references

# What Sphinx adds to the pages of the table of contents.
ADDED = {"index", "search", "genindex", "py-modindex", "prf-prf"}


class Page(HTMLParser):
    """Names, links, images and shown outputs of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.images: list[dict] = []
        self.outputs = 0
        self.feed(path.read_text(encoding="utf8"))

    def handle_starttag(self, tag, attributes):
        values = {name: value or "" for name, value in attributes}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        self.links += [values[name] for name in ("href", "src") if name in values]
        if tag == "img":
            self.images.append(values)
        self.outputs += "cell_output" in values.get("class", "").split()


@pytest.fixture(scope="session")
def pages(site) -> dict[str, Page]:
    return {
        str(path.relative_to(site).with_suffix("")): Page(path)
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts
    }


def test_the_pages_are_those_of_the_table_of_contents(pages):
    assert set(pages) - ADDED == set(CONTENTS)
    assert len(CONTENTS) == len(set(CONTENTS))


@pytest.mark.parametrize("name", CONTENTS)
def test_a_page_is_whole(site, name):
    text = (site / f"{name}.html").read_text(encoding="utf8")
    assert text.rstrip().endswith("</html>")
    assert re.search(r"<h1>\s*\w", text)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_stored_output_is_on_its_page(site, pages, name):
    notebook = nbformat.read(ROOT / f"{name}.ipynb", as_version=4)
    hidden = {"remove-output", "remove-cell", "remove_output", "remove_cell"}
    cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.outputs
        and not hidden & set(cell.metadata.get("tags", []))
    ]
    text = (site / f"{name}.html").read_text(encoding="utf8")
    shown = {
        (site / name).parent.joinpath(image["src"]).resolve().read_bytes()
        for image in pages[name].images
        if not image["src"].startswith("data:")
    }
    assert pages[name].outputs == len(cells) > 0
    for cell in cells:
        for output in cell.outputs:
            stored = output.get("data", {}).get("text/html", "")
            for data in re.findall(r'<img[^>]* src="data:image/[^,]*,([^"]*)"', stored):
                assert base64.b64decode(data) in shown, f"a figure of {name} is missing"
            for key in re.findall(r'data-player="(\w+)"', stored):
                assert f'data-player="{key}"' in text, f"a player of {name} is missing"


def test_nothing_comes_from_elsewhere(site):
    sheets = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(sheets) > len(CONTENTS)
    assert {str(path): found for path in sheets if (found := remote_references(path))} == {}


def test_every_image_says_what_it_shows(pages):
    mute = [
        (name, image.get("src", "")[:80])
        for name, page in pages.items()
        for image in page.images
        if not image.get("alt", "").strip() or re.search(r"\.(png|svg|jpe?g|webp)$", image["alt"])
    ]
    assert mute == []


def test_every_link_inside_the_book_leads_somewhere(site, pages):
    dead = []
    for name, page in pages.items():
        here = site / f"{name}.html"
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link in ("", "#"):
                continue
            target = (here.parent / unquote(parts.path)).resolve() if parts.path else here
            known = (
                pages.get(str(target.relative_to(site).with_suffix("")))
                if target.is_file()
                else None
            )
            lost = known and parts.fragment and unquote(parts.fragment) not in known.ids
            # The ledger reads what to show from its address.
            filters = dict(parse_qsl(parts.fragment)) if target.name == "claims.html" else {}
            if not target.is_file() or (lost and not filters):
                dead.append((name, link))
    assert dead == []


def test_a_table_of_commands_leaves_room_for_what_they_do_on_a_phone(site, visit):
    page = visit(viewport={"width": 390, "height": 844}).open(
        site / "book" / "use_experiments.html"
    )
    first, second = page.evaluate(
        "() => [...document.querySelectorAll('table tr:nth-child(2) td')]"
        ".slice(0, 2).map(cell => cell.getBoundingClientRect().width)"
    )
    assert first < second


def test_the_picture_at_the_top_stands_apart_from_the_text(site, visit):
    page = visit(viewport={"width": 390, "height": 844}).open(site / "book" / "intro.html")
    gap = page.evaluate(
        """() => {
          const picture = document.querySelector('article section > .image-reference');
          const below = picture.nextElementSibling.getBoundingClientRect().top;
          return below - picture.querySelector('img').getBoundingClientRect().bottom;
        }"""
    )
    assert gap >= 8
