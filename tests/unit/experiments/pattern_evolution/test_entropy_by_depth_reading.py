"""What is planted in a record of entropy and depth is found by its claims."""

import numpy as np
import xarray as xr
from pattern_records import DEPTH, changed, nested

from relu_book import experiments
from relu_book.experiments.pattern_evolution.entropy_by_depth_reading import (
    entropy_by_depth_reading,
    sides_by_block,
)
from relu_book.experiments.pattern_evolution.evolution import MEMORY, places_for
from relu_book.patterns.hash_list import prime_size

STEP, LAYER = DEPTH.step, DEPTH.layer
LAYERS = (7, 13, 19, 25)  # of the four depths


def at_two_sizes(record, **variables):
    """The reading of a record with these values at two numbers of images."""
    record = changed(record, **variables)
    return entropy_by_depth_reading(nested(record, record))


def test_entropy_that_grows_with_depth_and_falls_at_first():
    rising = 0.3 + 0.02 * LAYER - xr.where(STEP == 0, 0.0, 0.1)
    found = at_two_sizes(DEPTH, relative_entropy=rising)
    assert found.judge("fig-3.3.a").verdict == "holds"
    assert np.allclose(found["fig-3.3.e"]["fall_8"], 0.1)
    assert np.allclose(found["fig-3.3.c"]["rise_toynet"], 0.02 * np.mean([6, 12, 18, 24]))
    assert np.allclose(found["fig-3.3.d"]["slope_end"], 0.02)
    assert np.allclose(found["fig-3.3.d"]["jump"], 0.02)
    assert np.allclose(found["H-fig-2.a"]["jump"], 0.02)
    falling = at_two_sizes(DEPTH, relative_entropy=1 - rising)
    assert falling.judge("fig-3.3.a").verdict == "fails"


def test_a_rise_from_block_to_block_is_none_within_blocks():
    block = DEPTH["block"].isel(seed=0, network=0, drop=True)
    within = LAYER - (block - 1) * 6  # grows with depth by block, falls within each
    found = at_two_sizes(DEPTH, relative_entropy=0.3 * block - 0.01 * within)
    assert np.allclose(found["fig-3.3.a"]["within_convnet"], -1)
    assert (found["fig-3.3.a"]["rho_convnet"] > 0.5).all()
    assert found.judge("fig-3.3.a").verdict == "fails"


def test_two_numbers_of_images_must_agree():
    falls = changed(DEPTH, relative_entropy=0.5 - xr.where(STEP > 0, 0.1, 0.0))
    rises = changed(DEPTH, relative_entropy=0.5 + xr.where(STEP > 0, 0.1, 0.0))
    verdict = entropy_by_depth_reading(nested(falls, rises)).judge("fig-3.3.e")
    assert verdict.words == "undecided (the two largest sizes disagree)"
    one = entropy_by_depth_reading(falls).judge("fig-3.3.e")
    assert one.words == "undecided (too few: one size of 2)"
    assert one.measured["images"].tolist() == [512]


def test_the_guard_looks_at_the_cells_that_are_compared():
    """Seeds, layers of the depths, networks and times, as many as each rule names."""
    found = entropy_by_depth_reading(DEPTH)

    def cells(claim):
        shares = found[claim]["distinct_share"]
        assert shares.dims == ("size", "cell") and len(shares) == 1
        return shares.sizes["cell"] / DEPTH.sizes["seed"]

    times, layers = DEPTH.sizes["step"], sum(LAYERS)
    blocks = (2, 4, 6, 8)
    assert cells("fig-3.3.a") == 3 * sum(LAYERS[:3])
    assert cells("fig-3.3.b") == 3 * layers
    assert cells("fig-3.3.c") == 3 * 4 * 2  # first and last layer
    assert cells("fig-3.3.d") == 6 + 1  # block 2 of ConvNet-20 and the layer after it
    assert cells("fig-3.3.e") == cells("fig-3.3.f") == 3 * 3 * layers
    assert cells("fig-3.3.g") == 3 * 2 * layers
    assert cells("fig-3.3.h") == 2 * 3 * layers
    assert cells("fig-3.3.i") == 3 * 2 * 19
    assert cells("fig-3.3.j") == (2 + 1) * layers
    assert cells("fig-3.3.k") == (times - 1) * (layers - 4)  # all but the first layers
    assert cells("fig-3.3.l") == 2 * (sum(blocks) + 4) + sum(blocks)
    assert cells("fig-3.3.m") == cells("H-fig-2.a") == 2 * layers
    assert cells("fig-3.3.n") == 3 * layers
    assert cells("fig-3.3.o") == 3 * times * layers
    assert cells("fig-3.3.p") == (3 + 1) * 4
    assert cells("H-txt-2") == 3 * sum(blocks)


