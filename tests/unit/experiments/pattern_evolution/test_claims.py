"""The quantities of the claims of thesis 3.1, from records made by hand.

Records are drawn at random in the shape that the experiments give them. On them every claim must
find what its rule asks for; the tests after that plant an effect and look for it in the quantities.
"""

import numpy as np
import pytest
import xarray as xr

from relu_book.claims import judge, load_claims
from relu_book.experiments import curves
from relu_book.experiments.pattern_evolution.early_phase import DESK as EARLY
from relu_book.experiments.pattern_evolution.early_phase_reading import early_quantities
from relu_book.experiments.pattern_evolution.entropy_by_depth import DESK as DEPTH
from relu_book.experiments.pattern_evolution.entropy_by_depth_reading import (
    depth_occupancies,
    depth_quantities,
)
from relu_book.experiments.pattern_evolution.methods_settling import (
    dips,
    even,
    method_quantities,
    times_to,
)
from relu_book.experiments.pattern_evolution.single_steps_reading import (
    more_points,
    standing_out,
    unchanged_training,
)
from relu_book.experiments.pattern_evolution.strikes import strike_claims
from relu_book.experiments.pattern_evolution.whole_training import DESK as WHOLE
from relu_book.experiments.pattern_evolution.whole_training import SETUPS
from relu_book.experiments.pattern_evolution.whole_training_reading import long_quantities

NETWORKS = ("toynet", "convnet", "resnet")
SHARES = (
    "max_frequency",
    "relative_entropy",
    "similarity_start",
    "similarity_end",
    "absent_start",
    "retained_start",
    "occupancy",
)
COUNTS = ("distinct", "appeared", "vanished")


def made_up(
    over: dict[str, list], steps: tuple, seeds: int, blocks: tuple = (7, 6, 6), layers: int = 19
) -> xr.Dataset:
    """A record with random shares and counts; layers that are in no block have NaN."""
    random = np.random.default_rng(0)
    coords = {**over, "seed": list(range(seeds)), "step": list(steps)}
    coords["layer"] = list(range(1, layers + 1))
    shape, dims = tuple(map(len, coords.values())), tuple(coords)
    variables = {name: (dims, random.uniform(0.01, 0.99, shape)) for name in SHARES}
    variables |= {name: (dims, random.integers(1, 1000, shape).astype(float)) for name in COUNTS}
    record = xr.Dataset(variables, coords)
    others = {dim: coords[dim] for dim in dims if dim not in ("step", "layer")}
    fixed = {
        "block": np.repeat([1, 2, 3], blocks),
        "after": [layer % 2 == 1 and layer > 1 for layer in range(1, sum(blocks) + 1)],
        "width": np.repeat([16, 32, 64], blocks),
        "evaluations": np.repeat([65536, 16384, 4096], blocks),
    }
    for name, values in fixed.items():
        values = np.pad(np.array(values, float), (0, layers - sum(blocks)), constant_values=np.nan)
        record[name] = xr.DataArray(values, {"layer": coords["layer"]}, "layer").expand_dims(others)
    return record.where(record.layer <= sum(blocks))


@pytest.fixture(scope="module")
def early() -> xr.Dataset:
    return made_up({"network": list(NETWORKS)}, EARLY.measured, 5)


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    parts = [
        made_up(
            {"setup": [name]}, WHOLE.measured, 5, (3, 3, 4) if name == "pyramidnet" else (7, 6, 6)
        )
        for name in SETUPS
    ]
    record = xr.concat(parts, "setup")
    ends = record["similarity_end"].where(record.layer.isnull(), 1.0).where(record["block"] > 0)
    record["similarity_end"] = record["similarity_end"].where(record.step < WHOLE.steps, ends)
    rates = np.abs(np.arange(len(WHOLE.measured)) % 8 - 4.0) + 1
    record["learning_rate"] = (("setup", "seed", "step"), np.tile(rates, (9, 5, 1)))
    record["test_accuracy"] = (("setup", "seed", "tested"), np.full((9, 5, 5), 0.5))
    return record


@pytest.fixture(scope="module")
def depth() -> xr.Dataset:
    parts = [
        made_up({"network": list(NETWORKS)}, DEPTH.measured, 8, (number + 1, number, number), 25)
        for number in DEPTH.convolutions
    ]
    return xr.concat(
        [
            part.expand_dims(convolutions=[n])
            for n, part in zip(DEPTH.convolutions, parts, strict=True)
        ],
        "convolutions",
    )


