"""What the chapter on probabilistic binarization measures (thesis 4)."""

from relu_book.experiments.binarization import (
    capacitors,
    integers,
    live,
    places,
    printed,
    statements,
)
from relu_book.experiments.binarization.attention_reading import attention_reading
from relu_book.experiments.binarization.cifar_resnets_reading import cifar_resnets_reading
from relu_book.experiments.binarization.peers_reading import peers_table
from relu_book.experiments.binarization.pictures_reading import (
    errors_reading,
    kept_reading,
    pictures_reading,
    pruning_reading,
)
from relu_book.experiments.binarization.trained_reading import (
    architectures_reading,
    eight_layers_reading,
    separable_reading,
    widths_reading,
)

__all__ = [
    "architectures_reading",
    "attention_reading",
    "capacitors",
    "cifar_resnets_reading",
    "eight_layers_reading",
    "errors_reading",
    "integers",
    "kept_reading",
    "live",
    "peers_table",
    "pictures_reading",
    "places",
    "printed",
    "pruning_reading",
    "separable_reading",
    "statements",
    "widths_reading",
]
