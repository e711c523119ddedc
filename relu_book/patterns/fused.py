"""Transformer modules that run as one fused call when nobody watches.

In evaluation without gradients ``nn.TransformerEncoderLayer``, ``nn.TransformerEncoder`` (with a
padding mask) and ``nn.MultiheadAttention`` leave their Python forward for one fused kernel, which
hides the ReLU inside and rounds differently. Under a function mode PyTorch takes the plain path
instead, so the ReLU is seen; to leave the outputs bitwise as they are without watching, the module
then runs once more, unwatched, and that output is passed on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode, _pop_mode, _push_mode
from torch.utils._pytree import tree_leaves

_FUSING = {
    *(nn.MultiheadAttention.forward, nn.TransformerEncoderLayer.forward),
    nn.TransformerEncoder.forward,
}


def has_fused_form(module: nn.Module) -> bool:
    """Whether modules of this kind ever run fused."""
    return type(module).forward in _FUSING


def may_fuse(module: nn.Module) -> bool:
    """Whether this module's state lets it run fused (what its inputs allow is asked elsewhere)."""
    if not has_fused_form(module):
        return False
    forward = type(module).forward
    if forward is nn.MultiheadAttention.forward:
        training = module.training
    elif forward is nn.TransformerEncoderLayer.forward:
        training = module.training or not module.activation_relu_or_gelu
    else:
        training = not (getattr(module, "use_nested_tensor", False) and may_fuse(module.layers[0]))
    return not training and not any(
        part._forward_hooks or part._forward_pre_hooks for part in module.modules()
    )


def runs_again(module: nn.Module) -> bool:
    """Whether a second run of this module covers what it contains."""
    return may_fuse(module) and not isinstance(module, nn.TransformerEncoder)


def would_fuse(module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether the call would perhaps have run fused, had nobody watched."""
    if not may_fuse(module) or not torch.backends.mha.get_fastpath_enabled():
        return False
    if isinstance(module, nn.TransformerEncoder) and not (
        len(args) > 2 or kwargs.get("src_key_padding_mask") is not None
    ):
        return False  # the encoder is then a plain loop over its layers
    tensors = [*module.parameters(), *(t for t in tree_leaves((args, kwargs)))]
    return not torch.is_grad_enabled() or not any(
        isinstance(tensor, Tensor) and tensor.requires_grad for tensor in tensors
    )


@contextmanager
def modes_set_aside(kind: type[TorchFunctionMode]) -> Iterator[None]:
    """Takes the function modes of this kind off the top of the stack for the block."""
    taken = []
    while isinstance(_get_current_function_mode(), kind):
        taken.append(_pop_mode())
    try:
        yield
    finally:
        for mode in reversed(taken):
            _push_mode(mode)
