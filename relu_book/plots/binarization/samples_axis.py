"""The axis of all pictures over a number of samples: logarithmic, a tick for each number."""

from collections.abc import Sequence

from matplotlib.axes import Axes


def samples_axis(axes: Axes, samples: Sequence[int], label: str = "samples n") -> None:
    """Make the x axis that of numbers of samples.

    Args:
        axes: Where it is.
        samples: The numbers.
        label: What stands below.
    """
    axes.set(xscale="log", xlabel=label)
    axes.set_xticks(samples, [f"{n}" for n in samples])
    axes.minorticks_off()
    axes.grid(axis="y")
