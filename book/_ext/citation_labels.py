"""Sphinx extension: the bibliography labels a work as the text cites it, "He et al., 2015".

Two works with the same label get a letter each, "2015a" and "2015b".
"""

from collections import Counter

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


def label(entry) -> str:
    """Family names of up to two authors, or the first one's with "et al.", and the year."""
    names = [
        " ".join([*person.prelast_names, *person.last_names]).replace("{", "").replace("}", "")
        for person in entry.persons["author"]
    ]
    who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{who}, {entry.fields['year']}"


class AuthorYearLabels(BaseLabelStyle):
    def format_labels(self, sorted_entries):
        labels = [label(entry) for entry in sorted_entries]
        often, seen = Counter(labels), Counter()
        for one in labels:
            seen[one] += 1
            yield one + (chr(ord("a") + seen[one] - 1) if often[one] > 1 else "")


class AuthorYearStyle(Style):
    default_label_style = AuthorYearLabels
    default_sorting_style = "author_year_title"


def setup(app: Sphinx) -> dict:
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
