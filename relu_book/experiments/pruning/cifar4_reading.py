"""Two and four classes: does the similarity fall, and by more than chance (pruning paper 5.2)?"""

import xarray as xr

from relu_book.claims import Reading, undecidable
from relu_book.experiments.lengths import with_lengths
from relu_book.experiments.pruning.effects import EFFECTS
from relu_book.experiments.pruning.quantities import (
    NAMES,
    columns,
    kind,
    last,
    ranks_with,
    unless_dead,
    varies,
    with_above,
)

FALLING, CONTROLLED = ("P-fig-2.a", "P-fig-2.b"), "P-txt-6"


def small_reading(cifar2: xr.Dataset, cifar4: xr.Dataset, third: xr.Dataset) -> Reading:
    """P-fig-2.a, P-fig-2.b and P-txt-6.

    Args:
        cifar2: as ``cifar2`` measures it, in the full setting.
        cifar4: as ``cifar4`` does.
        third: as ``cifar4_third`` does, with the same seeds.
    """
    records = cifar2, cifar4, third

    def measure() -> Reading:
        long, short = falling(cifar2, cifar4), falling(cifar2, third)
        open_ = {
            claim: undecidable("guard not met: in no layer the similarity varies by 0.02")
            for claim in long
            if long[claim] is None or short[claim] is None
        }
        both = with_lengths(
            EFFECTS,
            {claim: q for claim, q in long.items() if claim not in open_},
            {claim: q for claim, q in short.items() if claim not in open_},
            cifar4.sizes["seed"],
        )
        return Reading({**both, **open_, CONTROLLED: controlled(cifar2, cifar4)}, *records)

    return unless_dead(measure, (*FALLING, CONTROLLED), *records)


def falling(cifar2: xr.Dataset, cifar4: xr.Dataset) -> dict[str, dict | None]:
    """Quantities of P-fig-2.a and b; None where no layer varies."""
    trend: dict[str, object] = {"iteration": cifar2["round"].values}
    steps: dict[str, object] = {}
    for classes, record in ((2, with_above(cifar2)), (4, with_above(cifar4))):
        moving = varies(record["similarity"])
        if not moving:
            return {FALLING[0]: None, FALLING[1]: None}
        for name, variable in (("similarity", "similarity"), ("above", "above")):
            chosen = record[variable].sel(layer=moving)
            trend[f"{name}_{classes}"] = chosen.mean("layer").transpose("seed", "round")
        ranks = ranks_with(record["round"].values, record["similarity"].sel(layer=moving), "round")
        trend[f"layers_{classes}"] = ranks.transpose("seed", "layer")
        for ending, variable in NAMES.items():
            layers = kind(last(record[variable]), "conv", "dense").transpose("seed", "layer")
            steps[f"{'above' if ending else 'step'}_{classes}"] = layers.diff("layer")
    return {FALLING[0]: trend, FALLING[1]: steps}


def controlled(cifar2: xr.Dataset, cifar4: xr.Dataset) -> dict[str, xr.DataArray]:
    """Quantities of P-txt-6."""
    return {
        "pruned": columns(last(record["similarity"]) for record in (cifar2, cifar4)),
        "control": columns(record["control"] for record in (cifar2, cifar4)),
    }
