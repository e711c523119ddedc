"""torchao's quantisation after training, where it is installed, against integers by hand."""

import copy

import pytest
import torch
from torch import nn

from relu_book.experiments.binarization.peers import SCALES, peers
from relu_book.experiments.binarization.post_training import (
    NAME,
    quantised_by_torchao,
    torchao_version,
)
from relu_book.runs import Run


def test_what_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr("relu_book.extras.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"needs torchao.*\[quantise\]"):
        quantised_by_torchao(nn.Conv2d(3, 4, 3), torch.zeros(2, 3, 8, 8))


def test_without_torchao_its_peer_has_no_number(tmp_path, monkeypatch):
    monkeypatch.setattr("relu_book.experiments.binarization.peers.torchao_version", lambda: "")
    small = SCALES["smoke"]
    found = peers(small.__class__("untrained", 20, (1,)), 0, Run(tmp_path, "smoke"))
    assert found.attrs == {} and str(found["torchao_version"].values) == ""
    assert found["peer_accuracy"].isnull().values.tolist() == [False] * 4 + [True]
    assert str(found["method"].values[-1]) == NAME


@torch.no_grad()
@pytest.mark.filterwarnings("default")
def test_torchao_gives_integers_of_eight_bits():
    pytest.importorskip("torchao", reason="torchao is not installed: it is an optional peer")
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()),
        *(nn.Conv2d(8, 8, 3, groups=8), nn.ReLU(), nn.Flatten(), nn.Linear(128, 5)),
    ).eval()
    model[1].running_var.uniform_(0.5, 2)
    before = copy.deepcopy(model.state_dict())
    images = torch.randn(16, 3, 8, 8)
    network = quantised_by_torchao(model, images)
    exact = model(images)
    error = (network(images) - exact).norm() / exact.norm()
    assert 1e-4 < error < 0.05
    assert network(images[:3]).shape == (3, 5)  # another number of images
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    kept = [each for each in network.buffers() if each.dtype == torch.int8]
    weights = [model[i].weight.shape for i in (0, 3, 6)]
    assert sorted(each.shape for each in kept) == sorted(weights)
    assert torchao_version()
