"""What is planted in records of the first steps is found by the claims on figure 3.1."""

import numpy as np
import pytest
import xarray as xr
from pattern_records import FIRST, SPARSE, changed, counted_on, of_all_images

from relu_book.claims import load_claims
from relu_book.experiments.pattern_evolution.first_steps_reading import (
    first_steps_reading,
    on_all_images,
    seeds_grow_alike,
)
from relu_book.experiments.trainings import by_size

STEP, LAYER, LAST = FIRST.step, FIRST.layer, int(FIRST.step[-1])
BLOCK = FIRST["block"].isel(seed=0, network=0, drop=True)


def nested(*records):
    """One record that counted up to 10,240 images, each number with the values of a record."""
    numbers = ("n2560", "n5120", "n10240")[-len(records) :]
    return counted_on(**dict(zip(numbers, records, strict=True)))


def planted(**variables):
    """The reading of records with these values at all numbers of images, the largest included."""
    record = changed(FIRST, **variables)
    return first_steps_reading(nested(record, record), of_all_images(record))


# --- all images in one seed, the others in its proportion ---


def test_other_seeds_grow_as_the_one_did():
    record = changed(FIRST, distinct=100.0 * (1 + FIRST.seed), similarity_start=0.25)
    whole = of_all_images(record, times=3)
    found = on_all_images(by_size(nested(record, record)), whole)
    assert found["size"].values.tolist() == [5120, 10_240, 50_000]
    assert found.step.values.tolist() == list(SPARSE)
    largest = found.isel(size=-1)
    assert (largest["distinct"] == 300.0 * (1 + FIRST.seed)).all()
    assert np.allclose(largest["similarity_start"], 0.75)
    assert float(largest["evaluations"].min()) == 5 * 4096
    assert (found["block"] == BLOCK).all()
    assert set(found["evaluations"].dims) == {"size", "network", "seed", "layer"}


def test_a_claim_that_all_images_decide_names_their_record():
    record = changed(FIRST, distinct=100.0 * (1 + FIRST.seed), max_frequency=0.1)
    few = first_steps_reading(nested(record, record))
    all_ = first_steps_reading(nested(record, record), of_all_images(record, times=3))
    known = load_claims()
    for name in all_:
        pairs = [(few[name][quantity], value) for quantity, value in all_[name].items()]
        same = all(np.array_equal(*pair, equal_nan=True) for pair in pairs)
        beside = None if same else "pattern_evolution/first_steps_all_images"
        assert known[name].beside == beside, name


def test_no_more_patterns_than_evaluations_and_no_share_above_one():
    record = changed(FIRST, distinct=4000.0, similarity_start=0.5, max_frequency=0.0)
    found = on_all_images(by_size(nested(record, record)), of_all_images(record, times=9))
    largest = found.isel(size=-1)
    assert float(largest["distinct"].sel(layer=19).max()) == 5 * 4096
    assert (largest["similarity_start"] == 1).all()
    assert (largest["max_frequency"] == 0).all()  # what was not seen stays so


def test_layers_that_a_network_lacks_stay_empty():
    record = FIRST.where((FIRST.network != "resnet") | (LAYER < 19))
    found = on_all_images(by_size(nested(record, record)), of_all_images(record))
    lacking = found["distinct"].sel(network="resnet", layer=19)
    assert lacking.isnull().all() and found["distinct"].sel(network="toynet").notnull().all()


def test_records_of_different_sizes_are_refused():
    other = of_all_images(FIRST).assign_coords(images=[64, 128])
    with pytest.raises(ValueError, match="5120, 10240 counted images cannot be carried on from 64"):
        first_steps_reading(nested(FIRST, FIRST), other)


# --- guards ---


def test_levels_need_both_records():
    falling = changed(FIRST, distinct=100.0 + xr.where(STEP == 0, 50.0, 0.01 * STEP))
    alone = first_steps_reading(nested(falling, falling))
    for claim in ("fig-3.1.g", "fig-3.1.a", "fig-3.1.t", "H-txt-1"):
        with pytest.raises(ValueError, match=r"first_steps and .*first_steps_all_images, not by"):
            alone.judge(claim)
    both = first_steps_reading(nested(falling, falling), of_all_images(falling))
    assert both.judge("fig-3.1.g").verdict == "holds"
    assert [line.split(",")[0] for line in both.judge("fig-3.1.g").evidence] == [
        "pattern_evolution/first_steps",
        "pattern_evolution/first_steps_all_images",
    ]


