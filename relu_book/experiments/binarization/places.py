"""Class scores, entropy and cost at each place of an image: the exact part of thesis 4.2.5.

    h_xy = -sum over c of q_xyc log q_xyc,   q_xyc = exp a_xyc / sum over j of exp a_xyj    (4.12)

The print has a_xyc in the sum over j, so that every q is one over the number of classes.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.binarization import binarize, class_scores, pixel_entropy
from relu_book.experiments.random_cases import normals
from relu_book.models import cifar_resnet

CLASSES = 10


def entropy_by_loops(scores: np.ndarray, printed: bool) -> np.ndarray:
    """Equation 4.12 term by term, of scores (places, classes), with or without j in the sum."""
    found = []
    for a in scores:
        h = 0.0
        for c in range(len(a)):
            others = [a[c]] * len(a) if printed else a
            ratio = 1 / np.exp(np.array(others) - a[c]).sum()
            h -= ratio * np.log(ratio)
        found.append(h)
    return np.array(found)


def entropies() -> dict:
    """eq-4.12: both readings beside the library's entropy, 256 places, from sure to unsure."""
    scale = torch.logspace(-2, 1.3, 256, dtype=torch.float64)
    scores = normals(6)(256, CLASSES) * scale[:, None]
    ours = pixel_entropy(scores.T.reshape(1, CLASSES, 16, 16)).flatten().numpy()
    printed, indexed = (entropy_by_loops(scores.numpy(), each) for each in (True, False))
    return {
        "deviation_printed": np.abs(printed - ours),
        "deviation": np.abs(indexed - ours),
        "relative_entropy": ours / np.log(CLASSES),
    }


def networks() -> Sequence[nn.Module]:
    """Two that classify the mean of a map of features, and one that averages class scores."""
    torch_state = torch.Generator().manual_seed(7)
    scoring = nn.Sequential(
        *(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, CLASSES, 1)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    ).double()
    with torch.no_grad():
        for weight in scoring.parameters():
            weight.normal_(generator=torch_state).mul_(0.3)
    of_resnet = [
        cifar_resnet(depth, version, width=4, seed=depth, dtype=torch.float64).eval()
        for depth, version in ((8, 1), (14, 2))
    ]
    return [*of_resnet, scoring]


@torch.no_grad()
def pooled_scores(images: int = 40) -> dict:
    """txt-4.2.5.2: the output, and the mean over places of the scores that they have."""
    deviation = []
    for seed, network in enumerate(networks()):
        outputs, scores = class_scores(network, normals(seed)(images, 3, 16, 16))
        deviation.append((scores.mean((2, 3)) - outputs).abs().amax(1))
    return {"deviation": torch.cat(deviation)}


# --- cost (figure 4.5) ---


def mask_of(covered: int, images: int, side: int = 4) -> Tensor:
    """Masks (images, 1, side, side) of as many places, chosen at random."""
    order = torch.rand(
        images, side * side, generator=torch.Generator().manual_seed(covered)
    ).argsort(1)
    return (order < covered).view(images, 1, side, side)


def relative_cost(
    network: nn.Module, x: Tensor, base: int, refined: int, where: Tensor
) -> Fraction:
    """Samples a product, as the library counts them."""
    network.samples = base
    cost = network.cost(x, where=where, extra=refined - base)
    return Fraction(cost.additions, cost.multiplications)


def counted_samples() -> dict:
    """fig-4.5.b: all pairs from 1 to 32 samples, twelve coverages of maps of 8 x 8 and 4 x 4."""
    layers = (nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3, stride=2, padding=1))
    network = binarize(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()).double())
    x, numbers = torch.ones(3, 3, 8, 8, dtype=torch.float64), [1, 2, 4, 8, 16, 32]
    deviation = []
    for place, base in enumerate(numbers):
        for refined in numbers[place + 1 :]:
            for covered in range(0, 17, 2):
                counted = relative_cost(network, x, base, refined, mask_of(covered, 3))
                formula = base + Fraction(covered, 16) * (refined - base)
                deviation.append(float(counted - formula))

    def saved(base: int, covered: int) -> float:
        return float(1 - relative_cost(network, x, base, 32, mask_of(covered, 3)) / 32)

    return {
        "deviation": deviation,
        "saving_by_base": [saved(base, 5) for base in numbers[:-1]],
        "saving_by_coverage": [saved(2, covered) for covered in (2, 5, 8, 12, 16)],
    }
