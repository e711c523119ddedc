"""The version stands in three files; all say the same."""

import re
import tomllib
from pathlib import Path

import relu_book

ROOT = Path(__file__).parents[2]


def test_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), flags=re.M)
    assert relu_book.__version__ == project == citation[1].strip('"')