def test_seeds_that_do_not_grow_alike_are_not_carried_on():
    record = changed(FIRST, distinct=200.0 - xr.where(STEP > 0, 100.0, 0.0) + 0.01 * STEP)
    for spread, alike in ((0.04, True), (0.2, False)):
        seeds = xr.DataArray(np.linspace(-spread, spread, FIRST.sizes["seed"]), dims="seed")
        grown = record.assign(distinct=record["distinct"] * (2 + 2 * seeds))
        both = nested(record, grown)
        assert seeds_grow_alike(by_size(both)) == alike
        verdict = first_steps_reading(both, of_all_images(grown)).judge("fig-3.1.g").verdict
        assert (verdict != "not decidable at this scale") == alike


def test_shares_that_do_not_grow_alike_are_not_carried_on():
    record = changed(FIRST, distinct=100.0, similarity_start=0.2)
    seeds = xr.DataArray(np.linspace(-0.2, 0.2, FIRST.sizes["seed"]), dims="seed")
    # Single layers may scatter as long as the means over them grow alike.
    scattered = record["similarity_start"] * (1 + seeds * xr.where(LAYER % 2 == 0, 1, -1))
    tilted = record["similarity_start"] * (1 + seeds)
    for similarity, alike in ((scattered, True), (tilted, False)):
        grown = record.assign(similarity_start=similarity)
        assert seeds_grow_alike(by_size(nested(record, grown))) == alike


def test_all_images_and_fewer_must_agree():
    record = changed(FIRST, distinct=200.0 - xr.where(STEP > 0, 100.0, 0.0) + 0.01 * STEP)
    whole = of_all_images(record)
    # All images show the same number of patterns at all steps.
    level = whole["distinct"].where(whole.images < 50_000, 400.0)
    found = first_steps_reading(nested(record, record), whole.assign(distinct=level))
    verdict = found.judge("fig-3.1.g")
    assert verdict.words.startswith("undecided")
    assert verdict.parts["10240"] == "holds" and verdict.parts["50000"] != "holds"


def test_changes_of_single_steps_keep_their_guard():
    saturated = changed(FIRST, distinct=FIRST["evaluations"])
    found = first_steps_reading(nested(saturated, saturated), of_all_images(saturated))
    for claim in ("fig-3.1.h", "fig-3.1.m", "fig-3.1.x", "fig-3.1.z", "fig-3.1.aa"):
        verdict = found.judge(claim)
        assert verdict.reasons == ("guard not met: share(distinct_share < 0.5) >= 0.8",), claim


def test_the_guard_looks_at_the_cells_that_are_compared_and_no_others():
    # The middle block after the single steps 11 to 501: six layers, three networks, five seeds.
    share = xr.where(BLOCK == 2, 0.25, 1.0)
    found = planted(distinct=share * FIRST["evaluations"])["fig-3.1.x"]["distinct_share"]
    single = [11, 21, 41, 51, 101, 151, 201, 501]
    assert found.shape == (2, 6 * 3 * 5 * len(single)) and np.allclose(found, 0.25)


# --- numbers of patterns ---


def test_patterns_that_get_fewer_and_then_more():
    valley = 100.0 + 0.01 * abs(STEP - 100) + xr.where(STEP == 0, 50.0, 0.0)
    down, up = planted(distinct=valley), planted(distinct=300.0 - valley)
    assert [down.judge("fig-3.1.g").verdict, up.judge("fig-3.1.g").verdict] == ["holds", "fails"]
    found = down["fig-3.1.g"]
    assert set(found["fall"].dims) == {"size", "network", "seed"}
    # Mean of |step - 100| over 40, 100 and 200, and its value at 3,000.
    assert np.allclose(found["fall"], 50 + 1 - 0.425)
    assert np.allclose(found["rise"], 29 - 0.425)


