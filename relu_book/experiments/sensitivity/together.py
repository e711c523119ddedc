"""What the sweeps of several records say together (thesis 3.2.3 and 3.2.4)."""

from collections.abc import Iterable

import numpy as np
import xarray as xr
from scipy import stats

from relu_book.claims import Reading
from relu_book.experiments.curves import slope
from relu_book.experiments.lengths import with_lengths
from relu_book.experiments.sensitivity.effects import EFFECTS
from relu_book.experiments.sensitivity.other_nets_reading import SHORT, checkpoints, rows
from relu_book.experiments.sensitivity.sweeping import EARLY
from relu_book.experiments.sensitivity.transitions import (
    coarse,
    columns,
    ends,
    everywhere,
    fits,
    layer_mean,
    number,
    of_setup,
)
from relu_book.experiments.standing import standing

NORMALISED = {
    "skips": ("resnet56", "convnet56", "resnet18_no_skips"),
    "width_depth": ("resnet_width_8", "resnet_width_16", "resnet_width_32"),
}
PLAIN = {
    "skips": ("fixup20",),
    "width_depth": ("toynet_depth_8", "toynet_depth_14", "toynet_depth_26"),
}
FEWEST_STATES = 3
FASHION, CIFAR = "four_fashion", "four_cifar"


def all_five(
    profiles: xr.Dataset,
    skips: xr.Dataset,
    width_depth: xr.Dataset,
    momentum_decay: xr.Dataset,
    other_nets: xr.Dataset,
) -> Reading:
    """The claims on all networks of the chapter.

    Args:
        profiles: As ``profiles`` measures it.
        skips: As ``skips`` does.
        width_depth: As ``width_depth`` does.
        momentum_decay: As ``momentum_decay`` does.
        other_nets: As ``other_nets`` does.
    """
    records = (profiles, skips, width_depth, momentum_decay, other_nets)
    names = _learning(records)
    return standing(("txt-3.2.3.1",), names, _all_ends, *records, of_many=True) | standing(
        ("fig-3.12.d",), names, _differing, *records
    )


def growing_mu(longer: Iterable[xr.Dataset], shorter: Iterable[xr.Dataset]) -> Reading:
    """The claim that mu grows in general.

    Args:
        longer: The records of the chapter.
        shorter: Those of a third of the length; of them fewer set-ups get beyond epoch 1.
    """
    longer, shorter = list(longer), list(shorter)

    def both(*records: xr.Dataset) -> dict[str, dict]:
        long, short = (
            {"txt-3.2.4.3": {"slopes": _late_slopes(_parts(each))}}
            for each in (records[: len(longer)], records[len(longer) :])
        )
        seeds = min(record.sizes["seed"] for record in records[: len(longer)])
        return with_lengths(EFFECTS, long, short, seeds)

    names = [name for name in _learning(longer) if not name.startswith("sgdw")]
    return standing(("txt-3.2.4.3",), names, both, *longer, *shorter, of_many=True)


def early_epochs(profiles: xr.Dataset, skips: xr.Dataset) -> Reading:
    """The claim that networks cool in their early epochs.

    Args:
        profiles: As ``profiles`` measures it.
        skips: As ``skips`` does.
    """
    names = ("step_decay", *NORMALISED["skips"], "fixup20")
    return standing(("txt-3.2.4.1",), names, _early_slopes, profiles, skips)


def first_epoch(skips: xr.Dataset, width_depth: xr.Dataset) -> Reading:
    """The claim on an excursion at the start.

    Args:
        skips: As ``skips`` measures it.
        width_depth: As ``width_depth`` does.
    """
    names = [name for kind in (NORMALISED, PLAIN) for each in kind.values() for name in each]
    return standing(("txt-3.2.4.2",), names, _excursions, skips, width_depth)


def _all_ends(*records: xr.Dataset) -> dict[str, dict]:
    parts = _parts(records).values()
    low, high = zip(*(ends(layer_mean(checkpoints(one))) for one in parts), strict=True)
    found = {
        "distance_low": np.stack([rows(each) for each in low], 1),
        "distance_high": np.stack([rows(each) for each in high], 1),
    }
    return {"txt-3.2.3.1": found}


def _differing(*records: xr.Dataset) -> dict[str, dict]:
    parts = _parts(records)
    return {"fig-3.12.d": _factors(parts) | _seeds(parts)}


def _early_slopes(profiles: xr.Dataset, skips: xr.Dataset) -> dict[str, dict]:
    normalised = [of_setup(profiles, "step_decay")]
    normalised += [of_setup(skips, name) for name in NORMALISED["skips"]]
    found = {
        "early_slope": columns([_early_slope(one) for one in normalised]),
        "early_slope_plain": columns([_early_slope(of_setup(skips, "fixup20"))]),
    }
    return {"txt-3.2.4.1": found}


