"""One measurement for all processes of a training, so that all take the same rate.

Every function here is a collective operation: all processes of the default group call it, equally
often and in the same order. Without a group it gives back what it is given.
"""

from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from relu_book.temperature import Distance


def over_ranks(distance: Distance) -> Distance:
    """The distance over the evaluations of all processes; the same in each, bit by bit.

    Args:
        distance: of the batch of this process, at the same rate and sites as in the others.

    Example:
        >>> distance = Distance(np.array([[0.5]]), np.array([0.1]), ("1",), np.array([8]))
        >>> over_ranks(distance) is distance
        True
    """
    if _is_alone():
        return distance
    changed = np.rint(distance.values[0] * distance.evaluations)
    counts = np.stack(
        [changed, distance.evaluations, np.full(len(changed), distance.overflowed != ())]
    )
    total = torch.from_numpy(counts.astype(np.int64))
    changed, evaluations, overflowed = _reduced(total, dist.ReduceOp.SUM).numpy()
    return Distance(
        (changed / evaluations)[None],
        distance.learning_rates,
        distance.sites,
        evaluations,
        tuple(distance.learning_rates) if overflowed.any() else (),
    )


def on_all_ranks(is_so: bool) -> bool:
    """Whether it is so in all processes: a measurement counts if each has made its own.

    Example:
        >>> on_all_ranks(True)
        True
    """
    if _is_alone():
        return is_so
    return bool(_reduced(torch.tensor(int(is_so)), dist.ReduceOp.MIN))


def largest_of_ranks(numbers: tuple[float, ...]) -> tuple[float, ...]:
    """Of each number the largest over the processes.

    Example:
        >>> largest_of_ranks((1.5, 0.5))
        (1.5, 0.5)
    """
    if _is_alone():
        return numbers
    most = torch.tensor(numbers, dtype=torch.float64)
    return tuple(_reduced(most, dist.ReduceOp.MAX).tolist())


def _is_alone() -> bool:
    return not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1


def _reduced(tensor: Tensor, operation: Any) -> Tensor:
    device = torch.device("cpu")
    if dist.get_backend() == "nccl":
        device = torch.device("cuda", torch.cuda.current_device())
    tensor = tensor.to(device)
    dist.all_reduce(tensor, operation)
    return tensor.cpu()
