"""What the chapter on the temperature of patterns measures (thesis 3.2.2, supplement A)."""

from relu_book.experiments.temperature import live, proposition, statements
from relu_book.experiments.temperature.beginning_reading import beginning_reading, both_schedules
from relu_book.experiments.temperature.families_reading import families_reading, six_setups
from relu_book.experiments.temperature.first_layer_reading import first_layer_reading
from relu_book.experiments.temperature.instrument_reading import instrument_reading
from relu_book.experiments.temperature.longer_reading import layer_mean_reading, longer_reading
from relu_book.experiments.temperature.schedules_reading import schedules_reading, two_lengths

__all__ = [
    "beginning_reading",
    "both_schedules",
    "families_reading",
    "first_layer_reading",
    "instrument_reading",
    "layer_mean_reading",
    "live",
    "longer_reading",
    "proposition",
    "schedules_reading",
    "six_setups",
    "statements",
    "two_lengths",
]
