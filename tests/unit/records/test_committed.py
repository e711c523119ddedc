"""Committed records are found by name, and only in their own place."""

import shutil

import h5py
import pytest
import xarray as xr

from relu_book.records import (
    LIMIT,
    SCALES,
    RecordError,
    load,
    record_path,
    recorded,
    records_root,
    save,
)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_RECORDS", str(tmp_path))
    for scale, value in (("smoke", 1), ("desk", 2)):
        about = {"experiment": "chapter/counts", "scale": scale}
        save(xr.Dataset({"cells": value}, attrs=about), record_path("chapter/counts", scale))
    return tmp_path


def test_the_largest_scale_is_loaded(root):
    assert recorded() == {"chapter/counts": ("smoke", "desk")}
    assert load("chapter/counts").cells == 2
    assert load("chapter/counts", "smoke").cells == 1


def test_unknown_names_and_scales_are_answered(root):
    with pytest.raises(FileNotFoundError, match="did you mean chapter/counts"):
        load("chapter/count")
    with pytest.raises(FileNotFoundError, match="relu-book list"):
        load("nothing like it")
    with pytest.raises(FileNotFoundError, match="smoke and desk, not paper: `relu-book run "):
        load("chapter/counts", "paper")
    with pytest.raises(ValueError, match="no scale 'big': choose one of smoke, desk, paper"):
        load("chapter/counts", "big")


def test_a_record_in_the_place_of_another_is_refused(root):
    shutil.copy(record_path("chapter/counts", "smoke"), record_path("chapter/counts", "desk"))
    with pytest.raises(RecordError, match="at the scale smoke, not of chapter/counts"):
        load("chapter/counts")


def test_a_falsified_record_is_refused_by_name(root):
    with h5py.File(record_path("chapter/counts", "desk"), "r+") as file:
        file["cells"][()] = 3
    with pytest.raises(RecordError, match="truncated or was altered"):
        load("chapter/counts")
    assert load("chapter/counts", "smoke").cells == 1


def test_the_committed_records_are_intact_and_small():
    found = recorded()
    assert found, f"there are no records in {records_root()}"
    for name, scales in found.items():
        for scale in scales:
            assert scale in SCALES
            load(name, scale)
            assert record_path(name, scale).stat().st_size <= LIMIT


def test_the_records_are_found_from_a_clone_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("relu_book.records.committed.__file__", str(tmp_path / "package" / "x.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="no clone of the book above"):
        records_root()
    with pytest.raises(FileNotFoundError, match="no clone of the book above"):
        load("activation_cells/cells_over_width")
    assert recorded() == {}
