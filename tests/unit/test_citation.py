"""CITATION.cff says what version 1.2.0 of the Citation File Format asks for."""

import re
from datetime import date
from pathlib import Path

import yaml

FILE = Path(__file__).parents[2] / "CITATION.cff"
# https://github.com/citation-file-format/citation-file-format/blob/1.2.0/schema-guide.md
REQUIRED = {"authors", "cff-version", "message", "title"}
ALLOWED = REQUIRED | {
    "abstract",
    "commit",
    "contact",
    "date-released",
    "doi",
    "identifiers",
    "keywords",
    "license",
    "license-url",
    "preferred-citation",
    "references",
    "repository",
    "repository-artifact",
    "repository-code",
    "type",
    "url",
    "version",
}


def test_the_citation_file_keeps_to_its_format():
    cited = yaml.safe_load(FILE.read_text(encoding="utf8"))
    assert REQUIRED <= set(cited) <= ALLOWED
    assert cited["cff-version"] == "1.2.0" and cited["type"] == "software"
    assert set(cited["license"]) == {"MIT", "CC-BY-4.0"}
    assert isinstance(cited.get("date-released", date.today()), date)
    assert all(isinstance(word, str) for word in cited["keywords"])
    for address in (cited["url"], cited["repository-code"]):
        assert re.fullmatch(r"https://\S+", address)


def test_every_author_and_reference_is_whole():
    cited = yaml.safe_load(FILE.read_text(encoding="utf8"))
    for work in [cited, *cited["references"]]:
        assert work["title"].strip() and work["type"]
        for author in work["authors"]:
            assert "name" in author or {"family-names", "given-names"} <= set(author)
    for work in cited["references"]:
        assert isinstance(work["year"], int)
        assert re.fullmatch(r"10\.\d{4,9}/\S+", work.get("doi", "10.3389/x"))
