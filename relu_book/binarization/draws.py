"""What a layer draws its weights from, and what all layers of a network share.

The weights that are drawn are those of the folded layer: with a batch norm behind it,

    w' = w a,    b' = (b - mean) a + beta,    a = gamma / sqrt(var + eps)    for each filter.

They are encoded again when one of the tensors that they are made of was written to.
"""

import math
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from relu_book.binarization.discretizing import Rounding, discretize
from relu_book.binarization.encoding import Encoding, decode, encode
from relu_book.binarization.fixed_point import FixedPoint
from relu_book.binarization.sampling import (
    add_successes,
    exact_counts,
    with_exact_counts,
    with_successes,
)
from relu_book.binarization.straight_through import straight_through
from relu_book.binarization.stream import Stream

Noise = Literal["drawn", "fresh"]
Mode = Literal["float", "exact", "drawn", "shifts", "reach"]


@dataclass(eq=False)
class Shared:
    """Choices and state that the layers of one binarized network have in common.

    Attributes:
        stream: where random digits come from.
        activations: the format of intermediate results; ``None`` rounds none.
        noise: ``"drawn"``, one draw of the weights a pass, or ``"fresh"``, one for each product.
        deterministic: multiples of 1/n are not drawn.
        probability_bits, exponent_bits, rounding: as ``discretize`` takes them.
        mode: of the pass that runs: ``"float"``, the network as it came; ``"exact"``, weights and
            intermediate results as they are stored, but nothing drawn; ``"drawn"``; ``"shifts"``,
            drawn, and multiplied by shifts and additions of integers; ``"reach"``, each layer a
            mean of what it reads, which shows what depends on what.
        where: pixels that get ``extra`` more samples, bool of shape (n, 1, …), of all layers or by
            the name of the layer; ``None`` for none.
        watcher: is told of each call, see ``tracing`` and ``cost``; ``None`` for none.
    """

    stream: Stream
    activations: FixedPoint | None
    noise: Noise
    deterministic: bool
    probability_bits: int | None
    exponent_bits: int | None
    rounding: Rounding
    mode: Mode = "drawn"
    where: Tensor | dict[str, Tensor] | None = None
    extra: int = 0
    watcher: object | None = None


