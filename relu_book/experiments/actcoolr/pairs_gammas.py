"""Whether a gamma of 4 works well in most cases: five exponents on four pairs (thesis 3.3.2).

    relu-book run actcoolr/pairs_gammas_tuning --scale desk
    relu-book promote actcoolr/pairs_gammas_tuning --scale desk
    relu-book run actcoolr/pairs_gammas --scale desk
    relu-book run actcoolr/pairs_gammas_third --scale desk

The pairs of network and data are those of ``pairs``, and so is the start temperature, which was
chosen at gamma 1. The exponent is chosen among five on validation images, in both forms of the
curve, that of equation 3.45 and the one that stays hot for longer.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.actcoolr import pairs
from relu_book.experiments.actcoolr.pairs import PAIRS
from relu_book.experiments.actcoolr.scheduled import scheduled
from relu_book.experiments.actcoolr.scheduling import a_third
from relu_book.experiments.actcoolr.tuning import SEED, tuned
from relu_book.runs import Run, experiment

GAMMAS, SHAPES = (4.0, 1.0, 2.0, 7.0, 10.0), ("power", "late")
CANDIDATES = {
    f"{pair}_{shape}_best": {
        f"{pair}_{shape}_{gamma:g}": {"gamma": gamma, "shape": shape} for gamma in GAMMAS
    }
    for pair in PAIRS
    for shape in SHAPES
}
TRIED = {name: one for group in CANDIDATES.values() for name, one in group.items()}
SETUPS = {
    **{name: one for name, one in TRIED.items() if one["gamma"] == GAMMAS[0]},
    **{name: {} for name in CANDIDATES},
}


@dataclass(frozen=True)
class Settings(pairs.Settings):
    """What is trained, and with which exponent."""

    setup: tuple[str, ...] = tuple(SETUPS)


SCALES = {"smoke": Settings(**pairs.SMALLEST), "desk": Settings()}


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], setup=tuple(TRIED)),
        "desk": replace(SCALES["desk"], setup=tuple(TRIED), divided=3, seeds=(SEED,)),
    },
    expected={"smoke": "20 s on one core", "desk": "30 min on 2 cores, 40 networks of 1 to 2 min"},
    over=("setup",),
    deviations={"desk": f"5 epochs, of four convolutions 1.7; {pairs.SMALL}"},
)
def pairs_gammas_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/pairs_gammas_tuning --scale desk

    Expected result: an exponent for each pair and form, on a seed that ``pairs_gammas`` has not;
    nothing is judged.

    The result is that of ``scheduled``.
    """
    return scheduled(settings.of(_started(settings.setup, TRIED[settings.setup], run)), seed, run)


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "2.7 h on 2 cores, 80 networks of 2 to 6 min"},
    over=("setup",),
    deviations={"desk": f"15 epochs, of four convolutions 5, instead of 15 to 200; {pairs.SMALL}"},
)
def pairs_gammas(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/pairs_gammas --scale desk

    Expected result (thesis 3.3.2): a gamma of 4 is about as good as the best one.

    The result is that of ``scheduled``, with the ``candidate`` that the best one is.
    """
    name = settings.setup
    changes, candidate = tuned(
        SETUPS[name], CANDIDATES.get(name, {}), "actcoolr/pairs_gammas_tuning", run
    )
    return scheduled(settings.of(_started(name, changes, run)), seed, run).assign(
        candidate=candidate
    )


@experiment(
    scales=a_third(SCALES),
    expected={"smoke": "10 s on one core", "desk": "55 min on 2 cores, 80 networks of 1 to 2 min"},
    over=("setup",),
    deviations={"desk": f"5 epochs, of four convolutions 1.7, instead of 15 to 200; {pairs.SMALL}"},
)
def pairs_gammas_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/pairs_gammas_third --scale desk

    Expected result: that of ``pairs_gammas``; what this second length does not show as well is not
    refuted.

    The result is that of ``pairs_gammas``.
    """
    return pairs_gammas(settings, seed, run)


def _started(setup: str, changes: dict[str, object], run: Run) -> dict[str, object]:
    """With network, data and start temperature of the pair that a set-up is named after."""
    pair = max((pair for pair in PAIRS if setup.startswith(f"{pair}_")), key=len)
    candidates = pairs.CANDIDATES[f"{pair}_actcoolr"]
    return tuned(changes, candidates, "actcoolr/pairs_tuning", run)[0]
