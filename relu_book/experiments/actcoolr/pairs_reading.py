"""What four pairs of network and data under three schedules say (thesis 3.3.2; supplement G)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.actcoolr.courses import (
    accuracy,
    beside,
    of_setup,
    off_target,
    temperature_of_share,
)
from relu_book.experiments.actcoolr.effects import EFFECTS
from relu_book.experiments.actcoolr.pairs import GAMMA, MOMENTUM, PAIRS, RATE, START
from relu_book.experiments.lengths import with_lengths
from relu_book.experiments.standing import joined, standing
from relu_book.experiments.trainings import settings_of

VGGS = ("vgg_bn", "vgg")
ALIKE = ("tab-3.2.order-onecycle", "S-tab-2.order", "txt-3.3.3.2")
# Those of _CONV4: 58,000 images in batches of 64, five epochs.
EPOCHS = 5


def pairs_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims on ActCooLR beside the other schedules; a divergence has the accuracy of chance.

    Args:
        record: As ``pairs`` measures it.
        third: As ``pairs_third`` does, with the same seeds.
    """
    both = _compared(record), _compared(third)
    found = with_lengths(EFFECTS, *both, record.sizes["seed"])
    gaps = {name: _gaps(one) for name, one in {"short": third, "long": record}.items()}
    lowest = [
        float(
            min(_of(one, method, VGGS).mean("seed").min() for method in ("step_decay", "one_cycle"))
        )
        for one in (third, record)
    ]
    found["tab-3.2.order-short"] = {
        **{f"gap_{name}": gap for name, gap in gaps.items()},
        "lowest_accuracy": lowest,
    }
    return Reading(found, record, third)


def gamma_4_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claim on a gamma of 4; a divergence has the accuracy of chance.

    Args:
        record: As ``pairs_gammas`` measures it.
        third: As ``pairs_gammas_third`` does, with the same seeds.
    """
    both = _behind(record), _behind(third)
    return Reading(with_lengths(EFFECTS, *both, record.sizes["seed"]), record, third)


def presets_reading(record: xr.Dataset) -> Reading:
    """The claims on the settings of supplement G, table 3.

    Args:
        record: As ``pairs`` measures it.
    """
    constant = of_setup(record, "preset_constant")
    epochs = EPOCHS / settings_of(record)["divided"]
    diverged = (constant["trained"] < constant["updates"]).values
    first = {"S-tab-3.fashion-const": {"used": [RATE, MOMENTUM, 0, epochs], "diverged": diverged}}
    setups = ("preset_share", "preset_temperature")

    def followed(record: xr.Dataset) -> dict[str, dict]:
        share, temperature = (of_setup(record, name) for name in setups)
        return {
            "S-tab-3.fashion-actcoolr": {
                "used": [START, GAMMA, 0, 0, epochs],
                "distance_share": off_target(share, temperature_of_share(share)),
                "distance_temperature": off_target(temperature, temperature["temperature"]),
            }
        }

    return joined(
        [
            Reading(first, record),
            standing(["S-tab-3.fashion-actcoolr"], setups, followed, record),
        ]
    )


def _of(record: xr.Dataset, method: str, pairs=tuple(PAIRS)) -> xr.DataArray:
    """Accuracies, seeds by pairs."""
    return beside([accuracy(record, f"{pair}_{method}") for pair in pairs])


def _compared(record: xr.Dataset) -> dict[str, dict]:
    actcoolr, one_cycle, step = (
        _of(record, method) for method in ("actcoolr", "one_cycle", "step_decay")
    )
    vgg = [list(PAIRS).index(pair) for pair in VGGS]
    reached = _means(one_cycle)
    return {
        **{claim: {"difference": actcoolr - one_cycle, "reached": reached} for claim in ALIKE},
        "tab-3.2.order-best": {
            "behind_onecycle": one_cycle - actcoolr,
            "behind_step": step - actcoolr,
            "reached": np.maximum(reached, _means(step)),
        },
        "tab-3.2.order-vgg": {
            "accuracy": actcoolr.isel(column=vgg),
            "accuracy_step": step.isel(column=vgg),
            "accuracy_onecycle": one_cycle.isel(column=vgg),
        },
    }


def _behind(record: xr.Dataset) -> dict[str, dict]:
    """How far gamma 4 is behind the best exponent, in both forms of the curve."""
    best, late = (_of(record, f"{shape}_best") for shape in ("power", "late"))
    found = {
        "behind": best - _of(record, "power_4"),
        "behind_late": late - _of(record, "late_4"),
        "reached": np.minimum(_means(best), _means(late)),
    }
    return {"txt-3.3.2.7": found}


def _means(accuracies: xr.DataArray) -> np.ndarray:
    """Over the seeds, one a pair."""
    return accuracies.mean("seed").values


def _gaps(record: xr.Dataset) -> xr.DataArray:
    """Of OneCycle over StepDecay on the two VGGs."""
    return _of(record, "one_cycle", VGGS) - _of(record, "step_decay", VGGS)
