"""He's initialisation and the entropy of patterns (thesis 3.1.7, "Initialization").

With weights N(0, 2 / d), no bias and independent inputs of mean zero, the d_l pre-activations of a
layer are nearly independent and each is positive half of the time: all 2^{d_l} patterns are equally
likely. Inputs that rise and fall together take that away. About 3 s on one core.
"""

from collections.abc import Sequence

import numpy as np
import torch

from relu_book.patterns import count, pack

FILTERS = 8
INPUTS = 512


def entropies_by_correlation(
    correlations: Sequence[float], draws: int = 4, points: int = 100_000, seed: int = 0
) -> np.ndarray:
    """txt-3.1.7.4: relative entropy of 8 filters on 512 uniform inputs, by their correlation.

    Args:
        correlations: Correlation of every pair of inputs, 0 to 1.
        draws: Number of draws of the weights.
        points: Inputs; more than 256, so that the bound is that of 8 filters.
        seed: Of weights and inputs.

    Returns:
        (correlations, draws).
    """
    rng = np.random.default_rng(seed)
    found = np.empty((len(correlations), draws))
    for draw in range(draws):
        weight = rng.normal(scale=(2 / INPUTS) ** 0.5, size=(INPUTS, FILTERS))
        # Inputs x = sqrt(r) z + sqrt(1 - r) e, with one z for all of them and one e for each, give
        # x W = sqrt(r) z (1 W) + sqrt(1 - r) e W, so the large e is not kept for all points.
        parts = np.diff([*range(0, points, 4096), points])
        own = np.concatenate([rng.uniform(-1, 1, (part, INPUTS)) @ weight for part in parts])
        common = rng.uniform(-1, 1, (points, 1)) * weight.sum(0)
        for number, correlation in enumerate(correlations):
            both = correlation**0.5 * common + (1 - correlation) ** 0.5 * own
            found[number, draw] = count(pack(torch.from_numpy(both)), FILTERS).relative_entropy
    return found
