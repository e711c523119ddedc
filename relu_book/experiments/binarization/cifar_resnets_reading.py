"""What published ResNets with drawn weights say (thesis 4.2.3, 4.2.4, tables 4.1 and 4.2)."""

import xarray as xr

from relu_book.claims import Reading

PSB, MANY, FEW = 16, 64, 4


def cifar_resnets_reading(record: xr.Dataset) -> Reading:
    """The claims on the number of samples, on few bits, and on the limit of many samples.

    Args:
        record: As ``cifar_resnets`` measures it.
    """
    found = {
        "tab-4.1.order": _order(record["accuracy"]),
        "tab-4.2.order-bits": _bits(record),
        "txt-4.2.6.3": {
            "samples": record.many_samples.values,
            "difference": record["difference"],
        },
    }
    return Reading(found, record)


def _order(accuracy: xr.DataArray) -> dict[str, xr.DataArray]:
    def at(samples: int) -> xr.DataArray:
        return accuracy.sel(samples=samples, drop=True)

    falling = accuracy.sel(samples=slice(FEW, MANY)).isel(samples=slice(None, None, -1))
    return {
        "lost_64_16": at(MANY) - at(PSB),
        "lost_16_4": at(PSB) - at(FEW),
        # diff takes the earlier, larger number of samples from the later one.
        "halvings": -falling.diff("samples"),
    }


def _bits(record: xr.Dataset) -> dict[str, xr.DataArray]:
    psb = record["accuracy"].sel(samples=PSB, drop=True)
    lost = psb - record["bits_accuracy"]
    each = {
        f"{rounding}_{bits}": lost.sel(rounding=rounding, bits=bits, drop=True)
        for rounding in record.rounding.values.tolist()
        for bits in record.bits.values.tolist()
    }
    return each | {"exponents": psb - record["exponents_accuracy"]}


def lost_by_pruning(record: xr.Dataset) -> dict[str, xr.DataArray]:
    """Points that pruning costs, in float by networks and with 16 samples by drawings besides.

    Args:
        record: As ``cifar_resnets`` or ``pictures`` measures it.
    """
    exact = record["float_accuracy"] - record["float_pruned_accuracy"]
    drawn = record["accuracy"].sel(samples=PSB, drop=True) - record["pruned_accuracy"]
    found = {}
    for per_cent in (25, 50):
        at = {"pruned": per_cent / 100}
        # In float all drawings are the same.
        found[f"float_{per_cent}"] = exact.sel(at).isel(seed=0, drop=True).drop_vars("pruned")
        found[f"psb_{per_cent}"] = drawn.sel(at).drop_vars("pruned")
    return found
