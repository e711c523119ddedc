"""What a record of cells through training says, on records made by hand."""

import numpy as np
from trained_cells import DROP_AND_BACK, RISING, THINNING, record

from relu_book.experiments.activation_cells import cells_through_training_reading


def verdicts(made):
    reading = cells_through_training_reading(made)
    return {name: reading.judge(name).verdict for name in reading}


OTHERS = {"fig-2.13.b", "fig-2.13.d"}  # contradict what the first record shows


def test_a_record_on_which_the_claims_hold():
    found = verdicts(record(THINNING, RISING))
    assert {name for name, verdict in found.items() if verdict != "holds"} == OTHERS
    assert verdicts(record(THINNING, THINNING + 100))["fig-2.13.b"] == "holds"
    assert verdicts(record(DROP_AND_BACK, RISING))["fig-2.13.d"] == "holds"


def test_a_record_on_which_the_claims_fail():
    # Cells multiply without batch norm, unevenly, and thin out with it, first of all in corners.
    uneven = RISING * np.array([1, 3, 9, 1, 3])
    made = record(
        RISING, THINNING * 2, near=(RISING, THINNING * np.arange(1, 6)), corners=((20, 20), (8, 2))
    )
    found = verdicts(made)
    assert found.pop("fig-2.13.a") == "holds"  # that they differ is all that it says
    assert found.pop("txt-2.2.4.2") == "holds"  # planes agree with each other
    assert set(found.values()) == {"fails"}, found
    assert verdicts(record(uneven, RISING))["fig-2.12.b"] == "fails"
    assert verdicts(record(RISING, RISING))["fig-2.13.a"] != "holds"


def test_planes_that_disagree_make_the_last_claim_fail():
    made = record(THINNING, RISING)
    made.far_by_plane.loc[{"batch_norm": False, "compared": 10, "plane": slice(0, 8)}] = 1000.0
    reading = cells_through_training_reading(made)
    assert reading["txt-2.2.4.2"]["signs_thinning"].tolist() == [-1] * 8 + [1] * 12
    assert reading.judge("txt-2.2.4.2").verdict == "fails"


def test_slope_after_the_minimum_by_hand():
    made = record(DROP_AND_BACK, RISING, seeds=1)
    found = cells_through_training_reading(made)["fig-2.13.d"]
    assert found["time_of_minimum"].values.tolist() == [[20.0] * 5]
    assert np.allclose(found["slope_after"], 2.0)
    assert np.allclose(found["fall"], 50.0)
    falling = cells_through_training_reading(record(THINNING, RISING, seeds=1))["fig-2.13.d"]
    assert falling["time_of_minimum"].values.tolist() == [[100.0] * 5]
    assert falling["slope_after"].values.tolist() == [[0.0] * 5]


def test_a_fall_counts_where_it_is_deeper_than_the_seeds_spread():
    made = record(DROP_AND_BACK, RISING)
    found = cells_through_training_reading(made)["fig-2.13.d"]
    assert np.allclose(found["spread"], 0.1 * np.std(range(5), ddof=1))
    assert found["spread"].sizes == {"seed": 5, "layer": 5}
    # Seeds that start up to 160 apart hide a fall of 50.
    made["far"] = made.far + 40 * made.seed
    hidden = cells_through_training_reading(made)
    assert np.allclose(hidden["fig-2.13.d"]["fall"], found["fall"])
    assert hidden.judge("fig-2.13.d").verdict == "fails"


def test_triples_of_images_are_repetitions_of_a_training():
    made = record(THINNING, RISING)
    made["near_density"] = made.near_density + made.plane  # of the first three, one more on average
    found = cells_through_training_reading(made)["fig-2.12.c"]
    assert found["density_images"].sizes == {"seed": 5, "layer": 5}
    assert np.allclose(found["density_images"], 51.0)


def test_order_of_dimensions_does_not_matter():
    made = record(THINNING * np.arange(1, 6), RISING)
    turned = made.transpose("layer", "epoch", "plane", "compared", "seed", "batch_norm")
    one, other = cells_through_training_reading(made), cells_through_training_reading(turned)
    for name in one:
        same = other.judge(name).measured
        for quantity, values in one.judge(name).measured.items():
            assert np.array_equal(values, same[quantity]), (name, quantity)


def test_what_a_smoke_test_measures_decides_nothing():
    made = record(THINNING, RISING).assign_attrs(scale="smoke")
    assert set(verdicts(made).values()) == {"not decidable at this scale"}


def test_a_record_with_another_learning_rate_than_the_source_decides_nothing():
    made = record(THINNING, RISING).assign_attrs(
        settings='{"learning_rate": 0.01, "resolution": 200}'
    )
    reading = cells_through_training_reading(made)
    reasons = {reading.judge(name).words for name in reading}
    assert reasons == {"not run (no record with learning_rate 0.001)"}
