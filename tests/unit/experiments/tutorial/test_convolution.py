"""Convolutions against loops over patches."""

import numpy as np
import pytest
import torch

from relu_book.experiments.tutorial import convolution


def naive_convolution(x, weight, bias, stride, padding):
    channels, height, width = x.shape
    k = weight.shape[-1]
    padded = torch.zeros(channels, height + 2 * padding, width + 2 * padding, dtype=x.dtype)
    padded[:, padding : padding + height, padding : padding + width] = x
    rows = (height + 2 * padding - k) // stride + 1
    columns = (width + 2 * padding - k) // stride + 1
    out = torch.zeros(len(weight), rows, columns, dtype=x.dtype)
    for f, i, j in np.ndindex(*out.shape):
        patch = padded[:, i * stride : i * stride + k, j * stride : j * stride + k]
        out[f, i, j] = (weight[f] * patch).sum() + bias[f]
    return out


def test_convolutions_are_compared_over_the_whole_grid():
    found = convolution.deviations(naive_convolution)
    assert len(found["deviation"]) == 4 * 3 * 3 * 3
    assert max(found["deviation"]) < 1e-12

    def without_bias(x, weight, bias, stride, padding):
        return naive_convolution(x, weight, 0 * bias, stride, padding)

    assert min(convolution.deviations(without_bias, repeats=1)["deviation"]) > 1e-3
    with pytest.raises(ValueError, match="should have the shape"):
        convolution.deviations(lambda x, weight, bias, stride, padding: x)


@pytest.mark.parametrize(("kernel", "size"), [(1, 8), (3, 8), (5, 28), (7, 32)])
def test_output_sizes_follow_the_formula(kernel, size):
    assert convolution.output_sizes((kernel, size)) == {
        "kernels": kernel,
        "sizes": size,
        "sizes_without": size - kernel + 1,
        "sizes_with": size,
    }


@pytest.mark.parametrize(
    ("kernel", "stride", "pixels"), [(2, 2, 0), (1, 1, 0), (3, 2, 15**2 - 9**2)]
)
def test_pixels_in_two_patches_are_counted(kernel, stride, pixels):
    found = convolution.overlaps((kernel, stride))
    assert found == {"kernels": kernel, "strides": stride, "pixels_used_twice": pixels}


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 1, 0), (3, 2, 1), (2, 3, 0), (5, 2, 2)]
)
def test_patches_per_pixel_counted_one_at_a_time(kernel, stride, padding):
    size = 9
    counts = np.zeros((size + 2 * padding,) * 2, int)
    places = range(0, size + 2 * padding - kernel + 1, stride)
    for i in places:
        for j in places:
            counts[i : i + kernel, j : j + kernel] += 1
    inner = counts[padding : padding + size, padding : padding + size]
    assert convolution.patches_per_pixel(kernel, stride, padding, size).tolist() == inner.tolist()
