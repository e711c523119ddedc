"""The learning rate sensitivity analysis: what a network's next step changes, at every rate.

Thesis 3.2.3 and supplement C: at a fixed state of the network one step is tried at each of a range
of learning rates, D(η) is the share of activation patterns that it changes, and hypothesis 2 sums
the curve of a site, or of the mean over sites, up in two numbers, μ and σ:

    D(η) = ½ (1 + erf((ln η − μ)/(σ√2)))

The thesis takes 50 rates from 1e-4 to 1e2, supplement C 25.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from math import log, sqrt
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer
from torch.utils._pytree import tree_map_only

from relu_book.extras import needs
from relu_book.spelling import did_you_mean
from relu_book.temperature import pattern_distance
from relu_book.temperature.passes import arguments_of, as_in_training, unwrapped
from relu_book.transition import FitError, LogNormal
from relu_book.transition.numbers import numbers
from relu_book.undisturbed import (
    model_as_it_was,
    optimizer_as_it_was,
    random_numbers_as_they_were,
)

_LEAST_BATCHES = 6  # for the errors of a jackknife


class SuggestedRate(NamedTuple):
    """A learning rate and its standard error, infinite where the measurements do not tell."""

    learning_rate: float
    standard_error: float


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """Distances at all rates and sites, and what is fitted to them; made by ``sensitivity``.

    Fits are by least squares, without the number of evaluations: those of one image, and one image
    at all rates, are not independent. Their standard errors are those of the delete-one jackknife
    from six batches on: how far another set of as many batches, with its own gradients, would lead.
    From fewer batches they come from the residuals (see
    :meth:`relu_book.transition.Transition.fit`) and say how well the curve is told by these shares:
    on small networks up to seven times what a bootstrap over the images of the batch says, where
    the curve is none of the model's, and down to a tenth of what other batches show, whose
    gradients shift all shares alike. Rates at which pre-activations overflowed are left out.

    Attributes:
        distances: D, the share of changed patterns, float64 of shape ``(rates, sites)``.
        learning_rates: of the first parameter group, float64 of shape ``(rates,)``.
        sites: names, in the order of the forward pass.
        evaluations: how many each share is counted from, int64 of shape ``(sites,)``.
        overflowed: the rates at which pre-activations became infinite or NaN.
        without: D of all batches but one, float64 of shape ``(batches, rates, sites)``, if known.
    """

    distances: Float64[np.ndarray, "rates sites"]
    learning_rates: Float64[np.ndarray, "rates"]  # noqa: F821
    sites: tuple[str, ...]
    evaluations: Int64[np.ndarray, "sites"]  # noqa: F821
    overflowed: tuple[float, ...] = ()
    without: Float64[np.ndarray, "batches rates sites"] | None = None

    @property
    def mean(self) -> Float64[np.ndarray, "rates"]:  # noqa: F821
        """The mean of D over sites, each with the same weight."""
        return self.distances.mean(axis=1)

    @cached_property
    def fits(self) -> dict[str, LogNormal]:
        """By site, where there is one; the other sites stand in ``failures``."""
        return {s: fit for s, fit in self._attempts.items() if isinstance(fit, LogNormal)}

    @cached_property
    def failures(self) -> dict[str, FitError]:
        """By site, why its distances determine no transition."""
        return {s: error for s, error in self._attempts.items() if isinstance(error, FitError)}

    @cached_property
    def mean_fit(self) -> LogNormal:
        """Of the mean over sites.

        Raises:
            FitError: it determines no transition.
        """
        return self._fit(lambda distances: distances.mean(axis=-1))

    @cached_property
    def _attempts(self) -> dict[str, LogNormal | FitError]:
        attempts = {}
        for number, site in enumerate(self.sites):
            try:
                attempts[site] = self._fit(lambda distances, n=number: distances[..., n])
            except FitError as error:
                attempts[site] = error
        return attempts

    def _fit(self, of: Callable[[np.ndarray], np.ndarray]) -> LogNormal:
        """Of one site, or of all; with the errors of the jackknife, given batches enough."""
        kept = ~np.isin(self.learning_rates, self.overflowed)
        rates = self.learning_rates[kept]
        fit = LogNormal.fit(rates, of(self.distances)[kept])
        if self.without is None or len(self.without) < _LEAST_BATCHES:
            return fit
        try:
            others = [LogNormal.fit(rates, row[kept]) for row in of(self.without)]
        except FitError:
            return replace(fit, covariance=np.full((2, 2), np.inf))
        number = len(others)
        spread = np.cov([(other.mu, other.sigma) for other in others], rowvar=False, ddof=0)
        widened = stdtrit(number - 1, 0.975) / ndtri(0.975)
        return replace(fit, covariance=(number - 1) * widened**2 * spread)

    def learning_rate_at(self, temperature: float, *, site: str | None = None) -> SuggestedRate:
        """The rate at which a temperature is met, with the error that it has from the fit's.

        With z the normal quantile of P = 1 − 2^−T, ln η is μ + σ z, of variance (1, z) C (1, z)ᵀ
        with C the covariance of μ and σ (delta method); the error of η is η times the root of it.

        Args:
            temperature: T in bits, positive: of the mean of D over sites, −log2(1 − mean D).
            site: a name in ``sites``, for the temperature of that site alone.

        Raises:
            FitError: what should meet it has no fit.
            KeyError: no such site.
            TypeError: the temperature is no number.
            ValueError: it is not positive and finite.

        Example:
            >>> distances = np.array([[0.02, 0.06, 0.2, 0.42, 0.65, 0.8, 0.94]]).T
            >>> found = Sensitivity(distances, np.logspace(-3, 0, 7), ("relu",), np.array([256]))
            >>> [round(number, 3) for number in found.learning_rate_at(1.0)]
            [0.0..., 0.0...]
        """
        given = numbers(temperature, "temperature")
        if given.ndim or not 0 < given < np.inf:
            raise ValueError(f"a temperature to meet is positive and finite, not {temperature!r}")
        temperature = float(given)
        if site is None:
            fit = self.mean_fit
        elif site in self.failures:
            raise self.failures[site]
        elif site not in self.fits:
            hint = did_you_mean(site, self.sites, f"sites: {', '.join(self.sites)}")
            raise KeyError(f"no site {site!r} was measured; {hint}")
        else:
            fit = self.fits[site]
        probability = -np.expm1(-temperature * log(2))
        direction = np.array([1.0, ndtri(probability)])
        rate = fit.learning_rate(probability)
        if not np.isfinite(fit.covariance).all():
            return SuggestedRate(rate, float("inf"))
        return SuggestedRate(rate, rate * sqrt(direction @ fit.covariance @ direction))

    def dataset(self):
        """As an ``xarray.Dataset`` over ``site`` and ``learning_rate``.

        By site ``distance``, ``mu``, ``sigma``, ``residual`` and ``evaluations``, and the first
        four once more for the mean over sites, as ``mean_distance`` and so on; NaN where there is
        no fit.

        Raises:
            ModuleNotFoundError: xarray is not installed.
        """
        needs("Sensitivity.dataset", "lab", "xarray")
        import xarray

        try:
            mean_fit = self.mean_fit
        except FitError:
            mean_fit = None
        by_site = {
            name: ("site", [getattr(self.fits.get(site), name, np.nan) for site in self.sites])
            for name in ("mu", "sigma", "residual")
        }
        of_mean = {f"mean_{name}": getattr(mean_fit, name, np.nan) for name in by_site}
        return xarray.Dataset(
            {
                "distance": (("site", "learning_rate"), self.distances.T),
                "mean_distance": ("learning_rate", self.mean),
                "evaluations": ("site", self.evaluations),
                **by_site,
                **of_mean,
            },
            coords={"site": list(self.sites), "learning_rate": self.learning_rates},
        )

    def __repr__(self) -> str:
        rates, sites = self.distances.shape
        overflow = f", overflow at {len(self.overflowed)} rates" if self.overflowed else ""
        return f"Sensitivity(rates={rates}, sites={sites}, fitted={len(self.fits)}{overflow})"


def sensitivity(
    model: nn.Module,
    optimizer: Optimizer,
    batches: Iterable[tuple[Any, Any]],
    learning_rates: "ArrayLike",
    loss_function: Callable[[Any, Any], Tensor] = cross_entropy,
    *,
    sites: str | int | Iterable[str | int] | Callable[[str], bool] | None = None,
) -> Sensitivity:
    """What one step of the optimizer would change of the network's patterns, at every rate.

    Each batch takes its own gradient and its own step from the given weights, and the same batch is
    looked at before and after (:func:`relu_book.temperature.pattern_distance`); the evaluations of
    all batches count together. Afterwards model, gradients, optimizer and random numbers are
    bitwise what they were, also after an exception. Modules run in the mode they are in, but batch
    norms of a model in evaluation mode normalise by the batch; dropout draws the same masks for the
    gradient, before and after, and in each batch.

    Args:
        model: any module that :class:`relu_book.patterns.watch` sees.
        optimizer: of its parameters, with the momentum, decay and state of its training.
        batches: pairs of inputs and labels, as a data loader gives, or an iterator of them. Inputs
            are what ``model(*inputs)`` takes: a tensor, a tuple, or a mapping of arguments by name.
            They are moved to the model's device.
        learning_rates: of the first parameter group, (rates,), positive; the other groups keep
            their ratio to it.
        loss_function: ``(outputs, labels) -> loss``, a number.
        sites: which, as for :class:`relu_book.patterns.watch`; all by default.

    Returns:
        A :class:`Sensitivity`.

    Raises:
        TypeError: ``model`` is no module, ``optimizer`` no optimizer, or a rate no number.
        ValueError: no batch; one that is no pair; a loss that is no finite number; rates that are
            not positive; other sites in one batch than in the first; or as for
            ``pattern_distance``.

    Cost: a gradient and 1 + number of rates forward passes a batch.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> batches = [(torch.randn(200, 4), torch.randint(3, (200,))) for _ in range(3)]
        >>> found = sensitivity(model, optimizer, batches, np.logspace(-2, 3, 20))
        >>> found
        Sensitivity(rates=20, sites=1, fitted=1)
        >>> found.distances.shape, found.evaluations
        ((20, 1), array([600]))
        >>> found.mean_fit.residual < 0.05
        True
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"sensitivity needs a torch.nn.Module, not {type(model).__name__}")
    if not isinstance(optimizer, Optimizer):
        kind = type(optimizer).__name__
        raise TypeError(f"sensitivity needs a torch.optim.Optimizer, not {kind}")
    rates = numbers(learning_rates, "learning_rates")
    if rates.ndim != 1 or not rates.size or not ((rates > 0) & (rates < np.inf)).all():
        raise ValueError(
            f"learning_rates is a row of positive, finite rates, not {learning_rates!r}"
        )
    device = _only_device(model)
    changed, evaluations, names, overflowed = [], [], None, set()
    with random_numbers_as_they_were(model, batches):
        for number, batch in enumerate(batches):
            if not isinstance(batch, tuple | list) or len(batch) != 2:
                raise ValueError(
                    f"batch {number} is a pair of inputs and labels, not a {type(batch).__name__}"
                    + (f" of {len(batch)}" if isinstance(batch, tuple | list) else "")
                )
            inputs, labels = tree_map_only(Tensor, lambda t: t.to(device), tuple(batch))
            with optimizer_as_it_was(optimizer), as_in_training(model):
                _take_gradient(model, optimizer, inputs, labels, loss_function, number)
                found = pattern_distance(model, optimizer, inputs, rates, sites=sites)
            names = names or found.sites
            if found.sites != names:
                raise ValueError(
                    f"batch {number} meets the sites {', '.join(found.sites)}, and the first one "
                    f"{', '.join(names)}; evaluations count together at the same sites only"
                )
            changed.append(np.rint(found.values * found.evaluations))
            evaluations.append(found.evaluations)
            overflowed.update(found.overflowed)
    if names is None:
        raise ValueError("batches gave no batch at all; a generator is used up after one call")
    counts, sizes = np.array(changed), np.array(evaluations)
    total, size = counts.sum(0), sizes.sum(0)
    without = None
    if len(counts) > 1:
        without = (total - counts) / (size - sizes)[:, None]
    return Sensitivity(total / size, rates, names, size, tuple(sorted(overflowed)), without)


