"""The board of thesis A.2.2: its printed formula, its moments, and four places for four classes."""

import numpy as np
import torch

from relu_book import datasets
from relu_book.datasets.toys import checkboard_class

SIDE = 3**0.5


def formula(points: int = 25) -> dict:
    """eq-A.11: classes of a field, and along a diagonal, as printed (A) and corrected (D)."""
    edges = torch.linspace(-SIDE, SIDE, 5, dtype=torch.float64)
    inside = torch.linspace(0.01, 0.99, points, dtype=torch.float64) * (edges[1] - edges[0])
    mixed, classes = {}, {}
    for layout in "AD":
        fields = [
            checkboard_class(torch.cartesian_prod(left + inside, low + inside), layout).unique()
            for left in edges[:-1]
            for low in edges[:-1]
        ]
        mixed[layout] = sum(len(field) > 1 for field in fields)
        classes[layout] = len(torch.cat(fields).unique())
    # Points with the same x + y: the second has gone along the diagonal.
    line = torch.linspace(-SIDE / 2, SIDE / 2, 200, dtype=torch.float64)
    start, step = torch.cartesian_prod(line, torch.tensor([0.1, 0.25, 0.5], dtype=torch.float64)).T
    first, second = (torch.stack([start + t, 0.1 - t], 1) for t in (torch.zeros_like(step), step))
    different = checkboard_class(first, "A") != checkboard_class(second, "A")
    return {
        "mixed_fields_printed": mixed["A"],
        "mixed_fields_corrected": mixed["D"],
        "diagonal_differences": int(different.sum()),
        "classes_corrected": classes["D"],
    }


def moments(points: int = 100_000) -> dict:
    """fig-A.5.a: mean and standard deviation of both coordinates."""
    x = datasets.load("checkboard", samples=points).images.double()
    return {"average": x.mean(0).numpy(), "deviation": x.std(0).numpy(), "points": points}


def four_places() -> dict:
    """fig-A.5.b: the four filters that point to four places of a circle."""
    angle = np.arange(4) * np.pi / 2 + 0.3
    places = np.stack([np.cos(angle), np.sin(angle)], 1)
    right = (places @ places.T).argmax(1) == np.arange(4)
    return {"accuracy": 100 * right.mean()}
