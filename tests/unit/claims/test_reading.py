"""A reading joins what was measured, its record and the claim, and lets none of them part."""

import json

import numpy as np
import pytest
import xarray as xr

from relu_book.claims import Reading, judge, ledger, load_claims, summary, undecidable
from relu_book.claims.cards import card

CLAIM = "fig-3.1.o"  # desk, decided by the first steps
STEPS, EARLY = "pattern_evolution/first_steps", "pattern_evolution/early_phase"


def record(experiment=STEPS, scale="desk", **settings):
    told = {"experiment": experiment, "scale": scale, "settings": json.dumps(settings)}
    told |= {"seeds": "[0, 1, 2, 3, 4]", "data": json.dumps([{"name": "cifar10"}])}
    return xr.Dataset(attrs=told)


def quantities(name=CLAIM):
    return {name: {key: [0.0] * 5 for key in load_claims()[name].measured}}


def test_the_scale_is_that_of_the_record():
    assert load_claims()[CLAIM].scale == "desk"
    assert Reading(quantities(), record()).judge(CLAIM).verdict in ("holds", "fails", "undecided")
    verdict = Reading(quantities(), record(scale="smoke")).judge(CLAIM)
    assert verdict.verdict == "not decidable at this scale"


def test_a_smoke_record_decides_not_even_what_is_live():
    live = Reading({"fig-2.5.b": {"exact_counts": [2, 4]}}, record("a/b", "smoke"))
    assert live.judge("fig-2.5.b").verdict == "not decidable at this scale"


def test_of_two_records_the_smaller_scale_counts():
    reading = Reading(quantities(), record(), record("a/b", "smoke"))
    assert reading.judge(CLAIM).verdict == "not decidable at this scale"
    assert len(reading.judge(CLAIM).evidence) == 2


def test_a_record_of_another_experiment_is_refused():
    reading = Reading(quantities(), record("pattern_evolution/whole_training"))
    with pytest.raises(ValueError, match=f"{CLAIM} is decided by {STEPS}, not by a record of patt"):
        reading.check(CLAIM)


def test_a_claim_that_needs_two_records_is_refused_with_one():
    second = "pattern_evolution/entropy_by_depth"
    first = f"{second}_fashion_mnist"
    told = {"fig-3.5": {"agrees": [True] * 6, "tiny_imagenet": True}}
    with pytest.raises(ValueError, match=f"fig-3.5 is decided by {first} and {second}, not by a"):
        Reading(told, record(first)).judge("fig-3.5")
    assert Reading(told, record(second), record(first)).judge("fig-3.5").verdict == "setting"


def test_a_record_that_was_made_otherwise_decides_nothing():
    (name, made) = ("fig-2.12.d", "activation_cells/cells_through_training")
    other = Reading(quantities(name), record(made, learning_rate=0.01))
    assert other.judge(name).words == "not run (no record with learning_rate 0.001)"
    right = Reading(quantities(name), record(made, learning_rate=0.001))
    assert right.judge(name).verdict == "undecided"


def test_the_evidence_says_data_size_steps_and_seeds():
    reading = Reading(quantities(), record(size=16, measured_images=256, steps=2000))
    said = "cifar10, 16 x 16 pixels, 256 measured, 2,000 steps, seeds 0 to 4"
    assert reading.judge(CLAIM).evidence == (f"{STEPS}, desk: {said}",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reading({"fig-3.1.dd": {}}, record()), "no claim 'fig-3.1.dd': did you mean"),
        (lambda: Reading(quantities()), "needs the records"),
        (lambda: Reading(quantities(), xr.Dataset()), "does not say its experiment"),
        (lambda: Reading(quantities(), record())["fig-3.1.e"], "nothing was read on fig-3.1.e"),
        (lambda: Reading(quantities(), record())["fig"], "no claim 'fig'"),
    ],
)
def test_what_does_not_fit_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_two_readings_keep_their_own_records():
    other = Reading({"fig-2.5.b": {"exact_counts": [2, 4]}}, record("a/b", "smoke"))
    both = Reading(quantities(), record()) | other
    assert set(both) == {CLAIM, "fig-2.5.b"}
    assert both.judge(CLAIM).evidence[0].startswith(STEPS)
    assert both.judge("fig-2.5.b").evidence[0].startswith("a/b, smoke")


def test_a_reading_made_of_others_stands_on_their_records():
    first, second = Reading(quantities(), record()), Reading(quantities(), record("a/b", "smoke"))
    both = Reading(quantities(), first, second, first)
    assert [told.split(",")[0] for told in both.judge(CLAIM).evidence] == [STEPS, "a/b"]
    assert both.judge(CLAIM).verdict == "not decidable at this scale"


