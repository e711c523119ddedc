"""The cells of a piecewise linear network in a window, as exact convex polygons (thesis 2.2.1).

A network of affine layers and ReLUs is one affine map on each piece of the plane on which all units
so far keep their sign. The pieces are found layer after layer: at first there is one, the window;
where the pattern of the earlier layers is fixed a unit is an affine function

    h(x, y) = a x + b y + c,        active where h > 0,

and cuts the piece along h = 0 if it has both signs at the corners (``splitting``). Both sides then
get affine maps of their own, x -> W diag(pattern) (a, b, c) for the next layer. No grid, no solver:
every piece is found, down to the width that float64 resolves, and ``thin`` says how often one was
left out.

The pieces at layer l belong to the patterns of the layers 1..l together (global patterns, thesis
definition 3), which is why they are convex; a cell of the layer alone (definition 2) may consist of
many of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from relu_book.cells.batch_norm import dtype_and_device
from relu_book.cells.checks import whole
from relu_book.cells.complexes import CellComplex
from relu_book.cells.network import Activation, Network
from relu_book.cells.pieces import EPSILON, Pieces, TooManyPiecesError
from relu_book.cells.reading import read_network
from relu_book.cells.running import one_map, seen_sites
from relu_book.cells.slices import Slice
from relu_book.cells.splitting import new_mesh, spread_order
from relu_book.cells.tracing import CannotTakeError
from relu_book.cells.window import Plane, Window
from relu_book.patterns.names import innermost

# Numbers in the affine maps of a block of pieces: half a megabyte, which stays in the cache.
_BLOCK = 2**16
_CORNERS = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))


def exact_cells(
    model: nn.Module,
    layer: int | str,
    window=(-5, 5),
    *,
    slice: Slice | None = None,
    scope: str = "layer",
    reference=None,
    max_pieces: int = 2_000_000,
) -> CellComplex:
    """All convex pieces of a ReLU network in a window, with pattern, polygon and neighbours.

    Takes chains and sums of Linear, Flatten, Identity, Dropout (off), batch norm on vectors, ReLU,
    LeakyReLU and PReLU: nested ``nn.Sequential`` and modules whose forward is such a computation.
    Parameters of any dtype are taken as exact and computed with in float64.

    Args:
        model: The network.
        layer: Name of a site, or its number from 0 (negative from the end).
        window: ``(low, high)`` for both axes or ``((x0, x1), (y0, y1))``.
        slice: The plane through the input space that the window lies in; by default the network's
            input is the point (x, y) itself.
        scope: ``"layer"``: patterns are those of this layer alone. ``"global"``: those of all
            layers up to this one, each layer's words side by side. In a chain of layers the pieces
            are the same either way.
        reference: Batch of inputs whose statistics a batch norm in training mode uses; see
            ``frozen_batch_norm``.
        max_pieces: Give up beyond this many pieces.

    Returns:
        The pieces, as a ``CellComplex``.

    Raises:
        ValueError: An unknown layer; a layer that cannot be taken (all of them are named, before
            any work); a batch norm in training mode without a reference; parameters that are not
            finite; more than ``max_pieces`` pieces; a bad window or scope.
        TypeError: ``model`` is no module or ``slice`` no slice.

    Cost: about 1.3 microseconds a piece for layers of some 16 units; in general a few nanoseconds
    for each unit and piece, and the products of the weights with three vectors a piece. About 200
    bytes a piece. Without numba 20 to 80 times slower.

    Example:
        >>> import torch
        >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
        >>> _ = model[0].weight.data.copy_(torch.tensor([[1.0, 0], [0, 1], [1, 1]]))
        >>> _ = model[0].bias.data.copy_(torch.tensor([0.0, 0, -1]))
        >>> cells = exact_cells(model, 0)
        >>> cells.count, cells.distinct, round(float(cells.areas.sum()), 9)
        (7, 7, 100.0)
        >>> sorted(cells.patterns[:, 0].tolist())
        [0, 1, 2, 3, 5, 6, 7]
    """
    if scope not in ("layer", "global"):
        raise ValueError(f"scope must be 'layer' or 'global', and this one is {scope!r}.")
    every_site = scope == "global"
    max_pieces = whole(max_pieces, "max_pieces", 1)
    window, plane = Window.of(window), Plane(slice)
    with np.errstate(over="ignore", invalid="ignore"):
        with one_map(model, reference):
            network = _checked_network(model, layer, window, plane, every_site)
        subdivision = _Subdivision(network, window, plane, every_site, max_pieces)
        subdivision.run()
    sites = [step for step in network.steps if isinstance(step, Activation)]
    return CellComplex(
        window=window,
        layer=sites[-1].name,
        scope=scope,
        width=sum(len(site.slope) for site in (sites if every_site else sites[-1:])),
        patterns=np.concatenate(subdivision.words),
        local_points=subdivision.mesh.points,
        pieces=_joined(subdivision.pieces),
        thin=subdivision.thin,
        coincident=subdivision.coincident,
    )


def _checked_network(
    model: nn.Module, layer: int | str, window: Window, plane: Plane, every_site: bool
) -> Network:
    """The model as steps, compared with the model itself at some points of the window."""
    dtype, device = dtype_and_device(model)
    # A spiral: no two points on a line through the centre, none on an axis.
    turns = np.arange(1, 8)
    local = (turns / 8 * np.array([np.cos(2.4 * turns), np.sin(2.4 * turns)])).T
    inputs = plane.inputs(window.from_local(local), dtype, device)
    seen, last = seen_sites(model, inputs, layer)
    network = read_network(innermost(model), plane.shape, list(seen), last, every_site)
    read, sizes = network.pre_activations(inputs.reshape(len(local), -1).double().cpu().numpy())
    precision = max(torch.finfo(dtype).eps, EPSILON) * 1000
    for step, size in zip(network.steps, sizes, strict=True):
        if isinstance(step, Activation):
            _require_finite(read[step.name], step.name)
            ran = seen[step.name].pre_activation.double().cpu().numpy()
            if (
                ran.shape != read[step.name].shape
                or not (np.abs(ran - read[step.name]) <= precision * (size + 1e-300)).all()
            ):
                raise CannotTakeError(
                    f"exact_cells misread {type(model).__name__}: at site {step.name!r} the model "
                    f"computes other values than its traced code; use rasterize, which runs it."
                )
    return network


class _Subdivision:
    """The descent through the layers: pieces by blocks, so that few affine maps live at a time."""

    def __init__(
        self, network: Network, window: Window, plane: Plane, every_site: bool, max_pieces: int
    ):
        self.steps = network.steps
        self.every_site = every_site
        self.limit = max_pieces
        self.mesh = new_mesh(_CORNERS)
        self.pieces: list[Pieces] = []
        self.words: list[np.ndarray] = []
        self.found = self.thin = self.coincident = 0

        self.needed_later = [
            {source for later in self.steps[number + 1 :] for source in later.sources}
            for number in range(len(self.steps))
        ]
        # Terms of this size are summed in each step; 64 roundings of them pass for zero.
        side = np.linspace(-1, 1, 17)
        local = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        start = plane.coefficients(window)
        inputs = np.column_stack([local, np.ones(len(local))]) @ start
        self.rounding = [64 * EPSILON * size for size in network.pre_activations(inputs)[1]]
        units = [len(step.slope) if isinstance(step, Activation) else 0 for step in self.steps]
        self.first_unit = np.concatenate([[0], np.cumsum(units)]).tolist()
        self.values = {network.source: start[None]}

    def run(self) -> None:
        """Fills ``pieces`` and ``words``."""
        whole = Pieces(np.array([0, 4]), np.arange(4))
        self._descend(0, self.values, whole, np.zeros((1, 0), dtype=np.int64))

    def _descend(self, number: int, values: dict, pieces: Pieces, words: np.ndarray) -> None:
        """Cuts pieces by the layers from step ``number`` on; ``values`` holds their affine maps."""
        step = self.steps[number]
        while not isinstance(step, Activation):
            values[step.target] = step.apply(values)
            needed = self.needed_later[number]
            values = {name: value for name, value in values.items() if name in needed}
            number += 1
            step = self.steps[number]
        first = self.first_unit[number]
        affine = values[step.source]
        _require_finite(affine, step.name)
        order = spread_order(affine[0, :2]) if first == 0 else np.arange(affine.shape[2])
        try:
            split = self.mesh.split(
                pieces, affine, self.rounding[number], order, first, self.limit - self.found
            )
        except TooManyPiecesError:
            raise ValueError(
                f"There are more than max_pieces = {self.limit} pieces at site {step.name!r}; take "
                f"a smaller window or network, or raise max_pieces."
            ) from None
        self.thin += split.thin
        self.coincident += split.coincident
        words = np.hstack([words[split.parents], split.words]) if self.every_site else split.words
        if number == len(self.steps) - 1:
            self.found += len(split.pieces)
            self.pieces.append(split.pieces)
            self.words.append(words)
            return
        needed = self.needed_later[number]
        kept = {name: value for name, value in values.items() if name in needed}
        size = sum(value[0].size for value in kept.values()) + 3 * self._widest
        block = max(256, _BLOCK // size)
        for start in range(0, len(split.pieces), block):
            part = np.s_[start : start + block]
            parents = split.parents[part]
            below = {name: value[parents] for name, value in kept.items()}
            below[step.target] = affine[parents] * self._factors(split.words[part], step)
            self._descend(
                number + 1, below, split.pieces.block(start, start + len(parents)), words[part]
            )

    @property
    def _widest(self) -> int:
        return max(len(getattr(step, "bias", getattr(step, "slope", ()))) for step in self.steps)

    @staticmethod
    def _factors(words: np.ndarray, step: Activation) -> np.ndarray:
        """``(pieces, 1, units)``: what the activation multiplies each unit with on each piece."""
        octets = words.astype("<i8").view(np.uint8)
        active = np.unpackbits(octets, axis=1, bitorder="little", count=len(step.slope))
        return np.where(active, 1.0, step.slope)[:, None]


def _require_finite(values: np.ndarray, site: str) -> None:
    if not np.isfinite(values).all():
        raise ValueError(
            f"The pre-activations at site {site!r} overflow float64 in this window; scale the "
            f"weights or the window down."
        )


def _joined(pieces: Sequence[Pieces]) -> Pieces:
    lengths = np.concatenate([np.diff(some.offsets) for some in pieces])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Pieces(offsets, np.concatenate([some.corners for some in pieces]))
