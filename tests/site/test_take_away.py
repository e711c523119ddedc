"""The book as one file: pages in order, bookmarks, pictures that every reader knows."""

import io
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from book_contents import ROOT
from PIL import Image

sys.path.insert(0, str(ROOT / "book"))
import take_away

PAGE = """<!doctype html><html lang="en"><body><article><section id="top"><h1>Page {0}</h1>
<p>Text and <a href="b.html#inner">another page</a>, <a href="#pic-dot">picture 1</a>.</p>
<div class="cell tag_hide-input"><details class="hide"><summary>Show</summary>draws</details></div>
<div class="cell tag_hide-cell"><details class="hide"><summary>Show</summary>answer</details></div>
<style>.toggle-hidden p {{ display: none; }}</style>
<div class="toggle-hidden"><p>explained</p></div>
<mjx-container><mjx-assistive-mml><math xmlns="http://www.w3.org/1998/Math/MathML"><mi>clip</mi>
<mi>x</mi></math></mjx-assistive-mml></mjx-container>
<figure class="relu-picture" id="pic-dot"><div><img alt="What is seen." src="dot.png"></div>
<figcaption><a href="#pic-dot">Picture 1.</a> What it says.</figcaption></figure>
<section id="inner"><h2>A section of {0}</h2><details><summary>shown</summary>hidden</details>
<div class="relu-card"><details><summary>handle</summary>the rule</details></div>
<div class="relu-explore"><p>picture</p><div data-controls>slider</div></div></section>
</section></article></body></html>"""


@pytest.fixture
def small_site(tmp_path):
    folder = tmp_path / "site" / "book"
    folder.mkdir(parents=True)
    entries = ""
    for picture in (folder / "dot.png", folder.parent / "_static" / "preview.png"):
        picture.parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4), "red").save(picture)
    for name in "ab":
        (folder / f"{name}.html").write_text(PAGE.format(name), encoding="utf8")
        entries += (
            f"<url><loc>https://x.y/z/book/{name}.html</loc><lastmod>2026-01-02</lastmod></url>"
        )
    (folder.parent / "sitemap.xml").write_text(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    )
    return folder.parent


def test_pages_come_in_the_order_of_the_book(small_site):
    assert take_away.pages(small_site) == {
        "book/a": "https://x.y/z/book/a.html",
        "book/b": "https://x.y/z/book/b.html",
    }
    assert str(take_away.changed(small_site)) == "2026-01-02"


@pytest.mark.usefixtures("browser")
def test_the_pdf_has_every_page_with_its_sections(small_site, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    target = tmp_path / "book.pdf"
    # A process of its own, since one process drives one browser.
    script = ROOT / "book" / "take_away.py"
    subprocess.run([sys.executable, script, "pdf", small_site, target], check=True)
    with pypdf.PdfReader(target) as book:
        assert len(book.pages) == 2
        titles = [
            [item.title for item in (one if isinstance(one, list) else [one])]
            for one in book.outline
        ]
        assert titles == [["Page a"], ["A section of a"], ["Page b"], ["A section of b"]]
        text = book.pages[0].extract_text()
        actions = [note.get_object().get("/A", {}) for note in book.pages[0]["/Annots"]]
        links = [action["/URI"] for action in actions if "/URI" in action]
    assert "the rule" in text and "handle" not in text
    assert "slider" not in text and "on the published page" in text
    assert "answer" in text and "explained" in text
    assert "draws" not in text and "Show" not in text
    assert links == ["https://x.y/z/book/b.html#inner", "https://x.y/z/book/a.html#inner"]


@pytest.mark.usefixtures("browser")
@pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc packs the EPUB")
def test_the_epub_has_every_place_that_is_linked_and_says_what_pictures_show(small_site, tmp_path):
    target = tmp_path / "book.epub"
    script = ROOT / "book" / "take_away.py"
    subprocess.run([sys.executable, script, "epub", small_site, target], check=True)
    with zipfile.ZipFile(target) as book:
        texts = {
            name.rpartition("/")[2]: book.read(name).decode()
            for name in book.namelist()
            if re.search(r"text/ch\d+\.xhtml$", name)
        }
    assert len(texts) == 2
    places = {
        f"{name}#{id}" for name, text in texts.items() for id in re.findall(r' id="(.*?)"', text)
    }
    links = {
        link if link[0] != "#" else name + link
        for name, text in texts.items()
        for link in re.findall(r' href="((?!https?:)[^"]*#.*?)"', text)
    }
    assert len(links) == 3 and links <= places
    for text in texts.values():
        assert 'alt="What is seen."' in text and "aria-hidden" not in text
        assert "What it says." in text and "answer" in text
        assert "draws" not in text and "Show" not in text
        assert "<mtext" in text and ">clip</mtext>" in text and "<mi>x</mi>" in text


def test_pictures_become_png_or_plain_svg(tmp_path):
    webp = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(webp, "webp", lossless=True)
    (tmp_path / "a.webp").write_bytes(webp.getvalue())
    copy = take_away._plain(str(tmp_path / "a.webp"), tmp_path)
    with Image.open(copy) as image:
        assert image.format == "PNG" and image.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    (tmp_path / "a.svg").write_text('<!DOCTYPE svg PUBLIC "x">\n<svg><path id="s"/></svg>')
    assert take_away._plain(str(tmp_path / "a.svg"), tmp_path).read_text() == (
        '\n<svg><path d="" id="s"/></svg>'
    )


def test_what_is_missing_is_said_in_a_sentence(small_site, tmp_path, monkeypatch):
    monkeypatch.setattr(take_away.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="apt install pandoc"):
        take_away.write_epub(small_site, tmp_path / "book.epub")
    with pytest.raises(SystemExit, match="apt install chromium"):
        next(take_away.opened(small_site))
