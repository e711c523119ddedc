"""What is planted in the courses of schedules is found, with the sign that the claim means."""

import numpy as np
import pytest
from actcoolr_records import course, diverged, one_cycle, record

from relu_book.claims import Reading, undecidable
from relu_book.experiments.actcoolr.gammas import CONSTANT, GAMMAS, SETUPS
from relu_book.experiments.actcoolr.gammas_reading import (
    annealing_reading,
    gammas_at_two_lengths,
    largest_constant,
)

FULL = [f"epochs_{epochs}_{mean}" for epochs in (10, 30) for mean in ("share", "temperature")]


def late(share):
    """A validation error that stays high and falls late."""
    return 90 - 50 * share**6


def as_stated(**changes):
    """Courses with which the statements on figure 3.22 hold."""
    courses = {
        f"gamma_{gamma}": course(
            one_cycle(9, 0.3 + 0.04 * (gamma - 1)), validation_error=late, first_rate=1.0
        )
        for gamma in GAMMAS
    }
    for name in ("gamma_1_share", "printed_temperature", "printed_share"):
        courses[name] = courses["gamma_1"]
    courses["gamma_1_plain"] = course(first_rate=0.1)
    courses["one_cycle"] = courses["one_cycle_at_30"] = course(one_cycle(0.8))
    courses["step_decay"] = courses["cyclic"] = course()
    return {name: courses[name] for name in SETUPS} | changes


def tuning(bears=30.0):
    """One seed of constant rates, of which the larger ones end above their first loss."""
    courses = {
        name: course(
            lambda time: 1 + 0 * time,
            loss=lambda time, up=changes["learning_rate"] > bears: 2.3 + (1 if up else -1) * time,
        )
        for name, changes in CONSTANT.items()
    }
    return record("gammas_tuning", courses, seeds=1)


def full(peak=9.0):
    return record("full_10_30", {name: course(one_cycle(peak)) for name in FULL}, seeds=3)


def reading(courses, bears=30.0, third=None):
    both = record("gammas", courses), record("gammas_third", third or courses, steps=333)
    return gammas_at_two_lengths(*both, tuning(bears), full())


def mean(found, claim, name):
    return float(np.mean(np.asarray(found[claim][name], float)))


def test_what_is_stated_has_the_sign_of_the_statement():
    found = reading(as_stated())
    a = found["fig-3.22.a"]
    assert a["maxima"].shape == (5, 6) and (np.asarray(a["maxima"]) == 1).all()
    assert np.asarray(a["position"])[:, 0] == pytest.approx(30, abs=3)
    assert (np.asarray(a["decay"]) < 0).all() and (np.asarray(a["decay_fit"]) > 0.9).all()
    assert 20 < mean(found, "fig-3.22.b", "moved") < 50
    assert (np.asarray(found["fig-3.22.c"]["farther_at_30"]) > 0).all()
    peaks = found["fig-3.22.d"]
    assert mean(found, "fig-3.22.d", "peak_share") == pytest.approx(8.8, abs=0.5)
    assert np.asarray(peaks["peak_share"] / peaks["peak_onecycle"]) == pytest.approx(11.25, abs=1)
    assert mean(found, "fig-3.22.d", "full_peak_share") > 8
    assert mean(found, "fig-3.22.e", "late_share") > mean(found, "fig-3.22.e", "late_step") + 10
    assert (
        mean(found, "fig-3.22.f", "distance_share")
        < 0.001
        > mean(found, "fig-3.22.f", "distance_temperature")
    )
    assert np.asarray(found["txt-3.3.3.3"]["stable_share"]).all()
    assert found["txt-3.3.3.3"]["largest_constant"] == 30
    assert mean(found, "txt-3.3.3.4", "rise_share") == pytest.approx(3, abs=0.3)
    assert mean(found, "txt-3.3.3.4", "rise_plain") == pytest.approx(1, abs=0.1)


