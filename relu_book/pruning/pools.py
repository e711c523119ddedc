"""Which parameters of a network are pruned, and which of them together.

Pruning paper 4.3: the weights and biases of all convolutions form one pool, those of the dense
layer another. Batch normalisation and the output layer are not spoken of; here both stay whole.
"""

from torch import nn
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear
from torch.nn.parameter import UninitializedParameter
from torch.nn.utils.parametrize import is_parametrized

_CONVOLUTIONS = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)
_OF_TORCH_PRUNE = "_orig"


def pools(model: nn.Module) -> dict[str, tuple[str, ...]]:
    """The names of the parameters that are pruned together.

    The output layer is the last convolution or linear layer that the network holds, in the order in
    which its parts were assigned.

    Args:
        model: any network, without masks of ``torch.nn.utils.prune``.

    Returns:
        ``"conv"``: weights and biases of all convolutions, ``"fc"``: those of the linear layers; of
        both without the output layer. A pool without parameters is not there.

    Raises:
        TypeError: no module.
        ValueError: the network has no such layer before its output, has masks already, or a layer
            cannot be masked (shared, parametrized or not yet initialised parameters).

    Cost: none to speak of.

    Example:
        >>> from torch import nn
        >>> pools(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)))
        {'conv': ('0.weight', '0.bias')}
        >>> pools(nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)))
        {'fc': ('0.weight', '0.bias')}
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, but got {type(model).__name__}")
    layers = [
        (name, part)
        for name, part in model.named_modules()
        if isinstance(part, (*_CONVOLUTIONS, nn.Linear))
    ]
    found: dict[str, tuple[str, ...]] = {}
    for name, layer in layers[:-1]:
        _check(model, name, layer)
        pool = "fc" if isinstance(layer, nn.Linear) else "conv"
        own = [f"{name}.{each}" for each in ("weight", "bias") if getattr(layer, each) is not None]
        found[pool] = (*found.get(pool, ()), *own)
    if not found:
        raise ValueError(
            f"{type(model).__name__} has no convolution and no linear layer before its output "
            "layer, which stays whole: there is nothing to prune"
        )
    return {pool: found[pool] for pool in ("conv", "fc") if pool in found}


def _check(model: nn.Module, name: str, layer: nn.Module) -> None:
    """A layer whose parameters are its own and can be masked."""
    where = f"the layer {name!r} of {type(model).__name__}"
    if any(each.endswith(_OF_TORCH_PRUNE) for each in layer._parameters):
        raise ValueError(
            f"{where} has a mask of torch.nn.utils.prune already: pass the network without masks, "
            "as prune.remove leaves it"
        )
    if is_parametrized(layer) or not isinstance(layer._parameters.get("weight"), nn.Parameter):
        raise ValueError(
            f"the weight of {where} is computed from other parameters, so that it has none to "
            "prune: remove the parametrization first"
        )
    if isinstance(layer.weight, UninitializedParameter):
        raise ValueError(f"{where} has no weights yet: pass a batch through the network first")
    if isinstance(layer, NonDynamicallyQuantizableLinear):
        raise ValueError(
            f"{where} is part of a torch.nn.MultiheadAttention, which reads its weight without "
            "calling it, so that a mask would freeze it: write the attention with linear layers"
        )
    own = {id(p): each for each, p in layer._parameters.items() if p is not None}
    for other, part in model.named_modules():
        shared = [own[id(p)] for p in part._parameters.values() if id(p) in own]
        if shared and part is not layer:
            raise ValueError(
                f"{where} shares its {shared[0]} with {other!r}, which would keep what is pruned: "
                "give each its own"
            )
