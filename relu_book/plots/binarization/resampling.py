"""A small network whose weights are drawn: accuracies of all passes, scores of one image."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.binarization.samples_axis import samples_axis
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described


def describe_samples(data: xr.Dataset, samples: int) -> str:
    """Alt text of ``draw_samples``: accuracies, and what the image is taken for."""
    one = data.sel(samples=samples)
    taken = int((one.scores.argmax("label") == data.attrs["label"]).sum())
    right = one["accuracy"]
    return (
        f"{samples} samples: {float(right.min()):.1f} to {float(right.max()):.1f} % of the digits "
        f"are recognised, {float(data.float_accuracy):.1f} % in float. The digit that is shown, a "
        f"{data.attrs['label']}, is recognised in {taken} of {one.sizes['pass']} passes."
    )


@described(
    alt=describe_samples,
    caption="Left, accuracy of each pass by the number of samples; the chosen number is orange, "
    "the dashed line is the float network. Right, the class scores of one digit: bars in float, a "
    "dot for each pass.",
)
def draw_samples(data: xr.Dataset, samples: int) -> Figure:
    """Accuracies with all numbers of samples, scores with one.

    Args:
        data: As ``live.resampled`` gives it.
        samples: Which.
    """
    figure = Figure(figsize=(8.6, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for n in data.samples.values:
        values = data.accuracy.sel(samples=n)
        colour = ORANGE if n == samples else "0.6"
        left.plot(np.full(values.size, n), values, "o", color=colour, markersize=6, alpha=0.7)
    left.axhline(float(data.float_accuracy), linestyle="--", color=BLUE)
    left.set_ylabel("accuracy, %")
    samples_axis(left, data.samples.values)
    labels, one = np.arange(data.sizes["label"]), data.scores.sel(samples=samples)
    right.bar(labels, data.float_scores, color=BLUE, alpha=0.35)
    for scores in one:
        right.plot(labels, scores, "o", color=ORANGE, markersize=5, alpha=0.6)
    low, high = float(data.scores.min()), float(data.scores.max())
    right.set(xlabel="class", ylabel="score", xticks=labels, ylim=(1.05 * low, 1.45 * high))
    inset = right.inset_axes((0.73, 0.72, 0.27, 0.27))
    inset.imshow(data["image"], cmap="gray_r")
    inset.set(xticks=[], yticks=[])
    return figure
