"""What is planted in records of lengths, pairs, F1 and the full setting is found."""

import numpy as np
import pytest
from actcoolr_records import course, diverged, record

from relu_book.experiments.actcoolr.f1 import CANDIDATES as F1_SETUPS
from relu_book.experiments.actcoolr.f1_reading import f1_reading, step_decay_reading
from relu_book.experiments.actcoolr.full_10_30 import SCALES
from relu_book.experiments.actcoolr.full_10_30_reading import full_10_30_reading
from relu_book.experiments.actcoolr.lengths import EXPONENTS, OF_LENGTH, SHAPES
from relu_book.experiments.actcoolr.lengths_reading import gamma_at_two_lengths, lengths_reading
from relu_book.experiments.actcoolr.pairs import METHODS, PAIRS, PRESETS
from relu_book.experiments.actcoolr.pairs_reading import (
    gamma_4_at_two_lengths,
    pairs_at_two_lengths,
    presets_reading,
)


def errors(**ends):
    return {name: course(test_error=end) for name, end in ends.items()}


def mean(values):
    return np.asarray(values, float).mean(0)


def pairs(errors_by_method, third=False, **besides):
    """Equal errors on all pairs, but where a set-up has its own."""
    ends = {f"{pair}_{method}": errors_by_method[method] for pair in PAIRS for method in METHODS}
    name = "pairs_third" if third else "pairs"
    return record(name, errors(**(ends | besides), **dict.fromkeys(PRESETS, 30.0)))


def test_the_full_setting():
    ends = dict(zip(SCALES["desk"].setup, (38.0, 36.0, 18.0, 90.0), strict=True))
    found = full_10_30_reading(record("full_10_30", errors(**ends), seeds=3))
    assert set(found) == {"tab-3.1.10", "tab-3.1.30"}
    assert mean(found["tab-3.1.10"]["error_share"]) == pytest.approx(38, abs=0.2)
    assert mean(found["tab-3.1.30"]["error_temperature"]) == pytest.approx(90, abs=0.2)
    assert found.judge("tab-3.1.10").verdict == "holds"
    lost = diverged(record("full_10_30", errors(**ends), seeds=3), "epochs_10_share", 1)
    found = full_10_30_reading(lost)
    assert found.judge("tab-3.1.10").verdict == "not decidable at this scale"
    assert found.judge("tab-3.1.30").verdict == "undecided"


def test_longer_trainings_have_smaller_errors():
    falling = {name: 60.0 - 5 * number for number, name in enumerate(OF_LENGTH)}
    found = lengths_reading(record("lengths", errors(**falling)))
    assert found["tab-3.1.order"]["error"].shape == (5, 6)
    assert found.judge("tab-3.1.order").verdict == "holds"
    rising = dict(zip(falling, reversed(falling.values()), strict=True))
    assert lengths_reading(record("lengths", errors(**rising))).judge("tab-3.1.order").verdict == (
        "fails"
    )


@pytest.mark.parametrize(("best", "verdict"), [(4.0, "holds"), (20.0, "fails")])
def test_exponents(best, verdict):
    ends = {
        f"gamma_{gamma:g}_{shape}": 40.0 - 5 * (gamma == best)
        for gamma in EXPONENTS
        for shape in SHAPES
    }
    both = (record(name, errors(**ends)) for name in ("lengths", "lengths_third"))
    found = gamma_at_two_lengths(*both)
    assert set(found["txt-3.3.3.1"]) == {
        *(f"{form}accuracy_{gamma}" for form in ("", "late_") for gamma in ("05", "4", "20")),
        "lengths_alike",
    }
    assert found.judge("txt-3.3.3.1").verdict == verdict