def test_readings_of_two_data_sets_are_compared_though_one_decides_nothing():
    names = ["fig-3.1.t", "fig-3.1.u"]
    low = {name: {"lowest_similarity": [0.0] * 5, "images": 256} for name in names}
    high = low | {"fig-3.1.t": {"lowest_similarity": [0.9] * 5, "images": 256}}
    first = Reading(low, record(), record(f"{STEPS}_all_images"))
    second = Reading(high, record(f"{STEPS}_fashion_mnist"))
    assert first.judge("fig-3.1.t").verdict == "not decidable at this scale"
    with pytest.raises(ValueError, match=f"decided by {STEPS} and {STEPS}_all_images, not by"):
        second.judge("fig-3.1.u")
    same = first.agreement(second, "fig-3.1", "tu")
    assert dict(zip(same.claim.values, same.values, strict=True)) == {
        names[0]: False,
        names[1]: True,
    }
    assert first.agreement(second, "fig-3.1.u").values.tolist() == [True]
    with pytest.raises(ValueError, match=r"nothing was read on fig-3\.1\.e"):
        first.agreement(second, "fig-3.1.e")


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        # Signs of the means agree where one interval is wide and one verdict undecided.
        ("fig-3.1.q", [[0.01, 0.01, 0.01]] * 5, [[0.0, 0.0, 0.0]] * 4 + [[0.04, 0.04, 0.04]], True),
        # In every network: one of three is enough to differ.
        ("fig-3.1.q", [[0.01, 0.01, 0.01]] * 5, [[0.01, 0.01, 0.03]] * 5, False),
    ],
)
def test_data_sets_agree_where_each_mean_lies_on_the_same_side(name, one, other, same):
    first, second = (Reading({name: {"largest_share": found}}, record()) for found in (one, other))
    assert first.judge(name).verdict != second.judge(name).verdict
    assert first.agreement(second, name).values.tolist() == [same]


def test_claims_without_intervals_agree_by_their_comparisons_guards_aside():
    name, few = "fig-3.1.i", {"images": [256], "shuffles": 1000, "steps_counted": [10] * 3}

    def strikes(number, distinct):
        found = {"strikes": [number], "p_value": [0.001], "distinct_share": [[distinct] * 4]}
        return Reading({name: few | found}, record(EARLY))

    assert strikes(1, 0.9).agreement(strikes(5, 0.1), name).all()
    assert not strikes(1, 0.1).agreement(strikes(0, 0.1), name).any()


def test_records_too_small_to_compare_anything_agree_in_nothing():
    small = Reading(quantities(), record(scale="smoke"))
    assert not small.agreement(small, CLAIM).any()


def test_of_two_sizes_the_larger_is_shown_by_its_seeds():
    found = xr.DataArray(0.5 + np.arange(10.0).reshape(5, 2) / 100, dims=("seed", "size"))
    share = xr.DataArray(np.full((2, 7), 0.1), dims=("size", "cell"))
    told = {"images": [1000, 2000], "rise": found, "distinct_share": share}
    of = record("pattern_evolution/whole_training")
    said = str(Reading({"fig-3.7.w": told}, of).judge("fig-3.7.w"))
    assert "measured: images 1000, 2000; rise 0.51, 0.53, 0.55, 0.57, 0.59;" in said
    assert (
        "distinct_share 7 cells: all 0.1" in " ".join(said.split())
        and "5 seeds, against 0.3" in said
    )
    assert "sizes: 1000: holds; 2000: holds" in said


def test_parts_are_checked_and_remembered(capsys):
    told = quantities("fig-3.1.t") | quantities("fig-3.1.u")
    reading = Reading(told, record(), record(f"{STEPS}_all_images"))
    reading.check("fig-3.1", "tu")
    printed = capsys.readouterr().out
    assert printed.index("fig-3.1.t\n") < printed.index("fig-3.1.u\n")
    done = {v.id: v for v in summary("pattern_evolution").verdicts}
    assert str(done["fig-3.1.u"]) == str(reading.judge("fig-3.1.u"))


def test_of_named_dimensions_the_seeds_go_first_and_give_the_unit():
    name = next(n for n, c in load_claims().items() if "network" in str(c.measured.values()))
    claim = load_claims()[name]
    rows = np.random.default_rng(0).random((7, 3))
    bare = dict.fromkeys(claim.measured, rows)
    named = {key: xr.DataArray(rows.T, dims=("network", "seed")) for key in claim.measured}
    turned = judge(name, named)
    for key in claim.measured:
        assert (turned.measured[key] == judge(name, bare).measured[key]).all()
    assert "7 seeds" in str(turned) and turned.verdict == judge(name, bare).verdict


def test_what_does_not_count_is_told_in_print_and_on_the_card():
    told = "resnet, seed 3: diverged after 7 of 100 steps"
    reading = Reading(quantities(), record(), left_out=[told])
    verdict = (reading | Reading({"fig-2.5.b": {"exact_counts": [2, 4]}}, record())).judge(CLAIM)
    assert verdict.left_out == (told,)
    (block,) = ledger.printed(f"{verdict}\n", [CLAIM])
    assert block.parts["left out"] == told and told not in block.parts["measured"]
    shown = card(ledger.entry(verdict.claim, block, None, None), {})
    assert f"<p>left out: {told}" in shown and shown.count(told) == 1


def test_a_claim_that_the_records_leave_open_has_a_reason_in_place_of_numbers():
    reason = "guard not met: 60% of the seeds stand"
    reading = Reading({CLAIM: undecidable(reason)}, record())
    verdict = reading.judge(CLAIM)
    assert verdict.words == f"not decidable at this scale ({reason})"
    assert verdict.measured == {} and "measured" not in str(verdict)
    assert not reading.agreement(reading, CLAIM).any()
    smoke = Reading({CLAIM: undecidable(reason)}, record(scale="smoke")).judge(CLAIM)
    assert smoke.reasons == ("needs scale desk",)
