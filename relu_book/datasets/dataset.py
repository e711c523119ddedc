"""What every loader returns, and the error for files that are not what they should be."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


class DataIntegrityError(OSError):
    """A file of a data set is truncated or altered: it does not hold what it should."""


def reason(error: BaseException) -> str:
    """What an error of another library says, in one line, for a message of our own.

    Example:
        >>> reason(ValueError("it ends early\\nin line 3")), reason(EOFError())
        ('it ends early', 'EOFError')
    """
    return (str(error).splitlines() or [type(error).__name__])[0]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labelled samples in memory, on the CPU.

    It is also a map-style data set of torch: ``torch.utils.data.DataLoader(dataset)`` yields
    batches of images and labels.

    Attributes:
        images: Float32. Pictures have the shape (n, channels, height, width) and values in
            [0, 1]; sounds the shape (n, 1, time) and values in [-1, 1); the point sets
            ``uniform``, ``clusters`` and ``checkboard`` the shape (n, coordinates), (n, 2) unless
            asked otherwise, and values in units of the plane.
        labels: Int64, shape (n,), indices into ``classes``.
        classes: The name of each class.
        name: The name that it was loaded by.

    Example:
        >>> from relu_book.datasets import load
        >>> digits = load("digits")
        >>> digits
        Dataset(name='digits', images=(1293, 1, 8, 8), classes=10)
        >>> image, label = digits[0]
        >>> image.shape, digits.classes[label]
        (torch.Size([1, 8, 8]), '2')
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    name: str

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over images and labels as loaded, so that a record can say what it ran on.

        Every option that changes a value or the order of the samples changes it. Computed on first
        use: about 0.2 s for 60 000 images of 28 x 28.
        """
        digest = hashlib.sha256()
        for tensor in (self.images, self.labels):
            digest.update(f"{tensor.dtype} {tuple(tensor.shape)} ".encode())
            digest.update(tensor.contiguous().numpy())
        return digest.hexdigest()

    @property
    def class_counts(self) -> Tensor:
        """How many samples each class has, int64 of the shape (classes,), in their order.

        Example:
            >>> from relu_book.datasets import load
            >>> load("digits", "test").class_counts
            tensor([36, 36, 36, 36, 37, 36, 36, 36, 35, 36])
        """
        return self.labels.bincount(minlength=len(self.classes))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int | slice | Tensor) -> tuple[Tensor, Tensor]:
        return self.images[index], self.labels[index]

    def __repr__(self) -> str:
        shape = tuple(self.images.shape)
        return f"Dataset(name={self.name!r}, images={shape}, classes={len(self.classes)})"


def make(images: Tensor, labels: Tensor, classes: tuple[str, ...], name: str) -> Dataset:
    """A data set whose tensors have the promised types and no gaps in memory."""
    return Dataset(
        images.to(torch.float32).contiguous(), labels.to(torch.int64).contiguous(), classes, name
    )
