"""One setting of a bent target: what a policy made of it (record ``actcoolr/bent``)."""

import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.actcoolr.courses import temperature_of_share
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described

POLICIES = {"algorithm 6": "thesis", "the library's": "safe"}
RATES, LOSSES = (1e-4, 1e4), (1e-3, 1e2)


def setting_of(record: xr.Dataset, policy: str, T_start: float, gamma: float) -> xr.Dataset:
    """One training of the record."""
    return record.isel(seed=0).sel(policy=policy, start_temperature=T_start, gamma=gamma)


def measured(one: xr.Dataset, policy: str) -> xr.DataArray:
    """The temperature of the mean that a policy steers, in bits."""
    return temperature_of_share(one) if policy == "thesis" else one["temperature"]


def result(one: xr.Dataset) -> str:
    """How a training ended."""
    taken, updates = int(one["trained"]), int(one["updates"])
    if taken < updates:
        return f"diverged after {taken} steps"
    return f"test error {float(one['test_error']):.1f} %"


def describe_bent(record: xr.Dataset, policy: str, T_start: float, gamma: float) -> str:
    """Alt text of ``draw_bent``: the highest rate, the hottest step, the end."""
    one = setting_of(record, policy, T_start, gamma)
    rate, bits = one["rate"], float(measured(one, policy).max())
    words = next(words for words, name in POLICIES.items() if name == policy)
    place = int(one.step[int(rate.fillna(0).argmax("point"))])
    return (
        f"Policy: {words}. T_start {T_start:g}, γ {gamma:g}: the rate is at most "
        f"{float(rate.max()):.2g}, at step {place}; measured at most {bits:.2f} bits; "
        f"{result(one)}."
    )


@described(
    alt=describe_bent,
    caption="A ResNet-20 with 8 filters on the digits, 400 steps. Above the learning rate, in the "
    "middle the temperature that is wanted (line) and the one that is measured (dots), in bits, "
    "below the training loss; points are means over 8 steps, beyond the axes they are cut off.",
)
def draw_bent(record: xr.Dataset, policy: str, T_start: float, gamma: float) -> Figure:
    """Rate, temperatures and loss of one training.

    Args:
        record: Of ``actcoolr/bent``.
        policy: ``"thesis"`` or ``"safe"``.
        T_start: In bits.
        gamma: The exponent.
    """
    one = setting_of(record, policy, T_start, gamma)
    figure = Figure(figsize=(6.8, 6.6), layout="constrained")
    above, middle, below = figure.subplots(3, sharex=True)
    above.plot(one.step, one["rate"].clip(*RATES), color=BLUE)
    above.set(yscale="log", ylim=RATES, ylabel="learning rate", title=result(one))
    middle.plot(one.step, one["target"], color=BLUE, label="wanted")
    middle.plot(one.step, measured(one, policy).clip(0, 3.4), ".", color=ORANGE, label="measured")
    middle.set(ylim=(-0.1, 3.5), ylabel="bits")
    middle.legend(loc="upper right")
    below.plot(one.step, one["loss"].clip(*LOSSES), color=BLUE)
    below.set(
        xlim=(0, float(one["updates"])), yscale="log", ylim=LOSSES, xlabel="step", ylabel="loss"
    )
    for axes in (above, middle, below):
        axes.grid(axis="y")
    return figure
