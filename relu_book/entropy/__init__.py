"""Entropy with a gradient: how to train for many, evenly used activation patterns (thesis A.1).

The entropy of the patterns of a batch is counted, so that it has no gradient of its own;
``pattern_entropy`` gives it that of a relaxed count. ``EntropyNormalization`` is the layer that the
thesis puts in the place of batch normalisation, ``EntropyRegularizer`` measures every ReLU of a
network that stays as it is. The parts are named as in the source: ``count_activations`` (algorithm
4), ``apply_derivative`` (algorithm 3), ``potential`` (equations A.3 and A.4).
"""

from relu_book.entropy.counting import count_activations
from relu_book.entropy.normalization import EntropyNormalization
from relu_book.entropy.potentials import potential
from relu_book.entropy.regularizer import EntropyRegularizer
from relu_book.entropy.relaxed import apply_derivative, pattern_entropy

__all__ = [
    "EntropyNormalization",
    "EntropyRegularizer",
    "apply_derivative",
    "count_activations",
    "pattern_entropy",
    "potential",
]
