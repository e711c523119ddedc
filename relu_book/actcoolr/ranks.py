"""One measurement for all processes of a training, so that all take the same rate."""

import numpy as np
import torch
import torch.distributed as dist

from relu_book.temperature import Distance


def over_ranks(distance: Distance) -> Distance:
    """The distance over the evaluations of all processes; the same in each, bit by bit.

    Every process of the default group calls it, as any collective operation; without a group the
    distance comes back as it is.

    Args:
        distance: of the batch of this process, at the same rate and sites as in the others.

    Example:
        >>> distance = Distance(np.array([[0.5]]), np.array([0.1]), ("1",), np.array([8]))
        >>> over_ranks(distance) is distance
        True
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return distance
    changed = np.rint(distance.values[0] * distance.evaluations)
    counts = np.stack(
        [changed, distance.evaluations, np.full(len(changed), distance.overflowed != ())]
    )
    device = torch.device("cpu")
    if dist.get_backend() == "nccl":
        device = torch.device("cuda", torch.cuda.current_device())
    total = torch.from_numpy(counts.astype(np.int64)).to(device)
    dist.all_reduce(total)
    changed, evaluations, overflowed = total.cpu().numpy()
    return Distance(
        (changed / evaluations)[None],
        distance.learning_rates,
        distance.sites,
        evaluations,
        tuple(distance.learning_rates) if overflowed.any() else (),
    )
