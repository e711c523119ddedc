"""How well a temperature is steered (thesis 3.3.2, A.4; supplement B, D and H).

    relu-book run actcoolr/gammas_tuning --scale desk
    relu-book promote actcoolr/gammas_tuning --scale desk
    relu-book run actcoolr/controller_tuning --scale desk
    relu-book promote actcoolr/controller_tuning --scale desk
    relu-book run actcoolr/controller --scale desk
    relu-book run actcoolr/controller_third --scale desk

Mostly ResNet-20 on CIFAR-10:

- the listing of supplement H from six first rates, its interpolation as printed and corrected;
- algorithm 6 from five given rates; measuring at every step or every 8, from the start temperature
  that ``gammas_tuning`` found;
- the dynamic variant of supplement D with its step of 0.05 and with the best of five, on five
  networks; steering the temperature instead, or moving the logarithm of the rate;
- dense networks with few images a batch or few filters.
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy.special import ndtr

from relu_book.experiments.actcoolr.f1 import F1
from relu_book.experiments.actcoolr.gammas import lowered
from relu_book.experiments.actcoolr.scheduled import course, thinned
from relu_book.experiments.actcoolr.scheduling import DEVIATIONS, SMOKE, Scheduling, a_third
from relu_book.experiments.actcoolr.tuning import SEED, share_error, tuned
from relu_book.runs import Run, experiment

FIRST_RATES = (1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5)
INTERPOLATIONS = ("printed", "corrected")
STEPS, DEFAULT = (0.005, 0.015, 0.05, 0.15, 0.5), 0.05
SIZES = (8, 16, 32, 64, 128, 256)
WIDTHS = (2, 4, 8, 16, 32, 64)
_FASHION = {"data": "fashion_mnist", "size": 28}
_VGG = {"network": "vgg", "depth": 11, "width": 16}
NETWORKS = {
    "resnet": {},
    "vgg_bn": _VGG,
    "vgg": {**_VGG, "batch_norm": False},
    "conv4": {**_FASHION, "network": "four_convolutions", "depth": 5, "width": 32},
    "f1": F1,
}
FAMILIES = len({changes.get("network", "resnet") for changes in NETWORKS.values()})
VARIANTS = {
    "described": {},
    "temperature": {"quantity": "temperature"},
    "logarithm": {"scale": "log"},
}


def _dynamic(step: float, **options: str) -> dict[str, object]:
    options = {"scale": "linear", **options, "step": step}
    return {"policy": "dynamic", "probing_step_size": 10, "options": tuple(options.items())}


CANDIDATES = {
    **{
        f"best_{network}": {
            f"dynamic_{network}_{step:g}": {**changes, **_dynamic(step)} for step in STEPS
        }
        for network, changes in NETWORKS.items()
    },
    **{
        f"variant_{variant}": {
            f"variant_{variant}_{step:g}": _dynamic(step, **options) for step in STEPS
        }
        for variant, options in VARIANTS.items()
    },
}
TRIED = {name: one for group in CANDIDATES.values() for name, one in group.items()}
DENSE = {**F1, "watched_every": 8}
SETUPS = {
    **{
        f"listing_{interpolation}_{rate:g}": {
            "policy": "listing",
            "mean": "temperature",
            "start_temperature": 3.03,
            "learning_rate": rate,
            "options": (("interpolation", interpolation),),
        }
        for interpolation in INTERPOLATIONS
        for rate in FIRST_RATES
    },
    **{
        f"given_{rate:g}": {"learning_rate": rate, "scheduled_steps": 600, "steps": 60}
        for rate in FIRST_RATES[1:]
    },
    **{
        f"every_{every}": {"probing_step_size": every, "watched_every": 1, "steps": 2000}
        for every in (1, 8)
    },
    **{
        f"default_{network}": {**changes, **_dynamic(DEFAULT)}
        for network, changes in NETWORKS.items()
    },
    **{f"images_{size}": {**DENSE, "batch_size": size} for size in SIZES},
    **{f"filters_{width}": {**DENSE, "width": width} for width in WIDTHS},
    **{method: {} for method in CANDIDATES},
}
AT_ONE_LENGTH = ("given_", "images_", "filters_")


@dataclass(frozen=True)
class Settings(Scheduling):
    """What is trained, and how its temperature is steered."""

    setup: tuple[str, ...] = tuple(SETUPS)
    network: str = "resnet"
    depth: int = 20
    mean: str = "share"
    steps: int = 600
    checks: int = 2
    points: int = 200
    watched_every: int = 100
    test_images: int = 1000


SCALES = {"smoke": Settings(**SMOKE), "desk": Settings()}
_DEVIATIONS = f"ResNet-20 and smaller networks; batches of 128; {DEVIATIONS}"


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], setup=tuple(TRIED)),
        "desk": replace(SCALES["desk"], setup=tuple(TRIED), divided=2, seeds=(SEED,)),
    },
    expected={"smoke": "20 s on one core", "desk": "20 min on 2 cores, 40 networks"},
    over=("setup",),
    deviations={"desk": f"300 steps; {_DEVIATIONS}"},
)
def controller_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/controller_tuning --scale desk

    Expected result: a step of the dynamic variant for each network and form, on a seed that
    ``controller`` has not; nothing is judged.

    The result is that of ``scheduled``.
    """
    one = settings.of(TRIED[settings.setup])
    return thinned(one, course(one, seed, run))


