"""What a ``TemperatureProbe`` measured: the temperature by layer and step, and the phase diagram.

A step at a small learning rate leaves every pattern as it is, one at a large rate changes them all.
The phase diagram shows, at each measured step of a training, where between the two the transition
lies (thesis 3.2.3), and the rate that the training used as a line through it. Both pictures take
the probe's ``history`` and nothing else::

    with TemperatureProbe(model, optimizer, every=10, learning_rates=rates) as probe:
        ...
    phase_diagram(probe.history).savefig("phase_diagram.png")
    temperature_by_layer(probe.history).savefig("temperature.png")
"""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from relu_book.plots.style import LINE_COLOURS
from relu_book.plots.words import described
from relu_book.spelling import did_you_mean
from relu_book.temperature import Distance, Measurement

BEYOND = LINE_COLOURS[1]  # what has no place on the scale; apart from it for any colour vision
COLOURS = mpl.colormaps["viridis"].with_extremes(over=BEYOND, bad="#d9d9d9")
NAMED = 16  # as many sites have their names beside the map, of more every second, third, …
TICKS = 5


def describe_phase_diagram(history: Sequence[Measurement], *, site: str | None = None) -> str:
    """Alt text of ``phase_diagram``: the used rates and their D, and D at the ends of the rates."""
    first, last = history[0], history[-1]
    used = " and ".join(
        f"{found.learning_rate:.2g} changed {_shares(found.distance, site)[0]:.0%} of the patterns "
        f"at step {found.step}"
        for found in dict.fromkeys((first, last))
    )
    text = f"Learning rates upwards on a logarithmic axis, steps to the right. The used rate {used}"
    tried = [found for found in (first, last) if found.tried is not None]
    for found in tried[-1:]:
        rates, shares = found.tried.learning_rates, _shares(found.tried, site)
        low, high = rates.argmin(), rates.argmax()
        text += (
            f"; of the rates tried at step {found.step}, {rates[low]:.2g} would have changed "
            f"{shares[low]:.0%} and {rates[high]:.2g} {shares[high]:.0%}"
        )
    return f"{text}."


def caption_of_phase_diagram(history: Sequence[Measurement], *, site: str | None = None) -> str:
    """Caption of ``phase_diagram``: how to read it."""
    of = "mean over the layers" if site is None else f"layer {site}"
    return (
        f"The share D of activation patterns that one optimizer step changes ({of}), by learning "
        "rate and step; the line is the rate that the training used."
        + " A rate at which pre-activations overflow has a colour of its own."
        * any(found.tried is not None and found.tried.overflowed for found in history)
        + _on_steps(history)
    )


