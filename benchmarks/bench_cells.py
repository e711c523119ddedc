"""Cells of the plane: exact pieces beside a numpy splitter, rasters beside numpy.unique.

    python -m benchmarks cells

What a user would write: for the pieces, a list of polygons clipped unit after unit with numpy,
each with its affine map; for the raster, one forward pass of the whole grid, the signs as bools,
and ``numpy.unique`` over their rows. He weights, uniform biases, window [-5, 5]^2.

Expected time: about a minute.
"""

import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from relu_book.cells import exact_cells, label_rows, rasterize
from relu_book.patterns import pack


def network(*widths: int, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """Linear and ReLU in turn."""
    generator = torch.Generator().manual_seed(0)
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        linear = nn.Linear(fan_in, fan_out, dtype=dtype)
        with torch.no_grad():
            linear.weight.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
            linear.bias.uniform_(-1, 1, generator=generator).mul_(fan_in**-0.5)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers)


def numpy_splitter(model: nn.Sequential, low: float = -5, high: float = 5) -> int:
    """Number of pieces, by polygons clipped one by one."""
    square = np.array([[low, low], [high, low], [high, high], [low, high]], dtype=float)
    pieces = [(square, np.eye(2), np.zeros(2))]
    for linear in model[::2]:
        weight, bias = (part.detach().double().numpy() for part in (linear.weight, linear.bias))
        after = []
        for polygon, slope, constant in pieces:
            slope, constant = weight @ slope, weight @ constant + bias
            found = [(polygon, np.zeros(len(bias), dtype=bool))]
            for unit in range(len(bias)):
                parts = []
                for corners, active in found:
                    heights = corners @ slope[unit] + constant[unit]
                    for sign in (1, -1):
                        part = clip(corners, sign * heights)
                        if part is not None:
                            signs = active.copy()
                            signs[unit] = sign > 0
                            parts.append((part, signs))
                found = parts
            after += [(part, slope * on[:, None], constant * on) for part, on in found]
        pieces = after
    return len(pieces)


def clip(corners: np.ndarray, heights: np.ndarray) -> np.ndarray | None:
    """The part of a polygon above a line (Sutherland and Hodgman 1974)."""
    if heights.max() <= 1e-9:
        return None
    if heights.min() >= -1e-9:
        return corners
    kept = []
    for i in range(len(corners)):
        j = (i + 1) % len(corners)
        if heights[i] >= 0:
            kept.append(corners[i])
        if (heights[i] > 0) != (heights[j] > 0):
            share = heights[i] / (heights[i] - heights[j])
            kept.append(corners[i] + share * (corners[j] - corners[i]))
    return np.array(kept)


def unique_raster(model: nn.Sequential, resolution: int = 500) -> int:
    """Number of patterns on a grid, by sorting rows of bools."""
    ticks = (torch.arange(resolution) + 0.5) * 10 / resolution - 5
    points = torch.cartesian_prod(ticks, ticks).to(model[0].weight.dtype)
    with torch.no_grad():
        signs = model[:-1](points) > 0
    return len(np.unique(signs.numpy(), axis=0))


def pre_activations(model: nn.Sequential, resolution: int = 500) -> list[torch.Tensor]:
    """The pre-activations of the last layer on a grid, in the chunks that ``rasterize`` takes."""
    ticks = (torch.arange(resolution) + 0.5) * 10 / resolution - 5
    points = torch.cartesian_prod(ticks, ticks).to(model[0].weight.dtype)
    with torch.no_grad():
        return [model[:-1](part) for part in points.split(4096)]


def pack_and_label(chunks: list[torch.Tensor]) -> int:
    """What ``rasterize`` adds to the forward pass."""
    labelled = [label_rows(pack(chunk).numpy())[0] for chunk in chunks]
    return len(label_rows(np.concatenate(labelled))[0])


def seconds(function: Callable, repeats: int = 1) -> float:
    """Median time of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def table() -> list[dict]:
    """Rows for ``python -m benchmarks``."""
    rows = []

    def row(name, what, ours, baseline, theirs, budget):
        rows.append(
            {
                "name": name,
                "what": what,
                "seconds": ours,
                "baseline": baseline,
                "baseline_seconds": theirs,
                "ratio": theirs / ours,
                "budget": budget,
            }
        )

    for name, widths, budget in (
        ("exact 2-32-32", (2, 32, 32), "ratio >= 17"),
        ("exact 2-64-64", (2, 64, 64), "ratio >= 17"),
        ("exact 8x16", (2, *8 * (16,)), "<= 0.02 s"),
        ("exact 1x256", (2, 256), "<= 0.12 s"),
    ):
        model = network(*widths)
        count = exact_cells(model, -1).count
        ours = seconds(lambda m=model: exact_cells(m, -1), 7)
        theirs = seconds(lambda m=model: numpy_splitter(m))
        row(name, f"{count} pieces", ours, "numpy splitter", theirs, budget)

    model = network(2, *8 * (16,))
    pieces = sum(exact_cells(model, layer).count for layer in range(8))
    ours = seconds(lambda: exact_cells(model, -1), 7) / pieces
    row("a piece of 8x16", f"one of {pieces} in 8 layers", ours, "budget", 1.3e-6, "<= 1.3e-6 s")

    for name, widths, budget in (
        ("raster 1x256", (2, 256), "ratio >= 5"),
        ("raster 5x128", (2, *5 * (128,)), "ratio >= 1"),
    ):
        model = network(*widths, dtype=torch.float32)
        count = rasterize(model, -1).count
        ours = seconds(lambda m=model: rasterize(m, -1), 3)
        theirs = seconds(lambda m=model: unique_raster(m))
        row(name, f"{count} cells of 500x500", ours, "numpy.unique", theirs, budget)

    for name, widths, budget in (
        ("labels 5x128", (2, *5 * (128,)), "<= 0.15 s"),
        ("labels 5x512", (2, *5 * (512,)), "ratio >= 5"),
    ):
        model = network(*widths, dtype=torch.float32)
        chunks = pre_activations(model)
        ours = seconds(lambda c=chunks: pack_and_label(c), 3)
        theirs = seconds(lambda m=model: pre_activations(m))
        row(name, "packing and labels, 500x500", ours, "forward pass", theirs, budget)
    return rows


if __name__ == "__main__":
    for line in table():
        print("  ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in line.values()))
