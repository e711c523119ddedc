"""The embedded default: 1 797 scanned digits that scikit-learn carries with it.

Pictures of 8 x 8 pixels with 17 grey levels (E. Alpaydin and C. Kaynak, optical recognition of
handwritten digits, UCI Machine Learning Repository, 1998, CC BY 4.0: the test part of that set).
They come without a division of their own. Here 360 of them, 20 %, are the test set, always the
same ones; the validation set is cut from the other 1 437.

Larger sizes are bilinear with half-pixel centres. All weights and grey levels are then multiples
of powers of two, so every CPU and every device yields the same bits.
"""

import numpy as np
import torch
from torch.nn.functional import interpolate

from relu_book.datasets.dataset import Dataset, make
from relu_book.datasets.splits import held_out, training_split

_SIZES = (8, 16, 32)
_TEST_SAMPLES = 360
_TEST_SEED = 0


def load_digits(
    split: str, *, size: int = 8, validation: float | int = 0.1, seed: int = 0
) -> Dataset:
    """Load the digits of scikit-learn; ``load`` describes what is common to all sets.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``; they share no scan.
        size: Height and width in pixels: 8 (as scanned), 16 or 32.
        validation: Number or share of the 1 437 training scans that are held out; other than in
            sets that are published in parts, a tenth by default.
        seed: Names the random choice of the validation scans.

    Returns:
        Images (n, 1, size, size), labels 0 to 9. By default 1 293 scans for training, 144 for
        validation and 360 for test.

    Raises:
        ValueError: Another size, or a validation part outside its range.
        ImportError: scikit-learn is not installed.

    Cost: about 1 s on first use, most of it the import of scikit-learn.

    Example:
        >>> from relu_book.datasets import load
        >>> load("digits", "test", size=16)
        Dataset(name='digits', images=(360, 1, 16, 16), classes=10)
    """
    if size not in _SIZES:
        raise ValueError(f"the digits come in the sizes {_SIZES}, but got size={size!r}")
    try:
        from sklearn import datasets as scikit_learn
    except ImportError:
        raise ImportError(
            "the digits come with scikit-learn, which is not installed: "
            "run `pip install scikit-learn` or `pip install 'relu-book[lab]'`"
        ) from None
    scans = scikit_learn.load_digits()
    labels = scans.target
    test = held_out(labels, _TEST_SAMPLES, _TEST_SEED)
    chosen = np.flatnonzero(test)
    if split != "test":
        others = np.flatnonzero(~test)
        chosen = others[training_split(labels[others], split, validation, seed)]
    images = torch.from_numpy(scans.images[chosen]).float().unsqueeze(1) / 16
    if size != 8:
        images = interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    classes = tuple(str(digit) for digit in range(10))
    return make(images, torch.from_numpy(labels[chosen]), classes, "digits")
