"""What all unit tests have in common."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _same_random_numbers():
    """So that a test which draws its inputs has the same ones in every run."""
    torch.manual_seed(0)