def test_each_claim_finds_what_its_rule_asks_for(early, whole, depth):
    found = {
        **early_quantities(early),
        **long_quantities(whole, early, WHOLE.epoch),
        **depth_quantities(depth, DEPTH.epoch),
        **method_quantities(whole, whole),
        "fig-3.6": depth_occupancies(depth, DEPTH.epoch),
    }
    for claim, measured in found.items():
        assert judge(claim, measured).claim.chapter == "pattern_evolution"
    rest = {
        claim.id
        for claim in load_claims().values()
        if claim.chapter == "pattern_evolution" and claim.scale == "desk"
    } - set(found)
    # Composed of other verdicts, or measured by experiments of their own.
    assert rest == {
        "hyp-1",
        "txt-3.1.2.2",
        "txt-3.1.3.1",
        "txt-3.1.7.1",
        "fig-3.1.ab",
        "fig-3.5",
    }


def changed(record: xr.Dataset, **variables) -> xr.Dataset:
    """The record with other values, given along some of its dimensions."""
    record = record.copy()
    for name, values in variables.items():
        record[name] = (record[name] * 0 + values).transpose(*record[name].dims)
    return record


def along(dim: str, record: xr.Dataset, values) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), {dim: record[dim].values}, dim)


# --- the early phase ---


def test_patterns_that_get_fewer_and_then_more(early):
    step = early.step
    valley = 100.0 + 10 * abs(step - 30)
    verdicts = [
        judge("fig-3.1.g", early_quantities(changed(early, distinct=curve))["fig-3.1.g"])
        for curve in (valley, valley.max() - valley)
    ]
    assert [verdict.verdict for verdict in verdicts] == ["holds", "fails"]
    minimum = verdicts[0].measured["time_of_minimum"]
    assert np.allclose(minimum, 100 * 30 / EARLY.steps)


def test_a_change_is_relative_to_the_patterns_before_the_step(early):
    record = changed(early, distinct=200.0, appeared=30.0, vanished=50.0)
    changes = curves.net_changes(record)
    assert np.allclose(changes, -0.1)
    steps = set(early.step.values.tolist())
    assert set(changes.step.values.tolist()) == {step for step in steps if step - 1 in steps}


def test_a_mean_over_time_does_not_favour_the_densely_counted_start(early):
    share = xr.where(early.step <= EARLY.dense, 1.0, 0.0)
    mean = float(curves.time_mean(share, 0, EARLY.steps))
    assert abs(mean - EARLY.dense / EARLY.steps) < EARLY.every / EARLY.steps


def test_the_layer_of_the_peak_is_followed_to_the_end(early):
    convnet = (early.network == "convnet") & (early.layer == 4)
    share = xr.where(convnet & (early.step == 7), 0.3, 0.01)
    share = xr.where((early.layer == 9) & (early.step == EARLY.steps), 0.2, share)
    found = early_quantities(changed(early, max_frequency=share))["fig-3.1.p"]
    assert np.allclose(found["peak"], 0.3) and np.allclose(found["share_at_end"], 0.01)


def test_blocks_are_compared_layer_by_layer(early):
    record = changed(
        early, similarity_start=1.0 / early["block"].isel(seed=0, network=0, drop=True)
    )
    found = early_quantities(record)
    assert (
        np.allclose(found["H-fig-1.a"]["block_1"], 1)
        and judge("H-fig-1.a", found["H-fig-1.a"]).verdict == "holds"
    )
    assert np.allclose(found["H-fig-1.a"]["block_3"], 1 / 3)


# --- strikes ---


def calm(seed: int = 0) -> xr.DataArray:
    """Changes of 300 steps in 19 layers that have nothing to do with each other."""
    values = np.random.default_rng(seed).normal(size=(3, 5, 300, 19))
    coords = {"network": list(NETWORKS), "seed": range(5), "step": range(1, 301)}
    return xr.DataArray(values, coords | {"layer": range(1, 20)}, [*coords, "layer"])


def test_strikes_are_found_where_they_were_put_and_nowhere_else():
    changes = calm()
    quiet = strike_claims(changes)
    assert quiet["fig-3.1.i"]["strikes"] == 0
    assert judge("fig-3.1.i", quiet["fig-3.1.i"]).verdict == "fails"
    assert judge("fig-3.1.j", quiet["fig-3.1.j"]).verdict == "undecided"
    for step in (60, 150, 240):
        changes.loc[{"step": step, "network": "resnet"}] = 12.0
        changes.loc[{"step": step + 1, "network": "resnet"}] = -9.0
    changes.loc[{"step": 10}] = 50.0  # too early to count
    found = strike_claims(changes)
    assert list(found["fig-3.1.k"]["strikes"]) == [0, 0, 2 * 3 * 5]
    assert found["fig-3.1.i"]["p_value"] == 0
    assert found["fig-3.1.k"]["p_value"][0] == 1
    assert judge("fig-3.1.k", found["fig-3.1.k"]).verdict == "fails"


