"""A network cut at its ReLUs: what goes into each, given what comes out of the others.

With v_0 the input and v_j what the j-th ReLU gives, a network that is affine between its ReLUs is

    z_k = c_k + Σ_{j<k} v_j B_jk        (rows; the pre-activation of the k-th ReLU)

whatever its layers are: dense or convolutional, with batch normalisation in evaluation mode, pooled
by averages, and with skips, which are the terms beside that of the ReLU before. Here the v_j are
chosen freely: the model runs as it is, and each ReLU returns what it is told to.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from relu_book.patterns import Site, resolve_site, watch
from relu_book.patterns.calls import relu_like
from relu_book.undisturbed import model_as_it_was, random_numbers_as_they_were


class Cut:
    """The parts of a model between its ReLUs, from the input to one of them.

    Values are rows: flattened to ``(n, size)``, numbered 0 (the input), 1, 2, … (what each ReLU
    gives); pre-activations have the number of their ReLU.

    To be used inside ``fixed`` and without gradient.

    Args:
        model: any module.
        inputs: ``(n, …)``, one input a row.
        layer: the last ReLU of interest, as ``resolve_site`` takes it; None for the output of the
            model, taken for the pre-activation of one more ReLU.

    Attributes:
        last: the number of that ReLU.
        name: of the last one, for messages.
        outputs: what the last ReLU gives for the inputs, ``(n, size)``.

    Raises:
        TypeError: the inputs are no floating-point tensor, ``layer`` is no name or number, or the
            output is asked for and no tensor.
        ValueError: no such site; a batch whose rows are not the first dimension at each ReLU; a
            ReLU whose output cannot be chosen.
    """

    def __init__(self, model: nn.Module, inputs: Tensor, layer: int | str | None) -> None:
        if not isinstance(inputs, Tensor) or not inputs.is_floating_point():
            came = inputs.dtype if isinstance(inputs, Tensor) else type(inputs).__name__
            raise TypeError(
                f"inputs are a tensor of floating-point numbers, one input a row, not {came}"
            )
        if inputs.ndim < 2 or not len(inputs):
            raise ValueError(
                f"inputs are one or more rows (n, …), not of shape {tuple(inputs.shape)}; a single "
                "input is inputs[None]"
            )
        self._model, self._like = model, inputs
        names, pre, post, output = _run(model, inputs.clone(), {}, None)
        if len(post) < len(names):
            raise ValueError(
                f"the ReLU of site {names[len(post)]!r} runs inside another call, where its output "
                "cannot be chosen; write it as a call of its own"
            )
        if layer is None:
            if not isinstance(output, Tensor):
                raise TypeError(
                    "the output of the model, which layer=None means, is a tensor, not "
                    f"{type(output).__name__}; name a layer, or take a model that returns one "
                    "tensor"
                )
            self.last, self.name = len(names) + 1, "the output"
            pre, post = [*pre, output], [*post, output.relu()]
        else:
            self.name = resolve_site(names, layer)
            self.last = names.index(self.name) + 1
        self._shapes = [inputs.shape[1:]] + [value.shape[1:] for value in pre[: self.last]]
        for name, value in zip([*names, self.name], pre[: self.last], strict=False):
            if not value.ndim or len(value) != len(inputs):
                raise ValueError(
                    f"the pre-activation of site {name!r} has shape {tuple(value.shape)} for "
                    f"{len(inputs)} inputs, which are then not its rows; a projection needs a "
                    "model that keeps inputs in the first dimension"
                )
        self.outputs = post[self.last - 1].flatten(1)

    def size(self, number: int) -> int:
        """How many numbers a value has."""
        return self._shapes[number].numel()

    def pre_activations(self, values: dict[int, Float[Tensor, "n size"]]) -> list[Tensor | None]:
        """What goes into each ReLU, given the values; those that are not given are zero.

        Args:
            values: some of the values by number, all with the same number of rows.

        Returns:
            By number, up to the last; None at 0, which is the input.
        """
        rows = len(next(iter(values.values())))
        given = {
            number: values.get(number, self._like.new_zeros(rows, self.size(number)))
            .view(rows, *shape)
            .clone()  # the model may write to what it is given
            for number, shape in enumerate(self._shapes[:-1])
        }
        _, pre, _, output = _run(self._model, given.pop(0), given, self.last)
        pre = [*pre, output][: self.last]
        return [None] + [each.flatten(1) for each in pre]


@contextmanager
def fixed(model: nn.Module) -> Iterator[None]:
    """The model as one fixed map, in evaluation mode; afterwards it is as it was."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"the model is a torch.nn.Module, not {type(model).__name__}")
    with (
        torch.inference_mode(False),  # the transpose needs gradients
        model_as_it_was(model),
        random_numbers_as_they_were(model),
        warnings.catch_warnings(),
    ):
        # Rows are whole layers here, in whatever dimension their filters lie.
        warnings.filterwarnings("ignore", "the channels cannot be followed")
        for module in model.modules():
            module.training = False
        yield


class _Reached(Exception):  # noqa: N818, it ends a pass that has got far enough
    pass


class _Replacing(TorchFunctionMode):
    """Sees every ReLU through ``watch``, which says when, and may give it another output."""

    def __init__(self, given: dict[int, Tensor], stop: int | None) -> None:
        self.names: list[str] = []
        self.pre: list[Tensor] = []
        self.post: list[Tensor] = []
        self._given, self._stop, self._waiting = given, stop, False

    def see(self, site: Site) -> None:
        self.names.append(site.name)
        self.pre.append(site.pre_activation.clone())
        if len(self.pre) == self._stop:
            raise _Reached
        self._waiting = True

    def __torch_function__(
        self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = kwargs or {}
        relu = relu_like(function, args, kwargs) if self._waiting else None
        if relu is None:
            return function(*args, **kwargs)
        self._waiting = False
        _, pre_activation = relu
        given = self._given.get(len(self.pre))
        if given is None:
            result = function(*args, **kwargs)
            self.post.append(result.clone())
            return result
        with torch.no_grad():
            in_place = function(*args, **kwargs) is pre_activation
        # In place the model may go on with what it has handed in.
        return pre_activation.copy_(given) if in_place else given


def _run(
    model: nn.Module, inputs: Tensor, given: dict[int, Tensor], stop: int | None
) -> tuple[list[str], list[Tensor], list[Tensor], Tensor | None]:
    """Names, inputs and outputs of the ReLUs in order, and the output of the model."""
    replacing, output = _Replacing(given, stop), None
    try:
        with replacing, watch(model, replacing.see, with_gradient=True):
            output = model(inputs)
    except _Reached:
        pass
    return replacing.names, replacing.pre, replacing.post, output