def _take_gradient(model, optimizer, inputs, labels, loss_function, number: int) -> None:
    """Puts the gradient of the batch where the optimizer looks for it.

    ``torch.autograd.grad`` in place of ``backward``, which would run hooks on gradients, some of
    which take steps. The random numbers are put back, for the patterns to see the same dropout.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    trained = [p for p in parameters if p.requires_grad]
    positional, named = arguments_of(inputs)
    with torch.enable_grad(), random_numbers_as_they_were(model), model_as_it_was(model):
        loss = loss_function(unwrapped(model)(*positional, **named), labels)
        if not isinstance(loss, Tensor) or loss.numel() != 1 or not loss.isfinite().all():
            came = loss.tolist() if isinstance(loss, Tensor) and loss.numel() == 1 else type(loss)
            raise ValueError(f"the loss of batch {number} is one finite number, not {came}")
        gradients = torch.autograd.grad(loss.sum(), trained, allow_unused=True)
    for parameter in parameters:
        parameter.grad = None
    for parameter, gradient in zip(trained, gradients, strict=True):
        parameter.grad = gradient


def _only_device(model: nn.Module) -> torch.device | None:
    """Where batches go: nowhere, if the model lies on several devices."""
    devices = {parameter.device for parameter in model.parameters()}
    return devices.pop() if len(devices) == 1 else None
