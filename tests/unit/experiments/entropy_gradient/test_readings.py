"""What is planted in invented records is found by the readings, and so is its opposite."""

import json

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.entropy_gradient import (
    regulariser_at_two_lengths,
    skips_at_two_lengths,
    small_networks_reading,
)
from relu_book.experiments.entropy_gradient.entropy_with_skips_reading import counting
from relu_book.experiments.entropy_gradient.regulariser_reading import by_kind, regulariser_table
from tests.support.entropy_records import LAYERS, regularised, skips

NAMES = ("entropy_with_skips", "entropy_with_skips_third")


def read_skips(**knobs):
    return skips_at_two_lengths(*(skips(name, **knobs) for name in NAMES))


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


def test_an_entropy_that_falls_and_comes_back_refutes_nothing():
    def read(*times):
        made = [skips(name, convnet=0.95, resnet=0.98) for name in NAMES]
        for one in made:
            one["relative_entropy"][0, :, :, list(times)] -= 0.2
        return skips_at_two_lengths(*made).judge("txt-A.1.1").verdict

    assert [read(), read(0), read(3)] == ["fails", "fails", "undecided"]


def test_a_refutation_takes_two_lengths():
    found = skips_at_two_lengths(skips(convnet=0.8, resnet=0.6), skips("entropy_with_skips_third"))
    assert found.judge("txt-A.1.1").verdict == "undecided"


def test_a_layer_counts_where_all_times_and_numbers_of_images_do():
    made = skips()
    assert counting(made).values.tolist() == [number <= 13 for number in LAYERS]
    made["distinct"][0, 0, 0, -1, 2] = made["evaluations"][0, 0, 0, 2]
    assert not counting(made)[2]


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
        ({"raised": 0.01}, "not decidable at this scale"),
        ({"counted": 3}, "not decidable at this scale"),
        ({"counted": 0}, "not decidable at this scale"),
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
    assert kinds["beside"][1].mean() == pytest.approx(11, abs=0.05)


def test_a_layer_bounded_by_images_does_not_enter_the_entropy():
    made = regularised(counted=5)
    made["entropy"][2, :, 5:] += 100
    found = regulariser_at_two_lengths(made, regularised("regulariser_third"))
    gains = found["txt-A.1.2"]["entropy_gain"]
    assert np.mean(gains) == pytest.approx(1, abs=0.05)


def test_the_table_has_what_was_taken_and_what_became_of_it():
    made = regularised()
    gone = (made.setup == "beside") & (made.seed < 2)
    rows = regulariser_table(made.assign(test_accuracy=made["test_accuracy"].where(~gone)))
    _, first, second, third, last = rows.splitlines()
    assert first.split()[-5:-1] == ["0,", "0.1", "10/10", "10.0"]
    assert second.split()[-5:-1] == ["0.1,", "0.1", "8/10", "11.0"]
    assert third.split()[-5:-1] == ["1,", "0.03", "10/10", "10.0"]
    assert last.split()[-5:-1] == ["0,", "0.03", "10/10", "9.0"]
    assert float(third.split()[-1]) == pytest.approx(55, abs=0.5)


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
