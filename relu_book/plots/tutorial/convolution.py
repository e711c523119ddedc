"""Pictures of convolutions (thesis 2.1)."""

from functools import lru_cache

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch.nn import functional

from relu_book.datasets import load
from relu_book.experiments.tutorial.convolution import patches_per_pixel
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described

SIZE = 16


def edge_filter(kernel: int) -> torch.Tensor:
    """Weights (k, k) that answer to vertical edges: right half minus left half."""
    weights = torch.zeros(kernel, kernel, dtype=torch.float64)
    if kernel == 1:
        return weights + 1
    weights[:, kernel - kernel // 2 :] = 1
    weights[:, : kernel // 2] = -1
    return weights / kernel


def describe_convolution(kernel: int, stride: int, padding: int) -> str:
    places = (SIZE + 2 * padding - kernel) // stride + 1
    counts = patches_per_pixel(kernel, stride, padding, SIZE)
    return (
        f"A digit of {SIZE} by {SIZE} pixels under a window of {kernel} by {kernel}, stride "
        f"{stride}, padding {padding}: a pixel lies in {counts.min()} to {counts.max()} patches, "
        f"the output has {places} by {places} values."
    )


@described(
    alt=describe_convolution,
    caption="A digit under a moving window. Left: the first two patches, and the border of the "
    "picture in grey where it is padded. Middle: in how many patches each pixel lies, "
    "dark for few. Right: the output for a filter that answers to vertical edges, red "
    "where the ink is on its right side and blue where it is on its left.",
)
def draw_convolution(kernel: int, stride: int, padding: int) -> Figure:
    """A digit with the first patches, how often each pixel is used, and the output."""
    image = _digit()
    out = functional.conv2d(
        image[None, None], edge_filter(kernel)[None, None], stride=stride, padding=padding
    )[0, 0]
    counts = patches_per_pixel(kernel, stride, padding, SIZE)
    figure = Figure(figsize=(10.2, 4.0))
    seen, used, result = figure.subplots(1, 3)
    padded = functional.pad(image, 4 * (padding,))
    edges = (-padding - 0.5, SIZE + padding - 0.5, SIZE + padding - 0.5, -padding - 0.5)
    seen.imshow(padded.numpy(), cmap="gray_r", extent=edges)
    seen.add_patch(Rectangle((-0.5, -0.5), SIZE, SIZE, fill=False, color="#bbbbbb"))
    for column, colour in ((0, BLUE), (1, ORANGE)):
        corner = (column * stride - padding - 0.5, -padding - 0.5)
        seen.add_patch(Rectangle(corner, kernel, kernel, fill=False, color=colour, linewidth=3))
    seen.set(title="input, two patches", xlim=edges[:2], ylim=edges[2:])
    used.imshow(counts.numpy(), cmap="viridis", vmin=0, vmax=25)
    used.set(title=f"patches a pixel: {counts.min()} to {counts.max()}")
    limit = max(out.abs().max().item(), 1e-9)
    result.imshow(out.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    result.set(title=f"output: {out.shape[0]} × {out.shape[1]}")
    for axes in figure.axes:
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel("x")
    return figure


@lru_cache(maxsize=1)
def _digit() -> torch.Tensor:
    return load("digits", size=SIZE).images[5, 0].double()
