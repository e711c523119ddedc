"""Convex pieces of the plane with their patterns: what ``exact_cells`` returns.

The pieces fill the window without gaps and overlaps, and neighbours have their corners in common
bit by bit. A cell in the sense of thesis definition 2, all points with one pattern of one layer, is
the union of the pieces with that pattern: one of them in the first layer, often many, and in
several components, in later ones.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from relu_book.cells.enclosure import enclosing_regions
from relu_book.cells.pieces import TOLERANCE
from relu_book.patterns import hash_patterns


class CellComplex:
    """The pieces of a window.

    Attributes:
        window: ``((x0, x1), (y0, y1))``.
        layer: Name of the site.
        scope: ``"layer"`` or ``"global"``.
        width: Number of units whose signs make a pattern.
        patterns: ``(pieces, words)`` int64, packed as by ``relu_book.patterns.pack``.
        tolerance: Pieces thinner than this, in units of the window, were not cut off.
        thin: How many times that happened. 0 means that every piece was found.
        coincident: How many times a line ran through a corner of a piece or along its edge so
            closely that rounding leaves open whether it cuts: equal filters, or many lines through
            one point. 0 for networks in general position.
    """

    def __init__(
        self,
        window,
        layer: str,
        scope: str,
        width: int,
        patterns: np.ndarray,
        local_points: np.ndarray,
        pieces,
        thin: int,
        coincident: int,
    ):
        """Made by ``exact_cells``: a ``Window``, and ``Pieces`` of points in [-1, 1]^2."""
        self.window = window.bounds
        self.layer = layer
        self.scope = scope
        self.width = width
        self.patterns = patterns
        self.thin = thin
        self.coincident = coincident
        self.tolerance = TOLERANCE * float(window.half.max())
        self._window = window
        self._local = local_points
        self._pieces = pieces

    def __repr__(self) -> str:
        left_out = (
            f", {self.thin} more left out as thinner than {self.tolerance:.1e}" if self.thin else ""
        )
        return (
            f"CellComplex({self.count} pieces, {self.distinct} patterns of {self.width} units at "
            f"{self.layer!r}, {self.scope} scope, window {self.window}{left_out})"
        )

    @property
    def count(self) -> int:
        """Number of pieces."""
        return len(self._pieces)

    @property
    def distinct(self) -> int:
        """Number of patterns."""
        return len(self._sorted[0])

    @cached_property
    def polygons(self) -> list[np.ndarray]:
        """The pieces as ``(k, 2)`` float64 arrays of corners, counter-clockwise."""
        corners = self._window.from_local(self._local)[self._pieces.corners]
        bounds = self._pieces.offsets.tolist()
        return [corners[i:j] for i, j in pairwise(bounds)]

    @cached_property
    def areas(self) -> np.ndarray:
        """``(pieces,)`` float64 in units of the window; they add up to its area."""
        offsets = self._pieces.offsets
        corners = self._local[self._pieces.corners]
        # Relative to a corner of each piece, lest small pieces far from 0 lose their digits.
        corners = corners - np.repeat(corners[offsets[:-1]], np.diff(offsets), axis=0)
        following = corners[self._following]
        cross = corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]
        return np.add.reduceat(cross, offsets[:-1]) / 2 * float(self._window.half.prod())

    @cached_property
    def hashes(self) -> np.ndarray:
        """``(pieces,)`` int64, algorithm 1 of the thesis on each pattern; colours follow it."""
        return hash_patterns(torch.from_numpy(self.patterns)).numpy()

    @cached_property
    def labels(self) -> np.ndarray:
        """``(pieces,)`` int64, number of each piece's pattern in ``distinct_patterns``."""
        return self._sorted[1]

    @property
    def distinct_patterns(self) -> np.ndarray:
        """``(distinct, words)`` int64, sorted by words as unsigned numbers."""
        return self._sorted[0]

    @cached_property
    def neighbours(self) -> np.ndarray:
        """``(m, 2)`` int64, sorted, the pairs of pieces that share an edge, not just a corner."""
        corners = self._pieces.corners
        after = corners[self._following]
        owner = np.repeat(np.arange(self.count), np.diff(self._pieces.offsets))
        edge = np.minimum(corners, after) << 32 | np.maximum(corners, after)
        order = np.argsort(edge, kind="stable")
        same = edge[order][1:] == edge[order][:-1]
        first, second = owner[order[:-1][same]], owner[order[1:][same]]
        pairs = np.column_stack([np.minimum(first, second), np.maximum(first, second)])
        return np.unique(pairs, axis=0)

    @cached_property
    def at_border(self) -> np.ndarray:
        """``(pieces,)`` bool, whether a piece has an edge on the border of the window."""
        here = self._local[self._pieces.corners]
        there = here[self._following]
        on_border = ((here == there) & (np.abs(here) == 1)).any(axis=1)
        return np.logical_or.reduceat(on_border, self._pieces.offsets[:-1])

    def components(self, pattern) -> list[np.ndarray]:
        """The connected components of the cell of one pattern.

        Args:
            pattern: One row of ``patterns``; a single number will do for a single word.

        Returns:
            The numbers of the pieces of each component, ascending; pieces hang together through
            edges, not corners. The component with the smallest piece number comes first.

        Raises:
            ValueError: No piece has this pattern.
        """
        label = self._label(pattern)
        members = np.flatnonzero(self.labels == label)
        component = self._component_of[members]
        return [members[component == which] for which in dict.fromkeys(component.tolist())]

    def is_convex(self, pattern) -> bool:
        """Whether the cell of one pattern is convex: one component that fills its convex hull.

        Dents thinner than ``tolerance`` are not seen.

        Args:
            pattern: One row of ``patterns``; a single number will do for a single word.

        Raises:
            ValueError: No piece has this pattern.
        """
        members = np.flatnonzero(self.labels == self._label(pattern))
        if len(members) == 1:
            return True
        if len(set(self._component_of[members].tolist())) > 1:
            return False
        bounds = self._pieces.offsets
        corners = np.concatenate(
            [self._pieces.corners[bounds[piece] : bounds[piece + 1]] for piece in members]
        )
        hull = convex_hull(self._local[np.unique(corners)])
        following = np.roll(hull, -1, axis=0)
        from_first, next_from_first = hull - hull[0], following - hull[0]
        cross = from_first[:, 0] * next_from_first[:, 1] - from_first[:, 1] * next_from_first[:, 0]
        circumference = np.hypot(*(following - hull).T).sum()
        filled = self.areas[members].sum() / float(self._window.half.prod())
        return bool(cross.sum() / 2 - filled <= TOLERANCE * circumference)

    def enclosed(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The components that lie inside a component of another pattern, a cell inside a cell.

        Returns:
            Pairs (inner, outer) of the piece numbers of two components, where every way from the
            inner one to the border of the window leads through the outer one.
        """
        component = self._component_of
        pairs = component[self.neighbours]
        pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
        count = int(component.max()) + 1
        outer = enclosing_regions(count, pairs, np.unique(component[self.at_border]))
        order = np.argsort(component, kind="stable")
        members = np.split(order, np.searchsorted(component[order], np.arange(1, count)))
        return [(members[i], members[outer[i]]) for i in np.flatnonzero(outer >= 0)]

    @cached_property
    def _following(self) -> np.ndarray:
        """For each entry of the list of corners that of the next corner of the same piece."""
        offsets = self._pieces.offsets
        following = np.arange(1, offsets[-1] + 1)
        following[offsets[1:] - 1] = offsets[:-1]
        return following

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """The distinct patterns in order, and the number of each piece's."""
        words = self.patterns.view(np.uint64)
        order = np.lexsort(words.T[::-1])
        new = np.ones(len(words), dtype=bool)
        new[1:] = (words[order][1:] != words[order][:-1]).any(axis=1)
        labels = np.empty(len(words), dtype=np.int64)
        labels[order] = np.cumsum(new) - 1
        return self.patterns[order[new]], labels

    @cached_property
    def _component_of(self) -> np.ndarray:
        """``(pieces,)``: the number of the component of equal pattern that a piece belongs to."""
        first, second = self.neighbours.T
        same = self.labels[first] == self.labels[second]
        links = (np.ones(int(same.sum())), (first[same], second[same]))
        return connected_components(coo_array(links, shape=(self.count,) * 2), directed=False)[1]

    def _label(self, pattern) -> int:
        if torch.is_tensor(pattern):
            pattern = pattern.cpu().numpy()
        words = np.atleast_1d(np.asarray(pattern))
        if words.dtype.kind not in "iu" or words.shape != self.patterns.shape[1:]:
            raise ValueError(
                f"A pattern here is a row of {self.patterns.shape[1]} whole-number words, as in "
                f".patterns, and this one has shape {words.shape} and type {words.dtype}."
            )
        words = words.astype(np.uint64 if words.dtype.kind == "u" else np.int64).view(np.int64)
        found = np.flatnonzero((self.distinct_patterns == words).all(axis=1))
        if not len(found):
            raise ValueError(
                f"No piece in the window has the pattern {words.tolist()}; take a row of .patterns."
            )
        return int(found[0])


def convex_hull(points: np.ndarray) -> np.ndarray:
    """The corners of the convex hull of points ``(n, 2)``, counter-clockwise (Andrew 1979).

    Example:
        >>> convex_hull(np.array([[0, 0], [2, 0], [1, 1], [2, 2], [0, 2]])).tolist()
        [[0, 0], [2, 0], [2, 2], [0, 2]]
    """
    rows = points[np.lexsort(points.T[::-1])].tolist()

    def chain(rows):
        found = []
        for x, y in rows:
            while len(found) > 1:
                (x0, y0), (x1, y1) = found[-2:]
                if (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0:
                    break
                found.pop()
            found.append((x, y))
        return found[:-1]

    corners = chain(rows) + chain(rows[::-1])
    return np.array(corners or rows[:1], dtype=points.dtype)
