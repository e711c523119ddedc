"""Files are there whole or not at all, and what a killed writer left is told from other files."""

import errno
import os

import pytest

from relu_book.files import atomic_file, remove_unfinished, write_atomically


def test_an_error_in_the_block_leaves_the_older_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "new folder" / "one"
    write_atomically(path, b"old")
    with pytest.raises(KeyError), atomic_file(path) as file:
        file.write(b"half")
        raise KeyError
    assert path.read_bytes() == b"old" and list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_older_file(tmp_path, monkeypatch):
    write_atomically(tmp_path / "one", b"old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "one", b"new")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


def test_only_what_was_left_of_the_named_file_is_removed(tmp_path):
    left = [tmp_path / f".unfinished-{name}-x" for name in ("[a]", "b")]
    for path in [*left, tmp_path / "[a]"]:
        path.write_bytes(b"")
    remove_unfinished(tmp_path, "[a]")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".unfinished-b-x", "[a]"]
    remove_unfinished(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["[a]"]