def test_the_last_block_is_constant_from_the_start_on():
    toynet = (FIRST.network == "toynet") & (BLOCK == 3)
    later = xr.where(toynet & (STEP > 0), 90.0, 100.0)
    assert np.allclose(planted(distinct=later)["fig-3.1.d"]["change"], 10 / 91.25)
    assert planted(distinct=later).judge("fig-3.1.d").verdict == "holds"
    fallen = xr.where(toynet & (STEP > 0), 50.0, 100.0)
    assert planted(distinct=fallen).judge("fig-3.1.d").verdict == "fails"


def test_printed_shares_are_those_of_all_images():
    share = xr.where(BLOCK == 1, 0.45, 0.66)
    record = changed(FIRST, distinct=share * FIRST["evaluations"])
    whole = of_all_images(record, times=5)  # as many times more patterns as evaluations
    found = first_steps_reading(nested(record, record), whole)
    assert np.allclose(found["fig-3.1.b"]["share_first_block"], 0.45)
    assert np.allclose(found["fig-3.1.b"]["share_last_block"], 0.66)
    # Of what one network shows, five initialisations tell too little.
    assert found.judge("fig-3.1.b").words == "undecided (too few: 5 of 40 seeds)"
    assert found["fig-3.1.b"]["images"] == 50_000


def test_orders_of_magnitude_are_those_of_all_images():
    few = xr.where(LAYER == 1, 20.0, 1000.0)
    assert np.allclose(planted(distinct=few)["fig-3.1.a"]["orders"], np.log10(50))
    assert planted(distinct=few).judge("fig-3.1.a").verdict == "fails"
    fewer = planted(distinct=xr.where(LAYER == 1, 2.0, 1000.0))
    assert fewer.judge("fig-3.1.a").verdict == "holds"


def test_layers_that_settle():
    moving = (LAYER > 12) & STEP.isin([1100, 2100, 3000])
    found = planted(distinct=100.0 + xr.where(moving, 20.0, 1.0))["fig-3.1.z"]
    assert np.allclose(found["settled"], 12 / 19)


# --- single steps ---


def test_changes_are_those_of_single_steps():
    early = xr.where(STEP <= 11, 0.2, 0.01)
    counts = {"distinct": 100.0, "appeared": 100 * early, "vanished": 0.0}
    found = planted(**counts)
    assert np.allclose(found["fig-3.1.h"]["early_change"], 0.2)
    assert np.allclose(found["fig-3.1.h"]["later_change"], 0.01)
    assert found.judge("fig-3.1.h").verdict == "holds"
    steady = planted(**counts | {"appeared": 10.0})
    assert steady.judge("fig-3.1.h").verdict == "fails"
    thirds = planted(**counts | {"appeared": xr.where(STEP > 2000, 1.0, 10.0)})
    assert thirds.judge("fig-3.1.aa").verdict == "holds"
    assert np.allclose(thirds["fig-3.1.aa"]["last_third"], 0.01)


# --- frequent patterns ---


def test_the_layer_of_the_peak_is_followed_to_the_end_and_is_not_the_first():
    convnet = (FIRST.network == "convnet") & (LAYER == 4)
    share = xr.where(convnet & (STEP == 41), 0.3, 0.01)
    share = xr.where((LAYER == 9) & (STEP == LAST), 0.2, share)
    share = xr.where(LAYER == 1, 0.6, share)
    found = planted(max_frequency=share)
    assert np.allclose(found["fig-3.1.p"]["peak"], 0.3)
    assert np.allclose(found["fig-3.1.p"]["share_at_end"], 0.01)
    assert np.allclose(found["fig-3.1.n"]["deeper_layers"], 0.2)
    assert np.allclose(found["fig-3.1.n"]["first_layer"], 0.6)
    assert np.allclose(found["fig-3.1.q"]["largest_share"], 0.2)
    assert found["fig-3.1.q"]["largest_share"].dims == ("network", "seed")