def test_a_strike_and_the_step_that_undoes_it():
    changes = calm() * 0.1
    for number, step in enumerate(range(40, 280, 20)):
        size = 5.0 + number % 3
        changes.loc[{"step": step}] = size
        changes.loc[{"step": step + 1}] = -0.2 * size
    found = strike_claims(changes)["fig-3.1.j"]
    assert found["lag_correlation"] < -0.9
    assert found["undone"] == 0  # by a fifth only
    assert judge("fig-3.1.j", found).verdict == "fails"


def test_one_layer_alone_makes_no_strike():
    changes = calm()
    changes.loc[{"step": 100, "layer": 3}] = 80.0
    assert strike_claims(changes)["fig-3.1.i"]["strikes"] == 0


# --- the whole training ---


def test_when_a_curve_reaches_a_level():
    curve = xr.DataArray([[0.1, 0.6, 0.4, 1.0], [0.1, 0.2, 0.3, 0.4]], dims=("layer", "step"))
    curve = curve.assign_coords(step=[0, 10, 50, 100])
    assert times_to(curve, 0.5).values.tolist() == [0.1, 1.0]


def test_a_dip_is_below_start_and_end():
    curve = xr.DataArray([0.9, 0.5, 0.8], {"step": [0, 1, 2]}, "step")
    assert float(dips(curve)) == pytest.approx(0.3)
    assert float(dips(curve.sortby(curve))) == pytest.approx(0.0)


def test_even_checkpoints_are_twentieths_without_the_end(whole):
    steps = even(whole).step.values
    assert steps.tolist() == [round(share / 20 * WHOLE.steps) for share in range(20)]


def similarity(record: xr.Dataset, time_of: xr.DataArray) -> xr.DataArray:
    """Rising from 0 to 1 around a time of each layer, a share of the training; 1 at the end."""
    share = record.step / WHOLE.steps
    rising = 1 / (1 + np.exp(-(share - time_of) * 60))
    return rising.where(share < 1, 1.0)


def test_lower_layers_first(whole):
    upwards = 0.1 + 0.04 * whole.layer
    both = changed(whole, similarity_end=similarity(whole, upwards))
    assert judge("fig-3.7.k", method_quantities(both)["fig-3.7.k"]).verdict == "holds"
    downwards = changed(whole, similarity_end=similarity(whole, 0.9 - 0.04 * whole.layer))
    found = method_quantities(downwards)["fig-3.7.k"]
    assert np.all(found["rho"] < -0.99) and judge("fig-3.7.k", found).verdict == "wrong as printed"


def test_the_last_layer_of_pyramidnet_is_its_tenth(whole):
    late = xr.where((whole.setup == "pyramidnet") & (whole.layer == 10), 0.8, 0.3)
    found = method_quantities(changed(whole, similarity_end=similarity(whole, late)))["fig-3.7.ad"]
    assert np.all(found["last_layer"] > 2 * found["median_others"])


def test_two_data_sets_may_have_other_seeds(whole):
    second = whole.assign_coords(seed=[*whole.seed.values[:-1], 99])
    found = method_quantities(whole, second)["fig-3.7.q"]
    accuracy = 100 * whole.test_accuracy.isel(tested=-1).sel(setup="fixup").values
    assert np.array_equal(found["fixup"], np.stack([accuracy, accuracy], 1))


def test_signs_at_the_additions(whole):
    for sign in (1, -1):
        entropy = 0.5 + sign * 0.1 * whole["after"].isel(seed=0, setup=0, drop=True)
        found = method_quantities(changed(whole, relative_entropy=entropy))["fig-3.7.l"]
        assert np.allclose(found["relu"], sign * 0.1) and np.allclose(found["prelu"], sign * 0.1)


def test_the_blocks_of_convnet_after_the_drop_of_the_rate(whole):
    block = whole["block"].sel(setup="convnet", drop=True).isel(seed=0, drop=True)
    level = xr.where(block == 1, 0.97, xr.where(block == 2, 0.6, 0.3))
    late = whole.step > WHOLE.steps / 2
    record = changed(whole, similarity_end=xr.where(late, level, 0.1))
    found = method_quantities(record)
    assert judge("fig-3.7.v", found["fig-3.7.v"]).verdict == "holds"
    assert np.allclose(found["fig-3.7.t"]["similarity"], 0.1)


