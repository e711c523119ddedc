"""The pictures of the chapter on gradients of pattern entropies (thesis A.1).

``draw_...`` return the picture of one slider setting, for ``explore``; the others a finished one.
Each figure carries its alt text and its caption.
"""

from relu_book.plots.entropy_gradient.clusters import borders, draw_maximising
from relu_book.plots.entropy_gradient.potentials import potentials
from relu_book.plots.entropy_gradient.records import kept, regularised
from relu_book.plots.entropy_gradient.two_filters import draw_two_filters, two_filters

__all__ = [
    "borders",
    "draw_maximising",
    "draw_two_filters",
    "kept",
    "potentials",
    "regularised",
    "two_filters",
]
