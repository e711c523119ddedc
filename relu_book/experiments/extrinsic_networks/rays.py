"""What no network without a bias before its read-out can tell apart on the board.

Without a bias the pattern of a layer is the same along a ray, so that every layer takes rays to
rays, f(λx) = λ f(x) for λ > 0, whether it is extrinsic or ordinary. The scores of the classes are
then straight lines in λ,

    y_k(λ x) = λ a_k(x) + b_k,

and the largest of straight lines passes from smaller to larger slopes, that is from larger to
smaller b: along each ray every class has one interval at most, and their order is the same on all
rays. The best share of the board is found from this alone, with any slopes on any ray, for each of
the 24 orders.
"""

from functools import lru_cache
from itertools import permutations

import numpy as np
import torch

from relu_book.datasets.toys import checkboard_class

CLASSES = 4


@lru_cache
def most_without_bias(layout: str = "D", rays: int = 720, steps: int = 600) -> float:
    """The largest share of the board in per cent that a network without bias can get right.

    Args:
        layout: Of the board.
        rays: Directions, evenly around the origin.
        steps: Places along a ray, evenly up to the border; the result is right to about 100/steps.

    Cost: 0.5 s.

    Example:
        >>> round(most_without_bias("E"))  # four quadrants, a class for each ray
        100
    """
    areas = class_areas(layout, rays, steps)
    before = np.concatenate([np.zeros((CLASSES, rays, 1)), areas.cumsum(-1)], -1)
    shares = []
    for order in permutations(range(CLASSES)):
        # The most up to each place of a ray, where the classes so far may have been used.
        most = before[order[0]]
        for label in order[1:]:
            most = before[label] + np.maximum.accumulate(most - before[label], axis=1)
        shares.append(most[:, -1].sum())
    return 100 * float(max(shares))


def class_areas(layout: str, rays: int, steps: int) -> np.ndarray:
    """The area of each class in each step of each ray, ``(classes, rays, steps)``, sum 1."""
    angle = (np.arange(rays) + 0.5) * 2 * np.pi / rays
    direction = np.stack([np.cos(angle), np.sin(angle)], -1)
    border = 3**0.5 / np.abs(direction).max(-1)
    radius = border[:, None] * (np.arange(steps) + 0.5) / steps
    points = torch.from_numpy((radius[..., None] * direction[:, None]).reshape(-1, 2))
    labels = checkboard_class(points, layout).numpy().reshape(rays, steps)
    area = radius * border[:, None]
    return np.stack([np.where(labels == k, area, 0) for k in range(CLASSES)]) / area.sum()
