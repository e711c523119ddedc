"""Where the error of a separable network comes from, from ``binarization/mobilenet_variance``."""

import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described

KINDS = {
    "stem": ("0.45", "D"),
    "depthwise": (ORANGE, "o"),
    "pointwise": (BLUE, "s"),
    "classifier": ("0.45", "^"),
}


def cases(record: xr.Dataset) -> dict[str, xr.DataArray]:
    """Errors of whole networks by what is drawn, one a drawing of the weights."""
    of_kind, but, cure = (record[f"{key}_error"] for key in ("kind", "without_kind", "cure"))
    kinds = record.kind.values.tolist()
    return (
        {"all drawn": cure.sel(cure="none")}
        | {f"only {kind}": of_kind.sel(kind=kind) for kind in kinds}
        | {f"all but {kind}": but.sel(kind=kind) for kind in kinds}
        | {str(name): cure.sel(cure=name) for name in record.cure.values if name != "none"}
    )


def describe_collapse(record: xr.Dataset) -> str:
    """Alt text of ``collapse``: the largest error of a layer, and each of the cases."""
    alone = record.alone_error.mean("seed")
    worst = alone.idxmax("layer").item()
    told = ", ".join(f"{name} {float(error.mean()):.2g}" for name, error in cases(record).items())
    return (
        f"Errors of {alone.size} layers drawn alone, {float(alone.min()):.2g} to "
        f"{float(alone.max()):.2g}, largest in {worst}. Whole networks: {told}."
    )


@described(
    alt=describe_collapse,
    caption="MobileNet with drawn weights: error of the class scores as a share of their variance, "
    "mean and standard deviation over the drawings; logarithmic axes. Left, one layer is drawn "
    "and the others are exact. Right, several, and what might cure: batch norms that are not "
    "folded, fresh noise for each product, 16 times the samples in the depthwise layers.",
)
def collapse(record: xr.Dataset) -> Figure:
    """Errors by layer that is drawn, and by what is drawn and how.

    Args:
        record: As ``mobilenet_variance`` measures it.
    """
    figure = Figure(figsize=(8.8, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    kinds = record.layer_kind.values
    for kind, (colour, marker) in KINDS.items():
        places = [place for place, each in enumerate(kinds) if each == kind]
        error = record.alone_error.isel(layer=places)
        left.errorbar(
            [place + 1 for place in places],
            error.mean("seed"),
            error.std("seed"),
            **{"color": colour, "marker": marker, "ls": "none", "capsize": 2, "label": kind},
        )
    left.set(yscale="log", xlabel="layer that is drawn", ylabel="error")
    left.legend()
    found = cases(record)
    means = [float(error.mean()) for error in found.values()]
    spreads = [float(error.std()) for error in found.values()]
    right.barh(list(found), means, xerr=spreads, color=BLUE, capsize=2)
    right.invert_yaxis()
    right.set(xscale="log", xlabel="error")
    return figure
