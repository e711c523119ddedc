"""Labels a grid of points by activation pattern (thesis 2.2.3, figure 2.3).

A window of the plane is cut into equal rectangles; their centres run through the model in chunks;
the signs at one site, packed into words, number the points. What a raster calls a cell is a
distinct pattern among its points: cells that no point hits are not seen, and two parts of the plane
with one pattern are one cell. ``exact_cells`` finds all pieces, of dense networks.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import nn

from relu_book.cells.batch_norm import dtype_and_device
from relu_book.cells.labelling import new_numbering, sorted_rows
from relu_book.cells.running import one_map, seen_sites
from relu_book.cells.slices import Slice
from relu_book.cells.window import Plane, Window
from relu_book.patterns import Site, hash_patterns, watch

# Points a forward pass at most. Its largest tensor should have some four megabytes, near the cache,
# or else 64 points, as long as these fit into 32.
_CHUNK = 2**14
_NUMBERS = 2**19
_FEW_POINTS, _MOST_NUMBERS = 64, 2**22


@dataclass(frozen=True, eq=False)
class CellRaster:
    """A grid of points, labelled by pattern.

    Attributes:
        labels: (H, W) int64, numbers of rows of ``patterns``; row 0 is at the smallest y.
        patterns: (cells, words) int64, sorted as ``relu_book.patterns.count`` sorts.
        window: ((x0, x1), (y0, y1)).
        layer: Name of the site.
        scope: ``"layer"`` or ``"global"``.
        width: Number of signs in a pattern, over all positions where the site has several.
    """

    labels: np.ndarray
    patterns: np.ndarray
    window: tuple[tuple[float, float], tuple[float, float]]
    layer: str
    scope: str
    width: int

    def __repr__(self) -> str:
        height, width = self.labels.shape
        return (
            f"CellRaster({self.count} cells of {self.width} units at {self.layer!r}, {self.scope} "
            f"scope, {width} x {height} points, window {self.window})"
        )

    @property
    def count(self) -> int:
        """Number of distinct patterns on the grid."""
        return len(self.patterns)

    @cached_property
    def areas(self) -> np.ndarray:
        """``(cells,)`` float64 in units of the window, by points; they add up to its area."""
        points = np.bincount(self.labels.ravel(), minlength=self.count)
        return points * (Window.of(self.window).area / self.labels.size)

    @cached_property
    def hashes(self) -> np.ndarray:
        """``(cells,)`` int64, algorithm 1 of the thesis on each pattern; colours follow it."""
        return hash_patterns(torch.from_numpy(self.patterns)).numpy()


def rasterize(
    model: nn.Module,
    layer: int | str,
    window=(-5, 5),
    resolution: int | tuple[int, int] = 500,
    *,
    slice: Slice | None = None,
    reference=None,
    scope: str = "layer",
) -> CellRaster:
    """Label the centres of equal rectangles in a window by the pattern that a model shows there.

    Args:
        model: Any model; run in its own dtype, on its own device, every point by itself.
        layer: Name of a site, or its number from 0 (negative from the end).
        window: ``(low, high)`` for both axes or ``((x0, x1), (y0, y1))``.
        resolution: Points along each axis, or (along x, along y).
        slice: The plane through the input space that the window lies in; by default the model's
            input is the point (x, y) itself.
        reference: Batch of inputs whose statistics a batch norm in training mode uses; see
            ``frozen_batch_norm``. The grid is never used for that.
        scope: ``"layer"``: patterns of this layer alone. ``"global"``: those of all layers up to
            this one, each layer's words side by side.

    Returns:
        The raster. At a site with positions, such as the pixels of a convolution, the pattern of a
        point is that of all positions, side by side.

    Raises:
        ValueError: An unknown layer; a batch norm in training mode without a reference; NaN at the
            site; a bad window, resolution or scope; a site whose batch dimension is not the first.
        TypeError: ``model`` is no module or ``slice`` no slice.

    A point exactly on a kink counts as inactive there, so where three lines meet in a grid point it
    can show a pattern that no piece of the plane has.

    Cost: one forward pass of all points up to the layer in chunks of at most 16,384, plus 0.2 s
    for a million points; memory for the labels and the distinct patterns.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> raster = rasterize(model, 0, resolution=100)
        >>> raster.labels.shape, raster.count <= 7, round(float(raster.areas.sum()), 9)
        ((100, 100), True, 100.0)
    """
    if scope not in ("layer", "global"):
        raise ValueError(f"scope must be 'layer' or 'global', and this one is {scope!r}.")
    window, plane = Window.of(window), Plane(slice)
    columns, rows = _checked_resolution(resolution)
    dtype, device = dtype_and_device(model) if isinstance(model, nn.Module) else (None, None)
    with one_map(model, reference):
        points = rows * columns

        def inputs(start, stop):
            return plane.inputs(_centres(window, columns, rows, start, stop), dtype, device)

        # A batch of one would confuse models that squeeze.
        seen, last = seen_sites(model, inputs(0, min(2, points)), layer)
        wanted, sites = list(seen)[: last + 1], list(seen.values())[: last + 1]
        wanted, used = (wanted, sites) if scope == "global" else (wanted[-1:], sites[-1:])
        width = sum(_numbers_a_point(site) for site in used)
        largest = max(plane.size, *map(_numbers_a_point, sites))
        room = max(_NUMBERS, min(_FEW_POINTS * largest, _MOST_NUMBERS))
        chunk = max(1, min(_CHUNK, room // largest))
        patterns, labels = _labelled(model, inputs, points, wanted, chunk)
    return CellRaster(
        labels.reshape(rows, columns), patterns, window.bounds, wanted[-1], scope, width
    )


class _Enough(Exception):  # noqa: N818, a signal, not an error
    """The wanted site was seen: the rest of the pass is of no interest."""


def _numbers_a_point(site: Site) -> int:
    """Size of the pre-activation of one point: the channels, times the positions."""
    return max(1, site.pre_activation.numel() // max(1, len(site.pre_activation)))


def _labelled(
    model: nn.Module, inputs, points: int, wanted: list[str], chunk: int
) -> tuple[np.ndarray, np.ndarray]:
    """The distinct patterns of the wanted sites, side by side, and the label of each point."""
    found: dict[str, np.ndarray] = {}

    def keep(site: Site) -> None:
        if site.channel_dim == 0:
            raise ValueError(
                f"At site {site.name!r} the channels come first (shape "
                f"{tuple(site.pre_activation.shape)}), so the points of the grid cannot be told "
                f"apart; choose another layer."
            )
        found[site.name] = site.pack().reshape(len(site.pre_activation), -1).cpu().numpy()
        if site.name == wanted[-1]:
            raise _Enough

    numbering = None
    labels = np.empty(points, dtype=np.int64)
    with watch(model, keep, sites=set(wanted).__contains__):
        for start in range(0, points, chunk):
            stop = min(start + chunk, points)
            found.clear()
            with suppress(_Enough):
                model(inputs(start, stop))
            rows = sorted({len(found.get(name, ())) for name in wanted} - {stop - start})
            if rows:
                raise ValueError(
                    f"At site {wanted[-1]!r} {stop - start} points give {rows[0]} rows: the model "
                    f"mixes the points of a batch, so its cells cannot be drawn."
                )
            words = np.hstack([found[name] for name in wanted])
            numbering = numbering or new_numbering(words.shape[1])
            labels[start:stop] = numbering.add(words)
    patterns, places = sorted_rows(numbering.rows)
    return patterns, places[labels]


def _centres(window: Window, columns: int, rows: int, start: int, stop: int) -> np.ndarray:
    """Points number ``start`` to ``stop - 1`` of the grid, (n, 2) float64."""
    row, column = np.divmod(np.arange(start, stop), columns)
    x = window.x0 + (column + 0.5) * ((window.x1 - window.x0) / columns)
    y = window.y0 + (row + 0.5) * ((window.y1 - window.y0) / rows)
    return np.stack([x, y], axis=1)


def _checked_resolution(resolution) -> tuple[int, int]:
    pair = resolution if isinstance(resolution, (tuple, list)) else (resolution, resolution)
    whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in pair)
    if len(pair) != 2 or not whole or min(pair) < 1:
        raise ValueError(
            f"resolution is a number of points along each axis, or (along x, along y), at least 1, "
            f"and this one is {resolution!r}."
        )
    return int(pair[0]), int(pair[1])
