"""What networks that the chapter trained say (thesis 4.2.2, 4.2.3 and 4.2.6)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.binarization.pictures_reading import relative

SPANNED = ["float_16", "float_32", "float_64"]
LETTERS = {"a": 1, "b": 2, "c": 4, "d": 8, "e": 32}
FEW = [1, 2, 4, 8]


def eight_layers_reading(record: xr.Dataset) -> Reading:
    """The claims on figure 4.2.

    Args:
        record: As ``eight_layers`` measures it.
    """
    accuracy = record["accuracy"].mean("drawing")
    spanned = accuracy.sel(setup=SPANNED).mean("seed")
    exact = record["float_accuracy"].sel(setup=SPANNED).mean("seed")
    found = {
        f"fig-4.2.{letter}": {
            "accuracy": spanned.sel(samples=samples, drop=True),
            "float_accuracy": exact,
        }
        for letter, samples in LETTERS.items()
    }
    converted = accuracy.sel(setup="float_16", drop=True)
    found["fig-4.2.f"] = {"samples": record.samples.values, "accuracy": converted}
    found["fig-4.2.g"] = {
        "accuracy_trained": _own(accuracy),
        "accuracy_converted": converted.sel(samples=FEW),
    }
    found["fig-4.2.h"] = {"gap": _own(accuracy) - _best_other(record, accuracy)}
    two = accuracy.sel(setup="psb_2", drop=True)
    found["fig-4.2.i"] = {
        "accuracy_32": two.sel(samples=32, drop=True),
        "accuracy_2": two.sel(samples=2, drop=True),
    }
    return Reading(found, record)


def architectures_reading(record: xr.Dataset) -> Reading:
    """The claims on batch normalisation after the addition, and on folding.

    Args:
        record: As ``architectures`` measures it.
    """
    kept = relative(record).mean("drawing")
    v2, after = ({"network": name, "drop": True} for name in ("version_2", "after_addition"))
    varying = record["variance"].sel(**v2)
    found = {
        "fig-4.3.d": {
            "relative_accuracy_v2": kept.sel(**v2).sel(samples=[4, 8]),
            "relative_accuracy_after": kept.sel(**after).sel(samples=[4, 8]),
            "float_v2": record["float_accuracy"].sel(**v2),
            "float_after": record["float_accuracy"].sel(**after),
        },
        "fig-4.3.e": {
            "variance_unfolded": varying.sel(folded=False, drop=True),
            "variance_folded": varying.sel(folded=True, drop=True),
        },
    }
    return Reading(found, record)


def separable_reading(architectures: xr.Dataset, pictures: xr.Dataset) -> Reading:
    """The claim on separable convolutions.

    Args:
        architectures: As ``architectures`` measures it.
        pictures: As ``pictures`` does.
    """
    trained = relative(architectures).mean("drawing").sel(samples=8, drop=True)
    published = relative(pictures).sel(samples=8, drop=True)
    found = {
        "plain": trained.sel(network="version_2", drop=True),
        "separable": trained.sel(network="separable", drop=True),
        "squeezenet": published.sel(network="squeezenet", drop=True),
        "mobilenet": published.sel(network="mobilenet", drop=True),
    }
    return Reading({"fig-4.3.c": found}, architectures, pictures)


def widths_reading(record: xr.Dataset) -> Reading:
    """The claim on wide networks.

    Args:
        record: As ``widths`` measures it.
    """
    found = {
        "width": record.filters.values,
        "changed_patterns": _by_width(record["changed_patterns"].mean(("drawing", "layer"))),
        "drop": _by_width(record["float_accuracy"] - record["accuracy"].mean("drawing")),
    }
    return Reading({"txt-4.2.6.2": found}, record)


def _by_width(values: xr.DataArray) -> xr.DataArray:
    return values.transpose("seed", "filters")


def _own(accuracy: xr.DataArray) -> xr.DataArray:
    """With few samples, of the network that was trained with as many."""
    each = [accuracy.sel(setup=f"psb_{n}", samples=n, drop=True) for n in FEW]
    return xr.concat(each, xr.DataArray(FEW, dims="samples", name="samples"))


def _best_other(record: xr.Dataset, accuracy: xr.DataArray) -> xr.DataArray:
    """With few samples, of that other network which is best on images that were held out."""
    on_held_out = record["validation_accuracy"].mean("seed")
    best = []
    for n in FEW:
        others = [
            name
            for name in record.setup.values.tolist()
            if name.startswith("psb_") and name != f"psb_{n}"
        ]
        there = on_held_out.sel(setup=others, samples=n)
        name = others[int(there.values.argmax())]
        best.append(accuracy.sel(setup=name, samples=n, drop=True))
    return xr.concat(best, xr.DataArray(FEW, dims="samples", name="samples"))