def test_f1_has_the_accuracies_that_are_printed():
    ends = {"step_decay": 9.4, "one_cycle": 9.6, "actcoolr": 10.2}
    assert ends.keys() == F1_SETUPS.keys()
    made = record("f1", errors(**ends))
    found = f1_reading(made)
    assert found.judge("tab-3.2.f1-15-step").verdict == "holds"
    assert found.judge("tab-3.2.f1-15-actcoolr").verdict == "holds"
    base = step_decay_reading(made, pairs({"step_decay": 35, "one_cycle": 30, "actcoolr": 31}))
    quantities = base["tab-3.2.order-base"]
    assert quantities["printed_lead_small"].tolist() == [0.8, 0.3]
    assert quantities["printed_lead_large"].tolist() == [-1.9, -1.7, -1.8, -2.8, -4.2]
    assert quantities["printed_lead_over_onecycle"].tolist() == [0.3, -0.4, -1.6, -2.0, -4.2]
    assert mean(quantities["lead_f1"]) == pytest.approx([0.2, 0.8], abs=0.2)
    assert quantities["lead_convolutional"] == pytest.approx([-5, -5, -5], abs=0.2)


def test_pairs():
    small = {"step_decay": 35.0, "one_cycle": 31.0, "actcoolr": 30.0}
    short = {"step_decay": 50.0, "one_cycle": 40.0, "actcoolr": 39.0}
    found = pairs_at_two_lengths(pairs(small), pairs(short, third=True))
    for claim in ("tab-3.2.order-onecycle", "S-tab-2.order", "txt-3.3.3.2"):
        assert mean(found[claim]["difference"]) == pytest.approx([1, 1, 1, 1], abs=0.2)
    for claim in (
        *("tab-3.2.order-onecycle", "tab-3.2.order-best", "tab-3.2.order-vgg"),
        *("tab-3.2.order-short", "S-tab-2.order", "txt-3.3.3.2"),
    ):
        assert found.judge(claim).verdict == "holds", claim
    assert mean(found["tab-3.2.order-short"]["gap_short"]) == pytest.approx([10, 10], abs=0.3)
    assert mean(found["tab-3.2.order-best"]["behind_step"]) == pytest.approx([-5] * 4, abs=0.3)
    worse = {"step_decay": 30.0, "one_cycle": 31.0, "actcoolr": 36.0}
    opposite = pairs_at_two_lengths(pairs(worse), pairs(worse, third=True))
    for claim in ("tab-3.2.order-onecycle", "tab-3.2.order-best", "tab-3.2.order-vgg"):
        assert opposite.judge(claim).verdict == "fails", claim
    assert mean(opposite["tab-3.2.order-short"]["gap_short"]) == pytest.approx([-1, -1], abs=0.3)


def test_a_pair_on_which_a_schedule_diverges_counts_with_chance():
    small = {"step_decay": 35.0, "one_cycle": 31.0, "actcoolr": 30.0}
    lost = pairs(small)
    for seed in range(5):
        lost = diverged(lost, "vgg_actcoolr", seed)
    found = pairs_at_two_lengths(lost, pairs(small, third=True))
    assert mean(found["tab-3.2.order-onecycle"]["difference"])[3] == pytest.approx(-59, abs=0.3)


def test_settings_of_the_supplement_are_followed_but_for_their_length():
    found = presets_reading(pairs({"step_decay": 35, "one_cycle": 31, "actcoolr": 30}))
    assert found["S-tab-3.fashion-const"]["used"] == [0.1, 0.9, 0, 5]
    assert found["S-tab-3.fashion-actcoolr"]["used"] == [1.25, 1.86, 0, 0, 5]
    assert float(found["S-tab-3.fashion-actcoolr"]["distance_share"].max()) < 0.001
    for claim in found:
        assert found.judge(claim).verdict != "holds"


@pytest.mark.parametrize(("behind", "verdict"), [(0.5, "holds"), (3.0, "fails")])
def test_a_gamma_of_4_beside_the_best(behind, verdict):
    ends = {
        f"{pair}_{shape}_{kind}": 30.0 + behind * (kind == "4")
        for pair in PAIRS
        for shape in SHAPES
        for kind in ("4", "best")
    }
    both = (record(name, errors(**ends)) for name in ("pairs_gammas", "pairs_gammas_third"))
    found = gamma_4_at_two_lengths(*both)
    assert mean(found["txt-3.3.2.7"]["behind_late"]) == pytest.approx([behind] * 4, abs=0.01)
    assert found.judge("txt-3.3.2.7").verdict == verdict
