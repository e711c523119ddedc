"""Layers that draw their weights anew at each pass (eq 4.8), and batch norms beside them.

A layer becomes one by its class: ``BinarizedConv2d`` is a ``Conv2d`` whose ``forward`` puts drawn
weights in the place of its own while it runs. So whatever a subclass computes with its weights
stays as it is, and the names of parameters do too.

A batch norm that is folded hands on what it is given. One that is not multiplies its centred input
with a factor for each channel, (x - mean) a + beta, and this factor is drawn like a weight. In
training mode batch norms are what they were: they normalise by the batch.
"""

import math
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from relu_book.binarization.draws import Draws, affine, drawn_weights
from relu_book.binarization.encoding import Encoding
from relu_book.binarization.shifts import by_shifts

LAYERS = (
    *(nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d),
    *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
)


def binarize_layer(module: nn.Module, draws: Draws) -> None:
    """Changes the class of a layer or batch norm, so that it draws its weights."""
    mixin = DrawnNorm if isinstance(module, _BatchNorm) else DrawnLayer
    module.__class__ = _binarized(type(module), mixin)
    module.__dict__["draws"] = draws


@cache
def _binarized(original: type, mixin: type) -> type:
    return type(f"Binarized{original.__name__}", (mixin, original), {"__module__": __name__})


class DrawnLayer:
    """A layer with weights, of any of the classes above."""

    draws: Draws

    def forward(self, *args, **kwargs) -> Tensor:
        draws, shared, forward = self.draws, self.draws.shared, super().forward
        draws.calls += 1
        name, given = (None, args[0]) if args else next(iter(kwargs.items()))
        if shared.watcher is not None:
            shared.watcher.sees_layer(self, given)
        if shared.mode == "float":
            output = forward(*args, **kwargs)
        else:
            x = draws.stored(given)

            def run(weight: Tensor, bias: Tensor | None = None, of: Tensor = x) -> Tensor:
                with _in_place_of(self, weight, bias):
                    if name is None:
                        return forward(of, *args[1:], **kwargs)
                    return forward(**{**kwargs, name: of})

            weight, bias = draws.folded(self)
            product = multiplied(draws, run, x, weight, bias, draws.encoding(self, weight))
            # What torch's own layers give is new; a subclass may keep it.
            output = draws.stored(product, in_place=type(self).__mro__[2] in LAYERS)
            draws.gave = weakref.ref(output)
        if shared.watcher is not None:
            shared.watcher.saw_layer(self, given, output)
        return output


class DrawnNorm:
    """A batch norm, which multiplies unless it is folded."""

    draws: Draws

    def forward(self, x: Tensor) -> Tensor:
        draws, shared = self.draws, self.draws.shared
        draws.calls += 1
        if shared.watcher is not None:
            shared.watcher.sees_norm(self, x)
        if shared.mode == "float" or normalises_by_batch(self):
            output = super().forward(x)
        elif shared.mode == "reach":
            return x
        elif draws.into is not None:
            self._check_is_output_of(draws.into, x)
            return x
        else:
            self._check_input_dim(x)
            factor, _ = affine(self)
            centred = draws.stored(draws.stored(x) - along_channels(self.running_mean, x))

            def run(weight: Tensor, bias: Tensor | None = None, of: Tensor = centred) -> Tensor:
                product = of * along_channels(weight, of)
                return product if bias is None else product + along_channels(bias, of)

            encoding = draws.encoding(self, factor)
            output = multiplied(draws, run, centred, factor, self.bias, encoding)
            output = draws.stored(output).to(x.dtype)
        if shared.watcher is not None:
            shared.watcher.saw_norm(self, x, output)
        return output

    def _check_is_output_of(self, layer: Draws, x: Tensor) -> None:
        if layer.gave is None or layer.gave() is not x:
            raise RuntimeError(
                f"the batch norm {self.draws.name!r} was folded into {layer.name!r}, whose output "
                "it had in the first pass, but now it is given another tensor; binarize with "
                "fold=False"
            )


def multiplied(
    draws: Draws,
    run: Callable[..., Tensor],
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    encoding: Encoding,
) -> Tensor:
    """What a layer gives with drawn weights.

    Args:
        draws: of the layer.
        run: the layer, a function of weights, biases and ``of=`` input.
        x: its input.
        weight: what is encoded, which the gradient goes to.
        bias: one for each filter, or ``None``.
        encoding: of the weights.
    """
    shared, n = draws.shared, draws.total()
    if shared.mode == "reach":
        return run(torch.full_like(weight, weight.shape[0] / weight.numel()))
    if shared.mode == "exact" or math.isinf(n):
        return run(drawn_weights(draws, weight, encoding, math.inf), bias)
    if shared.noise == "fresh":
        mean = run(drawn_weights(draws, weight, encoding, math.inf), bias)
        squared = x.detach().square()
        return draws.with_fresh_noise(lambda each: run(each, of=squared), mean, encoding)

    def with_samples(samples: int) -> Tensor:
        if shared.mode == "shifts":
            counts, form = draws.counts(encoding, samples), shared.activations
            return by_shifts(run, x, encoding, counts, samples, bias, form)
        return run(drawn_weights(draws, weight, encoding, samples), bias)

    output = with_samples(n)
    if shared.where is None:
        return output
    return torch.where(scaled(where_of(draws), output), with_samples(n + shared.extra), output)


def where_of(draws: Draws) -> Tensor:
    """The pixels of a layer that get more samples."""
    where = draws.shared.where
    if not isinstance(where, Mapping):
        return where
    if draws.name not in where:
        raise ValueError(
            f"masks by name need one for each layer, and {draws.name!r} has none; give it one of "
            "no pixels to leave it as it is"
        )
    return where[draws.name]


def normalises_by_batch(norm: _BatchNorm) -> bool:
    """Whether a batch norm takes mean and variance from its input."""
    return norm.training or norm.running_mean is None


def along_channels(values: Tensor, x: Tensor) -> Tensor:
    """One value a channel, in the shape that fits (n, channels, …)."""
    return values.view(-1, *[1] * (x.ndim - 2))


def scaled(where: Tensor, output: Tensor) -> Tensor:
    """A mask (n, 1, …) of pixels at the size of a layer's output, by the nearest pixel.

    Where the output has no such pixels, such as that of a dense layer, each input that has a pixel
    in the mask counts whole.
    """
    if output.ndim == where.ndim:
        size = output.shape[2:]
        if size == where.shape[2:]:
            return where
        return F.interpolate(where.to(torch.uint8), size=tuple(size), mode="nearest").bool()
    return where.flatten(1).any(1).view(-1, *[1] * (output.ndim - 1))


@contextmanager
def _in_place_of(layer: nn.Module, weight: Tensor, bias: Tensor | None) -> Iterator[None]:
    """While the block lasts, the layer's parameters are these."""
    parameters = layer._parameters
    own = parameters["weight"], parameters["bias"]
    parameters["weight"], parameters["bias"] = weight, bias
    try:
        yield
    finally:
        parameters["weight"], parameters["bias"] = own
