"""Sphinx extension: a page carries what it shows, and no more.

Works on the finished pages, in four steps. MathJax (2.3 MB) stays where a formula is; Sphinx also
gives it to a page whose sub-pages have one. The script of all icons (1.5 MB) goes, and the dozen
icons in use stand in the page as the SVG that it would have made of them. The index of the search
stays on the page that searches. Pictures that outputs carry inside the page (base64 is a third
longer than the file) become files that a browser fetches when the reader comes near, with width
and height, so that nothing jumps when they arrive.
"""

import base64
import hashlib
import io
import re
from pathlib import Path

from PIL import Image
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

IMAGES = "_images"
ICONS = "_static/scripts/fontawesome.js"

_FORMULA = re.compile(r'class="[^"]*\bmath\b')
_MATHJAX = re.compile(
    r"\s*<script(?: [^>]*src=\"[^\"]*mathjax[^\"]*\"[^>]*>|>window\.MathJax = .*?)</script>"
)
_SEARCH_INDEX = re.compile(
    r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
_ICON_SCRIPT = re.compile(r'\s*<script defer src="[^"]*fontawesome\.js[^"]*"></script>')
_ICON = re.compile(
    r'<(i|span) class="([^"]*?\bfa(?:s|r|b|-solid|-regular|-brands)\b[^"]*)"([^>]*)></\1>'
)
_ICON_STYLE = re.compile(r"^(?:fa[srb]?|fa-(?:solid|regular|brands|lg))$")
_IMAGE = re.compile(r"<img\b[^>]*>")
_INLINE = re.compile(r'src="data:image/(svg\+xml|webp|png);base64,([^"]*)"')
_SIZE = re.compile(r'\bviewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"')


def without_unused_scripts(page: str, searches: bool) -> str:
    """The page without MathJax if it has no formula, without the index if it does not search."""
    if not _FORMULA.search(page):
        page = _MATHJAX.sub("", page)
    return page if searches else _SEARCH_INDEX.sub("", page)


def with_icons(page: str, drawings: str) -> str:
    """The page with its icons drawn, from the script ``drawings`` that holds them all.

    Raises:
        SphinxError: An icon is not in the script.
    """

    def drawn(icon: re.Match) -> str:
        classes = icon[2].split()
        name = next(each for each in classes if not _ICON_STYLE.match(each) and each[:3] == "fa-")
        # Of the kinds of an icon the solid one comes last.
        found = re.findall(
            rf'[,{{]"?{name[3:]}"?:\[(\d+),(\d+),\[[^\]]*\],"\w+","([^"]+)"\]', drawings
        )
        if not found:
            raise SphinxError(f"the icon {name} is not in {ICONS}: name another, or draw it")
        width, height, path = found[-1]
        return (
            f'<svg class="svg-inline--fa {" ".join(classes)}" aria-hidden="true"{icon[3]} '
            f'viewBox="0 0 {width} {height}"><path fill="currentColor" d="{path}"/></svg>'
        )

    return _ICON.sub(drawn, _ICON_SCRIPT.sub("", page))


def with_files(page: str, folder: Path, address: str) -> str:
    """The page with its inline pictures written into ``folder``, all but its first picture lazy.

    Args:
        page: HTML.
        folder: Where the files go; the name of each is the hash of its content.
        address: The same folder, as seen from the page.

    Returns:
        HTML; applied to it again, the function changes nothing.
    """
    start = max(page.find("<article"), 0)
    seen = 0

    def filed(image: re.Match) -> str:
        nonlocal seen
        tag = image[0]
        if inline := _INLINE.search(tag):
            data = base64.b64decode(inline[2])
            suffix = inline[1].removesuffix("+xml")
            name = f"{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            tag = tag.replace(inline[0], f'src="{address}/{name}"')
        if image.start() > start:
            seen += 1
            if file := re.search(rf'src="{re.escape(address)}/([^"]+)"', tag):
                tag = _with_size(tag, (folder / file[1]).read_bytes())
        if seen > 1 and "loading=" not in tag:
            tag = tag.replace("<img", '<img loading="lazy"', 1)
        return tag

    return _IMAGE.sub(filed, page)


def _with_size(tag: str, data: bytes) -> str:
    """The tag with a width, the picture's own unless it has one, and a height that fits."""
    if re.search(r'\bheight="', tag):
        return tag
    if size := _SIZE.search(data[:4000].decode("utf8", "ignore")):
        wide, high = map(float, size.groups())
    else:
        wide, high = Image.open(io.BytesIO(data)).size
    if width := re.search(r'\bwidth="([\d.]+)"', tag):
        return tag.replace(width[0], f'{width[0]} height="{float(width[1]) * high / wide:.0f}"', 1)
    return tag.replace("<img", f'<img width="{wide:.0f}" height="{high:.0f}"', 1)


def lighten(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    drawings = (site / ICONS).read_text(encoding="utf8")
    for path in sorted(site.rglob("*.html")):
        if "_static" in path.parts:
            continue
        page = path.read_text(encoding="utf8")
        light = without_unused_scripts(page, searches=path.name == "search.html")
        light = with_icons(light, drawings)
        above = "../" * (len(path.relative_to(site).parts) - 1)
        light = with_files(light, site / IMAGES, above + IMAGES)
        if light != page:
            path.write_text(light, encoding="utf8")


def setup(app: Sphinx) -> dict:
    # Before the check that nothing is remote.
    app.connect("build-finished", lighten, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
