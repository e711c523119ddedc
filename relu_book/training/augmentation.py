"""Flips and padded crops, drawn for each sample and applied to the whole batch at once.

The augmentation that the sources train CIFAR networks with: pad each side with zeros, cut a window
of the original size at a random place, mirror left and right with probability 1/2. The draws are a
few whole numbers a sample and come from a generator on the CPU, so that they are the same on every
device; the pixels are moved where the images are.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from relu_book.training import checks


@dataclass(frozen=True)
class Augment:
    """Random flips and padded crops: ``augment(images, generator) -> images``.

    Anything else that is called in this way can be given to ``train`` in its place.

    Attributes:
        flip: Mirror left and right with probability 1/2.
        padding: Zeros on each side, in pixels, before a window of the original size is cut out;
            0 crops nothing. A padded pixel is 0, whatever the images are scaled to.

    Raises:
        ValueError: padding is negative or no whole number, or images are not (n, c, h, w).

    Example:
        >>> import torch
        >>> from relu_book.training import Augment
        >>> image = torch.arange(1, 10, dtype=torch.uint8).reshape(1, 1, 3, 3)
        >>> Augment(flip=True, padding=1)(image, torch.Generator().manual_seed(0))[0, 0]
        tensor([[5, 4, 0],
                [8, 7, 0],
                [0, 0, 0]], dtype=torch.uint8)
    """

    flip: bool = True
    padding: int = 4

    def __post_init__(self) -> None:
        if self.padding != 0:
            checks.positive(self.padding, "padding")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augment a batch.

        Args:
            images: Shape (n, c, h, w), any type, any device.
            generator: On the CPU.

        Returns:
            A new tensor of the same shape, type and device.
        """
        if images.ndim != 4:
            raise ValueError(
                f"flips and crops need images of the shape (n, channels, height, width), "
                f"not {tuple(images.shape)}: train these without augment"
            )
        n, _, height, width = images.shape
        sides = 2 * self.padding + 1
        # Drawn in one form whatever is switched off, so that crops do not depend on flips.
        down, right = torch.randint(sides, (2, n), generator=generator).to(images.device)
        mirrored = torch.randint(2, (n,), generator=generator).to(images.device) == 1
        if self.padding:
            padded = F.pad(images, 4 * (self.padding,))
            windows = padded.unfold(2, height, 1).unfold(3, width, 1)
            images = windows[torch.arange(n, device=images.device), :, down, right]
        if self.flip:
            images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
        return images
