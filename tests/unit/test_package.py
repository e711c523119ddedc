"""The wheel: pip builds it, it holds the library and nothing else, and its page can be shown."""

import email
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import relu_book

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "relu_book", source / "relu_book", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ["wheel", "--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *build, "--wheel-dir", folder, source],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def metadata(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return email.message_from_string(wheel.read(name).decode("utf8"))


def test_the_wheel_holds_the_library_alone(wheel):
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "relu_book").rglob("*.py")}
    assert inside == modules


def test_its_page_can_be_shown(metadata):
    assert (metadata["Name"], metadata["Version"]) == ("relu-book", relu_book.__version__)
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().lstrip() == (ROOT / "README.md").read_text(encoding="utf8")
    assert "\n" not in metadata["Summary"] and len(metadata["Summary"]) <= 512
    assert metadata["License-Expression"] == "MIT"
    for link in metadata.get_all("Project-URL"):
        assert re.fullmatch(r"\w+, https://\S+", link)


def test_no_extra_asks_for_another_torch(metadata):
    # Colab brings a torch that fits its GPU: a pin, a ceiling or an index would replace it.
    asked = [
        each for each in metadata.get_all("Requires-Dist") if re.match(r"torch(vision)?\b", each)
    ]
    assert asked
    for requirement in asked:
        assert re.match(r"torch(vision)?>=[\d.]+(;.*)?$", requirement), requirement