def test_the_most_frequent_pattern_gains_and_loses_weight():
    share = 0.1 - abs(STEP - 51) / 1e5  # a step at which not all images were counted
    entropy = 0.5 + xr.where(STEP >= 500, 0.25, 0.0)
    found = planted(max_frequency=share, relative_entropy=entropy)
    assert np.allclose(found["fig-3.1.y"]["step_of_peak"], 51)
    assert np.allclose(found["fig-3.1.y"]["entropy_rise"], 0.25)
    assert found.judge("fig-3.1.y").verdict == "holds"
    for peak in (1, 1000):  # nothing is gained after the first update, or not within 500 steps
        elsewhere = xr.where(peak == STEP, 0.2, share)
        found = planted(max_frequency=elsewhere, relative_entropy=entropy)
        assert found.judge("fig-3.1.y").verdict != "holds", peak
    # A rise after the first 500 steps is none within them.
    later = 0.5 + xr.where(STEP > 2500, 0.25, 0.0)
    assert np.allclose(planted(relative_entropy=later)["fig-3.1.y"]["entropy_rise"], 0)


def test_peaks_are_averaged_over_the_logarithm_of_the_step():
    # Peaks after 4 to 100 steps: over the step itself the interval would reach below zero.
    at = xr.DataArray([4, 4, 10, 10, 100], FIRST.seed.coords, "seed")
    entropy = 0.5 + xr.where(STEP >= 500, 0.25, 0.0)
    found = planted(max_frequency=xr.where(at == STEP, 0.2, 0.1), relative_entropy=entropy)
    assert (found["fig-3.1.y"]["step_of_peak"] == at).all()
    assert found.judge("fig-3.1.y").verdict == "holds"


# --- similarity and entropy ---


def test_blocks_are_compared_layer_by_layer():
    found = planted(similarity_start=1.0 / BLOCK)
    assert np.allclose(found["H-fig-1.a"]["block_1"], 1)
    assert found.judge("H-fig-1.a").verdict == "holds"
    assert np.allclose(found["H-fig-1.a"]["block_3"], 1 / 3)


def test_the_lead_of_resnet_block_by_block():
    similarity = xr.where(FIRST.network == "resnet", 0.6 / BLOCK, 0.1)
    found = planted(similarity_start=similarity)
    lead = found["H-fig-1.b"]["lead"]
    assert lead.block.values.tolist() == [2, 3]
    assert np.allclose(lead.sel(block=2), 0.3) and np.allclose(lead.sel(block=3), 0.4)
    assert found.judge("H-fig-1.b").verdict == "holds"


def test_a_phase_is_compared_with_the_one_before_and_with_what_follows():
    phase = xr.where(STEP < 500, 0.3, xr.where(STEP <= 700, 0.4, 0.1))
    found = planted(similarity_start=phase)
    assert np.allclose(found["H-txt-1"]["similarity_phase"], 0.4)
    assert np.allclose(found["H-txt-1"]["similarity_later"], 0.1)
    assert found.judge("H-txt-1").verdict == "holds"
    falling = xr.where(STEP < 500, 0.5, phase)
    assert planted(similarity_start=falling).judge("H-txt-1").verdict == "fails"


def test_patterns_that_are_found_again():
    early = xr.where((STEP >= 20) & (STEP <= 200), 0.1, 0.12)
    found = planted(similarity_start=xr.where(STEP == LAST, 0.2, early))
    assert np.allclose(found["fig-3.1.w"]["similarity_early"], 0.1)
    assert found.judge("fig-3.1.w").verdict == "holds"


def test_what_is_gone_within_the_first_epoch():
    gone = xr.where((LAYER <= 17) & (STEP >= 200), 0.1, 0.9)
    more = gone + xr.where(FIRST.network == "resnet", 0.05, 0.0)
    found = planted(similarity_start=more)
    assert np.allclose(found["fig-3.2.d"]["replaced"], 17 / 19)
    assert found.judge("fig-3.2.d").verdict == "holds"
    assert planted(similarity_start=gone).judge("fig-3.2.d").verdict != "holds"


def test_layers_whose_entropy_falls():
    falling = xr.where((STEP == 10) & (LAYER > 9), 0.4, 0.5)
    found = planted(relative_entropy=falling)["txt-3.1.7.2"]["falling"]
    assert np.allclose(found, 10 / 19)
