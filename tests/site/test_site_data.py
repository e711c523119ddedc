"""What the book says of itself to machines: descriptions, cards, addresses, indexes, version."""

import html
import re
import subprocess
from xml.etree import ElementTree

import pytest
import yaml
from book_contents import CONTENTS, ROOT
from PIL import Image
from site_data import address, day, shortened

import relu_book

REPOSITORY = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))["repository"]["url"]
SITE = address(REPOSITORY)


def meta(text: str) -> dict[str, str]:
    found = re.findall(r'<meta (?:name|property)="([^"]*)" content="([^"]*)"', text)
    return {name: html.unescape(content) for name, content in found}


@pytest.fixture(scope="module")
def heads(site) -> dict[str, dict[str, str]]:
    return {name: meta((site / f"{name}.html").read_text(encoding="utf8")) for name in CONTENTS}


def test_the_address_follows_from_the_repository():
    assert address("https://github.com/one/two") == "https://one.github.io/two/"
    assert address("https://github.com/one/two.git/") == "https://one.github.io/two/"


def test_the_repository_has_one_address():
    told = [
        ROOT / "README.md",
        ROOT / "pyproject.toml",
        ROOT / "CITATION.cff",
        ROOT / "book/intro.md",
    ]
    for path in told:
        text = path.read_text(encoding="utf8")
        assert set(re.findall(r"https://github\.com/[\w-]+/[\w-]+", text)) <= {REPOSITORY}
        assert REPOSITORY in text or path.name == "README.md"
        assert set(re.findall(r"https://[\w-]+\.github\.io/[\w-]+", text)) <= {SITE.rstrip("/")}


def test_each_page_describes_itself(heads):
    about = {name: head["description"] for name, head in heads.items()}
    assert len(set(about.values())) == len(CONTENTS)
    for name, text in about.items():
        assert 40 <= len(text) <= 200, (name, text)
        assert text[-1] in ".?!…", (name, text)
        assert not re.search(r"\w+\d{4}\w+|[`*{}]", text), (name, text)  # no key of a citation


def test_each_page_has_a_card_and_an_address(site, heads):
    for name, head in heads.items():
        text = (site / f"{name}.html").read_text(encoding="utf8")
        assert f'<link rel="canonical" href="{SITE}{name}.html" />' in text
        assert head["og:url"] == f"{SITE}{name}.html"
        assert head["og:description"] == head["description"]
        assert head["og:title"] and head["og:image:alt"]
        picture = site / head["og:image"].removeprefix(SITE)
        with Image.open(picture) as card:
            size = card.size
        assert size == (int(head["og:image:width"]), int(head["og:image:height"])) == (1200, 630)
        assert picture.stat().st_size < 150_000


def test_each_page_tells_its_version_and_day(site):
    git = ["git", "-C", str(ROOT), "log", "-1", "--format=%cd", "--date=format:%d %B %Y"]
    when = subprocess.run(git, capture_output=True, text=True).stdout.strip().lstrip("0")
    for name in [*CONTENTS, "genindex"]:
        text = (site / f"{name}.html").read_text(encoding="utf8")
        assert f"Version {relu_book.__version__}, {when}" in text
        assert re.search(r'<link rel="icon" href="[^"]*favicon\.png"', text)


def test_outside_a_clone_there_is_no_day(tmp_path):
    assert day(tmp_path) is None


def test_the_indexes_list_every_page_once(site):
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    listed = [loc.text for loc in ElementTree.parse(site / "sitemap.xml").iter(f"{space}loc")]
    assert listed == [f"{SITE}{name}.html" for name in CONTENTS]
    assert f"Sitemap: {SITE}sitemap.xml" in (site / "robots.txt").read_text(encoding="utf8")
    lines = (site / "llms.txt").read_text(encoding="utf8").splitlines()
    found = [match for line in lines if (match := re.fullmatch(r"- \[.+\]\((.+)\): (.+)", line))]
    assert [match[1] for match in found] == listed
    assert all(match[2].strip() for match in found)


def test_the_front_door_leads_to_the_first_page(site):
    text = (site / "index.html").read_text(encoding="utf8")
    assert f'content="0; url={CONTENTS[0]}.html"' in text
    assert meta(text)["og:image"] and f'href="{CONTENTS[0]}.html"' in text


def test_descriptions_end_with_a_sentence_or_say_that_they_do_not():
    assert shortened("Short. " + "A sentence of some length, to be sure, that goes on. " * 3) == (
        "Short. A sentence of some length, to be sure, that goes on. "
        "A sentence of some length, to be sure, that goes on."
    )
    endless = shortened("word " * 100)
    assert len(endless) <= 200 and endless.endswith("word…")
