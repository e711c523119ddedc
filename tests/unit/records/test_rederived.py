"""Every committed smoke record is what its own command measures, here and today."""

import json

import numpy as np
import pytest
import xarray as xr

from relu_book import records
from relu_book.cli.main import main
from relu_book.runs import find, names, run_folder
from relu_book.runs.layout import invalid

SMOKE = [name for name, scales in records.recorded().items() if "smoke" in scales]


def compare(recorded: xr.Dataset, measured: xr.Dataset) -> None:
    """Same names, dimensions and types; numbers as far as processors agree in float64."""
    assert set(recorded.variables) == set(measured.variables)
    for name, expected in recorded.variables.items():
        found = measured[name].variable
        assert (found.dims, found.dtype.kind) == (expected.dims, expected.dtype.kind), name
        if expected.dtype.kind == "f":
            tight = 1e-9 if expected.dtype.itemsize == 8 else 1e-4
            np.testing.assert_allclose(
                found.values, expected.values, rtol=tight, atol=tight, err_msg=str(name)
            )
        else:
            np.testing.assert_array_equal(found.values, expected.values, err_msg=str(name))
    for part in ("experiment", "scale", "settings_hash", "seeds", "data"):
        assert json_or_text(measured.attrs[part]) == json_or_text(recorded.attrs[part]), part
    # Settings that are newer than the record had their defaults, or the hash would differ.
    then, now = (json.loads(record.attrs["settings"]) for record in (recorded, measured))
    assert then.items() <= now.items()


def json_or_text(text: str):
    return json.loads(text) if text.startswith(("{", "[")) else text


@pytest.mark.parametrize("name", SMOKE)
def test_a_record_is_derived_again_from_its_own_command(name, tmp_path, monkeypatch, capsys):
    recorded = records.load(name, "smoke")
    program, *words = recorded.attrs["command"].split()
    assert program == "relu-book"
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path))
    monkeypatch.setenv("RELU_BOOK_DEVICE", "cpu")
    assert main(words) == 0, capsys.readouterr().err
    compare(recorded, records.read(run_folder(find(name), "smoke") / "record.nc"))


@pytest.mark.parametrize(
    ("name", "scale"),
    [(name, scale) for name, all_ in records.recorded().items() for scale in all_],
)
def test_every_record_answers_an_experiment_of_today(name, scale):
    assert name in names(), f"{name} has a record and is no experiment any more"
    record = records.load(name, scale)
    assert invalid(record, find(name)) is None, "measure it again and promote it"
    words = ("digest", "command", "settings", "seeds", "data", "device", "versions", "commit")
    assert all(record.attrs[word] for word in words)
    assert record.attrs["tree"] == "clean", "no commit holds the code that measured it"


def test_a_record_that_was_forged_with_a_seal_is_not_what_its_command_measures(tmp_path):
    """A value changed by hand and sealed again is read; only measuring it again finds it."""
    name = SMOKE[0]
    honest = records.load(name, "smoke")
    forged = honest.copy(deep=True)
    first = next(iter(forged.data_vars))
    forged[first].values.flat[0] += 1
    path = records.save(forged, tmp_path / "record.nc")
    assert records.read(path)[first].values.flat[0] != honest[first].values.flat[0]
    compare(honest, records.load(name, "smoke"))
    with pytest.raises(AssertionError):
        compare(records.read(path), honest)
