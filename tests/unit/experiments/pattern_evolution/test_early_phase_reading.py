"""What the record of the early phase decides, and what it is only compared by."""

import json

import numpy as np
import pytest
from pattern_records import EARLY, nested

from relu_book.experiments.pattern_evolution.early_phase_reading import early_phase_reading


def test_strikes_and_hash_lists_are_decided_by_it():
    found = early_phase_reading(EARLY)
    for claim in ("fig-3.1.i", "fig-3.1.j", "fig-3.1.k", "txt-3.1.3.2"):
        assert found.judge(claim).verdict
    with pytest.raises(ValueError, match="decided by pattern_evolution/first_steps"):
        found.judge("fig-3.1.g")


def test_the_other_claims_are_compared_with_those_of_a_second_data_set():
    found = early_phase_reading(EARLY)
    same = found.agreement(found, "fig-3.1", "abcdefghijklmnopqrstuvw")
    assert same.all() and len(same) == 23


def test_images_of_the_source_size_count_only():
    assert early_phase_reading(EARLY)["fig-3.1.b"]["images"] == 0  # of 16 x 16 pixels
    settings = json.loads(EARLY.attrs["settings"]) | {"size": 32}
    large = nested(EARLY, EARLY).assign_attrs(settings=json.dumps(settings))
    found = early_phase_reading(large)
    assert found["fig-3.1.u"]["images"] == found["fig-3.1.g"]["most_images"] == 2000
    assert found["fig-3.1.u"]["lowest_similarity"].dims == ("seed",)


def test_steps_that_were_not_counted_are_not_read():
    steps = [0, 1, 2, 5, 10, 11, 40, 41, 100, 101, 200, 250, 251, 500, 501]
    steps += [1000, 1001, 1500, 1501, 2000]
    found = early_phase_reading(nested(EARLY, EARLY).sel(step=steps))
    assert set(early_phase_reading(EARLY)) - set(found) == {"fig-3.1.z"}
    short = early_phase_reading(nested(EARLY, EARLY).sel(step=[*steps[:-4], 2000]))
    assert set(found) - set(short) == {"fig-3.1.aa"}
    verdict = found.judge("fig-3.1.i")
    assert verdict.measured["steps_counted"].tolist() == [6 * 5] * 3  # 41, 101, 251 ...
    assert verdict.reasons == ("guard not met: min(steps_counted) >= 3000",)


def test_the_guard_looks_at_every_single_step_that_was_counted():
    cells = early_phase_reading(EARLY)["fig-3.1.i"]["distinct_share"]
    single = np.diff(EARLY.step.values) == 1
    later = EARLY.step.values[1:][single] > 20
    assert cells.shape == (1, 5 * 3 * 19 * later.sum())
