"""What a record says about code and machine is so."""

import subprocess

import pytest
import torch

from relu_book.runs import provenance


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A repository with a package, which takes the place of this one."""
    folder = tmp_path / "relu_book"
    folder.mkdir()
    (folder / "__init__.py").write_text("one = 1\n")
    (tmp_path / "page.md").write_text("a page\n")
    monkeypatch.setattr(provenance.relu_book, "__file__", str(folder / "__init__.py"))
    provenance.commit.cache_clear()
    yield folder
    provenance.commit.cache_clear()


def git(package, *words: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    command = ["git", "-C", str(package.parent), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit_now() -> tuple[str, str]:
    provenance.commit.cache_clear()
    return provenance.commit()


def test_a_record_tells_commit_and_uncommitted_changes(package):
    assert commit_now() == ("unknown", "unknown"), "there is no repository yet"
    git(package, "init", "-q")
    git(package, "add", "page.md")
    git(package, "commit", "-q", "-m", "a page")
    assert commit_now() == ("unknown", "unknown"), "the package is none of this repository's files"
    git(package, "add", ".")
    git(package, "commit", "-q", "-m", "all")
    head = git(package, "rev-parse", "HEAD")
    assert commit_now() == (head, "clean")
    (package.parent / "page.md").write_text("another page\n")
    assert commit_now() == (head, "clean"), "pages measure nothing"
    (package / "__init__.py").write_text("one = 2\n")
    assert commit_now() == (head, "uncommitted changes")
    git(package, "checkout", "-q", "relu_book")
    assert commit_now() == (head, "clean")
    (package / "new.py").write_text("")
    assert commit_now() == (head, "uncommitted changes")


def test_the_code_of_a_record_is_that_of_the_first_call(package):
    git(package, "init", "-q")
    git(package, "add", ".")
    git(package, "commit", "-q", "-m", "all")
    first = commit_now()
    (package / "__init__.py").write_text("one = 2\n")
    assert provenance.commit() == first, "what runs was read before the change"


def test_without_git_a_record_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert commit_now() == ("unknown", "unknown")
    provenance.commit.cache_clear()


def test_versions_of_a_record_are_those_installed():
    found = provenance.versions(("torch", "no-such-package"))
    assert set(found) == {"python", "torch"}
    assert found["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert provenance.device_name(torch.device("cpu")).startswith("cpu: ")
