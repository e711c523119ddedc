"""What a second look loses: the upper half of figure 4.5, from ``binarization/attention``."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.words import described

SELECTIONS = ("random", "entropy")


def lost(record: xr.Dataset, network: str, margin: int, selection: str) -> np.ndarray:
    """Points that are lost against refined samples everywhere, base by refined samples.

    NaN where the refined samples are not more than the base. Means over the drawings.
    """
    one = record.sel(network=network).mean("seed")
    numbers = record.samples.values.tolist()
    table = np.full((len(numbers) - 1, len(numbers) - 1), np.nan)
    for pair in record.pair.values.tolist():
        base, refined = map(int, pair.split("/"))
        found = one.refined.sel(pair=pair, margin=margin, selection=selection)
        everywhere = one.everywhere.sel(samples=refined)
        at = numbers.index(base), numbers.index(refined) - 1
        table[at] = float(everywhere) - float(found)
    return table


def describe_losses(record: xr.Dataset, network: str) -> str:
    """Alt text of ``losses``: the largest loss of each table."""
    told = []
    for margin in record.margin.values.tolist():
        for selection in SELECTIONS:
            most = np.nanmax(lost(record, network, margin, selection))
            told.append(f"{selection}, margin {margin}: {most:.1f} at most")
    return f"{network}: points of accuracy that are lost; {'; '.join(told)}."


@described(
    alt=describe_losses,
    caption="The upper half of figure 4.5: points of accuracy that are lost by refining only a "
    "part of each image, against refined samples everywhere, mean over the drawings. Left random "
    "places, right as many by entropy; above without a margin, below with one pixel around them.",
)
def losses(record: xr.Dataset, network: str) -> Figure:
    """Four tables of base by refined samples.

    Args:
        record: As ``attention`` measures it.
        network: One of the record's.
    """
    figure = Figure(figsize=(8.6, 7.6), layout="constrained")
    margins = record.margin.values.tolist()
    tables = {
        (margin, selection): lost(record, network, margin, selection)
        for margin in margins
        for selection in SELECTIONS
    }
    top = max(np.nanmax(table) for table in tables.values())
    panels = figure.subplots(len(margins), 2, squeeze=False)
    numbers = [str(n) for n in record.samples.values.tolist()]
    for axes, ((margin, selection), table) in zip(panels.flat, tables.items(), strict=True):
        axes.imshow(table, cmap="Oranges", vmin=0, vmax=1.4 * max(top, 1))
        for (row, column), points in np.ndenumerate(table):
            if np.isfinite(points):
                axes.text(column, row, f"{points:.1f}", ha="center", va="center")
        axes.set_xticks(range(len(numbers) - 1), numbers[1:])
        axes.set_yticks(range(len(numbers) - 1), numbers[:-1])
        axes.set(
            xlabel="refined samples",
            ylabel="base samples",
            title=f"{selection}, margin {margin}",
        )
    return figure
