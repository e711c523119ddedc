"""Six and ten classes: which layers stay similar (pruning paper 5.2 and 6)?"""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.lengths import with_lengths
from relu_book.experiments.pruning.effects import EFFECTS
from relu_book.experiments.pruning.layers import DENSE
from relu_book.experiments.pruning.quantities import (
    NAMES,
    columns,
    kind,
    last,
    problems,
    unless_dead,
    with_above,
)

CLAIMS = ("P-fig-2.d", "P-fig-2.e", "P-fig-2.f", "P-fig-2.i", "P-txt-7")
THIRD_BLOCK = ("conv4", "conv5", "conv6", "conv7")  # and the convolutions next to it
HALF = (0.35, 0.65)


def large_reading(
    cifar6: xr.Dataset, cifar10: xr.Dataset, third_6: xr.Dataset, third_10: xr.Dataset
) -> Reading:
    """P-fig-2.d to f and i, and P-txt-7.

    Args:
        cifar6: as ``cifar6`` measures it.
        cifar10: as ``cifar10`` does.
        third_6: as ``cifar6_third`` does, with the same seeds.
        third_10: as ``cifar10_third`` does.
    """
    records = cifar6, cifar10, third_6, third_10

    def measure() -> Reading:
        long, short = profiles(cifar6, cifar10), profiles(third_6, third_10)
        return Reading(with_lengths(EFFECTS, long, short, cifar10.sizes["seed"]), *records)

    return unless_dead(measure, CLAIMS, *records)


def profiles(cifar6: xr.Dataset, cifar10: xr.Dataset) -> dict[str, dict]:
    """Quantities of the claims on which layers stay similar, at the last iteration."""
    found: dict[str, dict] = {claim: {} for claim in CLAIMS}
    both = {6: with_above(cifar6), 10: with_above(cifar10)}
    for ending, variable in NAMES.items():
        values = {n: last(record[variable]) for n, record in both.items()}
        for classes, layers in values.items():
            one = first_of(layers)
            name = "above" if ending else "first"
            found["P-fig-2.d"][f"{name}_{classes}"] = one
            if not ending:
                larger = (kind(layers, "conv") > one).sum("layer")
                found["P-fig-2.d"][f"rank_{classes}"] = 1 + larger
        parts = values.values()
        found["P-fig-2.e"][f"block{ending}"] = columns(map(outside_block, parts))
        found["P-fig-2.e"][f"depth{ending}"] = columns(map(outside_half, parts))
        others = [part.drop_sel(layer=DENSE) for part in parts]
        lastc = "last_above" if ending else "last_convolution"
        found["P-fig-2.f"] |= {
            f"dense{ending}": problems(part.sel(layer=DENSE, drop=True) for part in parts),
            f"lowest{ending}": problems(part.min("layer") for part in others),
            lastc: problems(kind(part, "conv").isel(layer=-1, drop=True) for part in parts),
        }
        found["P-fig-2.i"][f"contrast{ending}"] = problems(map(contrast, parts))
        found["P-txt-7"][f"similarity{ending}"] = values[10].transpose("seed", "layer")
    found["P-txt-7"]["dimension"] = cifar10["dimension"].mean("seed")
    return found


def first_of(layers: xr.DataArray) -> xr.DataArray:
    """The first convolution."""
    return layers.sel(layer="conv1", drop=True)


def outside_block(layers: xr.DataArray) -> xr.DataArray:
    """Each convolution neither in block 3 nor next to it, less the lowest of those."""
    return _less_lowest(kind(layers, "conv"), THIRD_BLOCK)


def outside_half(layers: xr.DataArray) -> xr.DataArray:
    """Each convolution below 35 or above 65 % of the depth, less the lowest between.

    Depth is the place among the layers that figure 2 shows, poolings and dense layer among them.
    """
    names = layers.layer.values.tolist()
    low, high = HALF
    middle = [name for place, name in enumerate(names, 1) if low <= place / len(names) <= high]
    return _less_lowest(kind(layers, "conv"), middle)


def contrast(layers: xr.DataArray) -> xr.DataArray:
    """The mean of first convolution and dense layer, less that of all between them."""
    ends = ["conv1", DENSE]
    return layers.sel(layer=ends).mean("layer") - layers.drop_sel(layer=ends).mean("layer")


def _less_lowest(layers: xr.DataArray, inside) -> xr.DataArray:
    within = layers.layer.isin(list(inside))
    lowest = layers.sel(layer=within).min("layer")
    return (layers.sel(layer=~within) - lowest).transpose("seed", "layer")
