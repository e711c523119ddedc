"""What is planted in invented records is found by the readings, and so is its opposite."""

import json

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.entropy_gradient import (
    entropy_with_skips,
    regulariser,
    regulariser_at_two_lengths,
    skips_at_two_lengths,
    small_networks_reading,
)
from relu_book.experiments.entropy_gradient.entropy_with_skips_reading import counting
from relu_book.experiments.entropy_gradient.regulariser_reading import by_kind
from relu_book.runs.settings import as_json

LAYERS = np.arange(1, 20)
BLOCK = np.repeat([1, 2, 3], (7, 6, 6))


def told(record, name, settings):
    return record.assign_attrs(
        experiment=f"entropy_gradient/{name}",
        scale="desk",
        settings=json.dumps(as_json(settings)),
        seeds=json.dumps(record.seed.values.tolist()),
        data=json.dumps([{"name": "cifar10"}]),
    )


def skips(name="entropy_with_skips", *, convnet=0.6, resnet=0.8, counted=13):
    """Both networks with an entropy each; the first layers have few distinct patterns."""
    settings = entropy_with_skips.SCALES["desk"]
    dims = ("network", "seed", "images", "step", "layer")
    shape = (2, 5, 2, 11, 19)
    noise = np.random.default_rng(0).normal(0, 0.005, shape)
    means = np.array([convnet, resnet])[:, None, None, None, None]
    evaluations = np.array([2560, 5120])[:, None] * np.array([1024, 256, 64])[BLOCK - 1]
    share = np.where(counted >= LAYERS, 0.1, 0.9)
    distinct = np.broadcast_to(share * evaluations[:, None, :], shape).copy()
    made = xr.Dataset(
        {
            "relative_entropy": (dims, means + noise),
            "distinct": (dims, distinct),
            "evaluations": (
                ("network", "seed", "images", "layer"),
                np.broadcast_to(evaluations, (2, 5, 2, 19)),
            ),
            "block": (
                ("network", "seed", "layer"),
                np.broadcast_to(BLOCK, (2, 5, 19)).astype(float),
            ),
        },
        {
            "network": ["convnet", "resnet"],
            "seed": range(5),
            "images": [2560, 5120],
            "step": list(settings.measured),
            "layer": LAYERS,
        },
    )
    return told(made, name, settings)


def read_skips(**knobs):
    return skips_at_two_lengths(skips(**knobs), skips("entropy_with_skips_third", **knobs))


@pytest.mark.parametrize(
    ("knobs", "verdict"),
    [
        ({}, "holds"),
        ({"convnet": 0.8, "resnet": 0.6}, "fails"),
        ({"convnet": 0.95, "resnet": 0.98}, "fails"),
        # One block alone, and none at all.
        ({"counted": 7}, "not decidable at this scale"),
        ({"counted": 0}, "not decidable at this scale"),
    ],
)
def test_skips_keep_the_entropy_high_where_it_is_planted(knobs, verdict):
    assert read_skips(**knobs).judge("txt-A.1.1").verdict == verdict


def test_a_refutation_takes_two_lengths():
    found = skips_at_two_lengths(skips(convnet=0.8, resnet=0.6), skips("entropy_with_skips_third"))
    assert found.judge("txt-A.1.1").verdict == "undecided"


def test_a_layer_counts_where_all_times_and_numbers_of_images_do():
    made = skips()
    assert counting(made).values.tolist() == [number <= 13 for number in LAYERS]
    made["distinct"][0, 0, 0, -1, 2] = made["evaluations"][0, 0, 0, 2]
    assert not counting(made)[2]


def regularised(name="regulariser", *, instead=55.0, raised=1.0, seeds=10):
    settings = regulariser.SCALES["desk"]
    noise = np.random.default_rng(1).normal(0, 0.3, (4, seeds))
    accuracy = np.array([60.0, 60.0, instead, 50.0])[:, None] + noise
    entropy = np.array([10.0, 11.0, 9 + raised, 9.0])[:, None, None] + np.zeros((4, seeds, 7))
    made = xr.Dataset(
        {
            "test_accuracy": (("setup", "seed"), accuracy),
            "entropy": (("setup", "seed", "layer"), entropy),
            "trained": (("setup", "seed"), np.full((4, seeds), float(settings.steps))),
        },
        {"setup": list(regulariser.KINDS), "seed": range(seeds)},
    )
    return told(made, name, settings)


def read_regulariser(**knobs):
    return regulariser_at_two_lengths(
        regularised(**knobs), regularised("regulariser_third", **knobs)
    )


@pytest.mark.parametrize(
    ("knobs", "verdict"),
    [
        ({}, "holds"),
        ({"instead": 65.0}, "fails"),
        ({"raised": -1.0}, "not decidable at this scale"),
        ({"instead": 10.0}, "not decidable at this scale"),
        ({"seeds": 5}, "undecided"),
    ],
)
def test_the_regulariser_is_judged_by_the_gain(knobs, verdict):
    assert read_regulariser(**knobs).judge("txt-A.1.2").verdict == verdict


def test_a_seed_that_diverged_is_left_out_and_three_leave_it_open():
    made = regularised()
    for number, verdict in ((0, "holds"), (3, "not decidable at this scale")):
        gone = (made.setup == "instead") & (made.seed < number)
        broken = made.assign(
            trained=made["trained"].where(~gone, 7.0),
            test_accuracy=made["test_accuracy"].where(~gone),
        )
        found = regulariser_at_two_lengths(broken, regularised("regulariser_third"))
        assert found.judge("txt-A.1.2").verdict == verdict


def test_kinds_are_read_apart():
    kinds = by_kind(regularised())
    assert list(kinds) == ["batch_norm", "beside", "instead", "neither"]
    assert kinds["neither"][0].mean() == pytest.approx(50, abs=0.5)
    assert kinds["beside"][1].values.tolist() == [11.0] * 10


def small():
    """The entropy's second candidate is best on the first seeds, its third on the others."""
    shape = (1, 2, 6, 15, 3)
    accuracy = np.full(shape, 50.0)
    accuracy[:, 0, 0] = 80.0 + 0.1 * np.arange(15)[:, None]
    accuracy[:, 1, 1] = 82.0 + 0.1 * np.arange(15)[:, None]
    accuracy[:, 1, 2, 5:] = 99.0
    accuracy[:, 1, 4] = np.nan
    made = xr.Dataset(
        {
            "test_accuracy": (("data", "method", "candidate", "seed", "check"), accuracy),
            "entropy": (("data", "method", "candidate", "seed"), np.full(shape[:-1], 3.0)),
        },
        {"data": ["digits"], "method": ["plain", "entropy_linear"], "seed": range(15)},
    )
    return made.assign_attrs(settings=json.dumps({"choosing": 5}))


def test_candidates_are_chosen_on_the_first_seeds_and_judged_on_the_others():
    found = small_networks_reading.chosen(small())
    assert found["candidate"].values.tolist() == [[1, 2]] and found.sizes["seed"] == 10
    gain = small_networks_reading.gains(found).sel({"data": "digits", "method": "entropy_linear"})
    assert [gain[name].item() for name in ("gain", "low", "high")] == pytest.approx([2, 2, 2])
