"""The pictures of the chapter on the temperature of patterns (thesis 3.2.2).

``draw_...`` return the picture of one slider setting, for ``explore``; the others a finished one.
Each figure carries its alt text and its caption.
"""

from relu_book.plots.temperature.instrument import instrument
from relu_book.plots.temperature.one_step import draw_step
from relu_book.plots.temperature.proposition import proposition
from relu_book.plots.temperature.scale import temperature_scale
from relu_book.plots.temperature.training import draw_profiles, profile_of, schedules
from relu_book.plots.transitions import draw_fit, four_models

__all__ = [
    "draw_fit",
    "draw_profiles",
    "draw_step",
    "four_models",
    "instrument",
    "profile_of",
    "proposition",
    "schedules",
    "temperature_scale",
]
