"""The rounding of :mod:`relu_book.binarization.fixed_point` in one pass over memory, by Numba."""

import numpy as np

from relu_book.compiled import kernel

_MAGNITUDE = np.int32(0x7FFFFFFF)


@kernel
def count_rounded(x, steps, low, high):
    """How many float32 numbers rounding would change."""
    step = np.float32(1) / steps
    changed = np.int32(0)
    for i in range(len(x)):
        number = np.rint(x[i] * steps)
        number = low if number < low else number
        number = high if number > high else number
        changed += np.int32(number * step != x[i])
    return changed


@kernel
def round_to(x, bits_of_x, steps, low, high, out):
    """Writes float32 numbers rounded to ``1 / steps``, and gives the bits of the largest |x|.

    Magnitudes of floats are ordered as the integers are that have the same bits, and a largest
    integer is found for several numbers at once, where a largest float is not.
    """
    step = np.float32(1) / steps
    largest = np.int32(0)
    for i in range(len(x)):
        number = np.rint(x[i] * steps)
        number = low if number < low else number
        number = high if number > high else number
        out[i] = number * step
        largest = max(largest, bits_of_x[i] & _MAGNITUDE)
    return largest
