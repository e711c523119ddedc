"""How often a straight path is folded: a measure beside the entropy of patterns.

Along the path x(t) = start + t (end − start) the pattern of a network changes at finitely many t.
With π_1, π_2, … the patterns in order and d_H the Hamming distance,

    χ = 1 − max_i d_H(π_1, π_i) / Σ_i d_H(π_i, π_{i+1})

This is our reading of the abstract of Lewandowski and others, On space folds of ReLU neural
networks (arXiv 2502.09954); the paper itself may define it otherwise. It is 0 where every filter
changes at most once, as in a single layer; it goes towards 1 where the network takes the path back
and forth over the same borders.

The changes are found exactly, site by site: given all changes of the sites before, the
pre-activation of a site is linear in t between them, and so are its zeros known.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from relu_book.extrinsic.cut import fixed
from relu_book.patterns import watch


@dataclass(frozen=True, eq=False)
class Folding:
    """The patterns along a straight path, and how much it is folded; made by ``folding``.

    Attributes:
        places: t of the changes of pattern, ascending in (0, 1), float64 of shape ``(m,)``.
        patterns: before, between and after them, bool of shape ``(m + 1, width)``: all sites side
            by side, each flattened.
    """

    places: Float[np.ndarray, " m"]
    patterns: Bool[np.ndarray, "patterns width"]

    @property
    def changes(self) -> Int64[np.ndarray, " m"]:
        """How many filters change at each place."""
        return (self.patterns[1:] != self.patterns[:-1]).sum(1)

    @property
    def measure(self) -> float:
        """χ, from 0 (not folded) to less than 1."""
        walked = int(self.changes.sum())
        farthest = int((self.patterns != self.patterns[0]).sum(1).max())
        return 1 - farthest / walked if walked else 0.0


def folding(model: nn.Module, start: Float[Tensor, "..."], end: Float[Tensor, "..."]) -> Folding:
    """How a network folds the straight path between two inputs.

    Args:
        model: any network that is affine between its ReLUs; run in evaluation mode and left as it
            was. In float64 places are exact to about 1e-12; in float32 changes closer together than
            about 1e-5 are not told apart.
        start: one input, without a batch dimension.
        end: another, of the same shape.

    Raises:
        TypeError: no module, or no tensors of floating-point numbers.
        ValueError: ends of different shape; NaN or infinite numbers, in them or at a site; a
            network that is not affine between its ReLUs.

    Cost: a forward pass for each site, of as many inputs as there are changes before it, and their
    pre-activations in memory.

    Example:
        >>> tent = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))  # to be |1 - 2x|
        >>> numbers = [[-2.0], [2.0]], [1.0, -1.0], [[1.0, 1.0]], [0.0]
        >>> for parameter, of_tent in zip(tent.parameters(), numbers, strict=True):
        ...     parameter.data = torch.tensor(of_tent)
        >>> model = nn.Sequential(tent, tent, tent)
        >>> found = folding(model, torch.zeros(1), torch.ones(1))
        >>> len(found.places), found.measure
        (7, 0.5714285714285714)
    """
    for name, each in (("start", start), ("end", end)):
        if not isinstance(each, Tensor) or not each.is_floating_point():
            raise TypeError(
                f"{name} is a tensor of floating-point numbers, one input, not {each!r}"
            )
        if not each.isfinite().all():
            raise ValueError(
                f"{name} is an input of finite numbers, not with NaN or infinity in it; replace "
                "these"
            )
    if start.shape != end.shape:
        raise ValueError(
            f"start and end are inputs of one shape, not of {tuple(start.shape)} and "
            f"{tuple(end.shape)}"
        )

    def sites(places: np.ndarray) -> list[np.ndarray]:
        """The pre-activations ``(places, width)`` at each site."""
        t = torch.from_numpy(places).to(start).view(-1, *(1,) * start.ndim)
        with watch(model) as seen:
            model(start + t * (end - start))
        if not seen.sites:
            raise ValueError(f"{type(model).__name__} calls no ReLU, so that it has no patterns")
        for site in seen.sites.values():
            if not site.pre_activation.isfinite().all():
                raise ValueError(
                    f"pre-activations of site {site.name!r} are NaN or infinite on the path; look "
                    "for such numbers in the weights and buffers of the model, or for some too "
                    f"large for {site.pre_activation.dtype}"
                )
        found = [site.pre_activation.flatten(1) for site in seen.sites.values()]
        return [each.double().cpu().numpy() for each in found]

    apart = torch.finfo(start.dtype).eps ** 0.75
    with fixed(model), torch.no_grad():
        places = np.array([0.0, 1.0])
        for number in range(len(sites(places))):
            places = _with_zeros(places, sites(places)[number], apart)
        middles = (places[1:] + places[:-1]) / 2
        inside = sites(middles)
        _require_linear(sites(places), inside, torch.finfo(start.dtype).eps ** 0.5)
        patterns = np.concatenate([each > 0 for each in inside], axis=1)
    changed = (patterns[1:] != patterns[:-1]).any(1)
    return Folding(places[1:-1][changed], patterns[np.r_[True, changed]])


def _with_zeros(places: np.ndarray, values: np.ndarray, apart: float) -> np.ndarray:
    """The places, and where values that are linear between them are zero, unless close by."""
    left, right = values[:-1], values[1:]
    interval, filters = np.nonzero((left > 0) != (right > 0))
    left, right = left[interval, filters], right[interval, filters]
    share = left / (left - right)
    zeros = places[interval] + share * (places[interval + 1] - places[interval])
    merged = np.sort(np.r_[places, zeros])
    merged = merged[np.r_[True, np.diff(merged) > apart]]
    return np.r_[merged[merged < 1 - apart], 1.0]


def _require_linear(ends: list[np.ndarray], inside: list[np.ndarray], tolerance: float) -> None:
    """Raises unless the values in the middle of each interval are the mean of those at its ends."""
    for values, middle in zip(ends, inside, strict=True):
        gap = np.abs(middle - (values[1:] + values[:-1]) / 2).max()
        if not gap <= tolerance * np.abs(values).max():
            raise ValueError(
                "between its ReLUs the model is not affine (max-pooling, another activation, "
                "attention), so that the changes along the path cannot be found exactly; take a "
                "network without these"
            )
