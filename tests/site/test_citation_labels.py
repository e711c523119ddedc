"""The bibliography labels works as the text cites them."""

import re

import pytest
from citation_labels import AuthorYearLabels, label
from pybtex.database import Entry, Person


def work(year: int, *authors: str) -> Entry:
    return Entry("article", {"year": str(year)}, {"author": [Person(name) for name in authors]})


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        (["Hartmann, David"], "Hartmann, 2020"),
        (["Zhou, Zhengyi", "Li, A."], "Zhou and Li, 2020"),
        (["He, Kaiming", "Zhang, Xiangyu", "Sun, Jian"], "He et al., 2020"),
        (["van der Maaten, Laurens"], "van der Maaten, 2020"),
    ],
)
def test_a_label_is_names_and_year(authors, expected):
    assert label(work(2020, *authors)) == expected


def test_equal_labels_get_letters():
    works = [work(2020, "A, B"), work(2021, "A, B"), work(2020, "A, C")]
    assert list(AuthorYearLabels().format_labels(works)) == ["A, 2020a", "A, 2021", "A, 2020b"]


def test_text_and_list_agree(site):
    listed = (site / "book/bibliography.html").read_text(encoding="utf8")
    labels = {
        re.sub("<[^>]*>", "", one)
        for one in re.findall(r'class="label"><span[^>]*>\[</span>(.*?)<span[^>]*>\]', listed)
    }
    cited = {
        re.sub("<[^>]*>", "", link)
        for page in site.glob("book/*.html")
        for group in re.findall(
            r'<span class="bibtex-citation"[^>]*>(.*?)\]</span>', page.read_text(encoding="utf8")
        )
        for link in re.findall(r"<a [^>]*>(.*?)</a>", group)
    }
    assert len(cited) > 10
    assert cited <= labels
