"""The records run, and have what their readings and pictures ask for."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from relu_book.datasets import load
from relu_book.experiments.extrinsic_networks import board_reading, deep_reading
from relu_book.experiments.extrinsic_networks.comparison import Settings, network, samples
from relu_book.plots import extrinsic_networks as plots
from relu_book.plots.words import words_of
from relu_book.runs import run


def made(name, root):
    return run(f"extrinsic_networks/{name}", "smoke", progress=False, root=root)


def test_the_board(tmp_path):
    tried = made("board_tuning", tmp_path)
    assert tried.sizes["candidate"] == 16 and tried.validation_accuracy.notnull().any()
    record = made("board", tmp_path)
    assert record.places.shape == (2, 3, 400, 2)
    assert set(board_reading(record)) >= {"fig-A.8.a", "fig-A.8.b", "fig-A.8.c"}
    # At a factor of 1 the training is that of the network itself.
    once = record.by_shift.sel(factor=1.0)
    assert np.array_equal(once, record.accuracy.sel(setup="extrinsic").isel(epoch=-1))
    assert "times" in plots.starts(record).axes[0].get_xlabel()
    assert "Mean test accuracy" in words_of(plots.starts(record)).alt


def test_deep_networks(tmp_path):
    assert made("deep_tuning", tmp_path).sizes["candidate"] == 12
    record = made("deep", tmp_path)
    assert record.patterns.sel(depth=3, layer=4).isnull().all()
    assert record.gradient.sel(depth=5, layer=5).notnull().all()
    with pytest.raises(KeyError):
        deep_reading(record)  # it asks for 8 and 30 layers


def test_the_comparison(tmp_path):
    assert made("comparison_tuning", tmp_path).sizes["candidate"] == 6
    record = made("comparison", tmp_path)
    ordinary = record.parameters.sel(network="ordinary")
    assert (abs(record.parameters / ordinary - 1) < 0.02).all()
    assert (record.joint_patterns >= record.patterns.max("layer")).all()
    assert "patterns on 100 points" in words_of(plots.comparison(record)).alt


def test_networks_of_as_many_parameters():
    for data, size in (("checkboard", 2), ("digits", 64), ("fashion_mnist", 784)):
        sizes = {
            kind: sum(
                each.numel()
                for each in network(
                    Settings(data=data, network=kind), torch.zeros(1, size), 0
                ).parameters()
            )
            for kind in ("ordinary", "extrinsic", "entropy")
        }
        assert sizes["extrinsic"] == sizes["entropy"]
        assert abs(sizes["extrinsic"] / sizes["ordinary"] - 1) < 0.01


def test_candidates_are_tried_on_samples_that_none_is_trained_on():
    def pictures(_, split, *, validation=None):
        """As the data sets that are published in two pieces: nothing is held out unasked."""
        assert split == "test" or validation == 0.1
        return load("digits", split, **({} if split == "test" else {"validation": validation}))

    settings, of = Settings(data="fashion_mnist"), SimpleNamespace(load=pictures)
    rows = {split: samples(settings, of, split, 0)[0] for split in ("train", "validation", "test")}
    assert [len(each) for each in rows.values()] == [1293, 144, 360]
