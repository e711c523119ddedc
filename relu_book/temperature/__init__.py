"""How much of a network's non-linearity one optimizer step moves (thesis 3.2.2).

``pattern_distance`` is the share of activation patterns that the next step would change, at any
learning rates; ``temperature`` is its logarithm; ``TemperatureProbe`` follows both through a
training, and ``EarlyWarning`` tells when what is followed rises. Nothing here trains: what is
tried is put back.
"""

from relu_book.temperature.distance import Distance, temperature
from relu_book.temperature.early_warning import EarlyWarning
from relu_book.temperature.measurement import Measurement
from relu_book.temperature.measuring import pattern_distance
from relu_book.temperature.probe import TemperatureProbe

__all__ = [
    "Distance",
    "EarlyWarning",
    "Measurement",
    "TemperatureProbe",
    "pattern_distance",
    "temperature",
]
