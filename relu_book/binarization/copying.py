"""The copy of a model that is binarized: plain weights, and none that a layer could not draw."""

import copy
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from relu_book.binarization.layers import LAYERS
from relu_book.spelling import did_you_mean

# Their weights multiply, but not where a layer's call could draw them.
_UNSUPPORTED = (nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention, nn.Bilinear)


def copied(model: nn.Module) -> nn.Module:
    """A copy whose weights are plain parameters, with the numbers that they have now."""
    # A weight that a hook computes is no leaf, which deepcopy refuses.
    computed = {
        id(value): value.detach().clone()
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, Tensor) and not value.is_leaf
    }
    network = copy.deepcopy(model, computed)
    for module in network.modules():
        if isinstance(module, LAYERS) and parametrize.is_parametrized(module):
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
        ValueError: it has no weights yet.
    """
    kind = type(module)
    is_foreign = isinstance(module, torch.jit.ScriptModule) or ".quantized" in kind.__module__
    if isinstance(module, _UNSUPPORTED) or is_foreign:
        raise TypeError(
            f"the weights of a {kind.__name__} cannot be drawn, and {name or 'the network'!r} is "
            f"one: keep it as it is by keep=({name!r},), or replace it by layers"
        )
    if isinstance(module, LAYERS):
        weight = module._parameters.get("weight")
        if weight is None:
            raise TypeError(
                f"the weight of {name!r}, a {kind.__name__}, is no parameter; keep the layer as it "
                f"is by keep=({name!r},)"
            )
        if isinstance(weight, nn.parameter.UninitializedTensorMixin):
            raise ValueError(f"{name!r} is a {kind.__name__} without weights: run the model once")
        if not weight.is_floating_point():
            raise TypeError(f"the weight of {name!r} is {weight.dtype}, but only floats are drawn")
