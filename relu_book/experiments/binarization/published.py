"""Networks that others trained, with their weights and the images that they are tested on.

The weights are files of the reader's own, ``weights/<file>`` below the folder that
``RELU_BOOK_DATA`` names, and are checked by their SHA-256:

- ResNet-20, 32, 44 and 56 for CIFAR-10, Y. Idelbayev, github akamaster/pytorch_resnet_cifar10
  (BSD-2-Clause), right for 91.73, 92.63, 93.10 and 93.39 % of the 10,000 test images.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from relu_book.datasets import Dataset
from relu_book.datasets.files import data_root
from relu_book.models import cifar_resnet, load_weights

_CIFAR = {"mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)}


@dataclass(frozen=True)
class Published:
    """A network as it was published.

    Attributes:
        make: Makes it, with any weights.
        file: Name of the file with its weights; without one they stay as they were made.
        checksum: SHA-256 of the file.
        data: Name of the data set that it is tested on.
        mean: Of each channel, which is taken from the images.
        deviation: Of each channel, by which they are divided.
    """

    make: Callable[[], nn.Module]
    file: str = ""
    checksum: str = ""
    data: str = "cifar10"
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)


def _resnet(depth: int, checksum: str) -> Published:
    make = partial(cifar_resnet, depth, 1)
    return Published(make, f"resnet{depth}-cifar10.safetensors", checksum, **_CIFAR)


PUBLISHED = {
    "resnet20": _resnet(20, "990aea635ac848735059bd47b222756cf144236b26d6d6a5996898b6b6820f0c"),
    "resnet32": _resnet(32, "30a534cb594168704e2459e80c06a3e9dd394147cee959d88fb59d5ccd44c88a"),
    "resnet44": _resnet(44, "5bcd1dc55e7368b09f1fdc6fc7808d11f6c92daf1286b2313aef991375c1a997"),
    "resnet56": _resnet(56, "007561da54d0de8b0be9aa74670e4160a85bff1e33f11aca889487ad505ed63f"),
    # For the tests: nothing is downloaded, and nothing was learned.
    "untrained": Published(
        partial(cifar_resnet, 8, 1, 4, in_channels=1, seed=0), data="digits", deviation=(0.25,)
    ),
}


def published(name: str) -> nn.Module:
    """A network with its weights, in evaluation mode.

    Args:
        name: One of ``PUBLISHED``.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is another one.

    Example:
        >>> published("untrained")(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """
    network = PUBLISHED[name]
    model = network.make()
    if network.file:
        path = data_root() / "weights" / network.file
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} of the published network {name!r} is missing: "
                f"{__name__}'s first lines say who published it"
            )
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != network.checksum:
            raise ValueError(
                f"{path} is not what was measured with (its SHA-256 is {found}, not "
                f"{network.checksum}): fetch it again"
            )
        load_weights(model, path)
    return model.eval()


def prepared(name: str, load: Callable[..., Dataset], images: int) -> tuple[Tensor, Tensor]:
    """The test images of a network as it takes them, with their classes.

    Args:
        name: One of ``PUBLISHED``.
        load: ``datasets.load``, or that of a run.
        images: How many, evenly from the whole test set; at most that many as it has.

    Returns:
        (n, channels, height, width) float32 and (n,) int64.

    Raises:
        ValueError: There are fewer.

    Example:
        >>> from relu_book.datasets import load
        >>> images, labels = prepared("untrained", load, 20)
        >>> images.shape, len(labels)
        (torch.Size([20, 1, 8, 8]), 20)
    """
    network, data = PUBLISHED[name], load(PUBLISHED[name].data, "test")
    if images > len(data):
        raise ValueError(f"{network.data} has {len(data)} test images, not {images}")
    some = torch.arange(images) * len(data) // images
    found, labels = data[some]
    mean, deviation = torch.tensor([network.mean, network.deviation])[..., None, None]
    return (found - mean) / deviation, labels
