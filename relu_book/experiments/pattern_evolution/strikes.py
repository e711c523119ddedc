"""Strikes: steps that change the patterns of nearly all layers at once (thesis 3.1.4).

A strike is a step after step 20 whose absolute relative net change lies more than three standard
deviations above the mean of its layer, in 80 % of the layers or more. Whether there are more of
them than chance makes is told by shuffling the steps of each layer by itself.
"""

import numpy as np
import xarray as xr

AFTER, DEVIATIONS, LAYERS = 20, 3.0, 0.8
SHUFFLES = 1000


def strike_claims(changes: xr.DataArray) -> dict[str, dict]:
    """The quantities of the claims fig-3.1.i to fig-3.1.k.

    Args:
        changes: Signed relative net change by network, seed, step and layer.

    Returns:
        For each of the claims the keyword arguments of ``relu_book.claims.check``.
    """
    later = changes.sel(step=slice(AFTER + 1, None)).transpose("network", "seed", "step", "layer")
    sizes = abs(later)
    above = ((sizes - sizes.mean("step")) / sizes.std("step") > DEVIATIONS).values
    struck = _in_most_layers(above)
    numbers = struck.sum(axis=(1, 2))
    shuffled = _shuffled_strikes(above)
    pairs = _pairs(later.mean("layer"), struck)
    few = len(pairs) < 2
    return {
        "fig-3.1.i": {
            "strikes": int(numbers.sum()),
            "p_value": float((shuffled.sum(axis=1) >= numbers.sum()).mean()),
            "shuffles": SHUFFLES,
        },
        "fig-3.1.k": {
            "strikes": numbers,
            "p_value": (shuffled >= numbers).mean(axis=0),
            "shuffles": SHUFFLES,
        },
        "fig-3.1.j": {
            "strikes": len(pairs),
            "lag_correlation": 0.0 if few else float(np.corrcoef(pairs.T)[0, 1]),
            "undone": float(_similar_amount(pairs).mean()) if len(pairs) else 0.0,
        },
    }


def _in_most_layers(above: np.ndarray) -> np.ndarray:
    return above.mean(axis=-1) >= LAYERS


def _shuffled_strikes(above: np.ndarray) -> np.ndarray:
    """Strikes of each network, (shuffles, networks), once each layer's steps are shuffled."""
    random = np.random.default_rng(0)
    found = [
        _in_most_layers(random.permuted(above, axis=2)).sum(axis=(1, 2)) for _ in range(SHUFFLES)
    ]
    return np.array(found)


def _similar_amount(pairs: np.ndarray) -> np.ndarray:
    """Whether the second of each pair is between half and twice the first, whatever its sign."""
    first, second = np.abs(pairs).T
    return (first / 2 <= second) & (second <= 2 * first)


def _pairs(mean: xr.DataArray, struck: np.ndarray) -> np.ndarray:
    """The change at each strike and at the step after it, where that was counted; (strikes, 2)."""
    followed = np.diff(mean.step.values, append=np.inf) == 1
    where = np.argwhere(struck & followed)
    values = mean.values
    return np.array([[values[n, s, t], values[n, s, t + 1]] for n, s, t in where]).reshape(-1, 2)
