"""The Sphinx extension that keeps the book offline: what it catches, what it lets through."""

import subprocess
import sys

import pytest
from book_contents import ROOT
from offline import remote_references

REMOTE = [
    '<script src="https://cdn.example/a.js"></script>',
    '<script src="//cdn.example/a.js"></script>',
    '<script type="module">import "https://cdn.example/a.js"</script>',
    '<script>const THEBE_JS_URL = "https://unpkg.com/thebe"</script>',
    '<script>fetch("https://example.org/data")</script>',
    '<link rel="stylesheet" href="HTTP://cdn.example/a.css">',
    '<link rel="preload icon" href="https://cdn.example/a.png">',
    '<img alt="x" src="https://example.org/a.png">',
    '<img alt="x" src="a.png" srcset="a.png 1x, https://example.org/a.png 2x">',
    '<iframe src="https://example.org"></iframe>',
    "<p style=\"background: url( 'https://example.org/a.png' )\">",
    "<style>@import 'https://fonts.example/css';</style>",
    "<style>@font-face {src: url(//fonts.example/a.woff2)}</style>",
    '<svg><image href="https://example.org/a.png"/></svg>',
    '<object data="https://example.org/a.svg"></object>',
]
LOCAL = [
    '<a href="https://example.org">a link</a>',
    '<link rel="canonical" href="https://example.org/page">',
    '<meta property="og:image" content="https://example.org/a.png">',
    '<form action="https://example.org">',
    '<img alt="x" src="data:image/png;base64,AAAA">',
    '<script src="../_static/a.js"></script>',
    '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    '<script type="application/json">{"alt": "from \'https://example.org\'"}</script>',
    "<p>import 'https://example.org'</p>",
]


@pytest.mark.parametrize("snippet", REMOTE)
def test_what_a_browser_would_fetch_is_found(tmp_path, snippet):
    path = tmp_path / "page.html"
    path.write_text(f"<html><body><p>text</p>{snippet}</body></html>", encoding="utf8")
    assert len(remote_references(path)) == 1


@pytest.mark.parametrize("snippet", LOCAL)
def test_what_waits_for_the_reader_may_be_remote(tmp_path, snippet):
    path = tmp_path / "page.html"
    path.write_text(f"<html><body>{snippet}</body></html>", encoding="utf8")
    assert remote_references(path) == []


def test_style_sheets_are_read_without_their_comments(tmp_path):
    path = tmp_path / "sheet.css"
    path.write_text("/* url(https://a.example) */ a {background: url(b.png)}", encoding="utf8")
    assert remote_references(path) == []
    path.write_text("a {background: url(https://a.example/b.png)}", encoding="utf8")
    assert remote_references(path) == ["url(https://a.example/b.png)"]


@pytest.mark.parametrize("remote", [False, True])
def test_a_build_with_a_remote_image_fails(tmp_path, remote):
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'book' / '_ext')!r})\n"
        "extensions = ['offline']\nhtml_theme = 'basic'\n",
        encoding="utf8",
    )
    image = '.. raw:: html\n\n   <img alt="x" src="https://example.org/a.png">\n'
    (tmp_path / "index.rst").write_text(
        "Title\n=====\n\nText.\n\n" + (image if remote else ""), encoding="utf8"
    )
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", str(tmp_path), str(tmp_path / "out")],
        capture_output=True,
        text=True,
    )
    assert (built.returncode != 0) == remote, built.stderr
    if remote:
        assert 'index.html: <img src="https://example.org/a.png">' in built.stderr
