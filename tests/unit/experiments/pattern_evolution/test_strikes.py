"""Strikes are found where they were put, and nowhere else."""

import numpy as np
import xarray as xr
from pattern_records import NETWORKS

from relu_book.claims import judge
from relu_book.experiments.pattern_evolution.strikes import strikes


def calm(seed: int = 0) -> xr.DataArray:
    """Changes of 300 steps in 19 layers that have nothing to do with each other."""
    values = np.random.default_rng(seed).normal(size=(1, 3, 5, 300, 19))
    coords = {"size": [256], "network": list(NETWORKS), "seed": range(5), "step": range(1, 301)}
    return xr.DataArray(values, coords | {"layer": range(1, 20)}, [*coords, "layer"])


def verdict_at_two_sizes(claim, *changes):
    """The verdict on a claim from changes at two sizes, where no guard but that of steps bites."""
    found = strikes(xr.concat(changes, "size"))[claim]
    return judge(claim, found | {"images": [1000, 2000], "distinct_share": np.full((2, 4), 0.1)})


def test_strikes_are_found_where_they_were_put_and_nowhere_else():
    changes = calm()
    quiet = strikes(changes)
    assert quiet["fig-3.1.i"]["strikes"].values.tolist() == [0]
    assert verdict_at_two_sizes("fig-3.1.j", changes, changes).verdict == "undecided"
    for step in (60, 150, 240):
        changes.loc[{"step": step, "network": "resnet"}] = 12.0
        changes.loc[{"step": step + 1, "network": "resnet"}] = -9.0
    changes.loc[{"step": 10}] = 50.0  # too early to count
    found = strikes(changes)
    assert found["fig-3.1.k"]["strikes"].values.tolist() == [[0, 0, 2 * 3 * 5]]
    assert found["fig-3.1.i"]["p_value"] == 0
    assert found["fig-3.1.k"]["p_value"][0, 0] == 1


def test_strikes_need_3000_steps_of_each_network():
    few = calm().isel(layer=slice(3))  # of more layers shuffles take long
    assert strikes(few)["fig-3.1.k"]["steps_counted"].tolist() == [280 * 5] * 3
    assert (
        "guard not met: min(steps_counted) >= 3000"
        in verdict_at_two_sizes("fig-3.1.i", few, few).reasons
    )
    many = few.isel(seed=[0] * 11)
    assert strikes(many)["fig-3.1.i"]["steps_counted"].tolist() == [280 * 11] * 3
    assert verdict_at_two_sizes("fig-3.1.i", many, many).verdict == "fails"
    struck = many.copy()
    struck.loc[{"step": 60}] += 50.0
    assert verdict_at_two_sizes("fig-3.1.i", struck, struck).verdict == "holds"
    assert verdict_at_two_sizes("fig-3.1.k", struck, struck).verdict == "holds"
    apart = verdict_at_two_sizes("fig-3.1.i", many, struck)
    assert apart.parts == {"1000": "fails", "2000": "holds"}


def test_a_strike_and_the_step_that_undoes_it():
    changes = calm().isel(layer=slice(3)) * 0.1
    for number, step in enumerate(range(40, 280, 20)):
        size = 5.0 + number % 3
        changes.loc[{"step": step}] = size
        changes.loc[{"step": step + 1}] = -0.2 * size
    found = strikes(changes)["fig-3.1.j"]
    assert found["lag_correlation"] < -0.9
    assert found["undone"] == 0  # by a fifth only
    assert verdict_at_two_sizes("fig-3.1.j", changes, changes).verdict == "fails"


def test_one_layer_alone_makes_no_strike():
    changes = calm()
    changes.loc[{"step": 100, "layer": 3}] = 80.0
    assert strikes(changes)["fig-3.1.i"]["strikes"] == 0
