"""What ``ActCooLR`` did: the learning rate, and the temperature beside its target, by step.

It takes the scheduler's ``history`` and nothing else::

    schedule(scheduler.history).savefig("schedule.png")
"""

from collections.abc import Sequence

from matplotlib.figure import Figure

from relu_book.plots.style import LINE_COLOURS
from relu_book.plots.words import described


def describe_schedule(history: Sequence[dict]) -> str:
    """Alt text of ``schedule``: the rates at the ends and the highest, the temperatures."""
    rates = [entry["learning_rate"] for entry in history]
    found = [e["temperature"] for e in history if e["temperature"] is not None]
    bits = f"; measured temperatures from {found[0]:.2g} to {found[-1]:.2g} bits" if found else ""
    return (
        f"Two curves over {len(history)} steps: the learning rate from {rates[0]:.3g} over at most "
        f"{max(rates):.3g} to {rates[-1]:.3g}{bits}."
    )


def caption_of_schedule(history: Sequence[dict]) -> str:
    """Caption of ``schedule``: how to read it."""
    skipped = sum(entry["skipped"] for entry in history)
    return (
        "Above the learning rate of each step, below the temperature that was wanted (line) and "
        "those that were measured (dots), in bits."
        + f" {skipped} calls without an optimizer step are left out."
        * bool(skipped)
    )


@described(alt=describe_schedule, caption=caption_of_schedule)
def schedule(history: Sequence[dict]) -> Figure:
    """The course of a training that ``ActCooLR`` steered.

    Args:
        history: of an :class:`relu_book.actcoolr.ActCooLR`.

    Returns:
        A figure with two panels over the optimizer's steps, the rate of the first group on a
        logarithmic axis, and the temperatures that are wanted and measured.

    Raises:
        ValueError: no entry.

    Example:
        >>> entry = {"learning_rate": 0.1, "target_temperature": 1.0, "temperature": 0.9}
        >>> figure = schedule([entry | {"step": step, "skipped": False} for step in (1, 2)])
        >>> [axes.get_ylabel() for axes in figure.axes]
        ['learning rate', 'temperature in bits']
    """
    taken = [entry for entry in history if not entry["skipped"]]
    if not taken:
        raise ValueError(
            "the history holds no step; train with scheduler.step() after each optimizer.step()"
        )
    steps = [entry["step"] for entry in taken]
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    above.plot(steps, [entry["learning_rate"] for entry in taken], color=LINE_COLOURS[0])
    above.set(yscale="log", ylabel="learning rate")
    below.plot(
        steps, [e["target_temperature"] for e in taken], color=LINE_COLOURS[0], label="wanted"
    )
    seen = [entry for entry in taken if entry["temperature"] is not None]
    below.plot(
        [entry["step"] for entry in seen],
        [entry["temperature"] for entry in seen],
        linestyle="none",
        marker=".",
        color=LINE_COLOURS[1],
        label="measured",
    )
    below.set(ylim=(0, None), xlabel="step", ylabel="temperature in bits")
    below.legend()
    return figure
