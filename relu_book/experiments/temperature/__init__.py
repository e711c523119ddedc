"""What the chapter on the temperature of patterns measures (thesis 3.2.2, supplement A)."""

from relu_book.experiments.temperature import statements
from relu_book.experiments.temperature.schedules_reading import schedules_reading, two_lengths

__all__ = ["schedules_reading", "statements", "two_lengths"]