def test_what_is_stated_holds_and_the_opposite_fails():
    found = reading(as_stated())
    for claim in found:
        assert found.judge(claim).verdict == "holds", claim
    even = course(
        lambda time: 0.5 - 0.4 * np.maximum(time - 0.15, 0),
        first_rate=0.5,
        validation_error=lambda share: 90 - 50 * share**0.2,
        share=lambda time: 0.5 + 0 * time,
        temperature=lambda time: 1 + 0 * time,
    )
    near = course(one_cycle(0.8), validation_error=late)
    burning = ("gamma", "printed")
    opposite = {name: even for name in SETUPS if name.startswith(burning)} | {
        "gamma_10": near,
        "one_cycle": near,
        "one_cycle_at_30": near,
        "step_decay": near,
        "cyclic": near,
    }
    found = reading(as_stated(**opposite))
    verdicts = {claim: found.judge(claim).verdict for claim in set(found) - {"fig-3.22.b"}}
    assert verdicts == dict.fromkeys(verdicts, "fails")


def test_annealing_takes_the_verdicts_of_three_claims():
    sources = [
        record("schedules", {"one": course()}).assign_attrs(experiment=f"temperature/{name}")
        for name in ("schedules", "schedules_third")
    ]
    open_one = Reading({"fig-3.8.d": undecidable("not measured")}, *sources)
    found = annealing_reading(open_one, reading(as_stated()))["txt-3.3.3.5"]
    assert found == {"held": [False, True, True], "decided": [False, True, True]}


def test_a_smaller_exponent_peaks_earlier_and_is_no_one_cycle():
    back = {f"gamma_{gamma}": course(one_cycle(9, 0.7 - 0.05 * gamma)) for gamma in GAMMAS} | {
        "gamma_1": course(one_cycle(9, 0.8))
    }
    found = reading(as_stated(**back))
    assert mean(found, "fig-3.22.b", "moved") < -20
    assert (np.asarray(found["fig-3.22.c"]["farther_at_30"]) < 0).all()


def test_an_even_rate_has_no_maximum_and_does_not_decay():
    found = reading(as_stated(gamma_4=course()))["fig-3.22.a"]
    assert (np.asarray(found["maxima"])[:, 2] == 0).all()
    assert (np.asarray(found["decay_fit"])[:, 2] < 0.1).all()


def test_what_is_off_its_target():
    off = course(one_cycle(9), share=lambda time: 0.5 + 0 * time, temperature=lambda time: 1 - time)
    found = reading(as_stated(gamma_1=off, gamma_1_share=off))
    assert mean(found, "fig-3.22.f", "distance_share") > 0.15
    assert mean(found, "fig-3.22.f", "distance_temperature") == pytest.approx(0.34, abs=0.05)


def test_a_training_that_ends_above_its_first_loss_is_not_stable():
    worse = course(one_cycle(9), loss=lambda time: 2.3 + time)
    found = reading(as_stated(gamma_1=worse, printed_share=worse))
    assert not np.asarray(found["txt-3.3.3.3"]["stable_share"]).any()
    assert "stand" in " ".join(found["fig-3.22.d"].reasons)


def test_only_the_printed_start_temperature_refutes():
    courses = as_stated(**{f"gamma_{gamma}": course(one_cycle(9)) for gamma in GAMMAS})
    assert reading(courses).judge("fig-3.22.b").verdict == "fails"
    cooler = {name: one | {"target": lambda time: 2 * (1 - time)} for name, one in courses.items()}
    assert reading(cooler)["fig-3.22.b"]["start"] == 2
    assert reading(cooler).judge("fig-3.22.b").verdict == "undecided"


def test_a_training_that_diverged_is_left_out_of_courses_and_counts_for_stability():
    courses = as_stated()
    both = (
        diverged(diverged(record(name, courses, steps=steps), "gamma_1", 3), "printed_share", 3)
        for name, steps in (("gammas", 1000), ("gammas_third", 333))
    )
    found = gammas_at_two_lengths(*both, tuning(), full())
    assert found["fig-3.22.a"]["maxima"].shape == (4, 6)
    stable = np.asarray(found["txt-3.3.3.3"]["stable_share"])
    assert stable.tolist() == [True, True, True, False, True]


def test_the_largest_constant_rate():
    assert largest_constant(tuning(10.0)) == 10 and largest_constant(tuning(1.0)) == 0
