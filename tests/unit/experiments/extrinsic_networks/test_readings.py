"""What is planted in the records is found by the claims on extrinsic networks."""

import json

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.extrinsic_networks import board_reading, deep_reading
from relu_book.experiments.extrinsic_networks.board import SETUPS
from relu_book.experiments.extrinsic_networks.starts import FACTORS
from relu_book.runs import find
from relu_book.runs.settings import as_json

SEEDS = np.arange(20)
OWN = np.linspace(-1, 1, 20)  # a little of each seed's own


def told(record, name):
    return record.assign_attrs(
        experiment=f"extrinsic_networks/{name}",
        scale="desk",
        settings=json.dumps(as_json(find(f"extrinsic_networks/{name}").settings("desk"))),
        seeds=json.dumps(record.seed.values.tolist()),
        data="[]",
        device="cpu",
    )


def board(level=None, folded=20.0, spread=None):
    """Accuracies by set-up, 60 % unless given; the factors give the spreads."""
    level = {"three_layers": 96.0, "two_filters": 40.0} | (level or {})
    spread = {"by_shift": 20.0, "by_weight": 20.0, "by_weight_ordinary": 2.0} | (spread or {})
    last = np.array([[level.get(name, level.get(name[:-2], 60.0)) for name in SETUPS]])
    last = last + OWN[:, None]
    factors = np.array([-1.0, 0.0, 1.0, 0.5])
    parameters = [5418 if name.startswith("extrinsic") else 5454 for name in SETUPS]
    return told(
        xr.Dataset(
            {
                "accuracy": (("seed", "setup", "epoch"), np.stack([last - 5, last], -1)),
                "parameters": (("seed", "setup"), [parameters] * 20),
                "folded": ("seed", folded + OWN),
                "folded_start": ("seed", 0 * OWN),
                **{
                    name: (("seed", "factor"), 60 + (size + OWN[:, None]) * factors)
                    for name, size in spread.items()
                },
            },
            {"setup": list(SETUPS), "seed": SEEDS, "factor": list(FACTORS), "epoch": [1, 10]},
        ),
        "board",
    )


def verdict(record, claim):
    return board_reading(record).judge(claim).verdict


def test_what_is_as_the_thesis_says():
    good = board({"extrinsic_i": 93.0, "extrinsic": 62.0})
    for claim in ("fig-A.8.a", "fig-A.8.b", "fig-A.8.c", "txt-A.3.1.2", "txt-A.3.3.2"):
        assert verdict(good, claim) == "holds", claim


def test_what_is_not():
    assert verdict(board(), "fig-A.8.a") == "fails"
    assert verdict(board(), "fig-A.8.c") == "fails"
    assert verdict(board(folded=0.0), "fig-A.8.b") == "fails"
    gained = board({"orthonormal_start": 70.0})
    assert verdict(gained, "txt-A.3.1.2") == "fails"
    steady = board(spread={"by_shift": 1.0, "by_weight": 0.5, "by_weight_ordinary": 20.0})
    assert verdict(steady, "txt-A.3.3.2") == "fails"


def test_a_spread_is_also_asked_as_a_share_of_what_is_learned():
    # The ordinary network loses twice as many points, of twice as much that it has learned.
    record = board()
    heights = {"by_shift": 30.0, "by_weight": 30.0, "by_weight_ordinary": 60.0}
    shares = np.array([1.0, 0.5, 1.0, 0.0])
    for name, height in heights.items():
        record[name] = ("seed", "factor"), 25 + (height + OWN[:, None]) * shares
    judged = board_reading(record).judge("txt-A.3.3.2")
    assert judged.parts == {
        "spread in points": "fails",
        "spread as a share of what is learned": "undecided",
    }
    assert judged.verdict == "undecided"
    record["by_shift"] = 25 + 0 * record["by_shift"]  # no start learns anything
    assert np.isnan(board_reading(record)["txt-A.3.3.2"]["share_shift"]).all()


def test_a_divergence_guesses():
    record = board()
    record["accuracy"].loc[{"setup": "extrinsic", "seed": 3}] = np.nan
    assert float(board_reading(record)["fig-A.8.a"]["accuracy_d"].sel(seed=3)) == 25


def deep(slope=-40.0, ratio=1.0, loss=0.5):
    """Ten seeds, patterns that fall from layer to layer, gradients that pass."""
    depths, layers, seeds = [3, 8, 30], np.arange(1, 31), np.arange(10)
    rng = np.random.default_rng(0)
    shape = (3, 10, 2, 2, 30)
    patterns = 1200 + slope * layers + rng.normal(0, 3, shape)
    gradient = np.broadcast_to(np.where(layers == 1, ratio, 1.0), (3, 10, 2, 30))
    beyond = layers > np.array(depths)[:, None]
    patterns = np.where(beyond[:, None, None, None], np.nan, patterns)
    losses = np.stack([np.full((3, 10), 1.5), np.full((3, 10), loss)], -1)
    return told(
        xr.Dataset(
            {
                "patterns": (("depth", "seed", "time", "points", "layer"), patterns),
                "gradient": (("depth", "seed", "time", "layer"), gradient),
                "gradient_ordinary": (("depth", "seed", "time", "layer"), gradient / 1000),
                "loss": (("depth", "seed", "time"), losses),
                "loss_ordinary": (("depth", "seed", "time"), losses),
            },
            {
                "depth": depths,
                "seed": seeds,
                "time": ["start", "end"],
                "points": [10_000, 40_000],
                "layer": layers,
            },
        ),
        "deep",
    )


@pytest.mark.parametrize(
    ("claim", "changed", "expected"),
    [
        ("txt-A.3.1.6", {}, "holds"),
        ("txt-A.3.1.6", {"slope": 40.0}, "fails"),
        ("txt-A.3.3.1", {}, "holds"),
        ("txt-A.3.3.1", {"ratio": 50.0}, "fails"),
        ("txt-A.3.3.1", {"loss": 2.0}, "fails"),
    ],
)
def test_deep_networks(claim, changed, expected):
    assert deep_reading(deep(**changed)).judge(claim).verdict == expected


@pytest.mark.parametrize(("seeds", "expected"), [(1, "holds"), (6, "fails")])
def test_a_deep_network_that_diverged_did_not_train_stably(seeds, expected):
    record = deep()
    lost = {"depth": 30, "seed": range(seeds), "time": "end"}
    for name in ("gradient", "loss", "loss_ordinary"):
        record[name] = record[name].copy()
        record[name].loc[lost] = np.nan
    found = deep_reading(record)
    assert found.judge("txt-A.3.3.1").verdict == expected
    assert found["txt-A.3.3.1"]["loss_ordinary"].sizes["seed"] == 10 - seeds
