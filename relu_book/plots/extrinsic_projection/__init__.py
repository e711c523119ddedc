"""The pictures of the chapter on extrinsic projections (thesis A.2).

``draw_...`` return the picture of one slider setting, for ``explore``. Each figure carries its alt
text and its caption.
"""

from relu_book.plots.extrinsic_projection.board import board
from relu_book.plots.extrinsic_projection.plane import draw_fifty_filters, two_filters
from relu_book.plots.extrinsic_projection.routes import draw_routes
from relu_book.plots.extrinsic_projection.seeds import accuracies, measures
from relu_book.plots.extrinsic_projection.space import draw_course, draw_folds

__all__ = [
    "accuracies",
    "board",
    "draw_course",
    "draw_fifty_filters",
    "draw_folds",
    "draw_routes",
    "measures",
    "two_filters",
]
