"""Tables 1 to 3 of the pruning paper, beside what this book trains."""

import numpy as np
import torch
from torch import nn

from relu_book.datasets.splits import held_out
from relu_book.experiments.pruning.problems import ADDED, PRINTED, PROBLEMS, classes_of
from relu_book.models import cifar_blocks
from relu_book.pruning import smaller_masks


def classes_of_table_1() -> dict:
    """P-tab-1: how many different classes the lists have, as printed and with frog."""
    return {
        name: [len(set(classes_of(problem, added))) for problem in PROBLEMS]
        for name, added in (("printed_classes", PRINTED), ("frog_classes", ADDED))
    }


def network_of_table_2(problem: int) -> dict:
    """P-tab-2.a to d: layers of this book's network, read from its modules, and its training.

    Args:
        problem: number of classes.
    """
    model, plan = _network(problem), PROBLEMS[problem]
    parts, dense = list(model.features), list(model.classifier)
    places = [number for number, part in enumerate(parts) if isinstance(part, nn.Conv2d)]
    pools = [number for number, part in enumerate(parts) if isinstance(part, nn.MaxPool2d)]
    kinds = {type(part) for part in dense if not isinstance(part, nn.Dropout) or part.p > 0}
    found = {
        "convolutions": [parts[number].out_channels for number in places],
        "normalised": [isinstance(parts[number + 1], nn.BatchNorm2d) for number in places],
        "pooled": [sum(place < pool for place in places) for pool in pools],
        "hidden": dense[0].out_features,
        "hidden_dropout": nn.Dropout in kinds,
        "hidden_normalised": nn.BatchNorm1d in kinds,
        "epochs": plan.epochs,
    }
    if plan.validation:
        found |= {"patience": plan.patience, "validation_share": plan.validation}
        found["stratified"] = _is_stratified()
    return found


def outputs() -> dict:
    """P-tab-2.e: units of the output layer."""
    return {
        "outputs": [_network(problem).classifier[-1].out_features for problem in PROBLEMS],
        "classes": list(PROBLEMS),
    }


def blocks() -> dict:
    """P-tab-2.f: how many convolutions come before each pooling."""
    found = []
    for problem in PROBLEMS:
        pooled = network_of_table_2(problem)["pooled"]
        found += np.diff(pooled, prepend=0).tolist()
    return {"convolutions_a_block": found}


def rates() -> dict:
    """P-tab-3.a: the rates of both pools."""
    return {
        "rate_conv": [plan.rate_conv for plan in PROBLEMS.values()],
        "rate_dense": [plan.rate_dense for plan in PROBLEMS.values()],
    }


def what_is_left(size: int = 1_000_003, iterations: int = 20) -> dict:
    """P-tab-3.b: the density after each iteration, of one pool of normal parameters."""
    rows = []
    for rate in (0.1, 0.2):
        weights = {"w": torch.randn(size, generator=torch.Generator().manual_seed(0))}
        masks = {"w": torch.ones(size, dtype=torch.bool)}
        for iteration in range(1, iterations + 1):
            masks = smaller_masks(weights, masks, {"conv": ("w",)}, {"conv": rate})
            rows.append((iteration, rate, float(masks["w"].double().mean()), size))
    found = dict(zip(("iteration", "rate", "density", "size"), np.transpose(rows), strict=True))
    return found | {"left_after_20": found["density"][found["iteration"] == 20]}


def _network(problem: int) -> nn.Module:
    with torch.device("meta"):
        return cifar_blocks(problem, seed=0)


def _is_stratified() -> bool:
    """Whether classes of unequal size lose equal shares, to the rounding of one sample."""
    labels = np.repeat(np.arange(10), np.arange(10, 110, 10))
    chosen = held_out(labels, 0.1, seed=0)
    lost = np.bincount(labels[chosen], minlength=10)
    return bool((abs(lost - 0.1 * np.bincount(labels)) < 1).all())
