"""One pass of a network as it came, to see which batch norms can be folded, and what is not drawn.

A batch norm is folded into a layer if it alone reads what the layer gives: each of them is called
once, the batch norm is given that very tensor, no other function reads it, and it is not part of
what the network returns. That is seen where it happens, in a pass, so the order of modules, their
names and the code between them do not matter.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

# These tell of a tensor without reading its numbers.
_TELL = frozenset(
    {
        *("size", "dim", "ndimension", "stride", "numel", "nelement", "element_size", "type"),
        *("is_contiguous", "is_floating_point", "is_complex", "get_device", "data_ptr"),
        *("storage_offset", "__len__", "__hash__"),
    }
)
# These give the same numbers in another shape.
_RESHAPE = frozenset(
    {
        *("t", "transpose", "permute", "view", "reshape", "expand", "repeat", "flatten", "to"),
        *("unsqueeze", "squeeze", "contiguous", "clone", "detach", "chunk", "split", "unbind"),
        *("__getitem__", "movedim", "swapaxes", "view_as", "expand_as", "float", "double", "half"),
    }
)
# Normalisations are none of these: their factors are not drawn, as ``binarize`` says.
_MULTIPLY = frozenset(
    {
        *("linear", "bilinear", "matmul", "mm", "bmm", "mv", "dot", "inner", "einsum", "tensordot"),
        *("addmm", "addmv", "baddbmm", "addbmm", "mul", "multiply", "div", "lstm", "gru"),
        *("__matmul__", "__rmatmul__", "__mul__", "__rmul__", "__truediv__", "mul_", "__imul__"),
        *("conv1d", "conv2d", "conv3d", "multi_head_attention_forward"),
        *("conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "prelu"),
        *("rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"),
    }
)


@dataclass
class Found:
    """What a pass showed.

    Attributes:
        folds: batch norm -> the layer that it is folded into.
        reasons: batch norm -> why it is not.
        undrawn: name of a parameter -> the function that multiplied with it outside of a layer.
    """

    folds: dict[nn.Module, nn.Module] = field(default_factory=dict)
    reasons: dict[nn.Module, str] = field(default_factory=dict)
    undrawn: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class _Output:
    """What a layer gave, and whether anything but a batch norm read it."""

    layer: nn.Module
    read: bool = False


class Tracing(TorchFunctionMode):
    """Watches a pass, as the ``watcher`` of its layers and of the functions that are called.

    Args:
        norms: batch norms that might be folded.
        parameters: those that are to be drawn where they multiply, by name.
    """

    def __init__(self, norms: list[_BatchNorm], parameters: dict[str, Tensor]) -> None:
        super().__init__()
        self._outputs = WeakIdKeyDictionary()
        self._names = WeakIdKeyDictionary()
        for name, parameter in parameters.items():
            self._names[parameter] = name
        self._calls: dict[nn.Module, int] = dict.fromkeys(norms, 0)
        self._reads: dict[nn.Module, tuple[_Output | None, str]] = dict.fromkeys(norms, (None, ""))
        self._inside = 0
        self._undrawn: dict[str, str] = {}

    def sees_layer(self, layer: nn.Module, x: Tensor) -> None:
        """Before a call of a layer."""
        self._is_read(x)
        self._inside += 1

    def saw_layer(self, layer: nn.Module, x: Tensor, output: Tensor) -> None:
        """After it."""
        self._inside -= 1
        self._calls[layer] = self._calls.get(layer, 0) + 1
        self._outputs[output] = _Output(layer)

    def sees_norm(self, norm: _BatchNorm, x: Tensor) -> None:
        """Before a call of a batch norm."""
        self._inside += 1
        self._calls[norm] += 1
        output = self._outputs.get(x)
        self._reads[norm] = output, "" if output is None else _misfit(norm, output.layer, x)

    def saw_norm(self, norm: _BatchNorm, x: Tensor, output: Tensor) -> None:
        """After it."""
        self._inside -= 1

    def __torch_function__(self, function: Callable, types: Any, args=(), kwargs=None) -> Any:
        result = function(*args, **(kwargs or {}))
        name = getattr(function, "__name__", "")
        is_told = name == "__get__" and not isinstance(result, Tensor)
        if self._inside or is_told or name in _TELL:
            return result
        for leaf in tree_leaves((args, kwargs)):
            if isinstance(leaf, Tensor):
                self._is_read(leaf)
                parameter = self._names.get(leaf)
                if parameter is not None and name in _MULTIPLY:
                    self._undrawn[parameter] = name
                elif parameter is not None and name in (*_RESHAPE, "__get__"):
                    for part in tree_leaves(result):
                        self._names[part] = parameter
        return result

    def found(self, outputs: Any) -> Found:
        """What the pass showed, from what the network returned."""
        for leaf in tree_leaves(outputs):
            if isinstance(leaf, Tensor):
                self._is_read(leaf)
        found = Found(undrawn=self._undrawn)
        for norm in self._reads:
            reason = self._reason(norm)
            if reason:
                found.reasons[norm] = reason
            else:
                found.folds[norm] = self._reads[norm][0].layer
        return found

    def _is_read(self, tensor: Tensor) -> None:
        output = self._outputs.get(tensor)
        if output is not None:
            output.read = True

    def _reason(self, norm: _BatchNorm) -> str:
        calls = self._calls[norm]
        if calls != 1:
            return f"it is called {calls} times" if calls else "it is not called"
        if norm.running_mean is None:
            return "it has no running statistics"
        output, misfit = self._reads[norm]
        if output is None:
            return "it does not read what a layer gives"
        name, calls = output.layer.draws.name, self._calls[output.layer]
        if calls != 1:
            return f"the layer in front, {name!r}, is called {calls} times"
        if output.read:
            return f"what {name!r} gives is also read elsewhere"
        return misfit


def _misfit(norm: _BatchNorm, layer: nn.Module, x: Tensor) -> str:
    """Why the channels of a batch norm are not the filters of a layer; empty if they are."""
    dense = isinstance(layer, nn.Linear)
    filters = layer.out_features if dense else layer.out_channels
    if x.ndim == (2 if dense else layer.weight.ndim) and norm.num_features == filters:
        return ""
    return f"its channels are not the filters of {layer.draws.name!r}"
