"""What the layers of networks give for the batches of a loader, as a matrix a layer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from relu_book.patterns.batches import as_arguments, checked_batches
from relu_book.patterns.eager import compiled_code_runs_eagerly
from relu_book.patterns.names import innermost, module_names
from relu_book.similarity.matrices import as_rows
from relu_book.spelling import did_you_mean
from relu_book.undisturbed import model_as_it_was, random_numbers_as_they_were

Positions = Literal["mean", "features", "rows"]
Layers = str | Iterable[str] | Callable[[str], bool] | None
_FILTERS_SECOND = nn.modules.conv._ConvNd
_SAMPLES_FIRST = (_FILTERS_SECOND, nn.modules.batchnorm._NormBase, nn.GroupNorm)
_MAY_TAKE_TOKENS_FIRST = (nn.RNNBase, nn.MultiheadAttention)
_FILTERS_LAST = (nn.Linear, nn.Bilinear, nn.Embedding, nn.LayerNorm, nn.MultiheadAttention)


def called(name: str, which: str) -> str:
    """What error sentences call a layer of the ``"first"`` or the ``"second"`` model."""
    return f"layer {name!r} of the {which} model"


@dataclass(frozen=True)
class _Part:
    """What a layer gave for one batch, by the dimensions that may be that of the samples."""

    given: str  # for sentences
    a_sample: dict[int, tuple[int, ...]]  # its shape
    rows: dict[int, Tensor]


@dataclass
class Reading:
    """What the layers of one network gave, batch after batch."""

    model: nn.Module
    positions: Positions
    channel_dim: int | None
    which: str
    parts: dict[str, list[_Part]] = field(default_factory=dict)
    rows: dict[str, list[Tensor]] = field(default_factory=dict)  # of all batches, once settled
    samples: int = 0  # of the batch that runs
    given: tuple[int, ...] = ()  # the first two dimensions of its first tensor
    calls: dict[str, int] = field(default_factory=dict)

    def hook(self, name: str) -> Callable:
        def keep(module: nn.Module, _: Any, output: Any) -> None:
            number = self.calls.get(name, 0)
            self.calls[name] = number + 1
            call = f"{name}:{number}" if number else name or type(module).__name__
            found = next(
                (t for t in tree_leaves(output) if isinstance(t, Tensor) and t.is_floating_point()),
                None,
            )
            if found is not None:
                self.parts.setdefault(call, []).append(self._part(module, call, found.detach()))

        return keep

    def _part(self, module: nn.Module, name: str, given: Tensor) -> _Part:
        layer, shape = called(name, self.which), tuple(given.shape)
        if given.ndim < 2:
            raise ValueError(f"{layer} gives shape {shape}, without filters; leave it out")
        filters = self.channel_dim
        if filters is None:
            last = isinstance(module, _FILTERS_LAST) or given.ndim == 3
            filters = -1 if last and not isinstance(module, _FILTERS_SECOND) else 1
        if not -given.ndim <= filters < given.ndim:
            raise ValueError(
                f"{layer} gives shape {shape}, which has no dimension channel_dim={filters}"
            )
        rows = given.movedim(filters, -1)
        part = _Part(f"shape {shape} for {self.samples} samples", {}, {})
        if len(rows) and len(rows) % self.samples == 0:  # windows of an image follow each other
            part.a_sample[0] = (len(rows) // self.samples, *rows.shape[1:])
            part.rows[0] = self._laid_out(rows)
        if rows.ndim > 2 and rows.shape[1] == self.samples:  # batch_first=False
            an_image = rows.ndim > 3 and len(rows) == self.samples  # as high as the batch is large
            if not isinstance(module, _SAMPLES_FIRST) and not an_image:
                part.a_sample[1] = (len(rows), *rows.shape[2:])
                part.rows[1] = self._laid_out(rows.transpose(0, 1))
        if not part.rows:
            raise ValueError(
                f"{layer} gives {part.given}, which are not its dimension 0; leave it out with "
                "layers="
            )
        return part

    def _laid_out(self, rows: Tensor) -> Tensor:
        rows = rows.reshape(self.samples, -1, rows.shape[-1])
        if self.positions == "mean":
            wide = rows if rows.dtype == torch.float64 else rows.float()
            return wide.mean(1).cpu()
        rows = (
            rows.transpose(1, 2).flatten(1) if self.positions == "features" else as_rows(rows, -1)
        )
        return rows.clone().cpu()

    def settle(self) -> None:
        """Tells which dimension is that of the samples: the one that suits every batch.

        Where both do, as of (k·n, n, filters) for n samples, it is the one with samples of the same
        shape in batches of different sizes; for batches of one sample it does not matter.
        """
        for name, parts in self.parts.items():
            suit = [d for d in (0, 1) if all(d in part.rows for part in parts)]
            if len(suit) > 1 and all(torch.equal(*part.rows.values()) for part in parts):
                suit = [0]
            if len(suit) > 1:
                suit = [d for d in suit if len({part.a_sample[d] for part in parts}) == 1]
            if len(suit) != 1:
                unclear = max(parts, key=lambda part: len(part.rows))
                raise ValueError(
                    f"{called(name, self.which)} gives {unclear.given}, where dimension 0 or 1 may "
                    "be that of the samples, so that samples cannot be told; take another batch "
                    "size, or leave it out with layers="
                )
            self.rows[name] = [part.rows[suit[0]] for part in parts]

    def matrices(self) -> dict[str, Tensor]:
        """By layer, in the order of the pass, all batches."""
        most = max(map(len, self.rows.values()))
        for name, parts in self.rows.items():
            widths = {part.shape[1] for part in parts}
            if len(parts) < most or len(widths) > 1:
                raise ValueError(
                    f"{called(name, self.which)} does not give the same in every batch "
                    f"({len(parts)} of {most} batches, {sorted(widths)} features); leave it out "
                    "with layers=, or take positions='mean'"
                )
        return {name: torch.cat(parts) for name, parts in self.rows.items()}


def _refuse_samples_second(reading: Reading, name: str) -> Callable:
    """A hook before a module of batch_first=False, whose samples are dimension 1 of its input."""

    def look(module: nn.Module, args: tuple, kwargs: dict) -> None:
        given = next((t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)), None)
        if given is None or given.ndim != 3:
            return
        shape, samples = tuple(given.shape), reading.samples
        # As it came into the model, or no windows of samples that follow each other.
        untouched = shape[:2] == reading.given
        if shape[0] == samples != shape[1] and (untouched or shape[1] % samples):
            raise ValueError(
                f"{called(name, reading.which)}, a {type(module).__name__} of batch_first=False, "
                f"gets shape {shape}, tokens first, where dimension 0 of the inputs, {samples}, is "
                "that of the samples: make it batch_first=True, or wrap the model in one that "
                "takes samples first and transposes them"
            )

    return look


def read(
    pair: tuple[nn.Module, nn.Module],
    loader: Iterable[Any],
    layers: Layers,
    positions: Positions,
    channel_dim: int | None,
) -> tuple[list[Reading], int]:
    """Runs two models over all batches; gives what each one's layers gave, and the samples."""
    models = [innermost(model) for model in pair]
    readings = [
        Reading(model, positions, channel_dim, which)
        for model, which in zip(models, ("first", "second"), strict=True)
    ]
    chosen = _chosen(models, layers)
    samples = 0
    with random_numbers_as_they_were(models[0], loader), random_numbers_as_they_were(models[1]):
        for number, batch in enumerate(checked_batches(loader)):
            samples += _pass(readings[0], chosen[0], batch, number)
            if models[1] is not models[0]:
                _pass(readings[1], chosen[1], batch, number)
    if not samples:
        raise ValueError(
            "loader gave no sample at all; a data loader may be empty, a generator is used up "
            "after one loop"
        )
    for reading in readings:
        reading.settle()
    if models[1] is models[0]:
        readings[1].rows = readings[0].rows
    for reading in readings:
        if not reading.rows:
            raise ValueError(
                f"no chosen layer of the {reading.which} model, {type(reading.model).__name__}, "
                "was called; choose others with layers="
            )
    _require_same_places(readings, samples)
    return readings, samples


