"""Distance and temperature, the two numbers that an optimizer step is measured by.

The activation pattern distance (thesis 3.2.2, definition 5, equation 3.15) asks of each evaluation
whether its pattern is another one after the step,

    D(eta) = [A_theta(x) != A_Opt(theta, eta)(x)],        P(D) = share of evaluations with D,

where an evaluation is one position of one input at a site: of a convolution, each pixel counts by
itself. The temperature (definition 6, equation 3.16) is

    T(eta) = -log2(1 - P(D(eta))),

the bits of surprise in finding a pattern unchanged. The thesis prints no base; its start
temperature of 3.17 for 89 % changed patterns, and the supplement's listing, fix it as 2. It calls
P(D) once the probability that a pattern has *not* changed, under which T(0) would be infinite.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Distance:
    """The share of evaluations whose pattern a step changes, by learning rate and site.

    Attributes:
        values: shares from 0 to 1, float64 of shape ``(rates, sites)``.
        learning_rates: of the first parameter group, float64 of shape ``(rates,)``.
        sites: names, in the order of the forward pass.
        evaluations: how many there are at each site, int64 of shape ``(sites,)``.
        overflowed: the rates at which pre-activations became infinite or NaN; evaluations that hold
            such count as changed.
        method: ``"exact"``, or ``"jvp"`` for the approximation by one linearisation.

    Example:
        >>> distance = Distance(
        ...     np.array([[0.0, 0.5]]), np.array([0.1]), ("1", "3"), np.array([8, 8])
        ... )
        >>> distance
        Distance(rates=1, sites=2, mean=0.25)
        >>> distance.mean
        array([0.25])
        >>> temperature(distance)
        array([[0., 1.]])
    """

    values: Float64[np.ndarray, "rates sites"]
    learning_rates: Float64[np.ndarray, "rates"]  # noqa: F821
    sites: tuple[str, ...]
    evaluations: Int64[np.ndarray, "sites"]  # noqa: F821
    overflowed: tuple[float, ...] = ()
    method: str = "exact"

    @property
    def mean(self) -> Float64[np.ndarray, "rates"]:  # noqa: F821
        """The mean over sites, each with the same weight."""
        return self.values.mean(axis=1)

    def __repr__(self) -> str:
        low, high = self.mean.min(), self.mean.max()
        mean = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
        rates, sites = self.values.shape
        what = f"rates={rates}, sites={sites}, mean={mean}"
        if self.method != "exact":
            what += f", approximate by {self.method}"
        if self.overflowed:
            what += f", overflow at {', '.join(f'{rate:.3g}' for rate in self.overflowed)}"
        return f"Distance({what})"


def temperature(distance, evaluations=None):
    """The temperature −log2(1 − D) of a share D of changed patterns, in bits.

    Args:
        distance: D, from 0 to 1: a number, an array or list, a tensor, or a :class:`Distance`.
        evaluations: how many evaluations D is a share of, one number or as many as fit the shape of
            D; a :class:`Distance` brings its own.

    Returns:
        A float for a number, a tensor of the same type for a tensor (differentiable), else an array
        of float64. 0 where D is 0. Where D is 1 it is infinite or, with ``evaluations``,
        log2(2·evaluations), as if half an evaluation had kept its pattern (supplement, section H,
        ``APTReLU``): a bound of the measurement, not of the network.

    Raises:
        TypeError: shares or evaluations are no real numbers.
        ValueError: NaN or a share outside of 0 to 1; fewer evaluations than one, or of a shape that
            does not fit.

    Example:
        >>> temperature(0.0), temperature(7 / 8), temperature(1.0), temperature(1.0, 128)
        (0.0, 3.0, inf, 8.0)
        >>> temperature(np.array([0.5, 1.0]), evaluations=[8, 16])
        array([1., 5.])
    """
    if isinstance(distance, Distance):
        evaluations = distance.evaluations if evaluations is None else evaluations
        distance = distance.values
    tensor = isinstance(distance, Tensor)
    try:
        shares = (distance if tensor else torch.tensor(np.array(distance, np.float64))).double()
    except (TypeError, ValueError):
        raise TypeError(f"a distance is a share of evaluations, not {distance!r:.100}") from None
    outside = ~((shares >= 0) & (shares <= 1))
    if outside.any():
        raise ValueError(
            f"a distance is a share of evaluations, from 0 to 1, not {float(shares[outside][0])!r}"
        )
    # Near 0 the difference 1 - D would round; from a half on it is exact.
    small = -torch.log1p(-shares) / np.log(2)
    bits = torch.where(shares < 0.5, small, -torch.log2(1 - shares))
    if evaluations is not None:
        try:
            counts = torch.as_tensor(evaluations, dtype=torch.float64, device=bits.device)
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(f"evaluations are counts, not {evaluations!r:.100}") from None
        if not (counts >= 1).all():
            raise ValueError(f"evaluations are counts of at least 1, not {evaluations!r}")
        try:
            bits, most, shares = torch.broadcast_tensors(bits, torch.log2(2 * counts), shares)
        except RuntimeError:
            raise ValueError(
                f"evaluations of shape {tuple(counts.shape)} do not fit distances of shape "
                f"{tuple(bits.shape)}; give one number, or one for each site"
            ) from None
        bits = torch.where(shares == 1, most, bits)
    if tensor:
        return bits.to(distance.dtype) if distance.is_floating_point() else bits
    return bits.numpy() if bits.ndim else bits.item()
