"""The pictures of the chapter on extrinsic networks (thesis A.3).

``draw_...`` return the picture of one slider setting, for ``explore``; the others a finished one.
Each figure carries its alt text and its caption.
"""

from relu_book.plots.extrinsic_networks.deformation import LAYERS, draw_course, draw_layer
from relu_book.plots.extrinsic_networks.folds import folds_by_depth
from relu_book.plots.extrinsic_networks.records import comparison, starts

__all__ = ["LAYERS", "comparison", "draw_course", "draw_layer", "folds_by_depth", "starts"]