def _pass(reading: Reading, chosen: dict[nn.Module, str], batch: Any, number: int) -> int:
    model = reading.model
    device = next((t.device for t in [*model.parameters(), *model.buffers()]), None)
    args, kwargs = as_arguments(batch, number, device)
    tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor) and t.ndim]
    if not tensors:
        raise ValueError(f"batch {number} holds no tensor whose dimension 0 could be the samples")
    reading.samples, reading.calls = len(tensors[0]), {}
    reading.given = tuple(tensors[0].shape[:2])
    if not reading.samples:
        return 0
    with compiled_code_runs_eagerly(), model_as_it_was(model), torch.no_grad():
        model.eval()
        for module, name in chosen.items():
            module.register_forward_hook(reading.hook(name))
        for name, module in model.named_modules():
            if isinstance(module, _MAY_TAKE_TOKENS_FIRST) and not module.batch_first:
                look = _refuse_samples_second(reading, name)
                module.register_forward_pre_hook(look, with_kwargs=True)
        try:
            model(*args, **kwargs)
        except Exception as error:
            error.add_note(f"This happened in batch {number} of the {reading.which} model.")
            raise
    return reading.samples


def _chosen(models: list[nn.Module], layers: Any) -> list[dict[nn.Module, str]]:
    """By model, the layers that are looked at, with their names."""
    names = [module_names(model) for model in models]
    every = [{m: n[id(m)] for m in model.modules()} for model, n in zip(models, names, strict=True)]
    if layers is None:

        def takes(module: nn.Module, name: str) -> bool:
            return any(p.ndim > 1 for p in module.parameters(recurse=False))

    elif callable(layers):

        def takes(module: nn.Module, name: str) -> bool:
            return bool(layers(name))

    else:
        if not isinstance(layers, Iterable):
            raise TypeError(f"layers= takes names, globs or a function of the name, not {layers!r}")
        wishes = [layers] if isinstance(layers, str) else list(layers)
        known = list(dict.fromkeys(name for some in every for name in some.values() if name))
        for wish in wishes:
            if not isinstance(wish, str):
                raise TypeError(
                    f"layers= takes names and globs, not {type(wish).__name__} {wish!r}"
                )
            if not any(fnmatchcase(name, wish) for name in known):
                hint = did_you_mean(wish, known, f"layers: {', '.join(known[:8])}")
                raise ValueError(f"no layer {wish!r} in either model; {hint}")

        def takes(module: nn.Module, name: str) -> bool:
            return bool(name) and any(fnmatchcase(name, wish) for wish in wishes)

    chosen = [{m: name for m, name in some.items() if takes(m, name)} for some in every]
    for model, some in zip(models, chosen, strict=True):
        if not some:
            raise ValueError(
                f"{type(model).__name__} has no such layer; choose others with layers="
            )
    return chosen


def _require_same_places(readings: list[Reading], samples: int) -> None:
    if readings[0].positions != "rows":
        return
    rows = {
        called(name, reading.which): sum(map(len, parts))
        for reading in readings
        for name, parts in reading.rows.items()
    }
    (one, length), *others = rows.items()
    for other, found in others:
        if found != length:
            raise ValueError(
                f"{one} has {length // samples} places a sample and {other} {found // samples}; "
                "with positions='rows' all must have as many: choose layers of one size, or take "
                "positions='mean'"
            )
