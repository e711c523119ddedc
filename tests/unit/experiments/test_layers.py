"""Layers know their block and whether they follow an addition; missing ones are NaN."""

import numpy as np
import torch

from relu_book.experiments.layers import filled, layout
from relu_book.models import cifar_resnet, pyramidnet


def test_layers_know_their_block_and_whether_they_follow_an_addition():
    image = torch.randn(1, 3, 16, 16)
    resnet = layout(cifar_resnet(20, seed=0), [image], 19)
    assert resnet.block.values.tolist() == 7 * [1] + 6 * [2] + 6 * [3]
    assert resnet.after.values.tolist() == [0.0, 0.0, *8 * [1.0, 0.0], 1.0]
    assert resnet.evaluations.values[[0, -1]].tolist() == [256, 16]
    small = layout(pyramidnet(20, seed=0), [image], 19)
    assert small.block.dropna("layer").values.tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3, 3]


def test_missing_layers_are_nan():
    assert np.isnan(filled(np.ones((2, 3)), 5)[:, 3:]).all()
