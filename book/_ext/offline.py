"""Sphinx extension: the built book works without a network, from ``file://`` too.

Three things: the live-code scripts that Jupyter Book adds unasked (thebe, from a server) are left
out; the search page shows titles without summaries where the browser forbids reading other files
(``file://``); and a build fails when a page or a style sheet refers to a script, a style, a font
or an image elsewhere. Links that a reader follows and facts about the page, such as its canonical
address, may be remote.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util import logging

logger = logging.getLogger(__name__)

REMOTE = re.compile(r"\s*(https?:|wss?:|//)", re.IGNORECASE)
REMOTE_IN_STYLE = re.compile(
    r"url\(\s*['\"]?\s*(?:https?:|//)[^)]*\)|@import\s+['\"]\s*(?:https?:|//)[^;]*", re.IGNORECASE
)
REMOTE_IN_SCRIPT = re.compile(
    r"(?:import\s*\(?|from|importScripts\(|fetch\(|\.src\s*=|_URL\s*=)\s*['\"](?:https?:|//)[^'\"]*",
    re.IGNORECASE,
)
# What a browser loads by itself, by attribute; <a> and <form> wait for the reader.
LOADED = {"src", "srcset", "poster", "data", "background", "xlink:href"}
# <link> relations that only inform.
INFORMING = {
    "canonical",
    "alternate",
    "author",
    "license",
    "next",
    "prev",
    "search",
    "index",
    "help",
}


class References(HTMLParser):
    """Collects what a page makes the browser fetch from another place."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.remote: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag, attributes):
        values = {name: value or "" for name, value in attributes}
        self.inside = tag if tag in ("script", "style") else ""
        for name, value in values.items():
            loads = name in LOADED
            if tag == "link" and name == "href":
                loads = not set(values.get("rel", "").lower().split()) <= INFORMING
            if tag in ("image", "use") and name == "href":  # inside inline SVG
                loads = True
            candidates = value.split(",") if name == "srcset" else [value]
            if loads and any(REMOTE.match(candidate) for candidate in candidates):
                self.remote.append(f'<{tag} {name}="{value[:120]}">')
            if name == "style":
                self.remote += REMOTE_IN_STYLE.findall(value)
        if tag == "script" and values.get("type") == "application/json":
            self.inside = ""  # frames of a player: data, never run

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "style":
            self.remote += REMOTE_IN_STYLE.findall(data)
        elif self.inside == "script":
            self.remote += REMOTE_IN_SCRIPT.findall(data)


def remote_references(path: Path) -> list[str]:
    """What the page or style sheet at ``path`` would fetch from elsewhere, as written there."""
    text = path.read_text(encoding="utf8")
    if path.suffix == ".css":
        return REMOTE_IN_STYLE.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    page = References()
    page.feed(text)
    page.close()
    return page.remote


def leave_out_thebe(app: Sphinx, config) -> None:
    for name, listeners in app.events.listeners.items():
        app.events.listeners[name] = [
            listener for listener in listeners if listener.handler.__module__ != "sphinx_thebe"
        ]
    app.registry.css_files = [
        (name, options) for name, options in app.registry.css_files if "thebe" not in name
    ]


def check_site(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    found = [
        f"{path.relative_to(site)}: {reference}"
        for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")])
        for reference in remote_references(path)
    ]
    if found:
        raise SphinxError(
            "The book must work offline, but these would be fetched from elsewhere; put them under "
            "book/_static, or remove them:\n  " + "\n  ".join(found)
        )
    logger.info("offline: no page refers to a remote script, style, font or image")


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", leave_out_thebe)
    app.connect("build-finished", check_site, priority=900)
    app.add_js_file(
        None,
        body='if (location.protocol === "file:") '
        "DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;",
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
