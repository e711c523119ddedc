"""A network whose weights are drawn at each pass: progressive stochastic binarization (thesis 4.2).

Every weight of a convolution or dense layer becomes s 2^e (B/n + 1) with B binomial (eq 4.8), new
at each pass and the same for all inputs and pixels of it: a filter is drawn, as in the sources.
The products are averaged before the non-linearity, which the sources call a capacitor. What a layer
reads and what it gives is stored in 16-bit fixed point.
"""

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._pytree import tree_leaves

from relu_book.binarization.copying import copied, inside, require_support
from relu_book.binarization.cost import Cost, Counting
from relu_book.binarization.discretizing import (
    Rounding,
    check_bits,
    check_share,
    smallest,
)
from relu_book.binarization.draws import Draws, Noise, Shared
from relu_book.binarization.encoding import checked_samples
from relu_book.binarization.fixed_point import FixedPoint
from relu_book.binarization.layers import LAYERS, binarize_layer
from relu_book.binarization.stream import Stream
from relu_book.binarization.tracing import Found, Tracing
from relu_book.spelling import did_you_mean
from relu_book.undisturbed import (
    model_as_it_was,
    modes_as_they_were,
    random_numbers_as_they_were,
)

_ALL = "*"
Where = Tensor | Mapping[str, Tensor]


def binarize(
    model: nn.Module,
    samples: int | float | Mapping[str, int | float] = 16,
    *,
    activation_bits: int | None = 16,
    fraction_bits: int = 10,
    generator: torch.Generator | None = None,
    fold: bool = True,
    keep: tuple[str, ...] = (),
    noise: Noise = "drawn",
    deterministic: bool = False,
    shifts: bool = False,
    probability_bits: int | None = None,
    exponent_bits: int | None = None,
    rounding: Rounding = "nearest",
) -> "Binarized":
    """A copy of a network that draws its weights at each pass; the network itself stays as it is.

    Drawn are the weights of convolutions and transposed convolutions of one to three dimensions,
    grouped ones included, of dense layers, and of their subclasses. A batch norm that alone reads
    what such a layer gives is folded into it, found in the first pass; one that cannot be
    multiplies with drawn factors of its own (``Binarized.unfolded`` says why). Biases, look-ups,
    other normalisations and the products of two intermediate results are not drawn.

    The copy is in evaluation mode. In training mode nothing is folded and batch norms take the
    batch's statistics; gradients pass the drawn weights by equation 4.1 and the rounded results by
    4.2, so that a network is trained from scratch by an optimizer of the copy's parameters.

    Args:
        model: any module. Weights that are parametrized, normalised or pruned by torch's utilities
            are taken as they come out, without the parametrization.
        samples: n of all layers, at least 1; by name or pattern such as ``{"*": 8, "conv1": 32}``,
            of which later ones win, and layers that none names have 16; ``math.inf`` draws nothing.
        activation_bits: of intermediate results, 2 to 24; ``None`` leaves them as they are.
        fraction_bits: of these behind the point; with 16 and 10 numbers lie from −32 to 32, and a
            warning says if any are cut off.
        generator: gives the seed; without one torch's global generator does. Later draws are those
            of the network's own stream, which is part of its ``state_dict``.
        fold: whether batch norms are folded.
        keep: names or patterns of modules that stay as they are, with what is in them.
        noise: ``"drawn"``: weights are drawn once a pass; ``"fresh"``: as if each product had draws
            of its own, by a normal distribution with the exact mean and variance of each sum.
        deterministic: weights whose p is a multiple of 1/n are not drawn but exact.
        shifts: multiply by shifts and additions of integers (eq 4.9), slowly.
        probability_bits: of p, ``None`` for all, see :func:`discretize`.
        exponent_bits: of e, likewise.
        rounding: of p to few bits, ``"nearest"`` or ``"floor"``.

    Returns:
        A module that is called like the model.

    Raises:
        TypeError: no module; a part that has weights which cannot be drawn (recurrent layers,
            ``MultiheadAttention``, quantized, scripted and compiled modules); weights that are not
            real floats of 16 to 64 bits.
        ValueError: an argument out of its range; a name that no layer has; no layer to draw; lazy
            layers that have no weights yet, or any on the meta device.

    Cost: of a pass with n = 16 samples some 2 ns a weight, two roundings of each layer's input and
    output, and in the first pass one of the network as it came.

    References:
        Hartmann and Wand 2019, "Progressive Stochastic Binarization of Deep Networks",
        arXiv:1904.02205.

    Example:
        >>> model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 2)).eval()
        >>> x = torch.rand(4, 8)
        >>> network = binarize(model, samples=16, generator=torch.Generator().manual_seed(0))
        >>> coarse = network(x)
        >>> network.samples = 1024
        >>> bool((network(x) - model(x)).abs().max() < (coarse - model(x)).abs().max())
        True
    """
    form = None if activation_bits is None else FixedPoint(activation_bits, fraction_bits)
    check_bits(probability_bits, exponent_bits, rounding)
    if noise not in ("drawn", "fresh"):
        hint = did_you_mean(noise, ("drawn", "fresh"), "there are 'drawn' and 'fresh'")
        raise ValueError(f"no noise {noise!r:.100}; {hint}")
    if shifts and (form is None or noise == "fresh"):
        raise ValueError(
            "shifts are those of drawn weights and fixed point numbers: leave noise='drawn', and "
            "activation_bits not None"
        )
    if not isinstance(model, nn.Module):
        raise TypeError(f"binarize takes a torch module, not {model!r:.100}")
    if isinstance(model, Binarized):
        raise TypeError(
            "the network is binarized already; set its samples, or binarize the original"
        )
    network = copied(model)
    shared = Shared(
        Stream(generator),
        form,
        noise,
        deterministic,
        probability_bits,
        exponent_bits,
        rounding,
        "shifts" if shifts else "drawn",
    )
    return Binarized(network, shared, samples, fold, keep)


