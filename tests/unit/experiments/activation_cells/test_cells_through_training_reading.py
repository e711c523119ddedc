"""What a record of cells through training says, on records made by hand."""

import numpy as np
from trained_cells import DROP_AND_BACK, RISING, THINNING, curve, record

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


def test_planes_that_disagree_in_a_layer_make_the_last_claim_fail():
    made = record(THINNING, RISING)
    made.near_density.loc[{"compared": 10}] = 40.0
    agreeing = cells_through_training_reading(made)
    assert (agreeing["txt-2.2.4.2"]["signs_thinning"] == np.ones((20, 5))).all()
    assert agreeing.judge("txt-2.2.4.2").verdict == "holds"
    made.near_density.loc[
        {"batch_norm": False, "compared": 10, "plane": slice(0, 8), "layer": 3}
    ] = 99
    reading = cells_through_training_reading(made)
    assert reading["txt-2.2.4.2"]["signs_thinning"][:, 2].tolist() == [-1] * 8 + [1] * 12
    assert reading.judge("txt-2.2.4.2").verdict == "fails"


def test_the_centre_is_counted_around_the_images():
    first_gains = THINNING.copy()
    first_gains[:, 0] = RISING[:, 0]
    found = cells_through_training_reading(
        record(first_gains, RISING, near=(THINNING, RISING))
    ).judge("fig-2.12.b")
    assert found.parts == {"the centre": "holds", "the whole window": "fails"}
    assert found.words == "undecided (the readings disagree)"


def test_opposite_signs_of_layers_are_no_mean():
    made = record(THINNING, RISING)
    first = {"batch_norm": False, "layer": 1}
    made.corner_density.loc[first] = 9.0
    made.unit.loc[first | {"batch_norm": True}] = np.linspace(9.0, 1.0, 11)
    reading = cells_through_training_reading(made)
    apart = {"on average over the layers": "holds", "in each layer": "fails"}
    assert reading.judge("fig-2.12.d").parts == reading.judge("fig-2.13.c").parts == apart


def coming_back(made):
    return cells_through_training_reading(made)["fig-2.13.d"]["coming_back"].values.tolist()


def test_layers_that_fall_fast_and_come_back_by_hand():
    found = cells_through_training_reading(record(DROP_AND_BACK, RISING))["fig-2.13.d"]
    assert found["time_of_minimum"].values.tolist() == [[20.0] * 5] * 5
    assert coming_back(record(DROP_AND_BACK, RISING)) == [1.0] * 5
    # Lowest in the end, at the start, and after a third of the training.
    falling = cells_through_training_reading(record(THINNING, RISING))["fig-2.13.d"]
    assert falling["time_of_minimum"].values.tolist() == [[100.0] * 5] * 5
    late = curve(100, 70, 60, 50, 52, 54, 56, 58, 60, 62, 64)
    for course in (THINNING, RISING, late):
        assert coming_back(record(course, RISING)) == [0.0] * 5
    assert coming_back(record(np.where(np.arange(5) < 2, DROP_AND_BACK, late), RISING)) == [0.4] * 5


def test_a_fall_counts_where_it_is_deeper_than_the_seeds_spread():
    made = record(DROP_AND_BACK, RISING)
    # Seeds that start up to 160 apart hide a fall of 50.
    made["far"] = made.far + 40 * made.seed
    assert coming_back(made) == [0.0] * 5
    assert cells_through_training_reading(made).judge("fig-2.13.d").verdict == "fails"


def test_seeds_that_disagree_refute_no_way_back():
    made = record(DROP_AND_BACK, RISING)
    made.far.loc[{"seed": [0, 1, 2], "epoch": 9}] = 10.0
    assert coming_back(made) == [0.0] * 3 + [1.0] * 2
    assert cells_through_training_reading(made).judge("fig-2.13.d").verdict == "undecided"


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
