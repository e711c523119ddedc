"""The comparison runs at its smallest scale, times its steps, and says who is not installed."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.actcoolr import fashion_mnist, fashion_mnist_reading
from relu_book.experiments.actcoolr.tuning import SEED
from relu_book.runs import Run, find

SMOKE = fashion_mnist.SCALES["smoke"]


@pytest.mark.parametrize("setup", ["safe_x100", "thesis_x1", "step_lr_x0.1", "one_cycle_x1"])
def test_a_method_runs_at_its_smallest_scale(tmp_path, setup):
    known = find("actcoolr/fashion_mnist")
    assert setup in known.settings("desk").setup
    found = known.function(replace(SMOKE, setup=setup), 0, Run(tmp_path, "smoke"))
    assert found["trained"] == found["updates"] == 20 and found["installed"] == 1
    assert found["plain_seconds"] > 0 and 0 <= found["test_error"] <= 100
    assert (found["extra_passes"] > 0) == (setup.startswith(("safe", "thesis")))


def test_schedule_free_runs_where_it_is_installed_and_else_says_so(tmp_path, monkeypatch):
    one = replace(SMOKE, setup="schedule_free_x1")
    run = Run(tmp_path, "smoke")
    if not fashion_mnist.is_missing("schedule_free"):
        found = fashion_mnist.fashion_mnist(one, 0, run)
        assert found["installed"] == 1 and found["test_error"] < 95
    monkeypatch.setattr(fashion_mnist, "find_spec", lambda name: None)
    absent = fashion_mnist.fashion_mnist(one, 0, run)
    assert absent["installed"] == 0 and absent["test_error"].isnull()
    tried = fashion_mnist.fashion_mnist_tuning(replace(SMOKE, setup="schedule_free_2"), 0, run)
    assert tried["validation_error"].isnull().all()


def test_all_methods_are_tuned_alike_on_a_seed_of_their_own():
    assert {len(group) for group in fashion_mnist.CANDIDATES.values()} == {4}
    assert SEED not in fashion_mnist.SCALES["desk"].seeds
    tuning = find("actcoolr/fashion_mnist_tuning")
    assert tuning.settings("desk").seeds == (SEED,)


def planted(errors, seconds):
    """A record in which each method has these errors by initial rate, and steps that long."""
    setups = list(fashion_mnist.SETUPS)
    shape = (len(setups), 3)
    of = {name: np.full(shape, 0.0) for name in ("test_error", "seconds", "extra_passes")}
    for row, setup in enumerate(setups):
        method, factor = fashion_mnist.SETUPS[setup]
        of["test_error"][row] = errors[method][fashion_mnist.FACTORS.index(factor)]
        of["seconds"][row] = seconds.get(method, 1.0)
    of |= {"plain_seconds": np.ones(shape), "installed": np.ones(shape)}
    of["installed"][[setup.startswith("schedule_free") for setup in setups]] = 0.0
    dims = ("setup", "seed")
    coords = {"setup": setups, "seed": [0, 1, 2]}
    return xr.Dataset({name: (dims, values) for name, values in of.items()}, coords)


def test_what_is_planted_is_read():
    flat, peaked = [12.0, 11.5, 11.5, 11.6, 11.8], [80.0, 20.0, 11.2, 40.0, np.nan]
    errors = dict.fromkeys(fashion_mnist.METHODS, peaked) | {"safe": flat}
    record = planted(errors, {"safe": 1.08})
    aims = list(fashion_mnist_reading.fashion_mnist_aims(record).values())
    assert np.allclose(aims, [(0.5, 1.0), (0.3, 0.5), (8.0, 10.0)])
    rows = fashion_mnist_reading.fashion_mnist_table(record).splitlines()
    assert rows[1].split() == [
        *("ActCooLR,", "safe", "88.0", "88.5", "88.5", "88.4", "88.2", "0.5", "+0.00", "+8%")
    ]
    assert rows[3].split()[-3:-2] == ["78.8"] and rows[5].endswith("not installed")
