"""What is read from a record of two filters, on networks whose behaviour is made by hand."""

import numpy as np
import pytest
import torch
import xarray as xr

from relu_book.datasets import load
from relu_book.experiments.extrinsic_projection import many, two_filters_reading
from relu_book.experiments.extrinsic_projection.two_filters import to_rows
from relu_book.experiments.extrinsic_projection.two_filters_reading import (
    PAIRINGS,
    best_pairs,
    near_printed,
)

TOLD = {
    "experiment": "extrinsic_projection/two_filters",
    "scale": "desk",
    "settings": "{}",
    "seeds": "[0, 1]",
    "data": "[]",
}
EPOCHS = [0, 1, 2, 3, 10]
# Pairs 02 and 13 told apart in 96 of 100, within a pair as a coin falls: 48 % right.
SPLIT = np.array([[24, 1, 24, 1], [1, 24, 1, 24], [24, 1, 24, 1], [1, 24, 1, 24]])
# As many right, and no pairs: a wrong prediction is any.
EVEN = np.full((4, 4), 17) + np.diag([31] * 4)


def folding_network():
    """Layer 1 zeroes its first filter in the left column, layer 2 in its lower half besides."""
    half = 3**0.5 / 2
    eye = torch.eye(2).double()[None]
    parameters = many.networks((2, 2, 2, 4), "zero", range(1))
    parameters[0], parameters[1] = eye, torch.tensor([[[half, 9.0]]]).double()
    parameters[2], parameters[3] = eye, torch.tensor([[[1.0, -9.0]]]).double()  # y + 9 - 9
    return parameters


def record(confusion=SPLIT, trainings=250, eight=25.0, collapsed=0.9, parameters=None):
    """Two boards by two biases; ``near`` of the accuracy 48 % in the first setting only."""
    dims = ("layout", "bias", "seed", "depth", "epoch", "network")
    shape = (2, 2, 2, 2, len(EPOCHS), trainings)
    rng = np.random.default_rng(0)
    accuracy = 37 + rng.normal(0, 1, shape)
    accuracy[..., 1, :, :] = eight
    one_place = np.full(shape, 0.2)
    one_place[..., 1, -1, :] = rng.random(shape)[..., 1, -1, :] < collapsed
    one_place[..., 1, 0, :] = 0.5
    counts = np.broadcast_to(confusion, (2, 2, 2, 2, trainings, 4, 4)).copy()
    near = np.zeros((2, 2, 2, trainings), bool)
    near[0, 0, :, :3] = True
    right = 100 * np.trace(confusion) / confusion.sum()
    accuracy[..., 0, -1, :][near] = right
    row = to_rows(parameters or folding_network())[0]
    weights = np.broadcast_to(row, (2, 2, 2, len(EPOCHS), trainings, len(row)))
    return xr.Dataset(
        {
            "accuracy": (dims, accuracy),
            "one_place": (dims, one_place),
            "confusion": ((*dims[:4], "network", "class", "predicted"), counts),
            "weights": ((*dims[:3], "epoch", "network", "weight"), weights),
        },
        {"layout": ["D", "F"], "bias": ["zero", "default"], "seed": [0, 1], "depth": [2, 8]}
        | {"epoch": EPOCHS},
        attrs=TOLD,
    )


def verdict(claim, **made):
    return two_filters_reading(record(**made)).judge(claim).verdict


def test_hits_are_counted_by_setting():
    found = two_filters_reading(record()).judge("fig-A.6.a")
    assert found.measured["hits"].tolist() == [6, 0, 0, 0]
    assert found.measured["trials"].tolist() == [500] * 4
    assert found.measured["accuracy"].shape == (4, 500)
    assert found.verdict == "holds"
    assert verdict("fig-A.6.a", confusion=np.full((4, 4), 25)) == "fails"
    assert verdict("fig-A.6.a", trainings=25) == "holds"  # 6 of 50 in one setting
    few = record(trainings=25, confusion=np.full((4, 4), 25))
    assert two_filters_reading(few).judge("fig-A.6.a").verdict == "undecided"


def test_the_best_pairs_and_what_is_right_within_them():
    assert best_pairs(SPLIT) == (1, pytest.approx(96), pytest.approx(50))
    assert PAIRINGS[1] == ((0, 2), (1, 3))
    rng = np.random.default_rng(1)
    for _ in range(20):
        confusion = rng.integers(1, 50, (4, 4))
        number, pair, within = best_pairs(confusion)
        of_pair = {label: side for side, two in enumerate(PAIRINGS[number]) for label in two}
        hits = sum(confusion[i, j] for i in range(4) for j in range(4) if of_pair[i] == of_pair[j])
        assert pair == pytest.approx(100 * hits / confusion.sum())
        assert within == pytest.approx(100 * np.trace(confusion) / hits)


def test_pairs_are_asked_of_the_seeds_near_the_printed_number():
    found = near_printed(record())
    assert found.sizes["found"] == 6
    assert found.pair_accuracy.values.tolist() == pytest.approx([96] * 6)
    assert set(found.layout.values) == {"D"} and set(found.bias.values) == {"zero"}
    assert verdict("fig-A.6.b") == "holds"
    assert verdict("fig-A.6.b", confusion=EVEN) == "fails"
    none = two_filters_reading(record(confusion=np.full((4, 4), 25)))
    assert none.judge("fig-A.6.b").verdict == "not decidable at this scale"


def test_folds_of_layer_1_and_points_that_lost_a_dimension():
    judged = two_filters_reading(record()).judge("fig-A.6.c")
    x, y = load("checkboard", "validation", samples=1000).images.T
    half = 3**0.5 / 2
    # Of the outer columns the left one is pressed onto its edge, the right one not.
    left, right = x[x < -half], x[x > half]
    lost = left.var(correction=0) / (left.var(correction=0) + right.var(correction=0))
    assert judged.measured["variance_drop"] == pytest.approx([lost.item()] * 6, abs=1e-5)
    assert judged.measured["variance_drop_rows"] == pytest.approx([0] * 6, abs=1e-5)
    share = (x <= -half).double().mean().item()
    assert judged.measured["line_share_1"] == pytest.approx([share] * 6)
    both = ((x <= -half) | (y <= 0)).double().mean().item()
    assert judged.measured["line_share_2"] == pytest.approx([both] * 6)
    assert judged.parts == {
        "by more than four fifths": "fails",
        "by more than half": "holds" if lost > 0.5 else "fails",
    }


def test_eight_layers_are_compared_on_either_board():
    assert verdict("txt-A.2.2.4") == "holds"
    assert verdict("txt-A.2.2.4", eight=60.0) == "fails"
    assert verdict("txt-A.2.2.4", collapsed=0.0) == "undecided"
    judged = two_filters_reading(record()).judge("txt-A.2.2.4")
    assert not judged.measured["collapsed_8_start_d"].any()


def test_the_epochs_shown_and_the_best_seed():
    assert verdict("fig-A.6.d") == "setting"
    found = two_filters_reading(record())
    assert found.judge("txt-A.2.2.2").verdict == "holds"
    assert len(found.judge("txt-A.2.2.2").measured["accuracy"]) == 2000
