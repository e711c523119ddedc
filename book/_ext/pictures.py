"""Sphinx extension: the pictures of a page are numbered, "Picture 4.", and text refers to them.

A picture is what ``relu_book.plots.words`` puts around a figure or a player. Its number is its
place in the page, its anchor ``pic-`` and the name of the function that drew it; the second picture
of one function gets ``-2``. In text a link ``[picture](#pic-bias-curve)`` becomes "picture 4", one
without words, ``[](#pic-bias-curve)``, too, also from another page
(``[](tutorial.ipynb#pic-momentum)``); other words stay. A link to a picture that is not there fails
the build.
"""

import re
from collections import Counter

from docutils import nodes
from myst_parser.mdit_to_docutils.transforms import ResolveAnchorIds
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

WORD = "picture"
PICTURE = re.compile(
    r'(<figure class="relu-picture") data-picture="([^"]*)"(.*?<figcaption>)', re.DOTALL
)


class Numbering:
    """Numbers the pictures in the HTML of one page, piece after piece in their order."""

    def __init__(self):
        self.anchors: dict[str, int] = {}
        self._drawn: Counter = Counter()

    def numbered(self, html: str) -> str:
        """A piece of HTML whose pictures have their anchors, and captions with numbers."""
        return PICTURE.sub(self._one, html)

    def _one(self, picture: re.Match) -> str:
        number = len(self.anchors) + 1
        name = picture[2] or str(number)
        self._drawn[name] += 1
        again = f"-{self._drawn[name]}" if self._drawn[name] > 1 else ""
        anchor = f"pic-{name}{again}"
        self.anchors[anchor] = number
        label = f'<a href="#{anchor}">{WORD.capitalize()} {number}.</a>'
        return f'{picture[1]} id="{anchor}"{picture[3]}{label} '


class NumberPictures(SphinxTransform):
    """Numbers the pictures among the outputs of a page, and the links to them."""

    default_priority = ResolveAnchorIds.default_priority - 1

    def apply(self, **_) -> None:
        page = Numbering()
        for raw in self.document.findall(nodes.raw):
            if "html" in raw.get("format", "").split():
                raw.children = [nodes.Text(page.numbered(raw.astext()))]
        if not page.anchors:
            return
        # Where MyST looks for headings, from this page and from others.
        self.document.myst_slugs.update(
            {anchor: (0, anchor, f"{WORD} {number}") for anchor, number in page.anchors.items()}
        )
        for link in self.document.findall(nodes.reference):
            number = page.anchors.get(link.get("refuri", "")[1:]) if link.get("id_link") else None
            if number and link.astext().lower() == WORD:
                link += nodes.Text(f" {number}")


def setup(app: Sphinx) -> dict:
    app.add_transform(NumberPictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