@experiment(
    scales=SCALES,
    expected={
        "smoke": "20 s on one core",
        "desk": "3.7 h on 2 cores, 220 jobs of up to 15 min",
    },
    over=("setup",),
    deviations={"desk": f"600 and 2,000 steps instead of 50 epochs; {_DEVIATIONS}"},
)
def controller(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/controller --scale desk

    Expected result: first rates of 0.1 and less give the same curves, and measuring every 8 steps
    is nearly as good as always (thesis 3.3.2, supplement B); the dynamic variant comes to its
    target quickly, with a step of 0.05 (D).

    The result is that of ``scheduled`` with the ``candidate`` that a tuned variant took, and what
    ``predicted`` says.
    """
    name = settings.setup
    candidates, tuning = CANDIDATES.get(name, {}), "actcoolr/controller_tuning"
    changes, candidate = (
        lowered(SETUPS[name], "share", run)
        if name.startswith("every_")
        else tuned(SETUPS[name], candidates, tuning, run, share_error)
    )
    one = settings.of(changes)
    found = course(one, seed, run)
    return thinned(one, found).assign(candidate=candidate, **predicted(found))


@experiment(
    scales={
        scale: replace(
            one, setup=tuple(name for name in SETUPS if not name.startswith(AT_ONE_LENGTH))
        )
        for scale, one in a_third(SCALES).items()
    },
    expected={"smoke": "15 s on one core", "desk": "1.2 h on 2 cores"},
    over=("setup",),
    deviations={"desk": f"200 and 666 steps instead of 50 epochs; {_DEVIATIONS}"},
)
def controller_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/controller_third --scale desk

    Expected result: that of ``controller``; what this second length does not show as well is not
    refuted.

    The result is that of ``controller``.
    """
    return controller(settings, seed, run)


def predicted(found: xr.Dataset, within: float = 0.1) -> dict[str, np.float32]:
    """How well the model of one measurement predicts the next one between two fits.

    Args:
        found: By ``update`` the ``rate``, the measured ``share``, the ``target`` in bits, and the
            model after the step, ``mu`` and ``sigma``.
        within: The largest error of D that counts as a hit.

    Returns:
        ``checks``, the number of measurements at targets D of 0.1 to 0.9 before which there was no
        new fit; ``hits``, the share of them that the mu and sigma of the measurement before
        predicted; ``hits_old_mu``, that of the mu after the last fit.
    """
    there = np.flatnonzero(np.isfinite(found["share"].values) & np.isfinite(found["sigma"].values))
    rate, share, target, mu, sigma = (
        found[name].values[there] for name in ("rate", "share", "target", "mu", "sigma")
    )
    fits = np.diff(sigma, prepend=np.nan) != 0
    wanted = 1 - 2.0**-target
    checked = ~fits & (wanted >= within) & (wanted <= 1 - within)
    after_fit = np.maximum.accumulate(np.where(fits, np.arange(len(there)), 0))
    before = np.maximum(np.arange(len(there)) - 1, 0)
    hits = {
        name: abs(ndtr((np.log(rate) - mu[place]) / sigma[place]) - share)[checked] < within
        for name, place in {"hits": before, "hits_old_mu": after_fit}.items()
    }
    means = {name: each.mean() if each.size else np.nan for name, each in hits.items()}
    return {name: np.float32(value) for name, value in {**means, "checks": checked.sum()}.items()}