def test_saturated_layers_decide_nothing():
    found = at_two_sizes(changed(DEPTH, distinct=0.6 * DEPTH["evaluations"]))
    for part in "abcdefghijklmnop":
        assert found.judge(f"fig-3.3.{part}").verdict == "not decidable at this scale", part


def test_how_far_the_seeds_lie_from_their_mean():
    entropy = 0.5 + 0.01 * DEPTH.seed * xr.where(STEP == 40, 1.0, 0.1)
    found = at_two_sizes(DEPTH, relative_entropy=entropy)
    expected = 0.01 * abs(np.arange(8) - 3.5)
    at_40 = found["fig-3.3.h"]["deviation_40"].transpose("size", "network", "seed")
    assert np.allclose(at_40, expected)
    start = found["fig-3.3.i"]["deviation_start"].transpose("size", "network", "seed")
    assert start.shape == (2, 3, 8) and np.allclose(start, 0.1 * expected)
    assert found["fig-3.3.h"]["deviation_toynet"].sizes["convolutions"] == 4


def test_what_comes_back():
    entropy = xr.where(STEP == 0, 0.9, xr.where(STEP <= 100, 0.5, 0.7))
    found = at_two_sizes(DEPTH, relative_entropy=entropy)["fig-3.3.o"]
    assert np.allclose(found["regained"], 0.2)
    assert np.allclose(found["kept_resnet"], 0.5 / 0.9)


def test_the_sign_before_and_after_additions():
    after = DEPTH["after"].isel(seed=0, network=0, drop=True)
    block = DEPTH["block"].isel(seed=0, network=0, drop=True)
    for sign, expected in (
        (1, "holds"),
        (-1, "fails; instead: fails"),
        (block - 1.5, "fails; instead: holds"),
    ):
        found = at_two_sizes(DEPTH, relative_entropy=0.5 + 0.05 * sign * after)
        assert found.judge("fig-3.3.k").words == expected


def test_the_sign_before_and_after_additions_block_by_block():
    resnet = DEPTH.sel(network="resnet", drop=True).isel(seed=0, drop=True)
    planted = xr.where(resnet.block == 1, -0.05, xr.where(resnet.block == 2, 0.02, 0.0))
    later = xr.where(STEP == 0, 0.1, planted * resnet.after)
    found = sides_by_block(changed(DEPTH, relative_entropy=0.5 + later))
    assert found.dims == ("block", "seed")
    assert np.allclose(found.mean("seed"), [-0.05, 0.02, 0.0])


def test_hash_lists_in_the_proportion_of_the_second_data_set():
    # 80 GB are 2.57 places for each evaluation of 100,000 pictures of 64 x 64 pixels.
    found = entropy_by_depth_reading(changed(DEPTH, distinct=6553.6))["fig-3.6"]
    assert found["occupancy"].shape == (3, 5)
    assert np.allclose(found["occupancy"], 1 - np.exp(-0.1 / 2.57), atol=1e-4)
    assert np.isclose(found["gigabytes"], 80 * 65536 / (100_000 * 64 * 64), rtol=1e-4)


def test_lists_that_were_filled_are_as_full_as_is_computed():
    """``occupancy_article`` has 2.98 places an evaluation, ``occupancy`` 20.6."""
    record = experiments.get("pattern_evolution/entropy_by_depth_fashion_mnist")
    places = prime_size(places_for(MEMORY["11.6 GB"], float(record["evaluations"].max())))
    computed = -np.expm1(-record["distinct"] / places)
    assert float(abs(computed - record["occupancy_article"]).max()) < 0.003
