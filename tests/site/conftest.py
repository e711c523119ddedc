"""The built book and a browser, shared by every test of the site.

``RELU_BOOK_SITE`` names a finished build (``make site`` sets it); without it the book is built here
from its stored outputs. ``RELU_BOOK_SCREENSHOTS`` names a folder for pictures of every page.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from book_contents import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))  # the extension's own idea of "remote" is tested

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Folder of the built book."""
    if given := os.environ.get("RELU_BOOK_SITE"):
        path = (ROOT / given).resolve()
        if not (path / "index.html").is_file():
            pytest.fail(f"RELU_BOOK_SITE={given}: there is no built book (no index.html)")
        return path
    folder = tmp_path_factory.mktemp("site")
    builder = Path(sys.executable).with_name("jupyter-book")
    built = subprocess.run(
        [builder, "build", ROOT, "--path-output", folder, "-W", "-n", "--keep-going"],
        capture_output=True,
        text=True,
    )
    if built.returncode:
        pytest.fail(f"the book does not build:\n{built.stdout[-3000:]}\n{built.stderr[-3000:]}")
    return folder / "_build" / "html"


@pytest.fixture(scope="session")
def browser():
    """Chromium or Chrome, without any background traffic."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium or Chrome on this machine: the site was not looked at")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class Visit:
    """A page opened from ``file://`` with the network blocked; collects what goes wrong on it."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(**options)
        self.context.set_offline(True)
        self.context.route(lambda url: not url.startswith(("file:", "data:")), self._block)
        self.problems: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("requestfailed", self._failed)

    def _block(self, route):
        self.problems.append(f"asked the network for {route.request.url[:200]}")
        route.abort()

    def _failed(self, request):
        # A lazy image that is still on its way when the next page is opened is given up.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"not loaded, {request.failure}: {request.url[:200]}")

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text[:200]}")

    def open(self, path: Path, query: str = ""):
        """Load a page and wait until its mathematics is set."""
        self.page.goto(path.as_uri() + query)
        self.page.evaluate("() => window.MathJax?.startup?.promise")
        return self.page

    def close(self):
        self.context.close()


@pytest.fixture
def visit(browser):
    """Opens pages: ``visit(viewport=..., color_scheme=...)``."""
    opened = []

    def open_visit(**options) -> Visit:
        opened.append(Visit(browser, **options))
        return opened[-1]

    yield open_visit
    for one in opened:
        one.close()
