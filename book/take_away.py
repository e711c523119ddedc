"""The built book as one file: ``python book/take_away.py pdf _build/html _build/book.pdf``.

Both forms open the pages in the system's Chromium, in the order of the table of contents, with
figures as they stand at the start and, where a slider was, a link to it on the published page.

pdf     every page printed, joined, with bookmarks down to the sections
epub    the text of all pages as one page of HTML, formulas as MathML, packed by pandoc
"""

import argparse
import base64
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TITLE, AUTHOR = "ReLU, cell by cell", "The relu_book developers"

# Pictures at once instead of when a reader comes near; sliders become links; the cards of a chapter
# are open, those of the ledger show what they show closed; solutions are open, code that only draws
# or judges is left out; links inside the book lead to the published page, those inside a page stay.
PREPARE = """async address => {
  document.querySelectorAll('img[loading]').forEach(image => (image.loading = 'eager'));
  await window.MathJax?.startup?.promise;
  await Promise.all([...document.images].map(image => image.decode().catch(() => 0)));
  for (const player of document.querySelectorAll('.relu-explore')) {
    const link = document.createElement('a');
    link.href = '#' + (player.closest('section[id]')?.id ?? '');
    link.dataset.published = '';
    link.textContent = 'Sliders for this picture: on the published page';
    player.querySelectorAll('[data-controls], script, style, noscript').forEach(e => e.remove());
    player.append(link);
  }
  document.querySelectorAll('.relu-ledger .relu-card details, .tag_hide-input details.hide')
    .forEach(e => e.remove());
  const folds = ':is(.relu-card, .relu-summary, .tag_hide-cell) details';
  for (const fold of document.querySelectorAll(folds)) {
    fold.querySelector('summary').remove();
    fold.replaceWith(...fold.childNodes);
  }
  document.querySelectorAll('.toggle-hidden').forEach(e => e.classList.remove('toggle-hidden'));
  for (const link of document.querySelectorAll('a[href]')) {
    const target = link.getAttribute('href');
    if (/^[a-z]+:/.test(target)) continue;
    if (target.startsWith('#') && !('published' in link.dataset)) continue;
    link.href = new URL(target, address).href;
  }
  document.querySelectorAll('.headerlink, button, .relu-filters').forEach(e => e.remove());
}"""

# The article alone, for a reader without scripts and styles of ours: formulas as the MathML that
# MathJax keeps beside its drawings, of what opens the handle alone, and names of places that are
# unique in the whole book.
ARTICLE = """([page, pages, base]) => {
  const article = document.querySelector('article');
  const place = (name, id) => name.replaceAll('/', '-') + (id ? '--' + id : '');
  for (const formula of article.querySelectorAll('mjx-container')) {
    const math = formula.querySelector('mjx-assistive-mml math');
    if (formula.hasAttribute('display')) math.setAttribute('display', 'block');
    for (const name of math.querySelectorAll('mi')) {  // words: pandoc takes them for products
      if (!/^(.|arctan|exp|ln|log|max|min)$/u.test(name.textContent)) {
        const word = document.createElementNS(math.namespaceURI, 'mtext');
        word.textContent = name.textContent;
        name.replaceWith(word);
      }
    }
    (formula.closest('.math') ?? formula).replaceWith(math);
  }
  article.querySelectorAll('.relu-overview a').forEach(link => link.append(' '));
  article.querySelectorAll('details').forEach(
    details => details.replaceWith(...details.querySelector('summary').childNodes));
  article.querySelectorAll('script, style, noscript, svg, .prev-next-footer')
    .forEach(e => e.remove());
  article.querySelectorAll('[style], [class*=cell_]').forEach(e => e.removeAttribute('style'));
  for (const link of article.querySelectorAll('a[href]')) {
    const url = new URL(link.href);
    const target = url.href.startsWith(base)
      ? url.pathname.slice(new URL(base).pathname.length).replace(/\\.html$/, '')
      : url.protocol === 'file:' ? page : null;
    if (!pages.includes(target) || 'published' in link.dataset) continue;
    const id = url.hash.includes('=') ? '' : decodeURIComponent(url.hash.slice(1));
    link.setAttribute('href', '#' + place(target, id));
  }
  for (const figure of article.querySelectorAll('.relu-picture')) {  // else the alt text goes
    const caption = document.createElement('p');
    caption.append(...figure.querySelector('figcaption').childNodes);
    figure.querySelector('figcaption').replaceWith(caption);
    const picture = document.createElement('div');
    picture.id = figure.id;
    picture.append(...figure.childNodes);
    figure.replaceWith(picture);
  }
  for (const term of article.querySelectorAll('dt[id]')) {  // pandoc drops them
    const mark = document.createElement('span');
    mark.id = term.id;
    term.removeAttribute('id');
    term.prepend(mark);
  }
  article.querySelectorAll('[id]').forEach(e => (e.id = place(page, e.id)));
  article.querySelector('section').id = place(page, '');
  for (const section of article.querySelectorAll('section')) {  // chapters begin at bare headings
    const heading = section.querySelector(':scope > :is(h1, h2, h3, h4, h5, h6)');
    if (heading) heading.id = section.id;
    section.replaceWith(...section.childNodes);
  }
  article.querySelectorAll('img').forEach(image => {
    const {protocol, pathname} = new URL(image.src);
    if (protocol === 'file:') image.setAttribute('src', decodeURIComponent(pathname));
  });
  return article.innerHTML;
}"""


