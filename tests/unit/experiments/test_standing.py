"""Trainings that diverged are left out, told, and too few of the others decide nothing."""

import json

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.lengths import at_two_lengths, less
from relu_book.experiments.standing import standing

CLAIM, STEPS = "fig-3.21.a", 100
PAIR = ("none", "sgdw")


def record(*diverged, seeds=range(5), steps=STEPS, higher=1.0, name="momentum_decay"):
    """Three set-ups; of what diverged, each a set-up and a seed, the end is not there."""
    setups, seeds = [*PAIR, "other"], list(seeds)
    noise = 0.01 * np.arange(len(seeds))
    mu = np.stack([higher + noise, 0.2 * noise, noise])
    trained = np.full(mu.shape, float(steps))
    for setup, seed in diverged:
        place = setups.index(setup), seeds.index(seed)
        mu[place], trained[place] = np.nan, 7
    told = {"experiment": f"sensitivity/{name}", "scale": "desk", "data": "[]"}
    told |= {"settings": json.dumps({"steps": steps}), "seeds": json.dumps(seeds)}
    dims = ("setup", "seed")
    variables = {"mu": (dims, mu), "trained": (dims, trained)}
    return xr.Dataset(variables, {"setup": setups, "seed": seeds}, told)


def third(*diverged, **settings):
    return record(*diverged, steps=STEPS // 3, name="momentum_decay_third", **settings)


def measure(made):
    none, sgdw = (made["mu"].sel(setup=name, drop=True) for name in PAIR)
    return {CLAIM: {"mu_none": none, "mu_sgdw": sgdw}}


def read(long, short):
    effects = {CLAIM: (less("mu_none", "mu_sgdw"),)}
    return at_two_lengths(effects, (CLAIM,), PAIR, measure, long, short)


def test_nothing_is_left_out_where_nothing_diverged():
    verdict = read(record(("other", 0)), third()).judge(CLAIM)
    assert verdict.verdict == "holds" and verdict.left_out == () and "left out" not in str(verdict)


@pytest.mark.parametrize(
    ("long", "short", "told"),
    [
        (record(("sgdw", 3)), third(), "sgdw, seed 3: diverged after 7 of 100 steps"),
        (record(), third(("none", 3)), "none, seed 3: diverged after 7 of 33 steps"),
    ],
)
def test_a_seed_is_left_out_of_both_sides_and_both_lengths(long, short, told):
    found = read(long, short)
    assert {name: len(each) for name, each in found[CLAIM].items() if "mu" in name} == {
        "mu_none": 4,
        "mu_sgdw": 4,
    }
    verdict = found.judge(CLAIM)
    assert verdict.verdict == "holds" and verdict.left_out == (told,)
    assert f"  left out: {told}\n" in str(verdict)


def test_four_seeds_refute_nothing_that_five_would():
    below = {"higher": -1.0}
    assert read(record(**below), third(**below)).judge(CLAIM).verdict == "fails"
    one = record(("sgdw", 0), **below)
    assert read(one, third(**below)).judge(CLAIM).verdict == "undecided"


@pytest.mark.parametrize("seeds", [(0, 1), range(5)])
def test_a_selection_of_stable_trainings_decides_nothing(seeds):
    verdict = read(record(*(("sgdw", seed) for seed in seeds)), third()).judge(CLAIM)
    assert verdict.words == (
        f"not decidable at this scale (guard not met: {1 - len(seeds) / 5:.0%} of the seeds stand)"
    )
    assert len(verdict.left_out) == len(seeds) and verdict.measured == {}


def test_each_record_needs_four_fifths_of_its_own_seeds():
    def both(long, short):
        return measure(long)

    few = third(("sgdw", 0), seeds=range(3))
    found = standing(("fig-3.21.a",), PAIR, both, record(), few)
    assert found.judge(CLAIM).verdict == "not decidable at this scale"
    other = standing(("fig-3.21.a",), PAIR, both, record(("sgdw", 4)), third(seeds=range(3)))
    assert other[CLAIM]["mu_none"].seed.values.tolist() == [0, 1, 2, 3]


def test_of_many_settings_whole_ones_are_left_out():
    kept = []

    def keep(*records):
        kept.append([made.setup.values.tolist() for made in records])
        return {CLAIM: measure(record())[CLAIM] | {"lengths_alike": 1}}

    def left(*diverged):
        names = [*PAIR, "other", *"abcdef"]
        long, short = (
            made.reindex(setup=names, fill_value=float(steps)).assign_attrs(made.attrs)
            for made, steps in ((record(), STEPS), (third(), STEPS // 3))
        )
        for setup, seed in diverged:
            long["trained"].loc[{"setup": setup, "seed": seed}] = 7
        return standing((CLAIM,), names, keep, long, short, of_many=True).judge(CLAIM)

    assert left(("a", 1)).left_out and "a" not in kept[-1][0] and "b" in kept[-1][0]
    verdict = left(("a", 1), ("b", 1))
    assert verdict.reasons == ("guard not met: 78% of the settings stand",)


def test_a_record_that_does_not_say_how_far_it_came_is_taken_as_it_is():
    peaks = record().drop_vars("trained").rename(seed="draw")
    kept = []

    def keep(long, other):
        kept.append(other)
        return measure(long)

    standing((CLAIM,), PAIR, keep, record(("sgdw", 0)), peaks)
    assert kept[0].identical(peaks)
