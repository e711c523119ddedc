"""What is planted in one update on many batches is found by the claims on the instrument."""

import json

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.temperature.instrument import SCALES
from relu_book.experiments.temperature.instrument_reading import instrument_reading
from relu_book.experiments.temperature.one_update import RATES
from relu_book.runs.settings import as_json

CLAIMS = ("txt-3.2.2.3", "txt-3.2.2.4", "txt-3.2.2.6", "fig-3.9.g", "fig-3.9.h", "S-txt-3")


def planted(exponent=-0.5, off=0.0, one=2.0, stride_2=0.0, noise_2=2.0, curve=None):
    """Five seeds, ten steps, 19 layers; a little of each seed's own."""
    sizes, seeds, steps = np.array([32, 64, 128, 256]), np.arange(5), np.arange(100, 1001, 100)
    shape = (2, 5, 10, 19)
    own = 1 + 0.01 * seeds[:, None, None]
    rate = np.array(RATES)
    sweep = 1 - 1 / (1 + rate) if curve is None else curve(rate)
    share = 0.5 * own + np.array([0.0, stride_2])[:, None, None, None]
    spread = 0.1 * (sizes / 128.0) ** exponent
    noise = np.array([1.0, noise_2])[:, None, None, None]
    dims = ("stride", "seed", "step", "layer")
    block = np.repeat([1, 2, 3], (7, 6, 6)).astype(float)
    record = xr.Dataset(
        {
            "many": (dims, np.broadcast_to(share, shape)),
            "small": (dims, np.broadcast_to(share + off, shape)),
            "spread_one": (dims, np.broadcast_to(0.1 * one * own, shape)),
            "spread_temperature": (dims, np.broadcast_to(noise * own, shape)),
            "spread": (
                ("stride", "seed", "step", "batch_size", "layer"),
                np.broadcast_to(own[..., None] * spread[:, None], (2, 5, 10, 4, 19)),
            ),
            "sweep": (
                ("stride", "seed", "step", "rate", "layer"),
                np.broadcast_to(sweep[:, None], (2, 5, 10, 25, 19)),
            ),
            "block": (("stride", "seed", "layer"), np.broadcast_to(block, (2, 5, 19))),
            "evaluations": (("stride", "seed", "layer"), np.full((2, 5, 19), 8192.0)),
        },
        {
            "stride": [1, 2],
            "seed": seeds,
            "step": steps,
            "layer": np.arange(1, 20),
            "batch_size": sizes,
            "rate": rate,
        },
    )
    return record.assign_attrs(
        experiment="temperature/instrument",
        scale="desk",
        settings=json.dumps(as_json(SCALES["desk"])),
        seeds=json.dumps(seeds.tolist()),
        data="[]",
    )


def logarithmic_then_exponential(rate):
    """A line in the log rate up to 0.8, and from there on an exponential approach to 1."""
    line = 0.8 + 0.1 * np.log(rate / 3)
    return np.where(rate < 3, np.clip(line, 0, 1), 1 - 0.2 * np.exp(-(rate - 3) / 20))


def test_statements_hold_where_they_are_planted():
    found = instrument_reading(planted(curve=logarithmic_then_exponential))
    assert {name: found.judge(name).verdict for name in CLAIMS} == dict.fromkeys(CLAIMS, "holds")


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        ("txt-3.2.2.3", {"off": 0.1}),
        ("txt-3.2.2.4", {"one": 0.5}),
        ("txt-3.2.2.6", {"exponent": -0.1}),
        ("fig-3.9.g", {"stride_2": 0.3}),
        ("fig-3.9.h", {"noise_2": 0.5}),
        ("S-txt-3", {"curve": lambda rate: np.clip(rate / 5, 0, 0.99)}),
    ],
)
def test_statements_fail_where_the_opposite_is_planted(claim, changes):
    changes = {"curve": logarithmic_then_exponential} | changes
    assert instrument_reading(planted(**changes)).judge(claim).verdict == "fails"
