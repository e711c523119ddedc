"""A small network that several tests of the tutorial look into."""

import pytest
import torch

from relu_book.experiments.tutorial.small_vgg import network


@pytest.fixture
def model():
    """Statistics of batch normalisation other than at the start, so that they count."""
    made = network([(4,), (6, 8)], seed=3, dtype=torch.float64).train()
    generator = torch.Generator().manual_seed(5)
    for _ in range(3):
        made(torch.rand(16, 1, 16, 32, generator=generator, dtype=torch.float64))
    return made.eval()
