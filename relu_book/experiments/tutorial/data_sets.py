"""The data sets of table 2.1: what the source prints, and what the publishers say (thesis 2.1.1).

The published numbers come from ``relu_book.datasets.published_sizes``; the tests of the loaders
compare them with the files where these are at hand.
"""

import torch

from relu_book.datasets import load, published_sizes
from relu_book.training import Augment

#: Training and test samples, classes and shape as table 2.1 prints them.
TABLE = {
    "fashion_mnist": (60_000, 10_000, 10, "28 × 28 × 1"),
    "cifar10": (50_000, 10_000, 10, "32 × 32 × 3"),
    "cifar100": (50_000, 10_000, 100, "32 × 32 × 3"),
    "tiny_imagenet": (100_000, 10_000, 200, "64 × 64 × 3"),
    "imagenet": (1_200_000, 50_000, 1_000, "various"),
    "speech_commands": (105_829, 11_005, 50, "1 × 16,000"),
}

#: What other places of the sources print, where they disagree with the table or the publisher.
ELSEWHERE = {
    "fashion_mnist": "50,000 for training (thesis 2.2.4, footnote 11); 60,000 in all, "
    "5,000 + 1,000 a class (supplement E)",
    "tiny_imagenet": "“consists of 100,000”, which is the training part (thesis 2.1.1)",
    "imagenet": "150,000 for validation (thesis 2.1.1, supplement E): with the test part",
    "speech_commands": "35 words, 4,890 for testing, 10,102 for validation (thesis 2.1.1): "
    "parts of an edition with 12 labels; 105,829 are all recordings",
}

#: P. Warden 2018, section 5: recordings of one second at most, 16-bit PCM, 16 kHz, one channel.
SPEECH_FORMAT = {"seconds": 1, "bits": 16, "rate": 16_000}


def published(name: str, *counts: str) -> dict[str, object]:
    """Published counts of a data set, as the claims on table 2.1 judge them.

    Args:
        name: Of the data set.
        *counts: Which; by default those of every data set of pictures of one shape.

    Example:
        >>> published("cifar100", "train", "per_class")
        {'train': 50000, 'per_class': (500, 100)}
    """
    size = published_sizes()[name]
    names = counts or ("train", "test", "classes", "shape", "per_class")
    return {count: getattr(size, count) for count in names}


def split_of_digits() -> dict[str, float]:
    """Share that the loader holds out of the digits, and pictures that the three parts share."""
    parts = {split: load("digits", split).images for split in ("train", "validation", "test")}
    seen = {name: {image.numpy().tobytes() for image in part} for name, part in parts.items()}
    held_out, train = len(parts["validation"]), len(parts["train"])
    overlap = (seen["validation"] & seen["train"]) | (seen["validation"] & seen["test"])
    return {"held_out": held_out / (held_out + train), "overlap": len(overlap)}


def augmented_digits(samples: int = 1000, padding: int = 2, seed: int = 0) -> dict[str, int]:
    """Whether augmented digits of 16 x 16 are crops of the padded digit, flipped or not.

    Args:
        samples: Digits to augment.
        padding: Zeros on each side before the crop.
        seed: Of flips and crops.
    """
    images = load("digits", size=16).images[:samples]
    generator = torch.Generator().manual_seed(seed)
    augmented = Augment(flip=True, padding=padding)(images, generator)
    padded = torch.nn.functional.pad(images, 4 * (padding,))
    crops = padded.unfold(2, 16, 1).unfold(3, 16, 1)[:, 0].flatten(1, 2)  # n, places, 16, 16
    straight = (crops == augmented).flatten(2).all(2).any(1)
    flipped = (crops.flip(3) == augmented).flatten(2).all(2).any(1)
    without = Augment(flip=False, padding=0)(images, generator)
    return {
        "augmented": len(images),
        "explained": int((straight | flipped).sum()),
        "flipped": int((flipped & ~straight).sum()),
        "changed_unasked": int((without != images).flatten(1).any(1).sum()),
    }
