"""What the chapter measures while it runs, in a few steps."""

import numpy as np

from relu_book.experiments.temperature import live


def test_a_step_in_the_plane_changes_what_the_instrument_counts():
    step = live.plane_step(3.0)
    assert step.changed.mean(0).tolist() == step.distance.values[0].tolist()
    assert 0 < step.changed.mean() < 1


def test_a_training_is_measured_at_each_step_and_swept_at_some():
    found = live.trainings(steps=10, batch_size=16)
    assert dict(found.distance.sizes) == {"schedule": 3, "step": 10, "layer": 7}
    assert found.swept.values.tolist() == [1, 10]
    # What was swept contains what was done: at the used rate the share lies between its neighbours.
    used = float(found.rate.sel(schedule="one_cycle", step=1))
    shares = found.profile.sel(swept=1).mean("layer")
    done = float(found.distance.sel(schedule="one_cycle", step=1).mean())
    above = int(np.searchsorted(found.learning_rate, used))
    assert shares[above - 1] <= done <= shares[above]
