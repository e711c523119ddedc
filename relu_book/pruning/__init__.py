"""Iterative magnitude pruning: small networks inside large ones (pruning paper 3.1 and 4.3).

``iterative_magnitude_pruning`` trains a network, takes the smallest of its parameters away, rewinds
the others and trains again, round after round. ``pools`` says which parameters are pruned together,
``smaller_masks`` is the pruning itself.
"""

from relu_book.pruning.iterating import Round, iterative_magnitude_pruning
from relu_book.pruning.masks import densities, smaller_masks
from relu_book.pruning.pools import pools

__all__ = ["Round", "densities", "iterative_magnitude_pruning", "pools", "smaller_masks"]
