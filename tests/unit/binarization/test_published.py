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


@torch.no_grad()
@pytest.mark.parametrize(("name", "folded"), [("mobilenet_v2", 52), ("shufflenet_v2_x0_5", 56)])
def test_networks_of_torchvision_are_folded_and_exact_in_the_limit(name, folded):
    torch.manual_seed(0)
    model = torchvision().models.get_model(name, weights=None).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3)
            module.running_var.uniform_(0.5, 1.5)
    x = torch.randn(1, 3, 64, 64)
    binarized = binarize(model, math.inf, activation_bits=None)
    assert torch.allclose(binarized(x), model(x), rtol=1e-4, atol=1e-5)
    assert len(binarized.folded) == folded and not binarized.unfolded


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
