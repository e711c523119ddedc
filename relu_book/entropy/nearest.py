"""The border nearest to each point: the filter whose pre-activation has the smallest magnitude.

The linear relaxation (equation A.3) moves a point along this filter alone.
"""

from functools import cache
from importlib.util import find_spec
from types import ModuleType

import torch
from jaxtyping import Float, Int64
from torch import Tensor


def nearest_filter(pre_activation: Float[Tensor, "..."], channel_dim: int) -> Int64[Tensor, "..."]:
    """The filter's index, along ``channel_dim`` of size 1; of equal ones the first.

    Args:
        pre_activation: points without NaN, with at least one filter.
        channel_dim: the dimension of the filters, from 0 on.

    Cost: float32 and float64 on the CPU with Numba, about 1 ns a number, a tenth of torch's
    ``argmin`` or less; torch's otherwise.
    """
    compiled = _compiled() if pre_activation.is_cpu and type(pre_activation) is Tensor else None
    if compiled is None or pre_activation.dtype not in (torch.float32, torch.float64):
        return pre_activation.abs().argmin(channel_dim, keepdim=True)
    numbers = pre_activation.detach()
    side_by_side = numbers.movedim(channel_dim, -1)
    if side_by_side.is_contiguous():
        nearest = torch.empty((*side_by_side.shape[:-1], 1), dtype=torch.int64)
        rows = side_by_side.view(-1, side_by_side.shape[-1])
        compiled.nearest_in_rows(rows.numpy(), nearest.view(-1).numpy())
        return nearest.movedim(-1, channel_dim)
    planes = numbers.contiguous().flatten(0, channel_dim - 1) if channel_dim else numbers[None]
    planes = planes.reshape(*planes.shape[:2], -1)
    nearest = torch.empty((len(planes), planes.shape[2]), dtype=torch.int64)
    compiled.nearest_in_planes(planes.numpy(), nearest.numpy())
    shape = list(numbers.shape)
    shape[channel_dim] = 1
    return nearest.view(shape)


@cache
def _compiled() -> ModuleType | None:
    """Numba's kernels where it is installed."""
    if find_spec("numba") is None:
        return None
    from relu_book.entropy import nearest_compiled

    return nearest_compiled
