"""The pictures of the chapter on pruning (pruning paper).

``draw_...`` return the picture of one slider setting, for ``explore``; the others a finished one.
Each figure carries its alt text and its caption.
"""

from relu_book.plots.pruning.chance import draw_chance
from relu_book.plots.pruning.curves import accuracies, similarities
from relu_book.plots.pruning.dimension import dimensions
from relu_book.plots.pruning.masks import draw_masks
from relu_book.plots.pruning.pivot import draw_pivot
from relu_book.plots.pruning.rounds import draw_rounds

__all__ = [
    "accuracies",
    "dimensions",
    "draw_chance",
    "draw_masks",
    "draw_pivot",
    "draw_rounds",
    "similarities",
]
