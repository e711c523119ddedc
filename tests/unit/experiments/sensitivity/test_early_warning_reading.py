"""Lead times and false alarms of hand-made trainings, in which only the loss tells."""

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.sensitivity.early_warning_reading import (
    edge_of_stability,
    outcome,
    warnings_compared,
)

STEPS, ONSET = 100, 80


@pytest.fixture
def record():
    generator = np.random.default_rng(0)
    shape = (1, 1, 1, 4, 2)
    swept = np.arange(1, STEPS + 1, 2)

    def noise(steps, mean):
        return generator.normal(mean, 0.05, (*shape, steps))

    cost = np.exp(noise(STEPS, -1.0))
    cost[:] = cost[0, 0, 0, 0, 0]  # the same in all, but for the rise
    cost[..., 0] = 2.0
    cost[..., 1, ONSET - 11 : ONSET - 1] = 5.0  # ten steps of warning
    cost[..., 1, ONSET - 1 :] = 7.0
    dims = ("network", "momentum", "course", "seed", "factor")
    at_step = {"cost": cost, "gradient": np.exp(noise(STEPS, 0)), "distance": noise(STEPS, 0.5)}
    at_sweep = {name: noise(len(swept), 1.3) for name in ("mu", "sigma", "curvature")}
    return xr.Dataset(
        {name: ((*dims, "step"), values) for name, values in at_step.items()}
        | {name: ((*dims, "sweep_step"), values) for name, values in at_sweep.items()},
        {
            "network": ["mlp"],
            "momentum": [0.0],
            "course": ["constant"],
            "seed": range(4),
            "factor": [0.1, 1.0],
            "step": np.arange(1, STEPS + 1),
            "sweep_step": swept,
        },
    )


def test_only_what_tells_has_a_lead(record):
    found = warnings_compared(record)
    assert (found.stable, found.diverging, found.held_out) == (4, 4, 2)
    assert (found.at_once, found.neither) == (0, 0)
    assert (found.lead.sel(signal="loss") == 10).all()
    assert (found.warned.sel(signal="loss") == 1).all()
    assert (found.median_lead.sel(signal="sigma") == 0).all()
    assert (found.false_alarms.sel(signal="loss") == 0).all()


def test_a_set_up_without_stable_training_cannot_be_calibrated(record):
    two = xr.concat([record, record.assign_coords(network=["mlp_bn"])], "network")
    two["cost"].loc[{"network": "mlp_bn", "factor": 0.1}] = 1.9
    found = warnings_compared(two)
    own = found.lead.sel(signal="loss", calibration="each set-up")
    assert own.where(found.network == "mlp_bn", drop=True).isnull().all()
    assert found.lead.sel(calibration="once").notnull().all()


def test_the_edge_of_stability_is_counted_as_it_is(record):
    assert edge_of_stability(record) == {"stable": 0.0, "diverging": 0.0}
    record["curvature"] = record["curvature"] * 100
    assert edge_of_stability(record) == {"stable": 1.0, "diverging": 1.0}


def test_outcomes():
    falling = np.linspace(2, 0.1, 50)
    assert outcome(falling).kind == "stable"
    spike = falling.copy()
    spike[10] = 7
    assert outcome(spike).kind == "neither"
    assert outcome(np.r_[falling[:20], np.nan]) == ("diverging", 21)
    assert outcome(np.full(50, 1.9)).kind == "neither"