def pages(site: Path) -> dict[str, str]:
    """Name of each page of a built book, such as ``book/intro``, and its published address."""
    sitemap = ElementTree.parse(site / "sitemap.xml")
    addresses = [
        loc.text for loc in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]
    base = base_of(addresses)
    return {address.removeprefix(base).removesuffix(".html"): address for address in addresses}


def base_of(addresses: list[str]) -> str:
    """The address of the site: that of its pages up to their folder."""
    return addresses[0].rsplit("/", 2)[0] + "/"


def changed(site: Path) -> date | None:
    """Day of the commit that was built."""
    days = [
        found.text
        for found in ElementTree.parse(site / "sitemap.xml").iter(
            "{http://www.sitemaps.org/schemas/sitemap/0.9}lastmod"
        )
    ]
    return date.fromisoformat(days[0]) if days else None


def opened(site: Path) -> Iterator[tuple[str, object]]:
    """Each page, prepared in a browser without a network."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("No Chromium or Chrome was found; install one (Debian: apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        context = browser.new_context(offline=True, color_scheme="light")
        for name, address in pages(site).items():
            page = context.new_page()
            page.goto((site / f"{name}.html").as_uri())
            page.emulate_media(media="print", color_scheme="light")
            page.evaluate(PREPARE, address)
            yield name, page
            page.close()
        browser.close()


def write_pdf(site: Path, target: Path) -> None:
    """All pages printed and joined, with their titles and sections as bookmarks."""
    try:
        from pypdf import PdfReader, PdfWriter
    except ImportError:
        sys.exit("pypdf, which joins the printed pages, is not installed: run `make pdf`.")
    book = PdfWriter()
    with tempfile.TemporaryDirectory() as folder:
        for name, page in opened(site):
            printed = Path(folder, name.replace("/", "-") + ".pdf")
            headings = page.locator("article :is(h1, h2, h3, h4, h5, h6)").all_inner_texts()
            page.pdf(
                path=printed,
                format="A4",
                scale=0.8,
                margin={"top": "18mm", "bottom": "15mm", "left": "18mm", "right": "18mm"},
                print_background=True,
                outline=True,
                tagged=True,  # else there is no outline
                display_header_footer=True,
                header_template=_RUNNING.format(f"{TITLE} · {headings[0]}"),
                footer_template="<span></span>",
            )
            first, reader = len(book.pages), PdfReader(printed)
            book.append(reader, import_outline=False)
            titles = {_solid(heading): heading for heading in headings}
            _sections(book, reader, reader.outline, first, titles, [None])
            print(f"{name}: {len(reader.pages)} pages")
    day = changed(site)
    book.add_metadata(
        {"/Title": TITLE, "/Author": AUTHOR}
        | ({"/CreationDate": f"D:{day:%Y%m%d}000000Z"} if day else {})
    )
    book.compress_identical_objects()
    target.parent.mkdir(parents=True, exist_ok=True)
    book.write(target)
    print(f"{target}: {len(book.pages)} pages, {target.stat().st_size / 1e6:.1f} MB")


def _sections(book, reader, outline: list, first: int, titles: dict, parents: list) -> None:
    """Bookmarks for the headings of one printed page, which begins at page ``first`` of the book.

    Chromium leaves out the space where a heading breaks into lines; ``titles`` has it.
    """
    for item in outline:
        if isinstance(item, list):
            _sections(book, reader, item, first, titles, [*parents, parents[-1]])
        else:
            parents[-1] = book.add_outline_item(
                title=titles.get(_solid(item.title), item.title),
                page_number=first + reader.get_destination_page_number(item),
                parent=parents[-2] if len(parents) > 1 else None,
                is_open=False,
            )


def _solid(text: str) -> str:
    return "".join(text.split())


_RUNNING = (
    '<div style="font: 8px sans-serif; color: #555; width: 100%; text-align: center">{}</div>'
)


def write_epub(site: Path, target: Path) -> None:
    """All pages as one page of HTML, which pandoc makes an EPUB of."""
    if shutil.which("pandoc") is None:
        sys.exit("pandoc, which packs the EPUB, was not found (Debian: apt install pandoc).")
    names = pages(site)
    base = base_of(list(names.values()))
    bodies = [page.evaluate(ARTICLE, [name, list(names), base]) for name, page in opened(site)]
    day = changed(site)
    with tempfile.TemporaryDirectory() as folder:
        html = _SOURCE.sub(
            lambda found: f'src="{_plain(found[1], Path(folder))}"', "\n".join(bodies)
        )
        whole = Path(folder, "book.html")
        whole.write_text(
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>'
            f"</head><body>{html}</body></html>",
            encoding="utf8",
        )
        style = Path(folder, "book.css")
        style.write_text(_STYLE, encoding="utf8")
        target.parent.mkdir(parents=True, exist_ok=True)
        fields = {"title": TITLE, "author": AUTHOR, "lang": "en", "identifier": base}
        fields |= {"rights": "CC BY 4.0"} | ({"date": str(day)} if day else {})
        subprocess.run(
            ["pandoc", "--from=html", "--to=epub3", "--mathml", "--toc", "--toc-depth=2"]
            + [
                f"--css={style}",
                f"--epub-cover-image={site / '_static' / 'preview.png'}",
                f"--output={target}",
            ]
            + [f"--metadata={key}={value}" for key, value in fields.items()]
            + [str(whole)],
            check=True,
        )
    print(f"{target}: {len(bodies)} chapters, {target.stat().st_size / 1e6:.1f} MB")


_STYLE = """
body { text-align: left; }
h1, h2, h3 { line-height: 1.2; }
img { height: auto; max-width: 100%; }
pre { font-size: 0.8em; overflow-wrap: anywhere; text-align: left; white-space: pre-wrap; }
table { border-collapse: collapse; font-size: 0.75em; }
th, td { border: 1px solid #999; padding: 0.2em 0.3em; text-align: left; }
code { overflow-wrap: anywhere; white-space: normal; }
pre code { white-space: inherit; }
dt, .admonition > p:first-child { font-weight: bold; }
dd { margin-left: 1em; }
.relu-card, .admonition { border-left: 0.3em solid #999; margin: 1em 0; padding-left: 0.7em; }
.relu-card p { margin: 0.3em 0; }
"""
_SOURCE = re.compile(r'\bsrc="(?:data:image/webp;base64,)?([^"]+)"')


def _plain(picture: str, folder: Path) -> Path:
    """A picture, its path or its base64, in a form that every reader of e-books knows."""
    if picture.endswith((".png", ".svg")):
        data = Path(picture).read_bytes()
    else:
        data = _as_png(
            Path(picture).read_bytes() if picture.endswith(".webp") else base64.b64decode(picture)
        )
    if picture.endswith(".svg"):
        data = re.sub(rb"<!DOCTYPE[^>]*>", b"", data)
        data = re.sub(rb"<path(?![^>]*\bd=)", b'<path d=""', data)  # glyphs without a line
    suffix = ".svg" if picture.endswith(".svg") else ".png"
    copy = folder / f"{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
    copy.write_bytes(data)
    return copy


def _as_png(webp: bytes) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    with Image.open(io.BytesIO(webp)) as image:
        image.convert("RGB").quantize(256).save(data, "png", optimize=True)
    return data.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("form", choices=["pdf", "epub"])
    parser.add_argument("site", type=Path, help="folder of the built book")
    parser.add_argument("target", type=Path, help="file to write")
    arguments = parser.parse_args()
    write = write_pdf if arguments.form == "pdf" else write_epub
    write(arguments.site.resolve(), arguments.target)


if __name__ == "__main__":
    main()
