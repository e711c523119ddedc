"""Pictures of trainings with and without skip connections (thesis 2.1)."""

import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, EDGED, ORANGE, band
from relu_book.plots.words import described


@described(
    alt="Training loss over the steps at three depths, ConvNet and ResNet. At 8 layers the "
    "curves fall together; at 32 ConvNet falls later, and at 56 it has hardly begun.",
    caption="Training loss over the steps, as a running mean over a tenth of them: means over "
    "the seeds, bands of one standard deviation. ConvNet is ResNet without its skip "
    "connections. At 8 layers the two fall together; the deeper the network, the later "
    "ConvNet follows.",
)
def skip_curves(record: xr.Dataset) -> Figure:
    """Loss over the steps, smoothed, at each depth, with and without skip connections.

    Args:
        record: ``loss`` by residual, depth, seed and step.
    """
    depths = record["depth"].values
    figure = Figure(figsize=(4.0 * len(depths), 4.2))
    smooth = max(1, record.sizes["step"] // 10)
    for axes, depth in zip(figure.subplots(1, len(depths), sharey=True), depths, strict=True):
        for residual, name, colour in ((False, "ConvNet", BLUE), (True, "ResNet", ORANGE)):
            losses = record["loss"].sel(depth=depth, residual=residual)
            running = losses.rolling(step=smooth).mean().dropna("step")
            mean = running.mean("seed")
            band(axes, running.step, mean, running.std("seed", ddof=1), colour, **EDGED)
            axes.plot(running.step, mean, color=colour, label=name)
        axes.set(title=f"{depth} layers", xlabel="step")
        axes.grid(True, alpha=0.5)
    figure.axes[0].set(ylabel="training loss", ylim=(0, 3))
    figure.axes[0].legend()
    return figure
