"""The Sphinx extension that links claims: what becomes a link, what is left alone."""

import re

import pytest
from claim_links import linker

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
