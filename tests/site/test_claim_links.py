"""The Sphinx extension that links claims: what becomes a link, what is left alone."""

import re

import pytest
from book_contents import NOTEBOOKS
from claim_links import leading_back, linker, with_anchors

from relu_book.claims import load_claims

linked = linker(["fig-3.4", "fig-3.4.a", "fig-3.1.ab", "fig-3.1.a"], "claims.html")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("as fig-3.4.a says", "as {fig-3.4.a} says"),
        ("(fig-3.1.ab, fig-3.4).", "({fig-3.1.ab}, {fig-3.4})."),
        ("<td>fig-3.4</td>", "<td>{fig-3.4}</td>"),
        ("<pre>fig-3.4\n  verdict", "<pre>{fig-3.4}\n  verdict"),
    ],
)
def test_ids_in_text_become_links(html, expected):
    link = r'<a class="claim" href="claims.html#\1">\1</a>'
    assert linked(html) == re.sub(r"\{(.*?)\}", link, expected)


@pytest.mark.parametrize(
    "html",
    [
        "fig-3.4.b, H-fig-3.4, fig-3.41 and fig-3.1 are no claims",
        '<a href="x.html"><b>fig-3.4</b></a>',
        '<img alt="fig-3.4"><p id="fig-3.4">',
        "<script>const a = 'x<y fig-3.4'</script><style>fig-3.4</style>",
        "<svg><text>fig-3.4</text></svg>",
        '<span class="s2">&quot;fig-3.4&quot;</span>',
        '<span class="s2">"fig-3.4"</span>',
    ],
)
def test_all_else_is_left_alone(html):
    assert linked(html) == html


def test_the_table_at_the_end_of_a_chapter_leads_to_the_ledger(site):
    judged = {claim.chapter for claim in load_claims().values()}
    chapters = [name for name in NOTEBOOKS if name.removeprefix("book/") in judged]
    assert chapters
    for chapter in chapters:
        # A chapter of several parts has its table in the last of them.
        name = [part for part in NOTEBOOKS if part.startswith(chapter)][-1]
        text = (site / f"{name}.html").read_text(encoding="utf8")
        table = text[text.index('<table class="claims table">') :]
        rows = re.findall(r"<tr><td>(.*?)</td>", table)
        assert rows
        for row in rows:
            found = re.fullmatch(r'<a class="claim" href="claims\.html#(.*)">\1</a>', row)
            assert found, f"{name}: {row}"


def test_the_first_output_that_judges_gets_an_anchor():
    link = '<a class="claim" href="claims.html#fig-3.4">fig-3.4</a>'
    block = f"<pre><span></span>{link}\n  measured: share 1\n"
    anchored = block.replace("<a ", '<a id="claim-fig-3.4" ')
    assert with_anchors(f"<p>{link}</p>{block}{block}") == f"<p>{link}</p>{anchored}{block}"


def test_the_ledger_leads_to_the_anchor_where_there_is_one():
    row = '<tr id="{0}"><td><a href="a.html#part">section</a> <a href="r">record</a></td></tr>'
    pages = {"a.html": '<a id="claim-fig-3.4">'}
    ledger = leading_back(row.format("fig-3.4") + row.format("fig-3.5"), pages.__getitem__)
    assert ledger == (
        row.format("fig-3.4").replace("#part", "#claim-fig-3.4") + row.format("fig-3.5")
    )
