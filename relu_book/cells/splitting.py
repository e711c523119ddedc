"""Cuts convex polygons along the lines on which the units of one layer change sign.

On a piece of the plane on which every earlier layer has a fixed pattern, unit j of the layer is one
affine function of the place,

    h_j(s, t) = a_j s + b_j t + c_j,

and its line h_j = 0 cuts the piece if and only if h_j is positive at one corner and negative at
another. Unit after unit, a piece that is cut is replaced by its two sides. No linear program is
solved.

Two rules make the result a conforming mesh. The point at which a unit cuts an edge is computed once
and belongs to all pieces at that edge, so neighbours have bit-equal corners. And a corner closer to
the line than the tolerance counts as lying on it, so that lines which meet in one point, or fall
together, do not leave crumbs of rounding error.

Places are in local coordinates, in which the window is [-1, 1]^2. This file is the plain version in
Python that always works; ``splitting_compiled`` does the same in machine code.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from relu_book.cells.pieces import COINCIDENCE, TOLERANCE, Pieces, Split, TooManyPiecesError


class PlainMesh:
    """The points of a mesh, and the splitting of its pieces, in plain Python."""

    def __init__(self, points: Sequence[Sequence[float]]):
        self._points = [(float(x), float(y)) for x, y in points]
        self._cuts: dict[tuple[int, int, int], int] = {}

    @property
    def points(self) -> np.ndarray:
        """``(points, 2)`` float64 in local coordinates."""
        return np.array(self._points, dtype=np.float64).reshape(-1, 2)

    def split(
        self,
        pieces: Pieces,
        affine: np.ndarray,
        rounding: np.ndarray,
        order: np.ndarray,
        first_unit: int,
        limit: int,
    ) -> Split:
        """Cuts each piece along the lines of all units.

        Args:
            pieces: What to cut.
            affine: ``(pieces, 3, units)`` float64: a, b and c of each unit on each piece.
            rounding: ``(units,)``: values of a unit below which only rounding errors are left.
            order: The units in the order in which they cut; the same for all pieces of a layer.
            first_unit: Number of the layer's first unit among the units of all layers.
            limit: How many parts may come out.

        Raises:
            TooManyPiecesError: More than ``limit`` parts.

        Cost: pieces x units x corners.
        """
        units = affine.shape[2]
        parts: list[list[int]] = []
        parents: list[int] = []
        patterns: list[np.ndarray] = []
        thin = coincident = 0
        for number in range(len(pieces)):
            whole = pieces.corners[pieces.offsets[number] : pieces.offsets[number + 1]].tolist()
            a, b, c = affine[number][:, order, None]
            slope = (np.abs(a) + np.abs(b)).ravel()
            tolerance = TOLERANCE * slope + rounding[order]
            coincidence = COINCIDENCE * slope + rounding[order]
            waiting = [(whole, 0, np.zeros(units, dtype=bool))]
            while waiting:
                corners, step, active = waiting.pop()
                x, y = np.array([self._points[corner] for corner in corners]).T
                heights = a[step:] * x + b[step:] * y + c[step:]
                high, low = heights.max(axis=1), heights.min(axis=1)
                cutting = (high > tolerance[step:]) & (low < -tolerance[step:])
                passed = int(cutting.argmax()) if cutting.any() else units - step
                overhang = np.minimum(high, -low)[:passed]
                narrow = overhang > coincidence[step : step + passed]
                thin += int(narrow.sum())
                coincident += int(((overhang > 0) & ~narrow).sum())
                active[step : step + passed] = (high > -low)[:passed]
                step += passed
                if step < units:
                    unit = first_unit + int(order[step])
                    sides = self._cut(corners, heights[passed].tolist(), tolerance[step], unit)
                    for side, sign in zip(sides, (True, False), strict=True):
                        signs = active.copy()
                        signs[step] = sign
                        waiting.append((side, step + 1, signs))
                elif len(parts) == limit:
                    raise TooManyPiecesError
                else:
                    parts.append(corners)
                    patterns.append(active)
                    parents.append(number)
        lengths = np.array([0, *map(len, parts)], dtype=np.int64)
        corners = np.array([corner for part in parts for corner in part], dtype=np.int64)
        signs = np.zeros((len(parts), -(-units // 64) * 64), dtype=bool)
        signs[:, order] = np.array(patterns, dtype=bool).reshape(len(parts), units)
        words = np.packbits(signs, axis=1, bitorder="little").view("<i8").astype(np.int64)
        return Split(
            Pieces(np.cumsum(lengths), corners),
            np.array(parents, dtype=np.int64),
            words,
            thin,
            coincident,
        )

    def _cut(
        self, corners: list[int], heights: list[float], tolerance: float, unit: int
    ) -> tuple[list[int], list[int]]:
        """The two sides of a polygon. Corners on the line that lie between the sides bound both."""
        start = heights.index(max(heights))
        corners = corners[start:] + corners[:start]
        heights = heights[start:] + heights[:start]
        count = len(corners)
        # Corner 0 is above; go round to the first one below and on to the first above again.
        down = next(i for i in range(count) if heights[i] < -tolerance)
        up = next((i for i in range(down, count) if heights[i] > tolerance), count)

        def crossing(before: int, after: int, side: bool) -> int:
            before, after = before % count, after % count
            on_line = not (heights[before] > tolerance if side else heights[before] < -tolerance)
            if on_line:
                return corners[before]
            return self._point_between(
                corners[before], corners[after], heights[before], heights[after], unit
            )

        leave = crossing(down - 1, down, True)
        enter = crossing(up - 1, up, False)
        above = corners[up:] + corners[:down]
        below = corners[down:up]
        if leave != corners[down - 1]:
            above.append(leave)
        above.append(enter)
        if enter != corners[up - 1]:
            below.append(enter)
        below.append(leave)
        return above, below

    def _point_between(self, i: int, j: int, h_i: float, h_j: float, unit: int) -> int:
        """The point of edge (i, j) at which the unit is 0: made once, then shared."""
        if i > j:
            i, j, h_i, h_j = j, i, h_j, h_i
        key = (i, j, unit)
        if key not in self._cuts:
            share = h_i / (h_i - h_j)
            (x_i, y_i), (x_j, y_j) = self._points[i], self._points[j]
            self._cuts[key] = len(self._points)
            self._points.append((x_i + share * (x_j - x_i), y_i + share * (y_j - y_i)))
        return self._cuts[key]


def new_mesh(points: Sequence[Sequence[float]]):
    """A mesh that splits in machine code where numba is installed, else in plain Python."""
    try:
        from relu_book.cells.splitting_compiled import CompiledMesh
    except (ImportError, RuntimeError):  # no numba, or nowhere to keep what it compiles
        return PlainMesh(points)
    return CompiledMesh(points)


def spread_order(slopes: np.ndarray) -> np.ndarray:
    """An order of the units in which neighbours cut at wide angles.

    Where many lines meet in one point the first two of them fix it, and their crossing is the more
    exact the wider their angle. Sorted by direction and taken in bit-reversed order, the lines that
    come first are far from parallel.

    Args:
        slopes: ``(2, units)``: a and b of each unit.

    Returns:
        ``(units,)`` int64, a permutation.

    Example:
        >>> import numpy as np
        >>> spread_order(np.array([[1.0, 1.0, 0.0, -1.0], [0.0, 1.0, 1.0, 1.0]]))
        array([0, 2, 1, 3])
    """
    by_angle = np.argsort(np.arctan2(slopes[1], slopes[0]) % np.pi, kind="stable")
    bits = max(1, int(len(by_angle) - 1).bit_length())
    numbers = np.arange(1 << bits)
    reversed_bits = np.zeros_like(numbers)
    for bit in range(bits):
        reversed_bits |= (numbers >> bit & 1) << (bits - 1 - bit)
    return by_angle[reversed_bits[reversed_bits < len(by_angle)]].astype(np.int64)
