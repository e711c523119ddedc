"""Pictures of two objects: the stand-in for dog and ball (thesis 2.1, figure 2.2a).

The objects are two scanned digits of different classes, one in the left and one in the right half
of a canvas, at a random place there, on a background of noise.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from relu_book.datasets import Dataset

DIGIT, HEIGHT, WIDTH = 8, 16, 32
NOISE = 0.25  # the brightest pixel that the background can have


class Canvases(NamedTuple):
    """Pictures (n, 1, 16, 32), both labels (n, 2), and boxes (n, 2, 16, 32), true inside.

    The first object is the left one. Its box is the smallest rectangle around its ink.
    """

    images: Tensor
    labels: Tensor
    boxes: np.ndarray


def two_digits(scans: Dataset, number: int, seed: int) -> Canvases:
    """Canvases in float64.

    Args:
        scans: Digits of 8 x 8 pixels.
        number: How many canvases.
        seed: Of scans, places and noise.

    Raises:
        ValueError: The scans have another size.

    Example:
        >>> from relu_book.datasets import load
        >>> made = two_digits(load("digits", "test"), 3, seed=0)
        >>> made.images.shape, made.boxes.any((2, 3)).all().item()
        (torch.Size([3, 1, 16, 32]), True)
        >>> bool((made.labels[:, 0] != made.labels[:, 1]).all())
        True
    """
    if scans.images.shape[1:] != (1, DIGIT, DIGIT):
        raise ValueError(
            f"the digits of a canvas have 1 x 8 x 8 pixels, but those of {scans.name} have "
            f"{' x '.join(map(str, scans.images.shape[1:]))}: load them without a size"
        )
    rng = np.random.default_rng(seed)
    images = rng.uniform(0, NOISE, (number, 1, HEIGHT, WIDTH))
    boxes = np.zeros((number, 2, HEIGHT, WIDTH), bool)
    labels = np.zeros((number, 2), np.int64)
    of_scans = scans.labels.numpy()
    for n in range(number):
        left = rng.integers(len(scans))
        right = rng.choice(np.flatnonzero(of_scans != of_scans[left]))
        for side, scan in enumerate((left, right)):
            digit = scans.images[scan, 0].double().numpy()
            row, column = rng.integers(0, HEIGHT - DIGIT + 1, 2)
            column += side * WIDTH // 2
            place = np.s_[row : row + DIGIT, column : column + DIGIT]
            images[n, 0][place] = np.maximum(images[n, 0][place], digit)
            boxes[n, side][place] = _box(digit > 0)
            labels[n, side] = of_scans[scan]
    return Canvases(torch.from_numpy(images), torch.from_numpy(labels), boxes)


def to_canvas(maps: np.ndarray) -> np.ndarray:
    """Maps (..., h, w) of a layer, each value repeated over the pixels (16, 32) that it covers.

    Example:
        >>> to_canvas(np.ones((3, 8, 16))).shape
        (3, 16, 32)
    """
    return maps.repeat(HEIGHT // maps.shape[-2], -2).repeat(WIDTH // maps.shape[-1], -1)


def _box(ink: np.ndarray) -> np.ndarray:
    """True in the smallest rectangle around what is true."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    box = np.zeros_like(ink)
    box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box