def _excursions(skips: xr.Dataset, width_depth: xr.Dataset) -> dict[str, dict]:
    records = {"skips": skips, "width_depth": width_depth}
    quantities = {}
    for kind, names in (("with", NORMALISED), ("without", PLAIN)):
        both = [
            _excursion(of_setup(records[record], setup))
            for record, setups in names.items()
            for setup in setups
        ]
        # FixUp starts with outputs of zero: its first step changes nothing, so it has no mu there.
        both = [each for each in both if all(bool(part.notnull().all()) for part in each)]
        for place, what in enumerate(("change", "fall")):
            quantities[f"{what}_{kind}"] = columns([each[place] for each in both])
    return {"txt-3.2.4.2": quantities}


def _learning(records: Iterable[xr.Dataset]) -> list[str]:
    """The names of all set-ups that learn."""
    names = (str(name) for record in records for name in record.setup.values)
    return [name for name in names if name not in SHORT]


def _parts(records: Iterable[xr.Dataset]) -> dict[str, xr.Dataset]:
    """All set-ups that learn, by name."""
    return {str(name): of_setup(record, name) for record in records for name in _learning([record])}


def _mu(one: xr.Dataset) -> xr.DataArray:
    return fits(layer_mean(everywhere(one)))["mu"]


def _late_slopes(parts: dict[str, xr.Dataset]) -> xr.DataArray:
    """Slopes of mu after epoch 1, of what has no decoupled decay and is long enough."""
    found = []
    for name, one in parts.items():
        mu = _mu(one).sel(step=slice(number(one, "epoch"), None))
        if not name.startswith("sgdw") and mu.sizes["step"] >= FEWEST_STATES:
            found.append(slope(mu))
    return columns(found)


def _early_slope(one: xr.Dataset) -> xr.DataArray:
    """Slope of mu over the epochs 1 to 4, as far as the first rate lasts."""
    end = min(4 * number(one, "epoch"), number(one, "updates") // 2)
    return slope(_mu(one).sel(step=slice(0, end)))


def _excursion(one: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Change of mu over epoch 1, and its fall below the start, less the same in epoch 2."""
    mu, epoch = coarse(one), number(one, "epoch")
    starts = [mu.sel(step=start, drop=True) for start in (0, epoch)]
    means: list[list[xr.DataArray]] = [[], []]
    for first in EARLY:
        both = [mu.sel(step=slice(s + first, s + first + 4)) for s in (0, epoch)]
        if min(row.sizes["step"] for row in both) > 1:
            for place, row in enumerate(both):
                means[place].append(row.mean("step"))
    falls = [
        start - xr.concat(each, "row").min("row") for start, each in zip(starts, means, strict=True)
    ]
    return means[1][0] - starts[0], falls[0] - falls[1]


# --- what mu and sigma differ by ---


def _factors(parts: dict[str, xr.Dataset]) -> dict:
    """F-tests with seeds as replicates: layers, data sets, architectures."""
    same = [parts[FASHION], parts[CIFAR]]
    common = sorted(set.intersection(*(set(everywhere(one).step.values) for one in same)))
    architectures = [parts[name] for name in ("resnet56", "convnet56", "resnet_width_16")]
    layers = everywhere(parts["step_decay"])["distance"].sel(step=_middle(parts["step_decay"]))
    groups = {
        "layer": [layers.isel(layer=place) for place in range(layers.sizes["layer"])],
        "data": [layer_mean(one).sel(step=common[-1]) for one in same],
        "architecture": [
            layer_mean(one).sel(step=min(map(_before_drop, architectures)), method="nearest")
            for one in architectures
        ],
    }
    found = {name: [fits(group) for group in each] for name, each in groups.items()}
    return {
        f"p_values_{name}": np.array([_p_value([g[name] for g in each]) for each in found.values()])
        for name in ("mu", "sigma")
    }


def _middle(one: xr.Dataset) -> int:
    """The state that was swept on several batches."""
    states = everywhere(one).step.values
    return int(states[2 * states <= number(one, "updates")][-1])


def _before_drop(one: xr.Dataset) -> int:
    states = everywhere(one).step.values
    return int(states[2 * states < number(one, "updates")][-1])


def _p_value(groups: list[xr.DataArray]) -> float:
    """Of the hypothesis that all groups have one mean; 1 where there are no replicates."""
    values = [group.dropna("seed").values for group in groups]
    values = [each for each in values if len(each) > 1]
    return float(stats.f_oneway(*values).pvalue) if len(values) > 1 else 1.0


def _seeds(parts: dict[str, xr.Dataset]) -> dict:
    """Variances between seeds over those between batches of one seed, a network."""
    found = [fits(one["distance_again"]) for one in parts.values()]
    return {
        **{
            f"between_seeds_{name}": [_ratio(one[name]) for one in found]
            for name in ("mu", "sigma")
        },
        "replicates": min(one.sizes["seed"] for one in parts.values()),
    }


def _ratio(values: xr.DataArray) -> float:
    """Of the two variances; 1 where a single seed tells of none."""
    if values.sizes["seed"] < 2:
        return 1.0
    between = values.mean("batch").var("seed", ddof=1)
    return float(between / values.var("batch", ddof=1).mean("seed"))
