"""Networks that others made: torchvision's, and the published ResNet-20 where its weights are."""

import math
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from relu_book.binarization import binarize
from relu_book.datasets import load
from relu_book.models import cifar_resnet, load_weights
from relu_book.torchvision_compat import torchvision

DATA = os.environ.get("RELU_BOOK_DATA", "")
WEIGHTS = Path(DATA) / "weights" / "resnet20-cifar10.safetensors"


NETWORKS = {
    "resnet18": (20, 64, {}),
    "resnet50": (53, 64, {}),
    "inception_v3": (94, 75, {"init_weights": False, "transform_input": True}),
    "mobilenet_v2": (52, 64, {}),
    "shufflenet_v2_x0_5": (56, 64, {}),
}
AUXILIARY = {f"AuxLogits.conv{i}.bn": "it is not called" for i in range(2)}  # in training alone


def made(name):
    torch.manual_seed(0)
    model = torchvision().models.get_model(name, weights=None, **NETWORKS[name][2]).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3)
            module.running_var.uniform_(0.5, 1.5)
    return model


@torch.no_grad()
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_torchvision_are_folded_and_exact_in_the_limit(name):
    folded, size, _ = NETWORKS[name]
    model, x = made(name), torch.randn(1, 3, size, size)
    binarized = binarize(model, math.inf, activation_bits=None)
    expected = model(x)
    assert (binarized(x) - expected).abs().max() < 1e-4 * max(1, expected.abs().max())
    assert len(binarized.folded) == folded
    assert binarized.unfolded == (AUXILIARY if name == "inception_v3" else {})
    binarized.samples = 4
    drawn = binarized(x)
    assert drawn.isfinite().all() and not torch.allclose(drawn, expected, rtol=1e-3)
    cost = binarized.cost(x)
    assert cost.additions == 4 * cost.multiplications > 1e7


@torch.no_grad()
def test_the_auxiliary_head_of_inception_draws_in_training():
    binarized = binarize(made("inception_v3"), 4).train()
    x = torch.randn(1, 3, 299, 299).expand(2, -1, -1, -1)  # the head needs pictures of this size
    logits, auxiliary = binarized(x)
    assert logits.shape == auxiliary.shape == (2, 1000) and auxiliary.isfinite().all()
    assert all(layer.draws.calls == 1 for layer in binarized._layers.values())


@torch.no_grad()
@pytest.mark.skipif(not (DATA and WEIGHTS.is_file()), reason="no weights of ResNet-20")
@pytest.mark.filterwarnings("ignore:intermediate results beyond")
def test_the_published_resnet_keeps_its_accuracy_with_16_samples():
    model = load_weights(cifar_resnet(20, version=1), WEIGHTS).eval()
    images = load("cifar10", "test")
    some = slice(None, None, 40)
    mean = torch.tensor((0.485, 0.456, 0.406)).view(1, 3, 1, 1)
    deviation = torch.tensor((0.229, 0.224, 0.225)).view(1, 3, 1, 1)
    x, labels = (images.images[some] - mean) / deviation, images.labels[some]
    network = binarize(model, 16, generator=torch.Generator().manual_seed(0))

    def accuracy(run):
        return (run(x).argmax(1) == labels).double().mean().item()

    assert len(labels) == 250 and accuracy(model) > 0.85
    assert accuracy(network) > accuracy(model) - 0.06
    assert len(network.folded) == 19
    network.samples = 1
    assert accuracy(network) < accuracy(model) - 0.06