@described(alt=describe_phase_diagram, caption=caption_of_phase_diagram)
def phase_diagram(history: Sequence[Measurement], *, site: str | None = None) -> Figure:
    """The phase diagram of a training: the share of changed patterns by learning rate and step.

    Args:
        history: of a :class:`relu_book.temperature.TemperatureProbe`, best of one with
            ``learning_rates``: each measurement is a column, with the share at each of them. Of a
            probe without there is only the line of the used rate, with dots in the colour of its
            share. Rates that are not positive have no place on the axis and are left out.
        site: the name of one, as in ``Distance.sites``; by default the mean over all.

    Returns:
        A figure with steps, from 1, to the right, not to scale if they are unequally far apart, and
        learning rates of the first parameter group upwards, logarithmic; colours for D from 0 to 1,
        and one for rates at which pre-activations overflow.

    Raises:
        ValueError: no measurement; no such site; other rates in one measurement than in another.

    Example:
        >>> distance = Distance(np.array([[0.3]]), np.array([0.1]), ("1",), np.array([64]))
        >>> rates = np.array([0.01, 0.1, 1.0])
        >>> tried = Distance(np.array([[0.0], [0.3], [0.9]]), rates, ("1",), np.array([64]))
        >>> history = [Measurement(step, 0.1, distance, tried) for step in (10, 20)]
        >>> phase_diagram(history).axes[0].get_ylabel()
        'learning rate'
    """
    _check(history)
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    edges, places = _step_axis(axes, history)
    norm, handles = Normalize(0, 1), []
    axes.set(yscale="log", ylabel="learning rate")
    tried = [found.tried for found in history if found.tried is not None]
    if tried:
        rates, shown = _columns(history, tried[0].learning_rates, site)
        borders = _between(rates)
        axes.pcolormesh(edges, borders, shown, norm=norm, cmap=COLOURS, rasterized=True)
        if (shown > 1).any():
            handles.append(Patch(color=BEYOND, label="overflow"))
    used = np.array([found.learning_rate for found in history])
    used[used <= 0] = np.nan
    casing = [withStroke(linewidth=4, foreground="white")]
    (line,) = axes.plot(
        places, used, color="black", lw=2, marker="o", ms=3, label="used rate", path_effects=casing
    )
    if tried:
        # The largest used rate is in the picture; the end of a schedule may leave it downwards.
        low, high, largest = *borders[[0, -1]], np.nanmax(used, initial=0)
        axes.set_ylim(min(low, largest / 2) or low, max(high, 2 * largest))
    else:
        shares = [_shares(found.distance, site)[0] for found in history]
        axes.scatter(places, used, c=shares, norm=norm, cmap=COLOURS, s=40, zorder=3)
    figure.legend(handles=[line, *handles], loc="outside upper center", ncols=2)
    label = "share of changed patterns, D"
    figure.colorbar(ScalarMappable(norm, COLOURS), ax=axes, label=label)
    return figure


