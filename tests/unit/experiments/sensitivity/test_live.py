"""What the chapter trains while it runs, in a few steps."""

import numpy as np

from relu_book.experiments.sensitivity import live


def test_each_setting_is_swept_at_some_steps():
    found = live.trainings(steps=4, batch_size=16)
    sizes = {"setting": 5, "step": 3, "layer": 7, "tried_rate": 25}
    assert dict(found.profile.sizes) == sizes
    assert found.step.values.tolist() == [0, 1, 2]
    assert np.allclose(found.rate[:, :3], [0.1, 0.1, 0.01])
    assert np.allclose(found.profile.mean("layer"), found.mean_distance)
    # Momentum has nothing to add to the first step, and something to the second.
    plain, momentum = (found.profile.sel(setting=name) for name in ("plain", "momentum 0.9"))
    assert np.array_equal(plain[0], momentum[0])
    assert not np.array_equal(plain[1], momentum[1])


def test_the_fits_are_those_of_the_shares():
    found = live.trainings(steps=4, batch_size=16).sel(setting="plain", step=0)
    shares = found.mean_distance.values
    below = np.searchsorted(shares, 0.5) - 1
    low, high = np.log(found.tried_rate.values[[below, below + 1]])
    assert low - 0.3 < float(found.mean_mu) < high + 0.3
