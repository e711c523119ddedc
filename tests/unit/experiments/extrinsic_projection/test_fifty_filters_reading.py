"""What is read from a record of fifty filters, where every statement is planted or turned round."""

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.extrinsic_projection import fifty_filters_reading

TOLD = {
    "experiment": "extrinsic_projection/fifty_filters",
    "scale": "desk",
    "settings": "{}",
    "seeds": "[0, 1, 2, 3, 4]",
    "data": "[]",
}
STEPS = np.array([0, 1, 10, 25, 200, 400, 2000])
LAYERS = ["1", "2", "3", "read-out"]
TIME = np.arange(7)[:, None]  # by layer
DIMS = ("layout", "bias", "seed", "step", "network", "layer")


def record(mean=95.0, on=("D", "F"), **changed):
    """All statements hold; ``changed`` are values by step and layer, on some of the boards."""
    planted = {
        "angle": 10 + 5 * TIME + 0 * np.arange(4),
        "residual": np.array([0.1, 0.3, 0.5, 0.7]) + 0.01 * TIME,
        "separation": 0.2 + 0.1 * TIME * np.array([0, 1, 3, 4]),
        "closeness": 1.1 - 0.1 * TIME + 0 * np.arange(4),
        "plane_accuracy": np.array([30, 40, 60, 92]) + 0 * TIME,
    }
    rng = np.random.default_rng(0)
    found = {}
    for name, values in planted.items():
        boards = [changed.get(name, values) if board in on else values for board in "DF"]
        made = np.stack(boards)[:, None, None, :, None, :]
        noise = 1e-3 * rng.normal(size=(2, 2, 5, 7, 8, 4))
        found[name] = (DIMS, made + noise)
    accuracy = mean + rng.normal(size=(2, 2, 5, 7, 8))
    found["accuracy"] = (DIMS[:-1], accuracy)
    coordinates = {"layout": ["D", "F"], "bias": ["zero", "default"], "seed": range(5)}
    coordinates |= {"step": STEPS, "layer": LAYERS}
    return xr.Dataset(found, coordinates, attrs=TOLD)


def verdict(claim, **made):
    return fifty_filters_reading(record(**made)).judge(claim).verdict


TURNED = {
    "fig-A.7.b": {"residual": np.array([0.4, 0.3, 0.5, 0.7]) + 0 * TIME},
    "fig-A.7.c": {"angle": 90 - 5 * TIME + 0 * np.arange(4)},
    "fig-A.7.d": {"separation": 1 - 0.1 * TIME * np.array([0, 1, 3, 4])},
    "fig-A.7.e": {"plane_accuracy": np.array([30, 40, 60, 70]) + 0 * TIME},
}


@pytest.mark.parametrize("claim", TURNED)
def test_statements_hold_fail_and_boards_that_disagree_leave_them_open(claim):
    assert verdict(claim) == "holds"
    assert verdict(claim, **TURNED[claim]) == "fails"
    assert verdict(claim, on="D", **TURNED[claim]) == "undecided"


def test_the_printed_number_is_one_run_of_a_setting():
    assert verdict("fig-A.7.a") == "holds"
    assert verdict("fig-A.7.a", mean=99.0) == "fails"


def test_networks_are_rows_in_order_and_steps_columns():
    made = record()
    found = fifty_filters_reading(made)
    angle = found["fig-A.7.c"]["angle_f"]
    assert angle.shape == (40, 7)
    one = made.angle.sel(layout="F", bias="default", seed=3, layer="2").isel(network=2)
    assert np.array_equal(angle[3 * 8 + 2], one.values)
    assert np.array_equal(found["fig-A.7.c"]["time"], STEPS)
