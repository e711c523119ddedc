"""Strikes are found where they were put, and nowhere else."""

import numpy as np
import xarray as xr
from pattern_records import NETWORKS

from relu_book.claims import judge
from relu_book.experiments.pattern_evolution.strikes import strikes


def calm(seed: int = 0) -> xr.DataArray:
    """Changes of 300 steps in 19 layers that have nothing to do with each other."""
    values = np.random.default_rng(seed).normal(size=(3, 5, 300, 19))
    coords = {"network": list(NETWORKS), "seed": range(5), "step": range(1, 301)}
    return xr.DataArray(values, coords | {"layer": range(1, 20)}, [*coords, "layer"])


def test_strikes_are_found_where_they_were_put_and_nowhere_else():
    changes = calm()
    quiet = strikes(changes)
    assert quiet["fig-3.1.i"]["strikes"] == 0
    assert judge("fig-3.1.i", quiet["fig-3.1.i"]).verdict == "fails"
    assert judge("fig-3.1.j", quiet["fig-3.1.j"]).verdict == "undecided"
    for step in (60, 150, 240):
        changes.loc[{"step": step, "network": "resnet"}] = 12.0
        changes.loc[{"step": step + 1, "network": "resnet"}] = -9.0
    changes.loc[{"step": 10}] = 50.0  # too early to count
    found = strikes(changes)
    assert list(found["fig-3.1.k"]["strikes"]) == [0, 0, 2 * 3 * 5]
    assert found["fig-3.1.i"]["p_value"] == 0
    assert found["fig-3.1.k"]["p_value"][0] == 1
    assert judge("fig-3.1.k", found["fig-3.1.k"]).verdict == "fails"


def test_a_strike_and_the_step_that_undoes_it():
    changes = calm() * 0.1
    for number, step in enumerate(range(40, 280, 20)):
        size = 5.0 + number % 3
        changes.loc[{"step": step}] = size
        changes.loc[{"step": step + 1}] = -0.2 * size
    found = strikes(changes)["fig-3.1.j"]
    assert found["lag_correlation"] < -0.9
    assert found["undone"] == 0  # by a fifth only
    assert judge("fig-3.1.j", found).verdict == "fails"


def test_one_layer_alone_makes_no_strike():
    changes = calm()
    changes.loc[{"step": 100, "layer": 3}] = 80.0
    assert strikes(changes)["fig-3.1.i"]["strikes"] == 0
