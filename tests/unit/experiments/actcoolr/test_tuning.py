"""The best of several candidates is taken, on a seed that no result is of."""

import pytest
from actcoolr_records import course, diverged, record

from relu_book.experiments.actcoolr import controller, f1, gammas, pairs, pairs_gammas, tuning
from relu_book.runs import Run


def errors(**ends):
    return {
        name: course(validation_error=lambda share, end=end: 90 - (90 - end) * share)
        for name, end in ends.items()
    }


def test_the_smallest_validation_error_wins(tmp_path, monkeypatch):
    made = record("tuning", errors(low=30, middle=20, high=25), seeds=1)
    monkeypatch.setattr(tuning, "load", lambda name, scale: made)
    candidates = {
        name: {"learning_rate": rate}
        for name, rate in zip(("low", "middle", "high"), (1, 2, 3), strict=True)
    }
    taken = tuning.tuned({"steps": 5}, candidates, "actcoolr/tuning", Run(tmp_path, "desk"))
    assert taken == ({"learning_rate": 2, "steps": 5}, "middle")
    assert tuning.tuned({}, candidates, "actcoolr/tuning", Run(tmp_path, "smoke"))[1] == "low"
    assert tuning.tuned({"steps": 5}, {}, "none", Run(tmp_path, "desk")) == ({"steps": 5}, "")


def test_what_diverged_is_never_the_best():
    made = diverged(record("tuning", errors(low=30, high=10), seeds=1), "high", 0)
    assert tuning.best(made, ["low", "high"]) == "low"
    with pytest.raises(ValueError, match="one of high was to be chosen, but all"):
        tuning.best(made, ["high"])


def test_a_controller_is_chosen_by_its_distance_from_the_target():
    off = course(share=lambda time: 0.5 + 0 * time, validation_error=lambda share: 90 - 80 * share)
    made = record("tuning", {"off": off, "on": course()}, seeds=1)
    assert tuning.best(made, ["off", "on"], tuning.share_error) == "on"
    assert tuning.best(made, ["off", "on"]) == "off"


def test_the_hottest_start_is_taken_that_ends_below_its_first_loss():
    courses = {
        "burnt": course(target=lambda time: 3 - time, loss=lambda time: 2.3 + time),
        "hot": course(target=lambda time: 2 - time, validation_error=lambda share: 90 + 0 * share),
        "cold": course(target=lambda time: 1 - time),
    }
    made = record("tuning", courses, seeds=1)
    assert tuning.best(made, list(courses), tuning.coldness) == "hot"


@pytest.mark.parametrize("module", [controller, f1, gammas, pairs, pairs_gammas])
def test_seeds_that_choose_are_none_that_are_reported(module):
    name = module.__name__.rpartition(".")[2]
    reported = module.SCALES["desk"].seeds
    assert tuning.SEED not in reported and len(reported) == 5
    desk = getattr(module, f"{name}_tuning")
    assert desk.__doc__.startswith(f"relu-book run actcoolr/{name}_tuning --scale desk")
    sizes = {len(group) for group in module.CANDIDATES.values()}
    assert (
        sizes == {controller: {5}, f1: {12}, gammas: {9, 3}, pairs: {4}, pairs_gammas: {5}}[module]
    )
