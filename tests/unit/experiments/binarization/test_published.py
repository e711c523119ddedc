"""Published networks: those of torchvision with random weights, and real weights where they are."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from relu_book.experiments.binarization.pictures import SCALES as PICTURES
from relu_book.experiments.binarization.pictures import pictures
from relu_book.experiments.binarization.published import PUBLISHED, published
from relu_book.runs import Run

DATA = os.environ.get("RELU_BOOK_DATA", "")
OWN = ("resnet20", "squeezenet", "mobilenet", "efficientnet")


TORCHVISION = PICTURES["paper"].network


def saved(name, folder):
    """A network with random weights, which are saved where a reader would put published ones."""
    torch.manual_seed(0)
    model = PUBLISHED[name].make().eval()
    (folder / "weights").mkdir(exist_ok=True)
    save_file(model.state_dict(), folder / "weights" / PUBLISHED[name].file)
    return model


@torch.no_grad()
@pytest.mark.parametrize("name", TORCHVISION)
def test_networks_of_torchvision_load_a_readers_weights(name, tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path))
    words = rf"missing: make it .* by safetensors.torch.save_file\(.*model\('{name}', weights="
    with pytest.raises(FileNotFoundError, match=words):
        published(name)
    given, x = saved(name, tmp_path), torch.rand(1, 3, 80, 80)
    assert torch.equal(published(name)(x), given(x))


@pytest.mark.filterwarnings("ignore:intermediate results beyond")
def test_the_papers_run_needs_data_and_weights_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path))
    saved("mobilenet_v2", tmp_path)
    for synset in ("n01", "n02"):
        folder = tmp_path / "imagenet" / "val" / synset
        folder.mkdir(parents=True)
        pixels = np.random.default_rng(0).integers(256, size=(240, 260, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "picture.JPEG")
    few = {"network": "mobilenet_v2", "images": 2, "samples": (4,), "pruned": (0.25,)}
    job = Run(tmp_path / "job", "paper")
    found = pictures(replace(PICTURES["paper"], **few), 0, job)
    assert found["accuracy"].dims == ("samples",) and found["pruned_accuracy"].dims == ("pruned",)
    assert {float(found[name]) % 50 for name in ("float_accuracy", "rounded_accuracy")} == {0}


@pytest.mark.skipif(
    not all((Path(DATA) / "weights" / PUBLISHED[name].file).is_file() for name in OWN),
    reason="the published weights are not below RELU_BOOK_DATA",
)
@pytest.mark.parametrize("name", OWN)
def test_published_weights_are_those_that_were_measured(name):
    known = PUBLISHED[name]
    size = 32 if known.data == "cifar10" else 224
    assert published(name)(torch.zeros(1, 3, size, size)).isfinite().all()