def test_the_steadiest_layer_over_half_of_the_run(whole, early):
    share = whole.step / WHOLE.steps
    moving = 0.2 + 0.6 * share
    holding = xr.where(share < 0.45, moving, 0.5)
    one_layer = xr.where(whole.layer == 4, holding, moving)
    steady, restless = (
        long_quantities(changed(whole, similarity_start=curve), early, WHOLE.epoch)["fig-3.2.c"]
        for curve in (one_layer, moving)
    )
    assert np.all(steady["steadiest"] < 0.05) and np.all(restless["steadiest"] > 0.1)


# --- entropy and depth ---


def test_entropy_that_grows_with_depth_and_falls_at_first(depth):
    rising = 0.3 + 0.02 * depth.layer - xr.where(depth.step == 0, 0.0, 0.1)
    found = depth_quantities(changed(depth, relative_entropy=rising), DEPTH.epoch)
    assert judge("fig-3.3.a", found["fig-3.3.a"]).verdict == "holds"
    assert np.allclose(found["fig-3.3.e"]["fall_8"], 0.1)
    assert np.allclose(found["fig-3.3.c"]["rise_toynet"], 0.02 * np.mean([6, 12, 18, 24]))
    assert np.allclose(found["fig-3.3.d"]["slope_end"], 0.02)
    assert np.allclose(found["H-fig-2.a"]["jump"], 0.02)
    falling = depth_quantities(changed(depth, relative_entropy=1 - rising), DEPTH.epoch)
    assert judge("fig-3.3.a", falling["fig-3.3.a"]).verdict == "fails"


def test_the_spread_over_seeds(depth):
    entropy = 0.5 + 0.01 * depth.seed * xr.where(depth.step == 40, 1.0, 0.1)
    found = depth_quantities(changed(depth, relative_entropy=entropy), DEPTH.epoch)
    expected = 0.01 * np.std(np.arange(8), ddof=1)
    assert np.allclose(found["fig-3.3.h"]["spread_40"], expected)
    assert np.allclose(found["fig-3.3.i"]["spread_start"], 0.1 * expected)
    assert found["fig-3.3.i"]["spread_start"].shape == (19, 3)


def test_the_sign_before_and_after_additions(depth):
    after = depth["after"].isel(seed=0, network=0, drop=True)
    found = depth_quantities(changed(depth, relative_entropy=0.5 - 0.05 * after), DEPTH.epoch)
    assert judge("fig-3.3.k", found["fig-3.3.k"]).words == "wrong as printed; corrected: holds"


# --- single updates ---


def test_a_training_that_measuring_changes_is_found_out():
    record = xr.Dataset({"differing_values": (("network", "seed"), [[0], [0], [0]])})
    record.attrs["settings"] = '{"steps": 50}'
    assert judge("txt-3.1.3.1", unchanged_training(record)).verdict == "holds"
    record["differing_values"][2] = 1
    assert judge("txt-3.1.3.1", unchanged_training(record)).verdict == "fails"


def test_indices_that_fall_with_more_points():
    dims = ("network", "seed", "images", "layer")
    plain = np.broadcast_to(np.array([0.5, 0.4])[:, None], (3, 17, 2, 7)).copy()
    record = xr.Dataset({"plain": (dims, plain), "weighted": (dims, 0.5 + 0 * plain)})
    assert judge("txt-3.1.2.2", more_points(record)).verdict == "holds"
    record["weighted"][..., 1, :] = 0.2
    assert judge("txt-3.1.2.2", more_points(record)).verdict == "fails"
    found = more_points(record)
    assert np.allclose(found["change_plain"], -0.1) and len(found["change_weighted"]) == 51


def test_spoilt_batches_stand_out_of_the_clean_ones():
    steps = np.arange(201)
    random = np.random.default_rng(0)
    record = xr.Dataset(
        {
            "distinct": (("network", "seed", "step", "layer"), np.full((3, 3, 201, 5), 1000.0)),
            "appeared": (
                ("network", "seed", "step", "layer"),
                random.normal(20, 2, (3, 3, 201, 5)),
            ),
        },
        {"step": steps},
    )
    record["vanished"] = record["appeared"] * 0
    spoilt = np.isin(steps, [61, 100])
    record["spoilt"] = (("network", "seed", "step"), np.tile(spoilt.astype(int), (3, 3, 1)))
    usual = standing_out(record)
    assert judge("txt-3.1.7.1", usual).verdict == "fails" and len(usual["z_scores"]) == 18
    record["appeared"][:, :, spoilt] = 60
    record["appeared"][:, :, :20] = 500  # the start is no measure of anything
    found = standing_out(record)
    assert judge("txt-3.1.7.1", found).verdict == "holds" and np.all(found["clean_below"] == 1)
