"""What a measure of similarity gives by chance: the same two matrices with their pairing undone.

The rows of one matrix are drawn in another order, so that nothing is left of which input belongs to
which, while each matrix stays what it is. The values over many orders are the null distribution of
the measure for these two matrices (a permutation test; Phipson and Smyth, SAGMB 9, 2010, for the
share that counts the observed value among them).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from relu_book.patterns.packing import is_whole
from relu_book.similarity.bases import Basis
from relu_book.similarity.measures import steps_of

_KEPT = 1 << 22  # numbers of a matrix that is kept in float64 for all permutations: 32 MiB


class Chance(float):
    """The mean of a measure under chance, a float, with the values that it is the mean of.

    Attributes:
        values: of every permutation, rising, float64.

    Example:
        >>> chance = Chance([0.1, 0.3, 0.2])
        >>> round(chance, 6), round(chance.low, 6), chance.median
        (0.2, 0.11, 0.2)
        >>> chance.share_above(0.9)
        0.25
    """

    values: np.ndarray

    def __new__(cls, values: Any) -> "Chance":
        values = np.sort(np.asarray(values, dtype=np.float64))
        self = super().__new__(cls, values.mean())
        self.values = values
        return self

    def __getnewargs__(self) -> tuple[np.ndarray]:
        return (self.values,)

    def quantile(self, share: float) -> float:
        """The value that this share of the permutations stays below."""
        return float(np.quantile(self.values, share))

    @property
    def low(self) -> float:
        """The 5 % quantile."""
        return self.quantile(0.05)

    @property
    def median(self) -> float:
        """The median."""
        return self.quantile(0.5)

    @property
    def high(self) -> float:
        """The 95 % quantile."""
        return self.quantile(0.95)

    def share_above(self, value: float) -> float:
        """The p-value of an observed similarity: of the permutations and it, those as large.

        Raises:
            ValueError: NaN, which is as large as nothing.
        """
        if np.isnan(value):
            raise ValueError(
                "the observed similarity is NaN, which has no p-value; find where it arises"
            )
        return float(1 + (self.values >= value).sum()) / (1 + len(self.values))

    def __repr__(self) -> str:
        return (
            f"Chance({float(self):.4g}, 5 % to 95 %: {self.low:.4g} to {self.high:.4g}, "
            f"permutations={len(self.values)})"
        )


def permutation_null(
    measure: Callable[[Any, Any], float],
    x: Any,
    y: Any,
    permutations: int = 100,
    *,
    rows_per_sample: int = 1,
    seed: int = 0,
) -> Chance:
    """What a measure gives for two matrices once nobody knows which rows belong together.

    Args:
        measure: one of this module's, alone or with options by ``functools.partial``; or any
            function of two matrices.
        x: as the measure takes it, samples first.
        y: the other matrix, whose rows are drawn in another order.
        permutations: how many orders.
        rows_per_sample: how many rows that follow each other stay together, in their order: the
            places of one image in a matrix of :func:`relu_book.similarity.as_rows`. Neighbouring
            places are alike, so that single rows in any order say too little of the spread, and
            what all images share at a place is then no chance.
        seed: of the orders.

    Returns:
        The mean, as a float, whose attributes ``values``, ``low``, ``median`` and ``high`` and
        methods ``quantile`` and ``share_above`` tell of the distribution.

    Raises:
        TypeError: ``measure`` is no function.
        ValueError: no permutation, rows that are no multiple of ``rows_per_sample``, a null of a
            measure that gives no finite number; or as the measure.

    Cost: the measure once, and for each permutation the products of the columns of both; for other
    functions as many calls.

    Example:
        >>> from relu_book.similarity import mean_cca
        >>> x, y = np.random.default_rng(0).normal(size=(2, 200, 20))
        >>> chance = permutation_null(mean_cca, x, y)
        >>> chance.low < mean_cca(x, y) < chance.high
        True
        >>> 0.2 < chance < 0.3
        True
    """
    if not callable(measure):
        raise TypeError(f"measure is a function of two matrices, not {type(measure).__name__}")
    for name, given in (("permutations", permutations), ("rows_per_sample", rows_per_sample)):
        if not is_whole(given) or given < 1:
            raise ValueError(f"{name} is a whole number from 1 on, not {given!r}")
    steps = steps_of(measure)
    if steps is None:
        rows = len(y)

        def value(order: Tensor) -> float:
            return float(measure(x, y[order if isinstance(y, Tensor) else order.numpy()]))
    else:
        first, second = (_kept(steps.prepare(m, n)) for m, n in ((x, "x"), (y, "y")))
        rows = second.matrix.samples

        def value(order: Tensor) -> float:
            return steps.value(first, second, order)

    if rows % rows_per_sample:
        raise ValueError(f"y has {rows} rows, no multiple of rows_per_sample={rows_per_sample}")
    rng, samples = np.random.default_rng(seed), rows // rows_per_sample
    within = torch.arange(rows_per_sample)
    values = [
        value(
            (
                torch.from_numpy(rng.permutation(samples))[:, None] * rows_per_sample + within
            ).flatten()
        )
        for _ in range(permutations)
    ]
    if not np.isfinite(values).all():
        raise ValueError("the measure gave NaN or infinity for rows in another order")
    return Chance(values)


def _kept(basis: Basis) -> Basis:
    return basis.kept() if basis.matrix.samples * basis.columns <= _KEPT else basis
