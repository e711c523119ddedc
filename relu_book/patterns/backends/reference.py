"""The reference in PyTorch: right on every device, the twin that the fast code must equal."""

import torch
from torch import Tensor

# Bits 0 to 63 as int64; the last is the sign bit, −2^63.
_BITS = [1 << bit for bit in range(63)] + [-(1 << 63)]
_SIGN = -(1 << 63)


def pack(pre_activation: Tensor, channel_dim: int) -> tuple[Tensor, bool]:
    """Words of the signs along ``channel_dim``, and whether a NaN was met."""
    if pre_activation.is_floating_point() and pre_activation.dtype.itemsize == 1:
        pre_activation = pre_activation.float()  # 8-bit floats cannot be compared
    active = (pre_activation > 0).movedim(channel_dim, -1)
    width = active.shape[-1]
    active = active.reshape(active.shape[:-1].numel(), width)
    bits = torch.tensor(_BITS, device=active.device)
    words = [
        (active[:, start : start + 64] * bits[: min(64, width - start)]).sum(1)
        for start in range(0, width, 64)
    ]
    packed = torch.stack(words, 1) if words else bits.new_zeros(len(active), 0)
    has_nan = pre_activation.is_floating_point() and bool(pre_activation.isnan().any())
    return packed, has_nan


def count(packed: Tensor, width: int, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Distinct rows, in the order of their words as unsigned numbers, and how often each occurs.

    With ``weights`` a row counts that often.
    """
    if weights is None:
        weights = packed.new_ones(len(packed))
    if not packed.shape[1]:  # patterns of no channels are all equal
        rows = min(len(packed), 1)
        return packed[:rows], weights.sum().expand(rows).clone()
    if not len(packed):
        return packed.clone(), weights
    # With the sign bit flipped the signed order is the unsigned one.
    patterns, which = torch.unique(packed ^ _SIGN, dim=0, return_inverse=True)
    return patterns ^ _SIGN, weights.new_zeros(len(patterns)).index_add_(0, which, weights)
