"""Records are written whole or not at all, and a changed one is not read."""

import errno
import os
import stat
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from relu_book.files import remove_unfinished
from relu_book.records import RecordError, digest, files, read, save


def example() -> xr.Dataset:
    return xr.Dataset(
        {
            "cells": (("width", "seed"), np.arange(6).reshape(2, 3), {"long_name": "cells"}),
            "share": (("width", "seed"), np.array([[0.1, np.nan, 1], [np.inf, 0, 2]])),
            "seconds": ("width", np.float32([1, 2]), {"units": "s"}),
            "patterns": ("width", np.array([1, 2**63 + 1], dtype=np.uint64)),
            "converged": ("seed", [True, False, True]),
            "layer": ("width", ["relu1", "größe"]),
            "total": 7,
        },
        coords={"width": [4, 8], "seed": [0, 1, 5], "batch_norm": ("width", [False, True])},
        attrs={"settings": '{"width": 4}', "wall_time": 1.5, "seeds": [0, 1, 5]},
    )


def test_a_record_is_read_as_it_was_written(tmp_path):
    saved = example()
    found = read(save(saved, tmp_path / "deep" / "record.nc"))
    xr.testing.assert_equal(found, saved)
    for name in saved.variables:
        if saved[name].dtype.kind != "U":
            assert found[name].dtype == saved[name].dtype
        assert found[name].attrs == saved[name].attrs
    assert found.attrs["settings"] == saved.attrs["settings"]
    assert digest(found) == digest(saved) == found.attrs["digest"]
    assert saved.attrs.keys() == example().attrs.keys(), "save changed its argument"


def test_the_digest_is_one_of_content_alone():
    one, other = example(), example()
    reordered = other[list(reversed(list(other.data_vars)))]
    reordered.attrs = dict(reversed(other.attrs.items()))
    big_endian = other.assign(share=other.share.astype(">f8"))
    assert digest(one) == digest(reordered) == digest(big_endian)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.cells.values.__setitem__((0, 0), 1),
        lambda d: d.share.values.__setitem__((0, 0), np.nextafter(0.1, 1)),
        lambda d: d.share.values.__setitem__((1, 1), -0.0),
        lambda d: d.converged.values.__setitem__(0, False),
        lambda d: d.attrs.update(wall_time=1.6),
        lambda d: d.attrs.update(extra="x"),
        lambda d: d.cells.attrs.update(long_name="pieces"),
    ],
)
def test_the_digest_notices_a_change(change):
    changed = example().copy(deep=True)
    change(changed)
    assert digest(changed) != digest(example())


@pytest.mark.parametrize(
    "changed",
    [
        lambda d: d.rename(width="filters"),
        lambda d: d.rename_vars(cells="pieces"),
        lambda d: d.assign(cells=d.cells.astype("int32")),
        lambda d: d.assign(cells=d.cells.T),
        lambda d: d.assign(layer=("width", ["relu1", "relu2"])),
        lambda d: d.assign_coords(seed=[0, 1, 6]),
        lambda d: d.reset_coords("batch_norm"),
        lambda d: d.drop_vars("total"),
    ],
)
def test_the_digest_notices_another_form(changed):
    assert digest(changed(example())) != digest(example())


def _falsify(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f["cells"].__setitem__((1, 2), 99),
        lambda f: f["share"].__setitem__((0, 0), 0.2),
        lambda f: f["seed"].__setitem__(0, 3),
        lambda f: f["layer"].__setitem__(0, "relu9"),
        lambda f: f.attrs.__setitem__("settings", '{"width": 5}'),
        lambda f: f.attrs.__setitem__("wall_time", 0.1),
        lambda f: f.__delitem__("total"),
        lambda f: f.attrs.__setitem__("digest", "0" * 64),
        lambda f: f.attrs.__delitem__("digest"),
        lambda f: f.attrs.__setitem__("reviewed", "yes"),
    ],
)
def test_a_falsified_record_is_refused(tmp_path, change):
    path = save(example(), tmp_path / "record.nc")
    read(path)
    _falsify(path, change)
    with pytest.raises(RecordError, match=r"record\.nc is truncated or was altered"):
        read(path)
    # A forger who knows of the line at the end still has the digest against him.
    path.write_bytes(path.read_bytes() + files._seal(path.read_bytes()))
    with pytest.raises(RecordError, match=r"record\.nc was altered"):
        read(path)


def test_other_programs_read_a_record(tmp_path):
    path = save(example(), tmp_path / "record.nc")
    with xr.open_dataset(path, decode_times=False) as found:
        xr.testing.assert_equal(found, example())


@pytest.mark.parametrize("keep", [0, 7, 100, 0.5, 0.99])
def test_a_truncated_record_is_refused(tmp_path, keep):
    path = save(example(), tmp_path / "record.nc")
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(RecordError, match="truncated"):
        read(path)


def test_a_record_with_a_flipped_bit_is_refused(tmp_path):
    path = save(example(), tmp_path / "record.nc")
    content = bytearray(path.read_bytes())
    for place in [*range(0, len(content), 211), len(content) - 1]:
        content[place] ^= 1
        path.write_bytes(content)
        content[place] ^= 1
        with pytest.raises(RecordError, match="truncated or was altered"):
            read(path)


def test_a_full_disk_leaves_the_older_record(tmp_path, monkeypatch):
    path = save(example(), tmp_path / "record.nc")
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(example().assign(total=8), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path], "something is left of the failed attempt"


def test_a_writer_that_is_killed_leaves_the_older_record(tmp_path, monkeypatch):
    path = save(example(), tmp_path / "record.nc")
    before = path.read_bytes()
    process = os.fork()
    if process == 0:
        monkeypatch.setattr(Path, "replace", lambda *_: os._exit(9))
        save(example().assign(total=8), path)
    os.waitpid(process, 0)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2
    remove_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_record_can_be_read_by_everyone(tmp_path):
    before = os.umask(0o022)
    try:
        path = save(example(), tmp_path / "record.nc")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("dataset", "error", "message"),
    [
        (xr.Dataset({"x": (("dim_0",), [1])}), ValueError, "has a name"),
        (xr.Dataset({"x": ("a", np.array([{}, 1], dtype=object))}), TypeError, "'x' is of type"),
        (xr.Dataset({"x": ("a", [1 + 2j])}), TypeError, "complex128"),
        (xr.Dataset({"x": ("a", np.array(["2020"], "datetime64[s]"))}), TypeError, "datetime64"),
    ],
)
def test_what_a_record_cannot_hold_is_named(tmp_path, dataset, error, message):
    with pytest.raises(error, match=message):
        save(dataset, tmp_path / "record.nc")
    assert not (tmp_path / "record.nc").exists()


def test_nothing_that_is_read_runs(tmp_path, monkeypatch):
    path = save(example(), tmp_path / "record.nc")
    monkeypatch.setattr("pickle.loads", lambda *_: pytest.fail("a pickle was read"))
    monkeypatch.setattr("pickle.load", lambda *_: pytest.fail("a pickle was read"))
    read(path)
