"""Rotations and translations, drawn for each sample and applied to the whole batch at once.

Pruning paper 4.2: "a composition of cropping, horizontal flipping, and roto-translation" of each
mini-batch; by how much is not printed. The images are sampled bilinearly at turned and shifted
places, with zeros outside. As in ``augmentation``, the draws are made on the CPU and the pixels are
moved where the images are.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class RotoTranslate:
    """Random rotations and translations: ``augment(images, generator) -> images``.

    Attributes:
        degrees: the largest angle, in degrees; drawn evenly between both signs of it.
        translation: the largest shift in each direction, as a share of height and width.
        first: another augmentation that comes before, such as ``Augment()``, or None.

    Raises:
        ValueError: a range is negative, or images are not (n, c, h, w).

    Example:
        >>> import torch
        >>> from relu_book.training import Augment, RotoTranslate
        >>> augment = RotoTranslate(degrees=10, translation=0.1, first=Augment(padding=4))
        >>> images = torch.rand(8, 3, 32, 32)
        >>> augment(images, torch.Generator().manual_seed(0)).shape
        torch.Size([8, 3, 32, 32])
        >>> still = RotoTranslate(degrees=0, translation=0)
        >>> bool(torch.allclose(still(images, torch.Generator()), images, atol=1e-5))
        True
    """

    degrees: float = 10.0
    translation: float = 0.1
    first: Callable[[Tensor, torch.Generator], Tensor] | None = None

    def __post_init__(self) -> None:
        for name in ("degrees", "translation"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be at least 0, but got {getattr(self, name)!r}")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augment a batch.

        Args:
            images: shape (n, c, h, w), floating point, any device.
            generator: on the CPU.

        Returns:
            A new tensor of the same shape, type and device.
        """
        if images.ndim != 4 or not images.is_floating_point():
            raise ValueError(
                f"rotations need floating-point images of the shape (n, channels, height, width), "
                f"not {images.dtype} of the shape {tuple(images.shape)}: train these without"
            )
        if self.first is not None:
            images = self.first(images, generator)
        n, _, height, width = images.shape
        turned, right, down = 2 * torch.rand(3, n, generator=generator, dtype=torch.float64) - 1
        angle = turned * math.radians(self.degrees)
        cos, sin, ratio = angle.cos(), angle.sin(), height / width
        # Of coordinates from -1 to 1, in which a rotation of an oblong image is none.
        rows = (
            torch.stack([cos, -sin * ratio, 2 * self.translation * right], 1),
            torch.stack([sin / ratio, cos, 2 * self.translation * down], 1),
        )
        maps = torch.stack(rows, 1).to(images.device, images.dtype)
        grid = F.affine_grid(maps, list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, padding_mode="zeros", align_corners=False)
