"""The pictures of the chapter on the sensitivity of a training (thesis 3.2.3 and 3.2.4).

``draw_...`` return the picture of one slider setting, for ``explore``; the others a finished one.
Each figure carries its alt text and its caption. Models of the transition are drawn by
``relu_book.plots.transitions``, which another chapter draws with, too.
"""

from relu_book.plots.sensitivity.course import draw_layers, settings
from relu_book.plots.sensitivity.profile import LAYERS, draw_profile, profile_of
from relu_book.plots.sensitivity.theorem import draw_theorem, of_a_loss
from relu_book.plots.transitions import MODELS, THESIS, draw_fit, three_models

__all__ = [
    "LAYERS",
    "MODELS",
    "THESIS",
    "draw_fit",
    "draw_layers",
    "draw_profile",
    "draw_theorem",
    "of_a_loss",
    "profile_of",
    "settings",
    "three_models",
]
