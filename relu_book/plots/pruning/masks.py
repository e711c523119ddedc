"""One round of pruning: the magnitudes of a pool, and where its smallest parameters were."""

import numpy as np
import torch
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from relu_book.experiments.pruning import live
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described
from relu_book.pruning import pools

POOLS = {"convolutions": "conv", "dense layer": "fc"}
SHOWN = {"conv": "features.3.weight", "fc": "classifier.0.weight"}
PROBLEM = "3 and 8"
GREY = "#d9d9d9"


def sorted_out(number: int, pool: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of a pool: magnitudes before a round, who was there, and who is after it; flat arrays."""
    rounds = live.rounds_of(PROBLEM)
    one = rounds[number - 1]
    trained = one.unpruned if number == 1 else rounds[number - 2].state
    before = None if number == 1 else rounds[number - 2].masks
    names = pools(live.network())[POOLS[pool]]

    def flat(part) -> np.ndarray:
        return torch.cat([part[name].flatten() for name in names]).numpy()

    now = flat(one.masks)
    return abs(flat(trained)), np.ones_like(now) if before is None else flat(before), now


def describe_masks(number: int, pool: str) -> str:
    """Alt text of ``draw_masks``."""
    size, was, now = sorted_out(number, pool)
    return (
        f"Round {number}, {pool}: of {was.sum():,} parameters the {(was & ~now).sum():,} smallest "
        f"go, up to {size[was & ~now].max():.3f}; {now.mean():.1%} of the pool is left."
    )


@described(
    alt=describe_masks,
    caption="One round of pruning a network that tells 3 from 8. Left, the magnitudes of all "
    "parameters of the pool that are still there: orange go, blue stay. Right, where they stand, "
    "in the second convolution or the dense layer: a row a filter; grey went in an earlier round.",
)
def draw_masks(number: int, pool: str) -> Figure:
    """The magnitudes of a pool and the mask of one of its layers, at one round.

    Args:
        number: of the round, from 1.
        pool: ``"convolutions"`` or ``"dense layer"``.
    """
    size, was, now = sorted_out(number, pool)
    figure = Figure(figsize=(9.6, 4.2))
    left, right = figure.subplots(1, 2)
    edges = np.linspace(0, np.quantile(size[was], 0.995), 60)
    for which, colour, word in ((was & ~now, ORANGE, "go"), (now, BLUE, "stay")):
        label = f"{which.sum():,} {word}"
        left.hist(np.minimum(size[which], edges[-1]), edges, color=colour, label=label)
    left.set(xlabel="magnitude after training", ylabel="parameters", title=f"round {number}")
    left.legend()
    rounds, name = live.rounds_of(PROBLEM), SHOWN[POOLS[pool]]
    masks = [one.masks[name].flatten(1).int() for one in rounds[max(number - 2, 0) : number]]
    earlier = masks[0] if number > 1 else torch.ones_like(masks[0])
    right.imshow(
        (earlier + masks[-1]).numpy(), cmap=ListedColormap([GREY, ORANGE, BLUE]),
        vmin=0, vmax=2, aspect="auto",
    )  # fmt: skip
    right.set(xlabel="weight", ylabel="filter", title=f"{now.mean():.1%} of the pool left")
    return figure
