"""Trainings are followed to their end or overflow, with what was measured before."""

from dataclasses import replace

import numpy as np

from relu_book.experiments.sensitivity.early_warning import SCALES, early_warning
from relu_book.runs import Run


def test_a_training_that_overflows_keeps_what_it_had(tmp_path):
    smoke = SCALES["smoke"]
    settings = replace(
        smoke, network="mlp_bn", momentum=0.9, course="constant", factor=(0.1, 1e6), steps=6
    )
    found = early_warning(settings, 0, Run(tmp_path, "smoke"))
    stable, overflowed = found.sel(factor=0.1), found.sel(factor=1e6)
    assert all(values.notnull().all() for values in stable.data_vars.values())
    assert np.isfinite(overflowed.cost[0]) and overflowed.distance[0] == 1
    assert overflowed.cost[-1].isnull() or overflowed.cost[-1] > 3 * overflowed.cost[0]
    assert (stable.distance_at.diff("tried_rate") > -0.05).all()
