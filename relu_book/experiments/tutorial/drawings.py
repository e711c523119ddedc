"""Four garments drawn by hand, for a network that knows photographs of garments (figure 2.2).

FashionMNIST need not be at hand to see how the small VGG looks at a picture: these are polygons in
its layout, bright on black, 28 x 28 pixels, shoes pointing to the left.
"""

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

SIZE, FINER = 28, 8
BRIGHTNESS = 0.7

# Corners in pixels, and the class of FashionMNIST.
GARMENTS = {
    "trousers": ("Trouser", "9,1 19,1 21,27 15,27 14,9 13,27 7,27"),
    "pullover": (
        "Pullover",
        "10,2 14,4 18,2 22,4 27,24 23,26 20,12 20,27 8,27 8,12 5,26 1,24 6,4",
    ),
    "bag": ("Bag", "2,11 7,11 9,3 19,3 21,11 18,11 17,6 11,6 10,11 26,11 26,26 2,26"),
    "boot": ("Ankle boot", "13,3 25,3 26,25 2,25 2,20 10,16 13,10"),
}


def garment(name: str) -> Tensor:
    """(1, 28, 28), float64 in [0, 1].

    Args:
        name: One of ``GARMENTS``.

    Raises:
        ValueError: There is no such drawing.

    Example:
        >>> picture = garment("boot")
        >>> tuple(picture.shape), picture.min().item(), picture.max().item()
        ((1, 28, 28), 0.0, 0.7)
    """
    if name not in GARMENTS:
        raise ValueError(f"there is no drawing of {name!r}: choose one of {', '.join(GARMENTS)}")
    corners = [
        tuple(FINER * int(place) for place in corner.split(","))
        for corner in GARMENTS[name][1].split()
    ]
    large = Image.new("L", (FINER * SIZE, FINER * SIZE))
    ImageDraw.Draw(large).polygon(corners, fill=1)
    blocks = np.asarray(large, float).reshape(SIZE, FINER, SIZE, FINER)
    return torch.from_numpy(BRIGHTNESS * blocks.mean((1, 3)))[None]
