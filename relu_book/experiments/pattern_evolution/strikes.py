"""Strikes: steps that change the patterns of nearly all layers at once (thesis 3.1.4).

A strike is a step after step 20 whose absolute relative net change lies more than three standard
deviations above the mean of its layer, in 80 % of the layers or more. Whether there are more of
them than chance makes is told by shuffling the steps of each layer by itself.
"""

import numpy as np
import xarray as xr

AFTER, DEVIATIONS, LAYERS = 20, 3.0, 0.8
SHUFFLES = 1000


def strikes(changes: xr.DataArray) -> dict[str, dict]:
    """The quantities of the claims fig-3.1.i to fig-3.1.k, by number of counted images.

    Args:
        changes: Signed relative net change by size, network, seed, step and layer.
    """
    dims = ("size", "network", "seed", "step", "layer")
    later = changes.sel(step=slice(AFTER + 1, None)).transpose(*dims)
    counted = np.full(later.sizes["network"], later.sizes["seed"] * later.sizes["step"])
    found = [_at_one_size(each) for each in later]
    quantities = {
        claim: {name: _by_size([each[claim][name] for each in found]) for name in found[0][claim]}
        for claim in found[0]
    }
    for claim in ("fig-3.1.i", "fig-3.1.k"):
        quantities[claim] |= {"shuffles": SHUFFLES, "steps_counted": counted}
    return quantities


def _by_size(values: list) -> xr.DataArray:
    stacked = np.array(values)
    return xr.DataArray(stacked, dims=("size", "network")[: stacked.ndim])


def _at_one_size(later: xr.DataArray) -> dict[str, dict]:
    sizes = abs(later)
    above = ((sizes - sizes.mean("step")) / sizes.std("step") > DEVIATIONS).values
    struck = _in_most_layers(above)
    numbers = struck.sum(axis=(1, 2))
    # With no strikes every shuffle has as many.
    shuffled = _shuffled_strikes(above) if numbers.any() else np.zeros((1, len(numbers)))
    at, after = _pairs(later.mean("layer"), struck)
    similar = (abs(at) / 2 <= abs(after)) & (abs(after) <= 2 * abs(at))
    return {
        "fig-3.1.i": {
            "strikes": numbers.sum(),
            "p_value": (shuffled.sum(axis=1) >= numbers.sum()).mean(),
        },
        "fig-3.1.k": {"strikes": numbers, "p_value": (shuffled >= numbers).mean(axis=0)},
        "fig-3.1.j": {
            "strikes": len(at),
            "lag_correlation": float(np.corrcoef(at, after)[0, 1]) if len(at) > 1 else 0.0,
            "undone": float(similar.mean()) if len(at) else 0.0,
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


def _pairs(mean: xr.DataArray, struck: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The change at each strike and at the step after it, where that was counted."""
    followed = np.diff(mean.step.values, append=np.inf) == 1
    network, seed, step = np.nonzero(struck & followed)
    return mean.values[network, seed, step], mean.values[network, seed, step + 1]
