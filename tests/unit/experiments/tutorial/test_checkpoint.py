"""The small VGG as a file: what is written is read again, and damage is told."""

import json

import numpy as np
import pytest
import torch
import xarray as xr
from safetensors.torch import save_file

from relu_book.experiments.tutorial import checkpoint
from relu_book.experiments.tutorial.drawings import garment
from relu_book.experiments.tutorial.small_vgg import network, to_row
from relu_book.records import load

STAGES = [[3], [4, 5]]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A file made from a record of two small networks, and the first of them."""
    models = [network(STAGES, seed=seed, dtype=torch.float32) for seed in (0, 1)]
    for model in models:
        model.train()(torch.rand(8, 1, 8, 8))
    record = xr.Dataset(
        {
            "weights": (("seed", "weight"), np.array([to_row(model) for model in models])),
            "test_accuracy": ("seed", [0.75, 0.5]),
        },
        {"seed": [0, 1]},
        {
            "experiment": "tutorial/small_vgg", "scale": "desk", "command": "again",
            "commit": "abc", "digest": "def", "settings": json.dumps({"stages": STAGES}),
        },
    )  # fmt: skip
    monkeypatch.setattr(checkpoint, "load", lambda name, scale: record)
    return checkpoint.write(tmp_path / "small_vgg.safetensors"), models[0].eval()


def test_what_is_written_is_read_again(written):
    file, model = written
    x = torch.rand(4, 1, 8, 8)
    read = checkpoint.read(file, dtype=torch.float32)
    assert torch.equal(read(x), model(x))
    assert not read.training
    in_float64 = checkpoint.read(file)(x.double())
    assert in_float64.dtype == torch.float64
    assert torch.allclose(in_float64.float(), model(x), atol=1e-5)


def test_the_file_says_where_it_comes_from(written):
    about = checkpoint.metadata(written[0])
    assert about["record"] == "def" and about["command"] == "again" and about["seed"] == "0"
    assert float(about["test_accuracy"]) == 0.75


def test_a_missing_and_a_damaged_file_are_told(written, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"restore it with git"):
        checkpoint.read(tmp_path / "other.safetensors")
    file = written[0]
    nameless = tmp_path / "nameless.safetensors"
    save_file(network(STAGES).state_dict(), nameless)
    with pytest.raises(ValueError, match=r"does not say which network"):
        checkpoint.read(nameless)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"small_vgg.safetensors is damaged"):
        checkpoint.read(file)


def test_the_books_file_holds_the_network_of_its_record():
    about, record = checkpoint.metadata(), load("tutorial/small_vgg", "desk")
    assert about["record"] == record.attrs["digest"]
    assert "clean" in record.attrs["tree"]
    assert np.array_equal(to_row(checkpoint.read()), record.weights.sel(seed=0).values)


def test_the_books_network_knows_three_of_four_garments():
    pictures = torch.stack([garment(name) for name in ("trousers", "bag", "boot")])
    assert checkpoint.read()(pictures).argmax(1).tolist() == [1, 8, 9]
