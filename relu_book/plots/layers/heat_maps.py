"""Layers over steps as heat maps (thesis 3.1.4 and 3.1.6, figures 3.1, 3.2 and 3.7)."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from relu_book.plots.layers.measures import Table, block_starts
from relu_book.plots.words import described

TICKS = 3  # of the steps, beside the first
FEW = 8  # steps at unequal distances that are all numbered
PANEL = (2.0, 1.55)  # inches


def describe_heat_maps(
    table: Table, data: xr.Dataset, measures: Sequence[str], over: str = "network", **_
) -> str:
    """Alt text of ``heat_maps``: means over the layers at the first and the last step."""
    data, found = data.isel(seed=0, missing_dims="ignore"), []
    for look in table.pick(measures).values():
        means = look.of(data).mean("layer")
        ends = {name: means.sel({over: name}).dropna("step").values for name in data[over].values}
        listed = [
            f"{table.title(name)} {m[0]:.2g} to {m[-1]:.2g}" for name, m in ends.items() if m.size
        ]
        found.append(f"{look.text}: {', '.join(listed)}")
    return (
        "Heat maps, layers upwards and steps to the right. Means over the layers, from the first "
        f"to the last step: {'; '.join(found)}."
    )


def caption_of_heat_maps(
    table: Table, data: xr.Dataset, measures: Sequence[str], over: str = "network", **_
) -> str:
    """Caption of ``heat_maps``: how to read it."""
    looks = table.pick(measures).values()
    signed = any(look.scale == "signed" for look in looks)
    return (
        f"{'; '.join(look.text for look in looks).capitalize()}: layers from the input upwards, "
        f"steps to the right{', first seed' * ('seed' in data.dims)}. Light is large; "
        + "with two signs red is above and blue below zero; "
        * signed
        + "a value beyond its scale has a colour of its own, and where there is none it is grey. "
        "Lines part the blocks." + " The steps are not to scale." * (not _even(data.step.values))
    )


@described(alt=describe_heat_maps, caption=caption_of_heat_maps)
def heat_maps(
    table: Table,
    data: xr.Dataset,
    measures: Sequence[str],
    over: str = "network",
    rows: str = "measures",
    panel: tuple[float, float] = PANEL,
) -> Figure:
    """One map a network and measure: steps to the right, layers upwards from the input.

    All maps of a measure share one scale of colours, whose ends are pointed and of another colour
    where values lie outside. Steps at unequal distances get columns of equal width with their
    numbers below, and the axis says so. Of several seeds the first is drawn.

    Args:
        table: Measures and titles.
        data: What is drawn, by step, layer, ``over`` and perhaps seed, with
            ``width``, ``evaluations`` and ``block``.
        measures: Names of the table's.
        over: Dimension of the networks or set-ups.
        rows: ``"measures"``, with the networks side by side, or ``"networks"``.
        panel: Width and height of one map in inches.

    Raises:
        ValueError: ``rows`` is neither of the two, or a measure is unknown.
    """
    if rows not in ("measures", "networks"):
        raise ValueError(f"rows is 'measures' or 'networks', not {rows!r}")
    looks = table.pick(measures)
    across = rows == "measures"
    names = data[over].values
    shape = (len(measures), len(names)) if across else (len(names), len(measures))
    # Beside the maps: the labels of the layers, and colour bars to the right or below.
    size = (shape[1] * panel[0] + (1.9 if across else 0.9), shape[0] * panel[1] + 0.8)
    figure = Figure(figsize=size)
    grid = figure.subplots(*shape, sharex=True, squeeze=False, sharey="row")
    data = data.isel(seed=0, missing_dims="ignore")  # a mean would blur single steps
    for number, look in enumerate(looks.values()):
        of_measure = grid[number] if across else grid[:, number]
        values = look.of(data).transpose(over, "layer", "step")
        norm = look.norm(values.values)
        for axes, name in zip(of_measure, names, strict=True):
            found = values.sel({over: name}).dropna("layer", how="all")
            draw_map(axes, found, norm, look.colours)
            _mark_blocks(axes, data.sel({over: name}), "0.4" if look.scale == "signed" else "white")
        finite = values.values[np.isfinite(values.values)]
        ends = ((finite < norm.vmin).any(), (finite > norm.vmax).any())
        extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[ends]
        figure.colorbar(
            ScalarMappable(norm, look.colours),
            ax=list(of_measure),
            label=look.label,
            extend=extend,
            location="right" if across else "bottom",
            **({"aspect": 10} if across else {"aspect": 14, "pad": 0.01}),
        )
    for axes, name in zip(grid[0] if across else grid[:, 0], names, strict=True):
        if across:
            axes.set_title(table.title(name))
        else:
            axes.set_ylabel(table.title(name).replace(", ", ",\n"), fontsize="small")
    for axes in grid[-1]:
        axes.set_xlabel("step" if _even(data.step.values) else "step, not to scale")
    figure.supylabel("layer, the input at the bottom", fontsize="medium")
    return figure


def draw_map(axes: Axes, values: xr.DataArray, norm, colours) -> None:
    """One map; layers from 1 upwards, steps in true distances if these are equal.

    Args:
        axes: Where to draw.
        values: By layer and step.
        norm: Values to colours.
        colours: The colour map.
    """
    steps, layers = values.step.values, values.layer.values
    even = _even(steps)
    places = steps if even else np.arange(len(steps))
    half = (places[1] - places[0]) / 2 if len(places) > 1 else 0.5
    extent = (places[0] - half, places[-1] + half, layers[0] - 0.5, layers[-1] + 0.5)
    shown = np.ma.masked_invalid(values.transpose("layer", "step").values)
    axes.imshow(
        shown,
        norm=norm,
        cmap=colours,
        origin="lower",
        extent=extent,
        aspect="auto",
        interpolation="nearest",
    )
    many = TICKS + 1 if even or len(steps) > FEW else len(steps)
    chosen = np.unique(np.linspace(0, len(steps) - 1, many).round().astype(int))
    axes.set_xticks(places[chosen], steps[chosen])


def _even(steps: np.ndarray) -> bool:
    return len(set(np.diff(steps))) == 1


def _mark_blocks(axes: Axes, data: xr.Dataset, colour: str) -> None:
    """A thin line between blocks; their first layers and the last one are numbered."""
    starts, last = block_starts(data), int(data.block.dropna("layer").layer[-1])
    axes.set_yticks([*starts, last])
    for start in starts[1:]:
        axes.axhline(start - 0.5, color=colour, lw=1)
