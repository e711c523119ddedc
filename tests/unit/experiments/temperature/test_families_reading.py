"""What is planted in four architectures is found by the claims on figure 3.10."""

import numpy as np
import pytest
from temperature_records import BLOCK, LAYERS, as_stated, diverged, record

from relu_book.experiments.temperature.families import NETWORKS
from relu_book.experiments.temperature.families_reading import families_reading, six_setups
from relu_book.experiments.temperature.schedules import SETUPS

CLAIMS = ("fig-3.10.a", "fig-3.10.b", "fig-3.10.c", "fig-3.10.d")


def stated(network, time, rate, even="pyramidnet", scattered="convnet"):
    """One network is even over depth and cools fastest, one cools by another factor each layer."""
    smooth, stairs = 1 + LAYERS / 8, np.array([1, 2, 4])[BLOCK - 1] * (1 + LAYERS / 500)
    fall = np.exp(-(2 if network == even else 1) * np.minimum(time, 0.5))
    power = 0.3 + (0.2 * (LAYERS % 2) if network == scattered else 0 * LAYERS)
    course = fall[:, None] * (rate[:, None] / 0.1) ** power
    return (smooth if network == even else stairs) * course


def families(temperature):
    made = record("families", list(NETWORKS), temperature, steps=2000, every=10)
    return made.rename(setup="network")


def swapped(network, time, rate):
    return stated(network, time, rate, even="convnet", scattered="resnet")


def test_statements_hold_where_they_are_planted_and_fail_where_the_opposite_is():
    holding, failing = (families_reading(families(each)) for each in (stated, swapped))
    assert {name: holding.judge(name).verdict for name in CLAIMS} == dict.fromkeys(CLAIMS, "holds")
    # One short length refutes nothing.
    verdicts = {name: failing.judge(name).verdict for name in CLAIMS[:3]}
    assert verdicts == dict.fromkeys(CLAIMS[:3], "undecided")
    alike = families_reading(families(lambda *given: 0 * stated(*given) + 1 + LAYERS / 100))
    assert alike.judge("fig-3.10.d").verdict == "undecided"


def test_temperatures_that_the_samples_bound_decide_nothing():
    found = families_reading(families(lambda *given: stated(*given) + 13))
    assert {found.judge(name).verdict for name in CLAIMS} == {"not decidable at this scale"}


def test_a_network_that_does_not_rise_is_not_the_most_even():
    def sinking(network, time, rate):
        found = stated(network, time, rate)
        return found[:, ::-1] if network == "pyramidnet" else found

    verdict = families_reading(families(sinking)).judge("fig-3.10.c").verdict
    assert verdict == "not decidable at this scale"


def test_a_slope_that_changes_its_sign_decides_nothing():
    def turning(network, time, rate):
        return stated(network, time, rate) * (1 + 30 * abs(time - 0.3))[:, None]

    verdict = families_reading(families(turning)).judge("fig-3.10.a").verdict
    assert verdict == "not decidable at this scale"


@pytest.mark.parametrize(("upside_down", "verdict"), [(False, "holds"), (True, "undecided")])
def test_six_setups(upside_down, verdict):
    def temperature(setup, time, rate):
        network = setup.partition("_")[0]
        schedule = setup if "_" in setup else f"{network}_one_cycle"
        found = as_stated(schedule, time, 0.1 + 0 * rate if "one" in schedule else rate)
        if setup.endswith("step_decay"):
            found = as_stated("resnet_one_cycle", time, rate)
        return found[:, ::-1] if upside_down else found

    schedules = record("schedules", list(SETUPS), temperature)
    found = six_setups(schedules, families(temperature))
    for claim in ("S-fig-1.a", "S-fig-1.b"):
        assert found.judge(claim).verdict == verdict, found.judge(claim)


@pytest.mark.parametrize("step", [100, 900])
def test_a_seed_that_diverged_is_left_out_of_all_networks(step):
    found = families_reading(diverged(families(stated), [("fixup", 0)], step, "network"))
    assert {name: found.judge(name).verdict for name in CLAIMS} == dict.fromkeys(CLAIMS, "holds")
    assert found["fig-3.10.b"]["lower"].seed.values.tolist() == [1, 2, 3, 4]
    told = f"fixup, seed 0: diverged after {step} of 2,000 steps"
    assert {found.judge(name).left_out for name in CLAIMS} == {(told,)}


def test_what_diverged_in_three_seeds_is_not_decidable():
    gone = [(NETWORKS[0], seed) for seed in range(3)]
    made = diverged(families(stated), gone, 100, "network")
    found = families_reading(made)
    assert {found.judge(name).verdict for name in CLAIMS} == {"not decidable at this scale"}
    schedules = record("schedules", list(SETUPS))
    assert six_setups(schedules, made).judge("S-fig-1.b").verdict == "not decidable at this scale"


def test_a_record_that_is_too_short_says_so():
    short = families(stated).isel(step=slice(0, 20))
    with pytest.raises(ValueError, match="ends at step 190; measure it with: relu-book run temper"):
        families_reading(short)
    with pytest.raises(ValueError, match="lacks network fixup"):
        families_reading(families(stated).drop_sel(network="fixup"))
