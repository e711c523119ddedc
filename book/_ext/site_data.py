"""Sphinx extension: what search engines, previews of links and language models read of the book.

Each page says in its head what it is (``description`` of its front matter, or else its first
sentences; a preview card; its canonical address) and in its foot of which version and day it is.
Beside the pages lie ``sitemap.xml``, ``robots.txt``, and ``llms.txt``, a plain index with a
sentence a page. The repository's address in ``_config.yml`` gives that of the site. The day is that
of the last commit, not of the clock: the same commit builds the same pages.
"""

import html
import re
import subprocess
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx

import relu_book

CARD, CARD_SIZE = "_static/preview.png", (1200, 630)
CARD_TEXT = "The plane cut into the pieces of a small ReLU network, and the title of the book"
SHORTEST, LONGEST = 70, 200


def address(repository: str) -> str:
    """Where GitHub publishes the pages of a repository.

    Example:
        >>> address("https://github.com/somebody/some_book")
        'https://somebody.github.io/some_book/'
    """
    owner, name = urlsplit(repository).path.strip("/").split("/")[:2]
    return f"https://{owner}.github.io/{name.removesuffix('.git')}/"


def day(folder: Path) -> date | None:
    """Day of the last commit of the clone that holds ``folder``; None outside a clone."""
    try:
        told = subprocess.run(
            ["git", "-C", str(folder), "log", "-1", "--format=%cs"], capture_output=True, text=True
        )
    except FileNotFoundError:  # no git on this machine
        return None
    return date.fromisoformat(told.stdout.strip()) if told.returncode == 0 else None


def shortened(text: str) -> str:
    """The first sentences of a text: as many as say something, and no more.

    Example:
        >>> shortened("Thesis 2.2. " + "A long sentence " * 5 + "ends. The rest is left out.")[-5:]
        'ends.'
    """
    taken = ""
    for sentence in re.split(r"(?<=[.?!])\s+(?=[A-Z“])", " ".join(text.split())):
        if taken and len(taken) + len(sentence) > LONGEST:
            break
        taken = f"{taken} {sentence}".strip()
        if len(taken) >= SHORTEST:
            break
    if len(taken) > LONGEST:
        taken = taken[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return taken


def description(document: nodes.document) -> str:
    """What the page is about: the first sentences of its first paragraphs."""
    paragraphs = (
        paragraph.astext()
        for paragraph in document.findall(nodes.paragraph)
        if isinstance(paragraph.parent, nodes.section)
    )
    text = ""
    for paragraph in paragraphs:
        text = f"{text} {paragraph}"
        if len(text) > SHORTEST:
            break
    return shortened(text)


def configure(app: Sphinx, config) -> None:
    config.html_baseurl = address(config.html_theme_options["repository_url"])
    built = day(Path(app.srcdir))
    when = f", {built.day} {built:%B %Y}" if built else ""
    config.html_theme_options["extra_footer"] = (
        f'<p class="relu-version">Version {relu_book.__version__}{when}</p>'
    )


def add_to_head(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    if page == app.config.root_doc:
        context["docstitle"] = ""  # the title of the book once, not twice
    if doctree is None:
        return
    title = re.sub(r"<[^>]*>", "", context["title"])
    about = html.escape(app.env.metadata[page].get("description") or description(doctree))
    base = app.config.html_baseurl
    tags = [
        ("name", "description", about),
        ("property", "og:title", title),
        ("property", "og:description", about),
        ("property", "og:type", "website" if page == app.config.root_doc else "article"),
        ("property", "og:url", base + app.builder.get_target_uri(page)),
        ("property", "og:site_name", html.escape(app.config.html_title)),
        ("property", "og:image", base + CARD),
        ("property", "og:image:width", CARD_SIZE[0]),
        ("property", "og:image:height", CARD_SIZE[1]),
        ("property", "og:image:alt", CARD_TEXT),
        ("name", "twitter:card", "summary_large_image"),
    ]
    context["metatags"] += "".join(
        f'\n    <meta {kind}="{name}" content="{content}" />' for kind, name, content in tags
    )


def write_indexes(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    site, base, contents = Path(app.outdir), app.config.html_baseurl, app.config.external_site_map
    pages = [contents.root.docname, *(name for _, names in parts(contents) for name in names)]
    built = day(Path(app.srcdir))
    changed = f"<lastmod>{built}</lastmod>" if built else ""
    entries = "".join(
        f"<url><loc>{base}{app.builder.get_target_uri(page)}</loc>{changed}</url>\n"
        for page in pages
    )
    (site / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
        encoding="utf8",
    )
    (site / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf8"
    )

    def about(page: str) -> str:
        text = (site / app.builder.get_target_uri(page)).read_text(encoding="utf8")
        return html.unescape(re.search(r'<meta name="description" content="([^"]*)"', text)[1])

    def line(page: str) -> str:
        title = app.env.titles[page].astext()
        return f"- [{title}]({base}{app.builder.get_target_uri(page)}): {about(page)}"

    root = contents.root.docname
    lines = [f"# {app.config.html_title}", "", f"> {about(root)}"]
    for caption, names in [("Start", [root]), *parts(contents)]:
        lines += ["", f"## {caption}", "", *map(line, names)]
    (site / "llms.txt").write_text("\n".join([*lines, ""]), encoding="utf8")
    (site / "index.html").write_text(_front_door(app, root), encoding="utf8")


def parts(contents) -> list[tuple[str, list[str]]]:
    """Captions of the table of contents with the pages below each, in order."""

    def below(tree) -> list[str]:
        found = []
        for name in map(str, tree.items):
            found += [name, *(page for part in contents[name].subtrees for page in below(part))]
        return found

    return [(tree.caption or "Pages", below(tree)) for tree in contents.root.subtrees]


def _front_door(app: Sphinx, root: str) -> str:
    """The page at the address of the site itself, which leads on to the first page."""
    target = app.builder.get_target_uri(root)
    page = (Path(app.outdir) / target).read_text(encoding="utf8")
    head = "\n".join(
        re.findall(
            r"<(?:meta (?:name=.(?!docsearch)|property)|title|link rel=\"canonical\").*", page
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n{head}\n'
        f'<meta http-equiv="refresh" content="0; url={target}">\n</head>\n'
        f'<body><p><a href="{target}">{html.escape(app.config.html_title)}</a></p></body></html>\n'
    )


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", configure)
    app.connect("html-page-context", add_to_head)
    # After the table of contents has written an index page of its own.
    app.connect("build-finished", write_indexes, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
