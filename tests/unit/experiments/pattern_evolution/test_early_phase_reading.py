"""What is planted in a record of the early phase is found by its claims."""

import json

import numpy as np
import pytest
import xarray as xr
from pattern_records import EARLY, changed, nested

from relu_book.experiments.pattern_evolution.early_phase_reading import early_phase_reading

LAST = int(EARLY.step[-1])
STEP, LAYER = EARLY.step, EARLY.layer
# Steps at which a record of more images is counted: too few for settling, and not at step 50.
SPARSE = [0, 1, 2, 5, 10, 11, 40, 41, 100, 101, 200, 250, 251, 500, 501, 1000, 1001, 1500, 1501]
SPARSE += [LAST]


def at_two_sizes(**variables):
    """The reading of a record with these values at two numbers of images."""
    record = changed(EARLY, **variables)
    return early_phase_reading(nested(record, record))


def test_patterns_that_get_fewer_and_then_more():
    valley = 100.0 + 0.01 * abs(STEP - 100) + xr.where(STEP == 0, 50.0, 0.0)
    down, up = at_two_sizes(distinct=valley), at_two_sizes(distinct=300.0 - valley)
    assert [down.judge("fig-3.1.g").verdict, up.judge("fig-3.1.g").verdict] == ["holds", "fails"]
    found = down["fig-3.1.g"]
    assert set(found["fall"].dims) == {"size", "network", "seed"}
    # Mean of |step - 100| over steps 20 to 200 is 45.6, over 1,800 to 2,000 it is 1,800.
    assert np.allclose(found["fall"], 50 + 1 - 0.456, atol=0.01)
    assert np.allclose(found["rise"], 18 - 0.456, atol=0.01)


@pytest.mark.parametrize("steps", [STEP.values.tolist(), SPARSE])
def test_two_numbers_of_images_must_agree(steps):
    record = changed(EARLY, distinct=200.0 - xr.where(STEP > 0, 100.0, 0.0) + 0.01 * STEP)
    rising = changed(EARLY, distinct=100.0 + 0.01 * STEP)
    both = early_phase_reading(nested(record, rising).sel(step=steps)).judge("fig-3.1.g")
    assert both.words == "undecided (the two largest sizes disagree)"
    assert both.parts == {"1000": "holds", "2000": "fails"}
    same = early_phase_reading(nested(rising, record, record).sel(step=steps)).judge("fig-3.1.g")
    assert (same.verdict, list(same.parts.values())) == ("holds", ["fails", "holds", "holds"])


def test_one_number_of_images_decides_nothing_and_too_few_say_so():
    falling = changed(EARLY, distinct=100.0 + xr.where(STEP == 0, 50.0, 0.01 * STEP))
    words = early_phase_reading(falling).judge("fig-3.1.g").words
    assert words == "undecided (too few: one size of 2)"
    saturated = falling.assign(evaluations=0 * falling["evaluations"] + 150)
    verdict = early_phase_reading(saturated).judge("fig-3.1.g")
    assert verdict.verdict == "not decidable at this scale"
    assert verdict.reasons == ("guard not met: share(distinct_share < 0.5) >= 0.8",)


def test_the_guard_looks_at_the_cells_that_are_compared_and_no_others():
    # The last block of ToyNet over steps 10 to 200: six layers, five seeds, 191 steps.
    share = xr.where((EARLY.block == 3) & (EARLY.network == "toynet"), 0.25, 1.0)
    share = share.where((STEP >= 10) & (STEP <= 200), 1.0)
    record = changed(EARLY, distinct=share * EARLY["evaluations"])
    found = early_phase_reading(record)
    cells = found["fig-3.1.d"]["distinct_share"]
    assert cells.shape == (1, 6 * 5 * 191) and np.allclose(cells, 0.25)
    assert found["fig-3.1.d"]["images"].tolist() == [256]
    start_and_after_five = found["fig-3.1.l"]["distinct_share"]
    assert start_and_after_five.shape == (1, 2 * 5 * 19) and np.allclose(start_and_after_five, 1)


