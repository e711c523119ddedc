"""The published MNIST and FashionMNIST against torchvision, the slower twin that reads the same.

Tests of the real FashionMNIST skip where ``RELU_BOOK_DATA`` does not lead to it.
"""

import gzip
import json
from pathlib import Path

import pytest
import torch

from relu_book import records
from relu_book.datasets import data_root, idx, load

FILES = tuple(file.name for file in idx._FASHION_MNIST.files.values())


@pytest.mark.parametrize("ours, theirs", [("_MNIST", "MNIST"), ("_FASHION_MNIST", "FashionMNIST")])
def test_checksums_mirrors_and_layout_are_those_of_torchvision(ours, theirs):
    from relu_book.torchvision_compat import torchvision

    reference = getattr(torchvision().datasets, theirs)
    published = getattr(idx, ours)
    assert reference.resources == [
        (f"{file.name}.gz", file.compressed_md5) for file in published.files.values()
    ]
    assert published.mirrors[0] in reference.mirrors
    assert published.folders[0] == f"{theirs}/raw"


@pytest.fixture(scope="module")
def real_files() -> Path:
    folder = data_root() / "fashion-mnist"
    if not (folder / f"{FILES[3]}.gz").is_file():
        pytest.skip("FashionMNIST is not under RELU_BOOK_DATA")
    return folder


@pytest.mark.parametrize("split, n", [("train", 60_000), ("test", 10_000)])
def test_the_real_set_equals_what_torchvision_reads(real_files, tmp_path, split, n):
    from relu_book.torchvision_compat import torchvision

    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file in FILES:
        (raw / file).write_bytes(gzip.decompress((real_files / f"{file}.gz").read_bytes()))
    theirs = torchvision().datasets.FashionMNIST(tmp_path, train=split == "train")
    ours = load("fashion_mnist", split, root=real_files.parent)
    assert ours.images.shape == (n, 1, 28, 28)
    assert torch.equal(ours.images[:, 0], theirs.data / 255)
    assert torch.equal(ours.labels, theirs.targets)
    assert list(ours.classes) == theirs.classes
    assert ours.labels.bincount().tolist() == [n // 10] * 10
    # The same files as torchvision leaves them, uncompressed, give the same bits.
    assert load("fashion_mnist", split, root=tmp_path, validation=0).checksum == ours.checksum


def test_records_that_held_out_a_tenth_by_default_say_so_by_their_checksum(real_files):
    """When they were measured that was the default; their experiments ask for it today."""
    tenth = load("fashion_mnist", root=real_files.parent, validation=0.1)
    assert len(tenth) == 54_000
    for name in ("tutorial/small_vgg", "tutorial/loss_landscape"):
        first, *_ = json.loads(records.load(name, "desk").attrs["data"])
        assert (first["name"], first["split"]) == ("fashion_mnist", "train")
        assert first["checksum"] == tenth.checksum


def test_the_setting_of_f1_holds_out_600_pictures(real_files):
    train, held_out = (
        load("fashion_mnist", split, root=real_files.parent, validation=600)
        for split in ("train", "validation")
    )
    assert (len(train), len(held_out)) == (59_400, 600)
    assert held_out.labels.bincount().tolist() == [60] * 10
