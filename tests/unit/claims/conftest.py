"""A small file of claims in place of the book's."""

import pytest
import yaml

from relu_book.claims import session


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Writes a file of claims and makes it the book's own."""

    def write(**entries):
        path = tmp_path / f"claims-{len(list(tmp_path.iterdir()))}.yml"
        path.write_text(yaml.safe_dump(entries, sort_keys=False))
        monkeypatch.setenv("RELU_BOOK_CLAIMS", str(path))
        return path

    monkeypatch.setattr(session, "_session", {})
    return write