def _columns(
    history: Sequence[Measurement], rates: np.ndarray, site: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """The positive rates, rising, and D by rate and step; 2 at an overflow, NaN if untried."""
    columns = []
    for found in history:
        tried = found.tried
        if tried is None:
            columns.append(np.full(len(rates), np.nan))
            continue
        if not np.array_equal(tried.learning_rates, rates):
            raise ValueError(
                f"the rates tried at step {found.step}, {len(tried.learning_rates)} from "
                f"{tried.learning_rates.min():.3g} to {tried.learning_rates.max():.3g}, are others "
                "than those before; draw the measurements of one probe"
            )
        columns.append(np.where(np.isin(rates, tried.overflowed), 2.0, _shares(tried, site)))
    rising, order = np.unique(rates, return_index=True)
    order, rising = order[rising > 0], rising[rising > 0]
    if not len(rising):
        raise ValueError("none of the tried rates is positive, as a logarithmic axis needs them")
    return rising, np.stack(columns, axis=1)[order]


def describe_temperature_by_layer(history: Sequence[Measurement]) -> str:
    """Alt text of ``temperature_by_layer``: means over the layers and the hottest, at both ends."""
    ends = []
    for found in dict.fromkeys((history[0], history[-1])):
        bits, sites = found.temperature, found.distance.sites
        ends.append(
            f"at step {found.step} {bits.mean():.2g} bits in the mean over {len(sites)} layers, "
            f"{bits.max():.2g} in the hottest, {sites[bits.argmax()]}"
        )
    return f"Heat map of the temperature, layers upwards, steps to the right: {'; '.join(ends)}."


def caption_of_temperature_by_layer(history: Sequence[Measurement]) -> str:
    """Caption of ``temperature_by_layer``: how to read it."""
    return (
        "Temperature −log₂(1 − D) of each optimizer step, in bits: layers from the input upwards, "
        "steps to the right. Light is hot."
        + " Where every pattern changed, the temperature lies beyond what the batch can show."
        * any((found.distance.values == 1).any() for found in history)
        + _on_steps(history)
    )


@described(alt=describe_temperature_by_layer, caption=caption_of_temperature_by_layer)
def temperature_by_layer(history: Sequence[Measurement]) -> Figure:
    """The temperature of a training's steps, by layer and step.

    Args:
        history: of a :class:`relu_book.temperature.TemperatureProbe`.

    Returns:
        A figure with steps, from 1, to the right, not to scale if they are unequally far apart, and
        sites upwards from the input, by name; colours for the temperature in bits, from 0 to the
        largest that is not bound by the number of evaluations, and one for steps that changed all
        patterns of a site. Grey is a site that a measurement did not meet.

    Raises:
        ValueError: no measurement.

    Example:
        >>> distance = Distance(np.array([[0.5, 0.75]]), np.array([0.1]), ("1", "3"), np.ones(2))
        >>> figure = temperature_by_layer([Measurement(1, 0.1, distance)])
        >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
        ['1', '3']
    """
    _check(history)
    sites = list(dict.fromkeys(site for found in history for site in found.distance.sites))
    bits = np.full((len(sites), len(history)), np.nan)
    everything = np.zeros(bits.shape, dtype=bool)
    for column, found in enumerate(history):
        rows = [sites.index(site) for site in found.distance.sites]
        bits[rows, column] = found.temperature
        everything[rows, column] = found.distance.values[0] == 1
    norm = Normalize(0, np.max(bits, where=~everything & np.isfinite(bits), initial=0) or 1)
    bits[everything] = 2 * norm.vmax
    longest = max(map(len, sites))
    size = (5.2 + 0.1 * longest, 2 + 0.26 * max(6, min(len(sites), NAMED)))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    edges, _ = _step_axis(axes, history)
    axes.pcolormesh(
        edges, np.arange(len(sites) + 1) - 0.5, bits, norm=norm, cmap=COLOURS, rasterized=True
    )
    named = range(0, len(sites), -(-len(sites) // NAMED))
    axes.set_yticks(named, [sites[row] for row in named])
    axes.set_ylabel("layer, the input at the bottom")
    if everything.any():
        patch = Patch(color=BEYOND, label="every pattern changed")
        figure.legend(handles=[patch], loc="outside upper center")
    figure.colorbar(ScalarMappable(norm, COLOURS), ax=axes, label="temperature in bits")
    return figure


def _check(history: Sequence[Measurement]) -> None:
    if not isinstance(history, list | tuple) or not all(
        isinstance(found, Measurement) for found in history
    ):
        raise TypeError(
            "history is the list of measurements that a TemperatureProbe has, probe.history, not "
            f"this {type(history).__name__}"
        )
    if not len(history):
        raise ValueError(
            "the history holds no measurement; train inside the probe's block, as many steps as "
            "its every= says at the least"
        )


def _shares(distance: Distance, site: str | None) -> np.ndarray:
    """D by rate, of a site or of the mean over all."""
    if site is None:
        return distance.mean
    if site not in distance.sites:
        known = f"the sites are {', '.join(distance.sites)}"
        raise ValueError(f"no site {site!r}; {did_you_mean(site, distance.sites, known)}")
    return distance.values[:, distance.sites.index(site)]


def _between(rates: np.ndarray) -> np.ndarray:
    """Borders halfway between rates on the logarithmic axis, and as far outside of them."""
    logs = np.log(rates)
    steps = np.diff(logs) if len(logs) > 1 else np.ones(1)
    inner = logs[:-1] + np.diff(logs) / 2
    return np.exp([logs[0] - steps[0] / 2, *inner, logs[-1] + steps[-1] / 2])


def _even(history: Sequence[Measurement]) -> bool:
    return len(history) == 1 or len(set(np.diff([found.step for found in history]))) == 1


def _on_steps(history: Sequence[Measurement]) -> str:
    return "" if _even(history) else " The steps are not to scale."


def _step_axis(axes: Axes, history: Sequence[Measurement]) -> tuple[np.ndarray, np.ndarray]:
    """The borders and the middles of the columns; unequal distances get equal columns."""
    steps = np.array([found.step for found in history])
    if _even(history):
        places, width = steps, np.diff(steps)[0] if len(steps) > 1 else 1
        axes.xaxis.set_major_locator(MaxNLocator(TICKS, integer=True))
        axes.set_xlabel("step")
    else:
        places, width = np.arange(len(steps)), 1
        chosen = np.unique(np.linspace(0, len(steps) - 1, TICKS).round().astype(int))
        axes.set_xticks(chosen, steps[chosen])
        axes.set_xlabel("step, not to scale")
    return np.append(places - width / 2, places[-1] + width / 2), places
