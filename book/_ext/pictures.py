"""Sphinx extension: the pictures of a page are numbered, "Picture 4.", and text refers to them.

A picture is what ``relu_book.plots.words`` puts around a figure or a player. Its number is its
place in the page, its anchor ``pic-`` and the name of the function that drew it; the second picture
of one function gets ``-2``. In text a link ``[picture](#pic-bias-curve)`` becomes "picture 4", one
without words, ``[](#pic-bias-curve)``, too, also from another page
(``[](tutorial.ipynb#pic-momentum)``); other words stay. A link to a picture that is not there fails
the build.

The directive ``picture-index`` lists all pictures of the book by page, and says which have sliders.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape

from docutils import nodes
from myst_parser.mdit_to_docutils.transforms import ResolveAnchorIds
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

WORD = "picture"
PICTURE = re.compile(
    r'(<figure class="relu-picture") data-picture="([^"]*)"(.*?<figcaption>)(.*?</figcaption>)',
    re.DOTALL,
)
MOVED = re.compile(r'class="relu-explore"|type="range"')
# A full stop that ends a sentence, not one of "figure 4.4" or "e.g.".
SENTENCE = re.compile(r"(?<![A-Z])(?<!e\.g)(?<!i\.e)\.(?=\s+[A-Z]|$)")


@dataclass(frozen=True)
class Picture:
    """One picture of a page.

    Attributes:
        anchor: Its name in the page.
        number: Its place in the page.
        title: The first sentence of its caption.
        moved: Whether the reader moves it, by sliders or by hand.
    """

    anchor: str
    number: int
    title: str
    moved: bool


def title(caption: str) -> str:
    """The first sentence of a caption, without markup.

    Example:
        >>> title("Figure 4.4 in small: a digit, and where it errs. Above the errors.")
        'Figure 4.4 in small: a digit, and where it errs'
    """
    text = unescape(re.sub(r"<[^>]+>", "", caption)).strip()
    return SENTENCE.split(text, maxsplit=1)[0].strip()


class Numbering:
    """Numbers the pictures in the HTML of one page, piece after piece in their order."""

    def __init__(self):
        self.pictures: list[Picture] = []
        self._drawn: Counter = Counter()

    @property
    def anchors(self) -> dict[str, int]:
        """Numbers by anchor."""
        return {picture.anchor: picture.number for picture in self.pictures}

    def numbered(self, html: str) -> str:
        """A piece of HTML whose pictures have their anchors, and captions with numbers."""
        return PICTURE.sub(self._one, html)

    def _one(self, picture: re.Match) -> str:
        number = len(self.pictures) + 1
        name = picture[2] or str(number)
        self._drawn[name] += 1
        again = f"-{self._drawn[name]}" if self._drawn[name] > 1 else ""
        anchor = f"pic-{name}{again}"
        moved = bool(MOVED.search(picture[3]))
        self.pictures.append(Picture(anchor, number, title(picture[4]), moved))
        label = f'<a href="#{anchor}">{WORD.capitalize()} {number}.</a>'
        return f'{picture[1]} id="{anchor}"{picture[3]}{label} {picture[4]}'


class NumberPictures(SphinxTransform):
    """Numbers the pictures among the outputs of a page, and the links to them."""

    default_priority = ResolveAnchorIds.default_priority - 1

    def apply(self, **_) -> None:
        page = Numbering()
        for raw in self.document.findall(nodes.raw):
            if "html" in raw.get("format", "").split():
                raw.children = [nodes.Text(page.numbered(raw.astext()))]
        if not page.pictures:
            return
        self.env.metadata[self.env.docname]["pictures"] = page.pictures
        # Where MyST looks for headings, from this page and from others (MyST-NB drops the latter).
        self.document.myst_slugs.update(
            {anchor: (0, anchor, f"{WORD} {number}") for anchor, number in page.anchors.items()}
        )
        self.env.metadata[self.env.docname]["myst_slugs"] = self.document.myst_slugs
        for link in self.document.findall(nodes.reference):
            number = page.anchors.get(link.get("refuri", "")[1:]) if link.get("id_link") else None
            if number and link.astext().lower() == WORD:
                link += nodes.Text(f" {number}")


class picture_index(nodes.General, nodes.Element):  # noqa: N801, as docutils names nodes
    """Stands where the index will be, until all pages are read."""


class PictureIndex(SphinxDirective):
    """The directive ``picture-index``."""

    def run(self) -> list[nodes.Node]:
        self.env.metadata[self.env.docname]["picture-index"] = True
        return [picture_index()]


def pages(env: BuildEnvironment, page: str) -> Iterator[str]:
    """A page and those below it, in the order of the contents."""
    yield page
    for below in env.toctree_includes.get(page, ()):
        yield from pages(env, below)


def list_pictures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Puts the index into the page that asks for it."""
    for place in list(doctree.findall(picture_index)):
        parts = ""
        for page in pages(app.env, app.config.root_doc):
            rows = "".join(
                f'<li><a href="{app.builder.get_relative_uri(docname, page)}#{each.anchor}">'
                f"{each.number}</a> {escape(each.title)}"
                + (" <strong>⇄</strong>" if each.moved else "")
                for each in app.env.metadata[page].get("pictures", ())
            )
            if rows:
                name = escape(app.env.titles[page].astext())
                parts += f'<h2>{name}</h2><ul class="relu-index">{rows}</ul>'
        place.replace_self(nodes.raw("", parts, format="html"))


def index_pages(app: Sphinx, env: BuildEnvironment, *_) -> list[str]:
    """Pages with the index are read again with every build: other pages decide what they list."""
    return [page for page in env.found_docs if env.metadata.get(page, {}).get("picture-index")]


def setup(app: Sphinx) -> dict:
    app.add_transform(NumberPictures)
    app.add_directive("picture-index", PictureIndex)
    app.add_node(picture_index)
    app.connect("doctree-resolved", list_pictures)
    app.connect("env-get-outdated", index_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