@dataclass(eq=False)
class Draws:
    """The weights of one layer, and how many samples of them were drawn.

    Attributes:
        name: of the layer in its network.
        index: its number, which its random digits depend on.
        shared: with the other layers.
        samples: n of a pass; ``math.inf`` draws nothing.
        norm: the batch norm that is folded into the layer, if one is.
        into: of a batch norm, the layer that it is folded into, if it is.
        gone: which weights are pruned, if any are.
        calls: of the layer in the pass that runs.
        largest: magnitude that was to be stored in the pass that runs.
        gave: the layer's last output, as long as somebody has it.
    """

    name: str
    index: int
    shared: Shared
    samples: float
    norm: _BatchNorm | None = None
    into: "Draws | None" = None
    gone: Tensor | None = None
    calls: int = 0
    largest: Tensor | None = None
    gave: weakref.ref | None = None
    _folded: tuple[Tensor, Tensor | None] | None = None
    _encoded: Encoding | None = None
    _made_of: tuple = ()
    _counts: Tensor | None = None
    _drawn: tuple[object, int] = field(default=(None, 0))

    def folded(self, layer: nn.Module) -> tuple[Tensor, Tensor | None]:
        """Weights and biases with the batch norm in them, still a function of the parameters."""
        weight, bias = layer.weight, layer.bias
        if self.norm is None or self.norm.training:
            return weight, bias
        if torch.is_grad_enabled() or self._folded is None or self._has_changed(layer):
            factor, shift = affine(self.norm)
            if bias is not None:
                shift = shift + bias * factor
            folded = weight * along_filters(factor, layer)
            # The batch norm of a network in half precision is often kept in float32.
            folded = folded.to(weight.dtype), shift.to(weight.dtype)
            if torch.is_grad_enabled():  # a kept graph could not be copied, and holds memory
                self._folded = None
                return folded
            self._folded = folded
        return self._folded

    def encoding(self, layer: nn.Module, weight: Tensor) -> Encoding:
        """Of the folded weights, in as many bits as are wanted, without the pruned ones."""
        if self._encoded is None or self._has_changed(layer):
            shared, encoding = self.shared, self._encode(weight)
            if self.gone is not None:
                encoding = without(encoding, self.gone)
            if shared.probability_bits is not None or shared.exponent_bits is not None:
                encoding = discretize(
                    encoding,
                    probability_bits=shared.probability_bits,
                    exponent_bits=shared.exponent_bits,
                    rounding=shared.rounding,
                )
            self._encoded, self._made_of, self._drawn = encoding, self._sources(layer), (None, 0)
        return self._encoded

    def _encode(self, weight: Tensor) -> Encoding:
        try:
            return encode(weight)
        except ValueError as error:
            name = f"of {self.name!r}" if self.name else "of the network itself"
            norm = f", the batch norm {self.norm.draws.name!r} folded in" if self.norm else ""
            raise ValueError(f"{error}; they are {name}{norm}: mend them first") from None

    @property
    def encoded(self) -> Encoding:
        """What the weights of the last call were."""
        return self._encoded

    def total(self) -> float:
        """n of the pass that runs."""
        return self.samples + self.shared.stream.added

    def weights(self, encoding: Encoding, samples: float) -> Tensor:
        """The weights of the pass with the first n samples."""
        if math.isinf(samples):
            return decode(encoding)
        return with_successes(encoding.scale, self.counts(encoding, int(samples)), int(samples))

    def counts(self, encoding: Encoding, samples: int) -> Tensor:
        """How many of the first n samples are 1; what was drawn before is not drawn again."""
        p, key = encoding.probability, self.shared.stream.key(self.index)
        of, before = self._drawn
        if of != key or before > samples:
            self._counts, before = torch.zeros(p.shape, dtype=torch.int32, device=p.device), 0
        add_successes(p, key, before, samples, self._counts)
        self._drawn = key, samples
        if self.shared.deterministic:
            return with_exact_counts(p, self._counts, samples)
        return self._counts

    def forget(self) -> None:
        """Encodes and draws anew; to be called after what the encoding depends on has changed."""
        self._folded, self._encoded, self._counts, self._drawn = None, None, None, (None, 0)

    def variances(self, encoding: Encoding) -> Tensor:
        """n times the variance of each weight; 0 where it is not drawn."""
        p = encoding.probability
        found = encoding.scale.square() * p * (1 - p)
        if self.shared.deterministic and not math.isinf(self.total()):
            found = found.masked_fill(exact_counts(p, int(self.total()))[1], 0)
        return found

    def stored(self, x: Tensor, in_place: bool = False) -> Tensor:
        """An intermediate result as it is kept, in fixed point if that is wanted."""
        form = self.shared.activations
        if form is None or not x.is_floating_point() or self.shared.mode in ("float", "reach"):
            return x
        rounded, largest = form.rounded_and_largest(x, in_place=in_place)
        if largest is not None:
            before = self.largest
            self.largest = largest if before is None else torch.maximum(before, largest)
        return rounded

    def with_fresh_noise(self, run: Callable, mean: Tensor, encoding: Encoding) -> Tensor:
        """The mean, with the noise of a sum in which each product has draws of its own.

        Sums of independent products are close to normal, so that mean and variance say it all.

        Args:
            run: the layer, of weights in place of its own, on the squares of its input.
            mean: the result with exact weights.
            encoding: of the weights.
        """
        generator = torch.Generator(mean.device)
        generator.manual_seed(self.shared.stream.key(self.index, self.calls)[0] >> 1)
        noise = torch.empty_like(mean, requires_grad=False).normal_(generator=generator)
        with torch.no_grad():
            variance = run(self.variances(encoding)).clamp_(min=0) / self.total()
        return mean + noise * variance.sqrt()

    def _has_changed(self, layer: nn.Module) -> bool:
        """Whether what the encoding was made of was written to since."""
        return self._made_of != self._sources(layer)

    def _sources(self, layer: nn.Module) -> tuple:
        norm = layer if isinstance(layer, _BatchNorm) else self.norm
        tensors = [layer.weight, layer.bias]
        if norm is not None:
            tensors += [norm.weight, norm.bias, norm.running_mean, norm.running_var]
        folds = norm is not None and not norm.training
        return folds, *(_state(tensor) for tensor in tensors if tensor is not None)


def affine(norm: _BatchNorm) -> tuple[Tensor, Tensor]:
    """Factor a and shift β − mean·a of a batch norm in evaluation mode, one for each channel."""
    factor = torch.rsqrt(norm.running_var + norm.eps)
    if norm.weight is not None:
        factor = factor * norm.weight
    shift = -norm.running_mean * factor
    return factor, shift if norm.bias is None else shift + norm.bias


def along_filters(factor: Tensor, layer: nn.Module) -> Tensor:
    """A factor for each filter of a layer in the shape that its weights can be multiplied with."""
    dimensions = layer.weight.ndim
    if getattr(layer, "transposed", False):  # (inputs, filters of a group, …)
        groups = layer.groups
        inside = factor.view(groups, 1, -1, *[1] * (dimensions - 2))
        inputs = layer.weight.shape[0] // groups
        return inside.expand(-1, inputs, *inside.shape[2:]).flatten(0, 1)
    return factor.view(-1, *[1] * (dimensions - 1))


def without(encoding: Encoding, gone: Tensor) -> Encoding:
    """The encoding with zeros in these places."""
    return Encoding(
        encoding.sign.masked_fill(gone, 0),
        encoding.exponent.masked_fill(gone, 0),
        encoding.probability.masked_fill(gone, 0),
    )


def drawn_weights(draws: Draws, weight: Tensor, encoding: Encoding, samples: float) -> Tensor:
    """Weights of the pass that runs, whose gradient is that of their mean (eq 4.1)."""
    with torch.no_grad():
        drawn = draws.weights(encoding, samples)
    return straight_through(drawn, weight)


def _state(tensor: Tensor) -> tuple:
    """Changes when a tensor is written to, moved or replaced."""
    version = None if tensor.is_inference() else tensor._version
    return id(tensor), tensor.data_ptr(), version, tensor.dtype, tensor.device
