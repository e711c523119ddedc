"""One pruning: of each pool the given share of the surviving parameters goes, the smallest first.

Pruning paper 3.1, algorithm 1, steps 4 and 7. The printed percentile is read as a quantile, over
the parameters that are still there: of n survivors round(p n) go, so that after k rounds (1 - p)^k
of a pool is left, up to the rounding of one parameter a round.
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn.utils import prune

from relu_book.pruning.rates import checked_rates, left
from relu_book.spelling import did_you_mean

Masks = dict[str, Tensor]


def smaller_masks(
    weights: Mapping[str, Tensor],
    masks: Mapping[str, Tensor],
    pools: Mapping[str, tuple[str, ...]],
    rates: Mapping[str, float],
) -> Masks:
    """The masks after one more pruning.

    Args:
        weights: trained parameters by name, of any shape and floating type.
        masks: those before, bool, of the same names and shapes as the pooled parameters.
        pools: names of the parameters that are pruned together, by pool, as ``pools`` gives them.
        rates: the share of a pool's survivors that goes, in [0, 1); a pool that is not named keeps
            its masks. Some of each pool must stay.

    Returns:
        New masks by name, each of them inside the one before. Among equal magnitudes torch chooses.

    Raises:
        ValueError: a surviving parameter is NaN or infinite; a rate that is no such share, of a
            pool that is not there, or that takes all that is left; a pool without masks.

    Cost: a selection among the parameters of each pool.

    Example:
        >>> import torch
        >>> weights = {"a": torch.tensor([3.0, -1.0]), "b": torch.tensor([0.5, -4.0])}
        >>> whole = {name: torch.ones(2, dtype=torch.bool) for name in weights}
        >>> half = smaller_masks(weights, whole, {"conv": ("a", "b")}, {"conv": 0.5})
        >>> half["a"].tolist(), half["b"].tolist()
        ([True, False], [False, True])
    """
    found = {name: mask.clone() for name, mask in masks.items()}
    for pool, rate in checked_rates(rates, pools).items():
        names = pools[pool]
        standing = torch.cat([mask.flatten() for mask in _of_pool(masks, pool, names)])
        magnitudes = torch.cat([weights[name].detach().flatten() for name in names])[standing].abs()
        if not bool(magnitudes.isfinite().all()):
            raise ValueError(
                f"{int((~magnitudes.isfinite()).sum())} of the parameters of the pool {pool!r} are "
                "NaN or infinite, so that the smallest cannot be told: the training diverged"
            )
        goes = prune.L1Unstructured(amount=len(magnitudes) - left(pool, rate, len(magnitudes)))
        kept = goes.compute_mask(magnitudes, torch.ones_like(magnitudes))
        standing[standing.clone()] = kept.bool()
        parts = standing.split([masks[name].numel() for name in names])
        for name, part in zip(names, parts, strict=True):
            found[name] = part.view(masks[name].shape).clone()
    return found


def densities(
    masks: Mapping[str, Tensor], pools: Mapping[str, tuple[str, ...]]
) -> dict[str, float]:
    """The share of each pool that a mask leaves, in [0, 1].

    Args:
        masks: bool, by the name of the parameter.
        pools: names of the parameters by pool.

    Raises:
        ValueError: a pool without parameters, or with one that has no mask.

    Example:
        >>> import torch
        >>> densities({"a": torch.tensor([True, False])}, {"fc": ("a",)})
        {'fc': 0.5}
    """
    parts = {pool: _of_pool(masks, pool, names) for pool, names in pools.items()}
    return {
        pool: sum(int(mask.sum()) for mask in some) / sum(mask.numel() for mask in some)
        for pool, some in parts.items()
    }


def _of_pool(masks: Mapping[str, Tensor], pool: str, names: Iterable[str]) -> list[Tensor]:
    """The masks of a pool, which hold something."""
    names = list(names)
    for name in names:
        if name not in masks:
            hint = did_you_mean(name, masks, f"masks holds {len(masks)} others")
            raise ValueError(f"the pool {pool!r} names {name!r}, which has no mask: {hint}")
    if not sum(masks[name].numel() for name in names):
        raise ValueError(
            f"the pool {pool!r} has no parameters, so that nothing can be pruned or counted in it: "
            "leave it out"
        )
    return [masks[name] for name in names]
