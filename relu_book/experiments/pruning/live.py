"""Pruning pairs of digits, small enough to watch (pruning paper 4 and 5).

The network of the paper for four classes at half its width learns to tell two digits of 8 x 8
pixels apart. It is pruned round by round at the paper's largest rates, and compared with the
unpruned one layer by layer, by SVCCA, by CKA and by activation patterns, each with what chance
gives: the pictures of one network in another order, all places of a picture kept together. Beside
the rounds stand the control, the same training from the same epoch without pruning, and a network
that was trained apart, from another start. Everything is float64, so that it prints the same on
every machine.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.utils import prune

from relu_book import datasets
from relu_book.experiments.pruning.epochs import Schooling, epochs_of
from relu_book.experiments.pruning.layers import dimensions, walked
from relu_book.experiments.pruning.problems import with_classes
from relu_book.experiments.pruning.pruned import shares
from relu_book.models import cifar_blocks
from relu_book.parallel import each
from relu_book.pruning import Round, iterative_magnitude_pruning
from relu_book.similarity import cka, permutation_null, svcca
from relu_book.training import evaluate

PROBLEMS = {"3 and 8": ("3", "8"), "4 and 9": ("4", "9"), "1 and 7": ("1", "7")}
REPEATS = (1, 2, 3)
RATES = {"conv": 0.2, "fc": 0.2}
ROUNDS, REWIND, ORDERS = 6, 3, 5
FILTERS = 8  # of a layer whose joint patterns are compared; of more no pattern occurs twice
HOW = Schooling(epochs=10, batch_size=64, padding=1, flip=False)  # a mirrored digit is none


def same_patterns(x: Tensor, y: Tensor) -> float:
    """The share of evaluations at which the same of the first eight filters are active in both.

    It is 1 - D, with D the pattern distance of thesis 3.2.2 between two networks instead of two
    steps. Filters are not matched: networks that start alike keep theirs in their places.

    Args:
        x: outputs of ReLUs or pre-activations, shape (evaluations, filters).
        y: those of another network for the same inputs, of the same shape.

    Example:
        >>> x = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
        >>> round(same_patterns(x, torch.tensor([[3.0, 0.0], [0.0, 0.0], [1.0, 1.0]])), 3)
        0.667
    """
    return float(((x > 0) == (y > 0))[:, :FILTERS].all(1).double().mean())


MEASURES: dict[str, Callable[[Tensor, Tensor], float]] = {
    "SVCCA": svcca,
    "CKA": cka,
    "patterns": same_patterns,
}


@cache
def digits(problem: str, split: str = "train") -> tuple[Tensor, Tensor]:
    """Images (n, 1, 8, 8) of two digits, standardised by the training set, and labels 0 and 1."""
    known = with_classes(datasets.load("digits"), PROBLEMS[problem]).images.double()
    data = with_classes(datasets.load("digits", split), PROBLEMS[problem])
    return (data.images.double() - known.mean()) / known.std(), data.labels


def network(seed: int = 0) -> nn.Module:
    """Filters 8, 8, pooling, 16, 16, pooling, a dense layer of 128 with dropout; untrained."""
    return cifar_blocks(
        4, classes=2, width=0.5, in_channels=1, size=8, seed=seed, dtype=torch.float64
    )


def with_state(state: dict[str, Tensor]) -> nn.Module:
    """The network in a given state."""
    model = network()
    model.load_state_dict(state)
    return model


@cache
def rounds_of(problem: str, seed: int = 1) -> tuple[Round, ...]:
    """The rounds of one pruning; repeats share the unpruned network, whose seed is 0."""
    plain, again = (epochs_of(HOW, *digits(problem), number) for number in (0, seed))

    def train(model: nn.Module, first_epoch: int) -> Iterator[int]:
        return (again if prune.is_pruned(model) else plain)(model, first_epoch)

    return tuple(
        iterative_magnitude_pruning(
            network(), train, rounds=ROUNDS, rates=RATES, rewind_epoch=REWIND
        )
    )


def controls(problem: str, seed: int = 1) -> tuple[nn.Module, nn.Module]:
    """The control, trained again from the epoch of the rewinding, and a network trained apart."""
    again = epochs_of(HOW, *digits(problem), seed)
    rewound, apart = with_state(rounds_of(problem, seed)[0].start), network(seed)
    list(again(rewound, REWIND))
    list(again(apart, 0))
    return rewound, apart


def compared(first: nn.Module, second: nn.Module, images: Tensor) -> xr.Dataset:
    """Each layer of two networks with its counterpart.

    Returns:
        By ``layer`` and ``measure`` ``similarity``, and by chance ``chance`` (pictures in another
        order, mean of five, as the records have it of one order) and ``chance_rows`` (places in
        another order, one), which says too little of layers with several places.
    """
    found: dict[str, list] = {"similarity": [], "chance": [], "chance_rows": []}
    names = []
    for (name, x), (_, y) in zip(walked(first, images), walked(second, images), strict=True):
        names.append(name)
        places = len(x) // len(images)
        for key, orders, kept in (("chance", ORDERS, places), ("chance_rows", 1, 1)):
            row = [
                float(permutation_null(by, x, y, orders, rows_per_sample=kept))
                for by in MEASURES.values()
            ]
            found[key].append(row)
        found["similarity"].append([by(x, y) for by in MEASURES.values()])
    return xr.Dataset(
        {key: (("layer", "measure"), rows) for key, rows in found.items()},
        {"layer": names, "measure": list(MEASURES)},
    )


def repeat(problem: str, seed: int) -> xr.Dataset:
    """One repeat of one problem.

    Returns:
        By ``round`` ``accuracy`` in per cent of the test images and the densities; what
        ``compared`` gives by round, and with the prefixes ``control_`` and ``apart_`` for these
        networks; ``unpruned_accuracy`` and ``control_accuracy``; ``dimension`` by layer.
    """
    images, tests = digits(problem)[0], digits(problem, "test")
    rounds = rounds_of(problem, seed)
    unpruned = with_state(rounds[0].unpruned)
    rows = []
    for one in rounds:
        pruned = with_state(one.state)
        right = 100 * evaluate(pruned, *tests).accuracy
        rows.append(compared(unpruned, pruned, images).assign(accuracy=right, **shares(one)))
    found = xr.concat(rows, "round").assign_coords(round=[one.number for one in rounds])
    rewound, apart = controls(problem, seed)
    for prefix, other in (("control", rewound), ("apart", apart)):
        beside = compared(unpruned, other, images)
        found = found.assign({f"{prefix}_{name}": beside[name] for name in beside})
    return found.assign(
        unpruned_accuracy=100 * evaluate(unpruned, *tests).accuracy,
        control_accuracy=100 * evaluate(rewound, *tests).accuracy,
        dimension=dimensions(unpruned, images, 2000, seed),
    )


def repeats(problems: Sequence[str] = tuple(PROBLEMS), seeds=REPEATS) -> xr.Dataset:
    """``repeat`` of several problems, by ``problem`` and ``seed``."""
    cases = [(problem, seed) for problem in problems for seed in seeds]
    found = each(lambda case: repeat(*case), cases)
    rows = [
        xr.concat(found[start : start + len(seeds)], "seed").assign_coords(seed=list(seeds))
        for start in range(0, len(cases), len(seeds))
    ]
    return xr.concat(rows, "problem").assign_coords(problem=list(problems))


def above(values: xr.DataArray, chance: xr.DataArray) -> xr.DataArray:
    """(s - s0) / (1 - s0): 0 by chance, 1 for layers that are alike."""
    return (values - chance) / (1 - chance)