def test_a_layer_that_some_networks_lack_is_no_cell():
    record = EARLY.where((EARLY.network != "resnet") | (LAYER < 19))
    found = early_phase_reading(record)
    assert found["txt-3.1.7.2"]["distinct_share"].shape == (1, 2 * 5 * (19 + 19 + 18))
    entropy = xr.where(STEP == 10, 0.4, xr.where(LAYER > 9, 0.5, 0.3))
    falling = early_phase_reading(
        record.assign(relative_entropy=entropy * record.distinct / record.distinct)
    )
    found = falling["txt-3.1.7.2"]["falling"]
    assert np.allclose(found.sel(network="resnet"), 9 / 18)
    assert np.allclose(found.sel(network="toynet"), 10 / 19)


def test_printed_numbers_count_images_of_the_source_size_only():
    assert early_phase_reading(EARLY)["fig-3.1.b"]["images"] == 0  # of 16 x 16 pixels
    settings = json.loads(EARLY.attrs["settings"]) | {"size": 32}
    large = nested(EARLY, EARLY).assign_attrs(settings=json.dumps(settings))
    assert early_phase_reading(large)["fig-3.1.u"]["images"] == 2000
    assert early_phase_reading(large)["fig-3.1.u"]["lowest_similarity"].dims == ("seed",)


def test_layers_that_settle():
    moving = (LAYER > 12) & (STEP % 200 >= 100)
    found = at_two_sizes(distinct=100.0 + xr.where(moving, 20.0, 1.0))["fig-3.1.z"]
    assert np.allclose(found["settled"], 12 / 19)


def test_steps_that_were_not_counted_are_not_read():
    record = nested(EARLY, EARLY).sel(step=SPARSE)
    found = early_phase_reading(record)
    assert set(early_phase_reading(EARLY)) - set(found) == {"fig-3.1.s", "fig-3.1.z"}
    for claim in found:
        assert found.judge(claim).verdict
    verdict = found.judge("fig-3.1.i")
    assert verdict.measured["steps_counted"].tolist() == [6 * 5] * 3  # 41, 101, 251 …
    assert verdict.reasons == ("guard not met: min(steps_counted) >= 3000",)


def test_the_layer_of_the_peak_is_followed_to_the_end():
    convnet = (EARLY.network == "convnet") & (LAYER == 4)
    share = xr.where(convnet & (STEP == 7), 0.3, 0.01)
    share = xr.where((LAYER == 9) & (STEP == LAST), 0.2, share)
    found = early_phase_reading(changed(EARLY, max_frequency=share))["fig-3.1.p"]
    assert np.allclose(found["peak"], 0.3) and np.allclose(found["share_at_end"], 0.01)


def test_the_most_frequent_pattern_gains_and_loses_weight():
    share = 0.1 - abs(STEP - 60) / 1e5
    late = xr.where(STEP == 700, 0.2, share)
    entropy = 0.5 + xr.where(STEP > 1700, 0.25, 0.0)
    found = at_two_sizes(max_frequency=share, relative_entropy=entropy)
    assert np.allclose(found["fig-3.1.y"]["step_of_peak"], 60)
    assert np.allclose(found["fig-3.1.y"]["entropy_rise"], 0.25)
    assert found.judge("fig-3.1.y").verdict == "holds"
    # A peak after step 500 is found too.
    assert at_two_sizes(max_frequency=late).judge("fig-3.1.y").verdict == "fails"


def test_blocks_are_compared_layer_by_layer():
    block = EARLY["block"].isel(seed=0, network=0, drop=True)
    found = at_two_sizes(similarity_start=1.0 / block)
    assert np.allclose(found["H-fig-1.a"]["block_1"], 1)
    assert found.judge("H-fig-1.a").verdict == "holds"
    assert np.allclose(found["H-fig-1.a"]["block_3"], 1 / 3)


def test_the_lead_of_resnet_block_by_block():
    block = EARLY["block"].isel(seed=0, network=0, drop=True)
    similarity = xr.where(EARLY.network == "resnet", 0.6 / block, 0.1)
    found = at_two_sizes(similarity_start=similarity)
    lead = found["H-fig-1.b"]["lead"]
    assert lead.block.values.tolist() == [2, 3]
    assert np.allclose(lead.sel(block=2), 0.3) and np.allclose(lead.sel(block=3), 0.4)
    assert found.judge("H-fig-1.b").verdict == "holds"


def test_patterns_that_are_found_again():
    early = xr.where((STEP >= 20) & (STEP <= 200), 0.1, 0.12)
    found = at_two_sizes(similarity_start=xr.where(STEP == LAST, 0.2, early))
    assert np.allclose(found["fig-3.1.w"]["similarity_early"], 0.1)
    assert found.judge("fig-3.1.w").verdict == "holds"
