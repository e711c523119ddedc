"""Distances at all rates from one linearisation of the network, approximately.

With a step theta + eta d, one forward pass with forward-mode derivatives gives each pre-activation
z and its slope z' along d. To first order a filter changes sign at the critical rate

    z + eta z' = 0,        eta = -z / z',

and an evaluation changes its pattern at the smallest critical rate among its filters. The share of
evaluations with a critical rate below eta, one histogram, is the distance at eta. What is left out
is the curvature: later layers see inputs whose own pattern has changed, batch norms other
statistics.
"""

import importlib
import sys
import warnings

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from relu_book.patterns import Site, watch
from relu_book.patterns.calls import plain_name, relu_like
from relu_book.temperature.passes import Pass

# Calls behind which a derivative is lost or zero, while the value goes on depending on the weights.
_WITHOUT_SLOPE = {
    *("detach", "data", "numpy", "item", "tolist"),
    *("round", "floor", "ceil", "trunc", "sign"),
}


class Critical(TorchFunctionMode):
    """Sees each ReLU-like call of a pass along a direction, and counts critical rates.

    Args:
        rates: at which the distance is wanted.
    """

    def __init__(self, rates: np.ndarray) -> None:
        super().__init__()
        self._rates = rates
        self._site: Site | None = None  # announced by watch, whose mode sees each call first
        self.shares: dict[str, np.ndarray] = {}
        self.evaluations: dict[str, int] = {}

    def announce(self, site: Site) -> None:
        """Takes the name and the channels of the next call; a consumer of ``watch``."""
        self._site = site

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self._site is not None:
            call = relu_like(func, args, kwargs)
            if call is not None:
                site, self._site = self._site, None
                self._count(site, *forward_ad.unpack_dual(call[1]))
        name = plain_name(func)
        lost = name in _WITHOUT_SLOPE and any(map(_has_slope, args))
        if lost and sys._getframe(1).f_code is not watch._deliver.__code__:  # which detaches sites
            raise ValueError(
                f"the model calls {name} on what depends on the weights, behind which "
                "there is no derivative for method='jvp'; use method='exact'"
            )
        return func(*args, **kwargs)

    def _count(self, site: Site, z: Tensor, slope: Tensor | None) -> None:
        evaluations = z.numel() // max(site.width, 1)
        self.evaluations[site.name] = evaluations
        self.shares[site.name] = np.zeros(len(self._rates))
        if slope is None or not z.numel():
            return
        z = z.detach().to(torch.promote_types(z.dtype, torch.float32))
        # Zero is inactive: it counts as the largest number below.
        inverse = slope / (z - torch.finfo(z.dtype).tiny)
        low, high = inverse.amin(site.channel_dim), inverse.amax(site.channel_dim)
        if not (low + high).isfinite().all() and not slope.isfinite().all():
            raise ValueError(
                f"the derivative of the pre-activations at site {site.name!r} is not finite; use "
                "method='exact'"
            )
        # A filter changes at eta where -slope / z > 1 / eta, for positive and negative rates.
        for sign, fastest in ((1, -low), (-1, high)):
            asked = sign * self._rates > 0
            with np.errstate(divide="ignore"):
                needed = torch.from_numpy(1 / (sign * self._rates[asked])).to(fastest)
            order = needed.sort().values
            bucket = torch.bucketize(fastest.flatten(), order)
            below = torch.bincount(bucket, minlength=len(order) + 1).flip(0).cumsum(0).flip(0)
            changed = below[torch.searchsorted(order, needed) + 1]
            self.shares[site.name][asked] = changed.cpu().numpy() / evaluations


def linearised(
    forward: Pass,
    model: nn.Module,
    start: dict[Tensor, Tensor],
    direction: dict[Tensor, Tensor],
    rates: np.ndarray,
    sites,
) -> Critical:
    """Counts the critical rates of all sites in one pass along a direction.

    Args:
        forward: the pass.
        model: its model.
        start: a copy of each parameter, from which the steps start.
        direction: the step for each unit of rate, by parameter.
        rates: at which the distance is wanted.
        sites: as for :class:`relu_book.patterns.watch`.

    Raises:
        ValueError: an operation without a forward-mode derivative, or one that is not finite.
    """
    with warnings.catch_warnings():
        # What make_dual imports at its first call scripts functions, which torch deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("torch._decomp.decompositions_for_jvp")
    critical = Critical(rates)
    with forward_ad.dual_level(), sdpa_kernel(SDPBackend.MATH), critical:
        duals = {
            name: forward_ad.make_dual(start[parameter], direction[parameter])
            for name, parameter in model.named_parameters()
            if parameter in direction
        }
        try:
            forward.repeat(watch(model, critical.announce, sites=sites), duals)
        except RuntimeError as error:
            # Many operations fail at a derivative without a word of it: raises again where it is
            # not the derivative that fails.
            forward.repeat(watch(model, lambda site: None, sites=sites))
            reason = str(error).splitlines()[0]
            raise ValueError(
                f"{type(model).__name__} has an operation without a forward-mode derivative "
                f"({reason:.200}); use method='exact'"
            ) from error
    return critical


def _has_slope(value: object) -> bool:
    return isinstance(value, Tensor) and forward_ad.unpack_dual(value).tangent is not None
