"""The frameworks import torchvision, and know nothing of a binary that does not fit."""

import pytest

from relu_book.torchvision_compat import torchvision


@pytest.fixture(scope="session", autouse=True)
def importable_torchvision():
    torchvision()
