"""Published ResNets: what is planted in a record is found, and a small run is what it says."""

import math

import pytest
import torch
from binarization_records import resnets

from relu_book.binarization import binarize, smallest
from relu_book.datasets import load
from relu_book.experiments.binarization.cifar_resnets_reading import (
    cifar_resnets_reading,
    lost_by_pruning,
)
from relu_book.experiments.binarization.published import PUBLISHED, prepared, published
from relu_book.experiments.binarization.resampled import drawn_outputs
from relu_book.runs import run


def test_what_the_source_says_holds_where_it_is_planted():
    found = cifar_resnets_reading(resnets())
    assert {found.judge(claim).verdict for claim in found} <= {"holds", "holds, by construction"}


@pytest.mark.parametrize(
    ("claim", "planted"),
    [
        ("tab-4.1.order", {"loss": lambda n: 24 - 0.3 * n}),
        ("tab-4.2.order-bits", {"bits": (0.3, 0.1, 20.0)}),
        ("tab-4.2.order-bits", {"bits": (3.0, 4.0, 20.0)}),
        ("txt-4.2.6.3", {"power": -0.3}),
    ],
)
def test_the_opposite_fails(claim, planted):
    assert cifar_resnets_reading(resnets(**planted)).judge(claim).verdict == "fails"


def test_what_pruning_costs_is_told_by_networks():
    found = lost_by_pruning(resnets())
    assert found["float_50"].dims == ("network",)
    assert found["float_50"].values == pytest.approx([30.0] * 4)
    assert found["psb_25"].mean().item() == pytest.approx(0.5, abs=0.1)


def test_a_small_run(tmp_path):
    found = run("binarization/cifar_resnets", "smoke", root=tmp_path, progress=False)
    assert found["accuracy"].dims == ("network", "seed", "samples")
    assert not found.isnull().to_array().any()
    # The error falls with the root of the number of samples.
    ratio = found["difference"].sel(many_samples=64) / found["difference"].sel(many_samples=128)
    assert 1 < ratio.mean() < 2


def test_parts_of_the_images_see_one_drawing_and_seeds_see_others():
    images, _ = prepared("untrained", load, 50)
    network = binarize(published("untrained"), 4, activation_bits=None)
    whole = drawn_outputs(network, images, 3, 50)
    assert torch.allclose(drawn_outputs(network, images, 3, 7), whole, atol=1e-5)
    assert not torch.allclose(drawn_outputs(network, images, 4, 50), whole, atol=1e-2)


def test_pruning_leaves_out_the_smallest_of_all_folded_weights():
    images, _ = prepared("untrained", load, 10)
    network = binarize(published("untrained"), math.inf, activation_bits=None)
    network.pruned = 0.5
    pruned = drawn_outputs(network, images, 0)
    plain = published("untrained")
    # Its batch norms are those of a new network: they scale by 1 / sqrt(1 + eps) each.
    layers = [m for m in plain.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    sizes = [m.weight / math.sqrt(1 + 1e-5 * isinstance(m, torch.nn.Conv2d)) for m in layers]
    with torch.no_grad():
        for layer, gone in zip(layers, smallest(sizes, 0.5), strict=True):
            layer.weight[gone] = 0
        assert torch.allclose(pruned, plain(images), atol=1e-4)


def test_missing_and_exchanged_weights_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"resnet20-cifar10.safetensors .* is missing"):
        published("resnet20")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / PUBLISHED["resnet20"].file).write_bytes(b"something else")
    with pytest.raises(ValueError, match="is not what was measured with"):
        published("resnet20")
