"""Published networks: those of torchvision with random weights, and real weights where they are."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from relu_book.binarization import binarize
from relu_book.experiments.binarization.published import PUBLISHED, published

DATA = os.environ.get("RELU_BOOK_DATA", "")
OWN = ("resnet20", "squeezenet", "mobilenet", "efficientnet")


@torch.no_grad()
@pytest.mark.filterwarnings("ignore:intermediate results beyond")
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_networks_of_torchvision_load_a_readers_weights(name, tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_DATA", str(tmp_path))
    torch.manual_seed(0)
    given = PUBLISHED[name].make().eval()
    (tmp_path / "weights").mkdir()
    save_file(given.state_dict(), tmp_path / "weights" / PUBLISHED[name].file)
    x = torch.rand(1, 3, 64, 64)
    model = published(name)
    assert torch.equal(model(x), given(x))
    network = binarize(model, 4)
    assert network(x).shape == (1, 1000) and not network.unfolded


@pytest.mark.skipif(
    not all((Path(DATA) / "weights" / PUBLISHED[name].file).is_file() for name in OWN),
    reason="the published weights are not below RELU_BOOK_DATA",
)
@pytest.mark.parametrize("name", OWN)
def test_published_weights_are_those_that_were_measured(name):
    known = PUBLISHED[name]
    size = 32 if known.data == "cifar10" else 224
    assert published(name)(torch.zeros(1, 3, size, size)).isfinite().all()
