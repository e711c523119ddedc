"""The layers of two networks, each with each: the map of a measure of similarity.

Both networks see the same batches. What a layer gives for a sample becomes a row of numbers: its
filters' means over all places (``positions="mean"``), its filters at every place
(``"features"``, as Kornblith et al., arXiv 1905.00414, compare convolutions), or a row for each
place (``"rows"``, pruning paper 4.4, which takes layers of the same size).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import nn

from relu_book.patterns.packing import is_whole
from relu_book.similarity.alignment import cka
from relu_book.similarity.measures import Steps, name_of, steps_of
from relu_book.similarity.reading import Layers, Positions, called, read


@dataclass(frozen=True, eq=False)
class Comparison:
    """The similarity of each layer of one network with each of another; made by ``compare``.

    Attributes:
        values: float64 of shape ``(layers_a, layers_b)``.
        layers_a: names of the first network's layers, in the order of its pass.
        layers_b: of the second's.
        measure: its name, with options.
        samples: how many inputs were seen.
        chance: the mean over permutations of the rows, for each pair; None if none was asked for.
        chance_high: the largest of them.
    """

    values: Float64[np.ndarray, "a b"]
    layers_a: tuple[str, ...]
    layers_b: tuple[str, ...]
    measure: str
    samples: int
    chance: Float64[np.ndarray, "a b"] | None = None
    chance_high: Float64[np.ndarray, "a b"] | None = None
    larger_is_more_similar: bool = True

    @property
    def best(self) -> dict[str, str]:
        """By layer of the first network, the layer of the second that is most like it."""
        signed = self.values if self.larger_is_more_similar else -self.values
        return {
            name: self.layers_b[column]
            for name, column in zip(self.layers_a, signed.argmax(1), strict=True)
        }

    def __repr__(self) -> str:
        shape = f"{len(self.layers_a)} × {len(self.layers_b)} layers"
        reach = f"{self.values.min():.3g} to {self.values.max():.3g}"
        return f"Comparison({self.measure}, {shape}, samples={self.samples}, values={reach})"


def compare(
    model_a: nn.Module,
    model_b: nn.Module,
    loader: Iterable[Any],
    measure: Callable[[Any, Any], float] = cka,
    *,
    layers: Layers = None,
    positions: Positions = "mean",
    channel_dim: int | None = None,
    permutations: int = 10,
    seed: int = 0,
) -> Comparison:
    """Compares every layer of one network with every layer of another, over the same inputs.

    Both run in evaluation mode, without gradients; afterwards models and random numbers are bitwise
    what they were. A model may be compared with itself.

    Args:
        model_a: any module.
        model_b: another, which takes the same inputs; of any other structure.
        loader: batches, as a data loader gives them: inputs, or tuples that begin with them
            (labels may follow), or mappings of named inputs. Dimension 0 of the first tensor of the
            inputs is that of the samples. It is gone through once. A model that takes tokens first,
            such as ``nn.LSTM`` without ``batch_first=True``, is to be wrapped in one that takes
            samples first and transposes them; without, it is refused where that shows.
        measure: one of this module's, alone or with options by ``functools.partial``; or any
            function of two matrices, with a row a sample.
        layers: names or globs of modules (``"*"``, ``"layer1.*"``), or a predicate of the name; by
            default modules that have weights of their own of two dimensions or more:
            convolutions, linear layers, embeddings, attention. What a module gives is looked at: of
            several results the first. A second call in a pass is called ``name:1``.
        positions: ``"mean"``: filters are averaged over a sample's places (pixels, tokens).
            ``"features"``: each filter at each place is a feature. ``"rows"``: each place of each
            sample is a row, for layers with as many of them.
        channel_dim: the dimension of the filters in what the layers give. By default that of the
            layer: 1 of a convolution, the last of a linear layer; else 1, but the last of three.
        permutations: how many orders of the samples are drawn for the values under chance
            (:func:`relu_book.similarity.permutation_null`); 0 for none.
        seed: of the orders.

    What a layer gives has its samples as dimension 0 (several rows of it a sample, if these are
    windows of an image), or as dimension 1 behind the tokens of a sequence. Where a shape leaves
    both open, a batch of another size tells, or else the layer is refused.

    Returns:
        A :class:`Comparison`; ``relu_book.plots.similarity.similarity_map`` draws it.

    Raises:
        TypeError: no module, no batches, no measure, no layers.
        ValueError: no batch; no such layer; inputs with their tokens first; a layer whose samples
            or places cannot be told, or do not fit the other's; or as the measure, with the
            layer's name. What a model raises itself gets a note of which model and batch it
            was.

    Cost: a forward pass of each network over the loader, what all layers gave in memory (in
    float64, samples × filters with ``"mean"``), a preparation for each layer, and for each pair and
    permutation the product of two matrices.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 5))
        >>> found = compare(model, model, torch.randn(200, 1, 8, 8).split(50))
        >>> found.layers_a, found.values.diagonal().round(6), found.best
        (('0', '3'), array([1., 1.]), {'0': '0', '3': '3'})
    """
    for name, model in (("model_a", model_a), ("model_b", model_b)):
        if not isinstance(model, nn.Module):
            raise TypeError(f"{name} is a torch.nn.Module, not {type(model).__name__}")
    if not callable(measure):
        raise TypeError(f"measure is a function of two matrices, not {type(measure).__name__}")
    if positions not in ("mean", "features", "rows"):
        raise ValueError(f"positions is 'mean', 'features' or 'rows', not {positions!r}")
    if not is_whole(permutations) or permutations < 0:
        raise ValueError(f"permutations is a whole number from 0 on, not {permutations!r}")
    if not is_whole(seed) or seed < 0:
        raise ValueError(f"seed is a whole number from 0 on, not {seed!r}")
    if channel_dim is not None and not is_whole(channel_dim):
        raise TypeError(f"channel_dim is the number of a dimension, not {channel_dim!r}")
    readings, samples = read((model_a, model_b), loader, layers, positions, channel_dim)
    first, second = (reading.matrices() for reading in readings)
    steps = steps_of(measure) or _steps_of_any(measure)
    prepared_a, prepared_b = (
        [_kept(steps.prepare(rows, called(name, which))) for name, rows in layers_of.items()]
        for which, layers_of in (("first", first), ("second", second))
    )
    rng, places = np.random.default_rng(seed), len(next(iter(second.values()))) // samples
    orders = [np.arange(samples), *(rng.permutation(samples) for _ in range(permutations))]
    found = np.array(
        [
            [[steps.value(a, b, rows) for b in prepared_b] for a in prepared_a]
            for rows in (_rows_of(order, places) for order in orders)
        ]
    )
    if not np.isfinite(found).all():
        _, row, column = np.argwhere(~np.isfinite(found))[0]
        raise ValueError(
            f"the measure gave NaN or infinity for layers {list(first)[row]!r} and "
            f"{list(second)[column]!r}"
        )
    values, chance = found[0], found[1:]
    return Comparison(
        values,
        tuple(first),
        tuple(second),
        name_of(measure),
        samples,
        chance.mean(0) if permutations else None,
        chance.max(0) if permutations else None,
        getattr(measure, "larger_is_more_similar", True),
    )


def _rows_of(order: np.ndarray, places: int) -> torch.Tensor:
    """The numbers of the rows, those of one sample following each other."""
    return torch.from_numpy((order[:, None] * places + np.arange(places)).ravel())


def _kept(prepared: Any) -> Any:
    return prepared.kept() if hasattr(prepared, "kept") else prepared


def _steps_of_any(measure: Callable[[Any, Any], float]) -> Steps:
    """Those of a function that knows nothing of steps."""
    return Steps(
        lambda rows, name: rows,
        lambda one, two, order: float(measure(one, two[order.to(two.device)])),
    )
