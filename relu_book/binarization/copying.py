"""The copy of a model that is binarized: plain weights, and none that a layer could not draw."""

import copy
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

from relu_book.binarization.encoding import FLOATS
from relu_book.binarization.layers import LAYERS
from relu_book.spelling import did_you_mean

# Their weights multiply, but not where a layer's call could draw them.
_UNSUPPORTED = (nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention, nn.Bilinear)


def copied(model: nn.Module) -> nn.Module:
    """A copy whose weights are plain parameters, with the numbers that they have now.

    Raises:
        TypeError: it is compiled, or a part of it.
        ValueError: a part has no numbers: it is lazy, or on the meta device.
    """
    for name, module in model.named_modules():
        _require_numbers(name, module)
    # A weight that a hook computes is no leaf, which deepcopy refuses.
    computed = {
        id(value): value.detach().clone()
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, Tensor) and not value.is_leaf
    }
    network = copy.deepcopy(model, computed)
    for module in network.modules():
        if isinstance(module, (*LAYERS, _BatchNorm)) and parametrize.is_parametrized(module):
            # remove_parametrizations would change the class, which the original has as well.
            with torch.no_grad():
                values = {name: getattr(module, name).clone() for name in module.parametrizations}
            module.__class__ = parametrize.type_before_parametrizations(module)
            del module.parametrizations
            for name, value in values.items():
                module.register_parameter(name, nn.Parameter(value))
        for hook in list(module._forward_pre_hooks.values()):
            # torch.nn.utils' weight_norm, spectral_norm and prune know how to undo themselves.
            if isinstance(module, LAYERS) and callable(getattr(hook, "remove", None)):
                hook.remove(module)
                for key in [k for k, h in module._forward_pre_hooks.items() if h is hook]:
                    del module._forward_pre_hooks[key]
    return network


def inside(network: nn.Module, patterns: tuple[str, ...]) -> set[nn.Module]:
    """The modules that these name, and those inside them."""
    if isinstance(patterns, str):
        patterns = (patterns,)
    names, kept = dict(network.named_modules()), set()
    for pattern in patterns:
        found = [module for name, module in names.items() if fnmatchcase(name, pattern)]
        if not found:
            hint = did_you_mean(pattern, names, "see named_modules() of the network")
            raise ValueError(f"no module {pattern!r} to keep; {hint}")
        kept.update(part for module in found for part in module.modules())
    return kept


def require_support(name: str, module: nn.Module) -> None:
    """Refuses a module that has weights which cannot be drawn.

    Raises:
        TypeError: it is such a module, or its weights are no parameter or no floats.
    """
    kind = type(module)
    is_scripted = isinstance(module, torch.jit.ScriptModule)
    is_quantized = ".quantized" in kind.__module__
    if isinstance(module, _UNSUPPORTED) or is_scripted or is_quantized:
        word = "scripted " if is_scripted else "quantized " if is_quantized else ""
        raise TypeError(
            f"the weights of a {word}{kind.__name__} cannot be drawn, and {_called(name)} is one: "
            f"{_or_keep(name, 'replace it by layers')}"
        )
    if isinstance(module, LAYERS):
        weight = module._parameters.get("weight")
        if weight is None:
            raise TypeError(
                f"the weight of {_called(name)}, a {kind.__name__}, is no parameter: "
                f"{_or_keep(name, 'make it one')}"
            )
        if weight.dtype not in FLOATS:
            raise TypeError(
                f"the weight of {_called(name)} is {weight.dtype}, but real floats of 16 to 64 "
                f"bits are drawn: {_or_keep(name, 'convert it')}"
            )


def _require_numbers(name: str, module: nn.Module) -> None:
    if "_orig_mod" in module._modules:  # what torch.compile gives
        raise TypeError(
            f"{_called(name)} is compiled, and its layers are not called one by one: binarize what "
            "was compiled, its ._orig_mod"
        )
    for tensor in (*module._parameters.values(), *module._buffers.values()):
        if isinstance(tensor, nn.parameter.UninitializedTensorMixin):
            raise ValueError(
                f"{_called(name)} is a {type(module).__name__} without weights: run the model once "
                "on an input, then binarize it"
            )
        if tensor is not None and tensor.is_meta:
            raise ValueError(
                f"{_called(name)}, a {type(module).__name__}, is on the meta device, where weights "
                "have no numbers: load them, as by to_empty(device='cpu') and load_state_dict"
            )


def _called(name: str) -> str:
    return repr(name) if name else "the network itself"


def _or_keep(name: str, otherwise: str) -> str:
    return f"keep it as it is by keep=({name!r},), or {otherwise}" if name else otherwise
