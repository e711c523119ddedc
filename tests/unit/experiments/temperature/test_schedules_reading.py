"""What is planted in records of three schedules is found by the claims on them."""

import numpy as np
import pytest
from temperature_records import AFTER, BLOCK, LAYERS, as_stated, diverged, record

from relu_book.experiments.temperature.schedules import SETUPS
from relu_book.experiments.temperature.schedules_reading import schedules_reading, two_lengths

ALONE = ("fig-3.8.b", "fig-3.8.c", "fig-3.8.f")
ALIKE = ("fig-3.8.a", "fig-3.9.e", "fig-3.9.f", "fig-3.9.i")
TWICE = ("fig-3.8.d", "txt-5.1.5", "fig-3.9.a", "fig-3.9.d", "S-fig-1.c", *ALIKE)


# Two lengths are told to agree, or the statement is true of any network.
REFUTABLE = (*TWICE, "fig-3.8.c")


def reading(temperature=as_stated, third=None):
    """Both readings of records with these temperatures, at a third of the length perhaps others."""
    schedules = record("schedules", list(SETUPS), temperature)
    short = record("schedules_third", list(SETUPS)[:-1], third or temperature, steps=330, every=2)
    return schedules_reading(schedules) | two_lengths(schedules, short)


def upside_down(setup, time, rate):
    return as_stated(setup, time, rate)[:, ::-1]


def cooler_after(setup, time, rate):
    return as_stated(setup, time, rate)[:, :1] * (1 - 0.1 * AFTER)


def hotter_as_the_rate_falls(setup, time, rate):
    return (3 - 2 * rate / rate.max())[:, None] + 0 * LAYERS


def curved(setup, time, rate):
    return np.exp(-8 * time)[:, None] + 0 * LAYERS


def swapped(setup, time, rate):
    other = {"resnet": "convnet", "convnet": "resnet"}
    network, _, schedule = setup.partition("_")
    return as_stated(f"{other[network]}_{schedule}", time, rate)


@pytest.fixture(scope="module")
def stated():
    return reading()


@pytest.mark.parametrize("claim", ALONE + TWICE)
def test_statements_hold_where_they_are_planted(stated, claim):
    assert stated.judge(claim).verdict == "holds", stated.judge(claim)


@pytest.mark.parametrize(
    ("temperature", "claims"),
    [
        (hotter_as_the_rate_falls, ("fig-3.8.a",)),
        (lambda *given: as_stated(*given)[::-1], ("fig-3.8.c", "fig-3.9.a")),
        (upside_down, ("fig-3.9.d", "fig-3.9.e", "fig-3.9.f")),
        (cooler_after, ("fig-3.9.i",)),
        (curved, ("fig-3.8.d", "txt-5.1.5", "fig-3.8.f")),
        (swapped, ("S-fig-1.c",)),
    ],
)
def test_statements_fail_where_the_opposite_is_planted(temperature, claims):
    # The longer one is no nearer to the statement.
    found = reading(temperature, third=lambda *given: 0.9 * temperature(*given))
    expected = {claim: "fails" if claim in REFUTABLE else "undecided" for claim in claims}
    assert {claim: found.judge(claim).verdict for claim in claims} == expected


def test_one_length_alone_refutes_nothing():
    found = reading(curved, third=as_stated)
    for claim in ("fig-3.8.d", "txt-5.1.5"):
        assert found.judge(claim).verdict == "undecided"
    assert reading(as_stated, third=curved).judge("fig-3.8.d").verdict == "holds"


def test_a_longer_training_that_comes_nearer_refutes_nothing():
    def straighter(setup, time, rate):
        return np.exp(-4 * time)[:, None] + 0 * LAYERS

    assert reading(straighter, third=curved).judge("fig-3.8.d").verdict == "undecided"
    assert reading(curved, third=straighter).judge("fig-3.8.d").verdict == "fails"


def test_temperatures_that_the_samples_bound_decide_nothing():
    found = reading(lambda *given: as_stated(*given) + 13)
    guarded = [claim for claim in ALONE + TWICE if claim not in ("fig-3.8.b", "fig-3.8.c")]
    for claim in guarded:
        assert found.judge(claim).verdict == "not decidable at this scale", claim


def test_a_block_with_the_other_sign_leaves_the_sides_undecided():
    def mixed(setup, time, rate):
        sign = np.where(BLOCK == 2, -1, 1)
        return as_stated(setup, time, rate)[:, :1] * (1 + 0.1 * sign * AFTER)

    verdict = reading(mixed).judge("fig-3.9.i")
    assert verdict.verdict == "undecided"
    assert np.sign(verdict.report["after minus before, by block"]).tolist() == [1, -1, 1]


def test_a_smoke_record_is_told_what_it_lacks():
    few = record("schedules", ["resnet_step_decay", "convnet_one_cycle"])
    with pytest.raises(ValueError, match=r"lacks setup convnet_cyclic, .* --scale desk"):
        schedules_reading(few)
    with pytest.raises(ValueError, match="lacks setup"):
        two_lengths(few, few)


@pytest.mark.parametrize("claim", ALIKE)
def test_a_third_that_says_otherwise_refutes_nothing(claim):
    opposite = {
        "fig-3.8.a": lambda *given: as_stated(*given)[::-1],
        "fig-3.9.i": cooler_after,
    }.get(claim, upside_down)
    assert reading(opposite, third=as_stated).judge(claim).verdict == "undecided"
    assert reading(as_stated, third=opposite).judge(claim).verdict == "holds"


PAIRED = {"fig-3.9.d", "fig-3.9.e", "fig-3.9.f", "S-fig-1.c"}


@pytest.mark.parametrize(("seeds", "barred"), [((2,), False), ((0, 1), True), (range(5), True)])
def test_a_training_that_diverged_is_left_out_of_what_compares_it(stated, seeds, barred):
    made = record("schedules", list(SETUPS))
    short = record("schedules_third", list(SETUPS)[:-1], steps=330, every=2)
    made = diverged(made, [("convnet_one_cycle", seed) for seed in seeds], 100)
    found = schedules_reading(made) | two_lengths(made, short)
    verdicts = {name: found.judge(name) for name in (*ALONE, *TWICE)}
    assert {name for name, each in verdicts.items() if each.left_out} == PAIRED
    for name, verdict in verdicts.items():
        open_ = barred and name in PAIRED
        assert verdict.verdict == ("not decidable at this scale" if open_ else "holds"), verdict
    if not barred:
        rest = schedules_reading(made.drop_sel(seed=2)) | two_lengths(
            made.drop_sel(seed=2), short.drop_sel(seed=2)
        )
        for name in PAIRED:
            for what, value in found[name].items():
                np.testing.assert_array_equal(value, rest[name][what], err_msg=f"{name} {what}")
