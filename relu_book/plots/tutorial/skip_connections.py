"""Pictures of trainings with and without skip connections (thesis 2.1)."""

import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, EDGED, ORANGE, band
from relu_book.plots.words import described

KINDS = {False: "ConvNet", True: "ResNet"}


def describe_skip_curves(record: xr.Dataset) -> str:
    """Alt text of ``skip_curves``: between what each curve runs."""
    said = []
    for depth in record["depth"].values:
        ends = []
        for residual, name in KINDS.items():
            mean = _running(record, depth, residual).mean("seed")
            ends.append(f"{name} from {mean[0]:.2f} to {mean[-1]:.2f}")
        said.append(f"at {depth} layers {' and '.join(ends)}")
    return f"Training loss over the steps, ConvNet and ResNet: {'; '.join(said)}."


@described(
    alt=describe_skip_curves,
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
    for axes, depth in zip(figure.subplots(1, len(depths), sharey=True), depths, strict=True):
        for (residual, name), colour in zip(KINDS.items(), (BLUE, ORANGE), strict=True):
            running = _running(record, depth, residual)
            mean = running.mean("seed")
            band(axes, running.step, mean, running.std("seed", ddof=1), colour, **EDGED)
            axes.plot(running.step, mean, color=colour, label=name)
        axes.set(title=f"{depth} layers", xlabel="step")
        axes.grid(True, alpha=0.5)
    figure.axes[0].set(ylabel="training loss", ylim=(0, 3))
    figure.axes[0].legend()
    return figure


def _running(record: xr.Dataset, depth: int, residual: bool) -> xr.DataArray:
    """The mean loss over the tenth of the steps that ends at each step, by seed and step."""
    losses = record["loss"].sel(depth=depth, residual=residual)
    return losses.rolling(step=max(1, record.sizes["step"] // 10)).mean().dropna("step")
