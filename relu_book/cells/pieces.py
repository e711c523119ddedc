"""Convex pieces as numbers of points of a mesh, and what counts as zero where they are cut.

The words that the two versions of ``splitting``, in Python and in machine code, have in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EPSILON = float(np.finfo(np.float64).eps)
# Half the window's width is 1. A piece thinner than TOLERANCE is not cut off; a line that misses a
# corner by less than COINCIDENCE runs through it as far as rounding lets us know.
TOLERANCE = 2.0**-40
COINCIDENCE = 256 * EPSILON


@dataclass(frozen=True)
class Pieces:
    """Convex polygons whose corners, counter-clockwise, are numbers of points of a mesh.

    Attributes:
        offsets: ``(n + 1,)`` int64; piece i has ``corners[offsets[i]:offsets[i + 1]]``.
        corners: ``(all corners,)`` int64.
    """

    offsets: np.ndarray
    corners: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def block(self, start: int, stop: int) -> Pieces:
        """Pieces ``start`` to ``stop - 1``."""
        offsets = self.offsets[start : stop + 1]
        return Pieces(offsets - offsets[0], self.corners[offsets[0] : offsets[-1]])


@dataclass(frozen=True)
class Split:
    """What became of some pieces: their parts, in which every unit has one sign.

    Attributes:
        pieces: The parts.
        parents: ``(parts,)`` int64, the piece that each part comes from.
        words: ``(parts, ceil(units / 64))`` int64, packed like activation patterns.
        thin: How many cuts were left out because the side cut off would have been thinner than
            ``TOLERANCE``.
        coincident: How many lines ran through a corner or along an edge as closely as rounding can
            tell, so that nothing was cut off.
    """

    pieces: Pieces
    parents: np.ndarray
    words: np.ndarray
    thin: int
    coincident: int


class TooManyPiecesError(Exception):
    """More parts than the caller allows."""