class Binarized(nn.Module):
    """A network that draws its weights at each pass, as :func:`binarize` makes it.

    Attributes:
        network: the copy of the model; its layers have the names that they had.
    """

    def __init__(
        self,
        network: nn.Module,
        shared: Shared,
        samples: int | float | Mapping[str, int | float],
        fold: bool,
        keep: tuple[str, ...],
    ) -> None:
        super().__init__()
        self.network = network
        self.eval()
        self._shared = shared
        self._fold = fold
        self._pruned = 0.0
        self._found: Found | None = None
        self._warned = False
        self._layers: dict[str, nn.Module] = {}
        self._norms: dict[str, _BatchNorm] = {}
        kept = inside(network, keep)
        for name, module in network.named_modules():
            if module in kept:
                continue
            require_support(name, module)
            if isinstance(module, LAYERS):
                self._layers[name] = module
            elif isinstance(module, _BatchNorm):
                self._norms[name] = module
        if not self._layers:
            raise ValueError(
                f"{type(network).__name__} has no convolution or dense layer to draw the weights of"
            )
        drawn = {**self._layers, **self._norms}
        for index, (name, module) in enumerate(drawn.items()):
            binarize_layer(module, Draws(name, index, shared, 16))
        apart = {id(p) for module in kept for p in module.parameters()}
        self._watched = {
            name: p for name, p in network.named_parameters() if p.ndim > 1 and id(p) not in apart
        }
        self.samples = samples

    @property
    def stream(self) -> Stream:
        """Seed and passes; ``stream.seed = 3; stream.passes = 0`` starts again."""
        return self._shared.stream

    @property
    def samples(self) -> int | float | dict[str, int | float]:
        """n of each layer, one number if all are equal; set it at any time, also by patterns."""
        each = {name: module.draws.samples for name, module in self._drawn().items()}
        return next(iter(each.values())) if len(set(each.values())) == 1 else each

    @samples.setter
    def samples(self, samples: int | float | Mapping[str, int | float]) -> None:
        drawn, chosen = self._drawn(), {}
        for pattern, number in (
            samples.items() if isinstance(samples, Mapping) else ((_ALL, samples),)
        ):
            names = [name for name in drawn if fnmatchcase(name, pattern)]
            if not names:
                hint = did_you_mean(pattern, drawn, f"there are {', '.join(drawn):.200}")
                raise ValueError(f"no layer {pattern!r} that is drawn; {hint}")
            is_infinite = isinstance(number, float) and number == math.inf
            chosen.update(dict.fromkeys(names, number if is_infinite else checked_samples(number)))
        for name, number in chosen.items():
            drawn[name].draws.samples = number

    @property
    def pruned(self) -> float:
        """The share of weights closest to zero, of all layers together, that is left out."""
        return self._pruned

    @pruned.setter
    def pruned(self, share: float) -> None:
        check_share(share)
        self._pruned = share
        if self._found is not None:
            self._prune()

    @property
    def folded(self) -> dict[str, str]:
        """Name of each batch norm that is folded -> name of the layer that it is folded into."""
        found = self._what_was_found()
        return {norm.draws.name: layer.draws.name for norm, layer in found.folds.items()}

    @property
    def unfolded(self) -> dict[str, str]:
        """Name of each batch norm that is not folded -> the reason; its factors are drawn."""
        return {norm.draws.name: why for norm, why in self._what_was_found().reasons.items()}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the network gives with weights that are drawn for this pass."""
        self.prepare(args, kwargs)
        self._shared.stream.next_pass()
        return self._pass(args, kwargs)

    def refine(self, inputs: Any, samples: int, *, where: Where | None = None) -> Any:
        """What the last pass would have given with that many additional samples of each weight.

        16 samples refined by 16 give bit by bit what 32 of the same stream do. Refining goes on
        from the last refinement; no layer draws again what it has drawn, unless ``cost`` was asked
        in between.

        Args:
            inputs: what ``network(*inputs)`` takes: a tensor or a tuple; a mapping gives names.
            samples: how many more, at least 1.
            where: refine these pixels alone: bool of shape (n, 1, height, width), or with as many
                dimensions as the images have, at any size; each layer takes the nearest pixel of
                the mask, or has its own, by name. Such a look at a region adds nothing to the pass
                that is refined next.

        Raises:
            RuntimeError: no pass was made.
            TypeError, ValueError: ``samples`` is no number of samples; a mask of another kind;
                noise is fresh, which has no samples to go on with.

        Example:
            >>> model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
            >>> x = torch.rand(2, 3, 8, 8)
            >>> network = binarize(model, 16, generator=torch.Generator().manual_seed(0))
            >>> other = binarize(model, 32, generator=torch.Generator().manual_seed(0))
            >>> _ = network(x)
            >>> torch.equal(network.refine(x, 16), other(x))
            True
        """
        shared, samples = self._shared, checked_samples(samples)
        if shared.noise == "fresh":
            raise ValueError("fresh noise has no samples to go on with: refine with noise='drawn'")
        if not shared.stream.passes:
            raise RuntimeError("there is no pass to refine yet: call the network first")
        args, kwargs = arguments_of(inputs)
        self.prepare(args, kwargs)
        if where is None:
            shared.stream.added += samples
            try:
                return self._pass(args, kwargs)
            except BaseException:
                shared.stream.added -= samples
                raise
        with self._in_region(where, samples, inputs):
            return self._pass(args, kwargs)

    @torch.no_grad()
    def cost(self, inputs: Any, *, where: Where | None = None, extra: int = 0) -> Cost:
        """What a new pass of these inputs would cost: additions, shifts, random bits.

        Args:
            inputs: as ``refine`` takes them.
            where: pixels that get more samples, as ``refine`` takes them.
            extra: how many more.

        Raises:
            TypeError: ``extra`` is no whole number.
            ValueError: a layer has infinitely many samples; ``extra`` is below 0; a mask of another
                kind.

        Cost: a pass with exact weights. Nothing is drawn, and the network is as it was.
        """
        args, kwargs = arguments_of(inputs)
        self.prepare(args, kwargs)
        counting = Counting()
        extra = checked_samples(extra, "extra", least=0)
        with (
            random_numbers_as_they_were(self.network),
            model_as_it_was(self.network),
            self.running("exact", counting),
            self._in_region(where, extra, inputs),
        ):
            self._pass(args, kwargs)
        return counting.cost

    @contextmanager
    def running(self, mode: str, watcher: object | None = None) -> Iterator[None]:
        """Passes in the block draw nothing, and leave the stream as it is.

        Args:
            mode: ``"float"`` is the network as it came, ``"exact"`` the limit of many samples.
            watcher: is told of each call of a layer.
        """
        shared = self._shared
        before, stream = (shared.mode, shared.watcher), shared.stream.state()
        shared.mode, shared.watcher = mode, watcher
        try:
            yield
        finally:
            shared.mode, shared.watcher = before
            shared.stream.set_state(stream)

    @contextmanager
    def _in_region(self, where: Where | None, extra: int, inputs: Any) -> Iterator[None]:
        masks = where.values() if isinstance(where, Mapping) else () if where is None else (where,)
        for mask in masks:
            is_tensor = isinstance(mask, Tensor)
            is_bool = is_tensor and mask.dtype == torch.bool
            if not (is_bool and mask.ndim >= 3 and mask.shape[1] == 1):
                what = f"{mask.dtype} of {tuple(mask.shape)}" if is_tensor else repr(mask)
                raise ValueError(
                    "where is a mask of pixels, bool of shape (n, 1, height, width), not "
                    f"{what:.100}; make one of that shape"
                )
        batch = first_tensor(inputs)
        if isinstance(where, Tensor) and batch is not None and len(where) != len(batch):
            raise ValueError(
                f"where is a mask for each of the {len(batch)} inputs, but has {len(where)}; "
                "expand it, or leave some out"
            )
        self._shared.where, self._shared.extra = where, extra if masks else 0
        try:
            yield
        finally:
            self._shared.where, self._shared.extra = None, 0

    def get_extra_state(self) -> Tensor:
        """The stream, as part of ``state_dict``."""
        return self._shared.stream.state()

    def set_extra_state(self, state: Tensor) -> None:
        """Goes on with a stream that was saved."""
        self._shared.stream.set_state(state)

    def extra_repr(self) -> str:
        """Samples, layers and, once a pass has shown them, folded batch norms."""
        samples = self.samples
        text = f"samples={samples if not isinstance(samples, dict) else 'by layer'}, "
        text += f"layers={len(self._layers)}"
        if self._found is not None:
            text += f", folded={len(self.folded)}, unfolded={len(self.unfolded)}"
        return text

    def drawn_names(self) -> list[str]:
        """The names of layers and batch norms, folded ones included."""
        return list(self._drawn())

    def _drawn(self) -> dict[str, nn.Module]:
        return {**self._layers, **self._norms}

    def _what_was_found(self) -> Found:
        if self._found is None:
            raise RuntimeError("which batch norms are folded is seen in the first pass: make one")
        return self._found

    def _pass(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        drawn = self._drawn().values()
        for module in drawn:
            module.draws.calls, module.draws.largest = 0, None
        with _layer_by_layer():
            outputs = self.network(*args, **kwargs)
        for norm, layer in self._found.folds.items():
            if layer.draws.calls != norm.draws.calls and not norm.training:
                raise RuntimeError(
                    f"the batch norm {norm.draws.name!r} was folded into {layer.draws.name!r}, "
                    f"which is called {layer.draws.calls} times in this pass, and the batch norm "
                    f"{norm.draws.calls} times; binarize with fold=False"
                )
        if not self._warned:
            self._warn_if_cut_off()
        return outputs

    def prepare(self, args: tuple, kwargs: dict[str, Any]) -> None:
        """Before the first pass: what can be folded, and what is pruned."""
        if self._found is not None:
            return
        tracing = Tracing(list(self._norms.values()), self._watched)
        with (
            random_numbers_as_they_were(self.network),
            model_as_it_was(self.network),
            modes_as_they_were(self.network),
            self.running("float", tracing),
            torch.no_grad(),
        ):
            self.network.eval()
            with tracing:
                outputs = self.network(*args, **kwargs)
            found = tracing.found(outputs)
        if not self._fold:
            found.reasons |= dict.fromkeys(found.folds, "fold is False")
            found.folds.clear()
        for norm, layer in found.folds.items():
            layer.draws.norm, norm.draws.into = norm, layer.draws
        if found.undrawn:
            some = [f"{name!r} by {used}" for name, used in found.undrawn.items()]
            warnings.warn(
                f"{type(self.network).__name__} multiplies with parameters outside of its layers, "
                f"which are not drawn: {', '.join(some[:4])}"
                f"{f' and {len(some) - 4} more' if len(some) > 4 else ''}",
                stacklevel=5,
            )
        self._found = found
        if self._pruned:
            self._prune()

    @torch.no_grad()
    def _prune(self) -> None:
        layers = list(self._layers.values())
        masks = smallest([layer.draws.folded(layer)[0] for layer in layers], self._pruned)
        for layer, mask in zip(layers, masks, strict=True):
            layer.draws.gone = mask if self._pruned else None
            layer.draws.forget()

    def _warn_if_cut_off(self) -> None:
        form = self._shared.activations
        seen = {
            name: module.draws.largest
            for name, module in self._drawn().items()
            if module.draws.largest is not None
        }
        if form is None or not seen:
            return
        values = torch.stack([value.float().cpu() for value in seen.values()])
        if bool((values > form.limit).any()):
            self._warned = True
            name = list(seen)[int(values.nan_to_num(0).argmax())]
            peak = float(values.nan_to_num(0).max())
            warnings.warn(
                f"intermediate results beyond ±{form.limit:g} are cut off, the largest {peak:.4g} "
                f"at {name!r}; binarize with fewer fraction_bits than {form.fraction_bits}, or "
                "with activation_bits=None",
                stacklevel=6,
            )


@contextmanager
def _layer_by_layer() -> Iterator[None]:
    """Without torch's fast path of transformers, which reads weights and calls no layer."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def arguments_of(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and named arguments: a tuple is spread, a mapping gives names."""
    if isinstance(inputs, tuple):
        return inputs, {}
    if isinstance(inputs, Mapping) and all(isinstance(key, str) for key in inputs):
        return (), dict(inputs)
    return (inputs,), {}


def first_tensor(inputs: Any) -> Tensor | None:
    """The first tensor among the inputs that has a length, if there is one."""
    tensors = (leaf for leaf in tree_leaves(inputs) if isinstance(leaf, Tensor) and leaf.ndim)
    return next(tensors, None)
