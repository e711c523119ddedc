"""What a pass costs in additions, shifts and random bits (thesis 4.2, eq 4.9).

A product x w with n samples is n shifts of x and n additions of them, and each sample is a random
bit B of probability p. Where weights are drawn once a pass, all products of a weight share its
bits. Where a region is refined, products there take more samples:

    additions = sum over layers of m (n + coverage * extra),    m multiplications of the layer.

Counted is what the layers of the network do; weights of zero take no part in anything. Biases and
the division by n are left out: they are one a result, not one a product.
"""

import math
from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from relu_book.binarization.layers import normalises_by_batch, scaled, where_of
from relu_book.binarization.sampling import exact_counts


@dataclass
class Cost:
    """Of a pass with a batch of inputs.

    Attributes:
        multiplications: of the float network with folded batch norms, by weights that are not zero.
        additions: of shifted numbers.
        random_bits: that are drawn, B of eq 4.8. To draw one, two fair bits are compared with the
            digits of p on average, at most as many as p has digits.
        layers: additions by the name of the layer.

    Example:
        >>> from relu_book.binarization import binarize
        >>> import torch
        >>> binarize(nn.Linear(6, 4), samples=8).cost(torch.ones(3, 6))
        Cost(multiplications=72, additions=576, shifts=576, random_bits=192)
    """

    multiplications: int = 0
    additions: int = 0
    random_bits: int = 0
    layers: dict[str, int] = field(default_factory=dict)

    @property
    def shifts(self) -> int:
        """One for each addition."""
        return self.additions

    def __repr__(self) -> str:
        return (
            f"Cost(multiplications={self.multiplications}, additions={self.additions}, "
            f"shifts={self.shifts}, random_bits={self.random_bits})"
        )


class Counting:
    """Adds up the cost of a pass, as the ``watcher`` of its layers."""

    def __init__(self) -> None:
        self.cost = Cost()
        self._drawn: set[nn.Module] = set()

    def sees_layer(self, layer: nn.Module, x: Tensor) -> None:
        """Before a call of a layer."""

    def saw_layer(self, layer: nn.Module, x: Tensor, output: Tensor) -> None:
        """After it."""
        if isinstance(layer, nn.Linear):
            places = x.numel() // layer.in_features
        elif layer.transposed:
            places = x.numel() // layer.in_channels
        else:
            places = output.numel() // layer.out_channels
        self._add(layer, places, output)

    def sees_norm(self, norm: _BatchNorm, x: Tensor) -> None:
        """Before a call of a batch norm."""

    def saw_norm(self, norm: _BatchNorm, x: Tensor, output: Tensor) -> None:
        """After it, unless it is folded."""
        if not normalises_by_batch(norm):
            self._add(norm, x.numel() // norm.num_features, output)

    def _add(self, layer: nn.Module, places: int, output: Tensor) -> None:
        draws, cost = layer.draws, self.cost
        shared, n = draws.shared, draws.samples
        if math.isinf(n):
            raise ValueError(
                f"infinitely many samples have no cost: set the samples of {draws.name!r}"
            )
        encoding = draws.encoded
        weights = int((encoding.sign != 0).sum())
        added = n * places
        if shared.where is not None:
            share = float(scaled(where_of(draws), output).double().mean())
            added += shared.extra * round(share * places)
        cost.multiplications += places * weights
        cost.additions += added * weights
        cost.layers[draws.name] = cost.layers.get(draws.name, 0) + added * weights
        if shared.deterministic:
            is_random = ~exact_counts(encoding.probability, n)[1] & (encoding.sign != 0)
            weights = int(is_random.sum())
        if shared.noise == "fresh":
            cost.random_bits += added * weights
        elif layer not in self._drawn:  # later calls in a pass have the same weights
            self._drawn.add(layer)
            cost.random_bits += (n + shared.extra) * weights
