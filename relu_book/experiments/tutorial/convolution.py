"""Convolutions as dense layers on patches, and the size of what comes out (thesis 2.1).

A window of k x k pixels slides over C channels with stride s, over an input with p rows and columns
of zeros on every side; at each place the same dense layer takes the k k C numbers of the patch to
c' numbers. Places along an axis of n pixels: floor((n + 2 p - k) / s) + 1.
"""

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

from relu_book.experiments.random_cases import distance, normals
from relu_book.parallel import columns

KERNELS, STRIDES, PADDINGS = (1, 2, 3, 5), (1, 2, 3), (0, 1, 2)
Convolution = Callable[[Tensor, Tensor, Tensor, int, int], Tensor]


def deviations(convolution: Convolution, repeats: int = 3) -> dict[str, object]:
    """Largest differences of a convolution from torch's, over windows, strides and paddings.

    Args:
        convolution: From input (C, H, W), weights (c', C, k, k), bias (c',), stride and padding to
            the output (c', H', W').
        repeats: Random inputs of 2 channels and 7 x 9 pixels for each combination.
    """
    cases = list(product(KERNELS, STRIDES, PADDINGS, range(repeats)))

    def deviation(seed: int) -> dict[str, float]:
        k, stride, padding, _ = cases[seed]
        normal = normals(seed)
        x, weight, bias = normal(2, 7, 9), normal(3, 2, k, k), normal(3)
        own = convolution(x, weight, bias, stride, padding)
        library = functional.conv2d(x[None], weight, bias, stride, padding)[0]
        if own.shape != library.shape:
            raise ValueError(
                f"with window {k}, stride {stride} and padding {padding} the output should have "
                f"the shape {tuple(library.shape)}, but it has {tuple(own.shape)}"
            )
        return {"deviation": distance(own, library)}

    found = columns(deviation, range(len(cases)))
    return found | {"kernels": KERNELS, "strides": STRIDES, "paddings": PADDINGS}


def output_sizes(case: tuple[int, int]) -> dict[str, int]:
    """Width of torch's output for a window and a size, without padding and with (k - 1) / 2 zeros
    on each side, stride 1.
    """
    k, size = case
    x, weight = torch.zeros(1, 1, size, size), torch.zeros(1, 1, k, k)
    return {
        "kernels": k,
        "sizes": size,
        "sizes_without": functional.conv2d(x, weight).shape[-1],
        "sizes_with": functional.conv2d(x, weight, padding=(k - 1) // 2).shape[-1],
    }


def patches_per_pixel(kernel: int, stride: int, padding: int = 0, size: int = 16) -> Tensor:
    """In how many patches each pixel of a square picture lies, (size, size) integers.

    The transposed convolution with ones counts them: it sends a one from every place of the output
    to all pixels of its patch.

    Example:
        >>> patches_per_pixel(kernel=3, stride=2, size=5)[0].tolist()
        [1, 1, 2, 1, 1]
    """
    places = (size + 2 * padding - kernel) // stride + 1
    ones = torch.ones(1, 1, places, places, dtype=torch.float64)
    window = torch.ones(1, 1, kernel, kernel, dtype=torch.float64)
    reach = functional.conv_transpose2d(ones, window, stride=stride)[0, 0]
    counts = torch.zeros(size + 2 * padding, size + 2 * padding, dtype=torch.int64)
    counts[: len(reach), : len(reach)] = reach.round().long()
    return counts[padding : padding + size, padding : padding + size]


def overlaps(case: tuple[int, int]) -> dict[str, int]:
    """How many pixels of a 16 x 16 picture lie in two patches or more, by window and stride."""
    used_twice = int((patches_per_pixel(*case) > 1).sum())
    return {"kernels": case[0], "strides": case[1], "pixels_used_twice": used_twice}
