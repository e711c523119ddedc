"""Where patterns live: activation cells of the plane, seen by a grid or cut out exactly.

``rasterize`` labels the points of a grid for any model, ``exact_cells`` cuts the window into the
true convex pieces of a dense network, ``Slice`` lays the window through any input space.
"""

from relu_book.cells.arrangement import arrangement_cells, region_count, sign_vectors
from relu_book.cells.batch_norm import frozen_batch_norm
from relu_book.cells.complexes import CellComplex
from relu_book.cells.convexity import (
    MidpointTest,
    convexity_defects,
    enclosed_components,
    midpoint_violations,
)
from relu_book.cells.labelling import label_rows
from relu_book.cells.polygons import exact_cells
from relu_book.cells.raster import CellRaster, rasterize
from relu_book.cells.slices import Slice

__all__ = [
    "CellComplex",
    "CellRaster",
    "MidpointTest",
    "Slice",
    "arrangement_cells",
    "convexity_defects",
    "enclosed_components",
    "exact_cells",
    "frozen_batch_norm",
    "label_rows",
    "midpoint_violations",
    "rasterize",
    "region_count",
    "sign_vectors",
]
