"""The pictures of the chapter on probabilistic binarization (thesis 4).

``draw_...`` return the picture of one slider setting, for ``explore``; the others a finished one.
Each figure carries its alt text and its caption.
"""

from relu_book.plots.binarization.averaging import averages
from relu_book.plots.binarization.collapse import collapse
from relu_book.plots.binarization.number import draw_weight, panels
from relu_book.plots.binarization.places import (
    draw_attention,
    errors,
    errors_in_pictures,
    expenses,
    saved,
)
from relu_book.plots.binarization.published import few_bits, samples_of_published
from relu_book.plots.binarization.resampling import draw_samples
from relu_book.plots.binarization.second_look import losses
from relu_book.plots.binarization.trained import trained_networks

__all__ = [
    "averages",
    "collapse",
    "draw_attention",
    "draw_samples",
    "draw_weight",
    "errors",
    "errors_in_pictures",
    "expenses",
    "few_bits",
    "losses",
    "panels",
    "samples_of_published",
    "saved",
    "trained_networks",
]
