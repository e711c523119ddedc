"""Where the assumptions of proposition 1 of supplement F break.

All signs of n patterns of d filters have flipped, and noise flips some back. The proposition lets
each sign have noise of its own, with probability e. Then no pattern is unchanged with probability

    (1 - e^d)^n        signs independent,
    (1 - e)^n          one noise for all filters of a sample,
    (1 - e^d)^(n / m)  one noise for the m positions of an image, n of them a multiple of m,
    1 - e              one noise for all.

So what counts is how many *independent* samples there are, and positions of one image are fewer.
"""

import numpy as np
import xarray as xr

NOISES = ("independent", "images of 5", "one for all")


def by_samples(
    noise: float = 0.1,
    samples: tuple[int, ...] = (5, 10, 15, 20, 25, 30),
    positions: int = 5,
    trials: int = 100_000,
) -> xr.DataArray:
    """How often no pattern of one filter is unchanged, by kind of noise and number of samples."""
    rng = np.random.default_rng(2)
    found = []
    for number in samples:
        back = rng.random((trials, number)) < noise
        parts = (back, back[:, ::positions], back[:, :1])
        found.append([float((~part.any(1)).mean()) for part in parts])
    return xr.DataArray(
        np.transpose(found), {"noise": list(NOISES), "samples": list(samples)}, ("noise", "samples")
    )


def by_filters(
    noise: float = 0.1,
    samples: int = 20,
    filters: tuple[int, ...] = (1, 2, 3, 4, 8, 16),
    trials: int = 20_000,
) -> xr.DataArray:
    """The same over the number of filters, with noise of their own or one for all of a sample."""
    rng = np.random.default_rng(3)
    found = []
    for number in filters:
        back = rng.random((trials, samples, number), dtype=np.float32) < noise
        parts = (back.all(2), back[:, :, 0])
        found.append([float((~part.any(1)).mean()) for part in parts])
    names = ["independent", "one for a sample"]
    return xr.DataArray(
        np.transpose(found), {"noise": names, "filters": list(filters)}, ("noise", "filters")
    )
