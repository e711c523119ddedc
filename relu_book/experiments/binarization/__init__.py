"""What the chapter on probabilistic binarization measures (thesis 4)."""

from relu_book.experiments.binarization import (
    capacitors,
    integers,
    live,
    places,
    printed,
    statements,
)
from relu_book.experiments.binarization.cifar_resnets_reading import cifar_resnets_reading

__all__ = [
    "capacitors",
    "cifar_resnets_reading",
    "integers",
    "live",
    "places",
    "printed",
    "statements",
]
