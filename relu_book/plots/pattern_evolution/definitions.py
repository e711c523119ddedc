"""All measures of thesis 3.1.2 on one layer in the plane."""

from matplotlib.figure import Figure

from relu_book.experiments.pattern_evolution import definitions
from relu_book.patterns import (
    PatternCounts,
    appeared,
    changed,
    hash_patterns,
    net_change,
    vanished,
    weighted_jaccard,
)
from relu_book.plots.style import cell_colours
from relu_book.plots.words import described


def describe_step(step: float, filters: int) -> str:
    """Alt text of ``draw_step``."""
    _, *signs = definitions.moved_layer(filters, step)
    values = _measured(*map(definitions.counted, signs))
    listed = "; ".join(f"{name} {text}" for name, text in values.items())
    return f"500 points in the plane, {filters} filters, a step of {step:g}: {listed}."


@described(
    alt=describe_step,
    caption="Points in the plane before and after a step of one layer, in the colours of their "
    "patterns; equal patterns have equal colours on both sides. Below: what each measure says of "
    "the step. The net change is small where patterns are replaced by as many others.",
)
def draw_step(step: float, filters: int) -> Figure:
    """Points in the colours of their patterns before and after a step, and what the measures say.

    Args:
        step: Size of the step, in units of the weights.
        filters: Filters of the layer.
    """
    points, *signs = definitions.moved_layer(filters, step)
    counts = [definitions.counted(each) for each in signs]
    figure = Figure(figsize=(7, 4.9))
    grid = figure.add_gridspec(2, 2, height_ratios=[1, 0.32])
    for column, when in enumerate(("before", "after")):
        axes = figure.add_subplot(grid[0, column])
        # One colour a pattern, the same before and after.
        colours = cell_colours(hash_patterns(definitions.packed(signs[column]))) / 255
        axes.scatter(*points.T, c=colours, s=18, linewidths=0)
        axes.set(title=f"{when}: {counts[column].distinct} patterns", xlabel="x", ylabel="y")
        axes.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    words = figure.add_subplot(grid[1, :])
    words.axis("off")
    for number, (name, text) in enumerate(_measured(*counts).items()):
        place = {"x": (number % 2) * 0.53, "y": 1 - 0.25 * (number // 2), "va": "top"}
        words.text(s=name, **place)
        words.text(s=text, ha="right", **(place | {"x": place["x"] + 0.46}))
    return figure


def _measured(before: PatternCounts, after: PatternCounts) -> dict[str, str]:
    printed = before.distinct - after.distinct
    return {
        "appeared": f"{appeared(before, after)}",
        "vanished": f"{vanished(before, after)}",
        "net change": f"{net_change(before, after):+.2f}",
        "as printed (3.6)": f"{printed} / total(c)",
        "changed": f"{changed(before, after):.2f}",
        "Jaccard index (3.7)": f"{weighted_jaccard(before, after):.2f}",
        "most frequent": f"{before.max_frequency:.2f} → {after.max_frequency:.2f}",
        "entropy in bits": f"{before.entropy:.2f} → {after.entropy:.2f}",
    }
