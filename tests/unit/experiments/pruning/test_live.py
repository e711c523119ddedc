"""Pairs of digits: what a repeat holds, and that its measures say what they are to say."""

import pytest
import torch
import xarray as xr

from relu_book.experiments.pruning import live


@pytest.fixture(scope="module", autouse=True)
def short():
    """Two rounds instead of six."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "ROUNDS", 2)
        live.rounds_of.cache_clear()
        yield
    live.rounds_of.cache_clear()


@pytest.fixture(scope="module")
def found():
    return live.repeat("4 and 9", 1)


def test_a_repeat_has_a_value_and_its_chance_for_every_layer_and_measure(found):
    sizes = {"round": 2, "layer": 7, "measure": 3}
    for name in ("similarity", "chance", "chance_rows"):
        assert found[name].sizes == sizes, name
        assert found[f"apart_{name}"].sizes == found[f"control_{name}"].sizes
        assert found[f"apart_{name}"].sizes == {"layer": 7, "measure": 3}
    assert found["density_conv"].values == pytest.approx([0.8, 0.64], abs=1e-3)
    assert not any(found[name].isnull().any() for name in found)


def test_a_pruned_network_is_more_alike_than_chance_and_than_one_trained_apart(found):
    first = found["similarity"].isel(round=0)
    assert (first > found["chance"].isel(round=0)).all()
    convolutions = [name for name in found.layer.values if name.startswith("conv")]
    gap = (first - found["apart_similarity"]).sel(layer=convolutions)
    assert (gap > 0.05).all()


def test_places_in_another_order_are_the_milder_null_of_a_convolution(found):
    for measure in ("SVCCA", "CKA"):
        one = found.isel(round=-1).sel(measure=measure)
        assert (one["chance"] > one["chance_rows"]).sel(layer=["conv1", "conv4"]).all()
    dense = found.isel(round=-1).sel(layer="dense", measure="SVCCA")
    assert float(dense["chance_rows"]) > 0.2  # few rows of many filters


def test_repeats_share_the_unpruned_network_only():
    one, two = (live.rounds_of("4 and 9", seed)[0] for seed in (1, 2))
    assert all(torch.equal(one.unpruned[name], two.unpruned[name]) for name in one.unpruned)
    assert not all(torch.equal(one.state[name], two.state[name]) for name in one.state)
    again = live.controls("4 and 9", 1)[0].state_dict()
    assert not torch.equal(again["features.0.weight"], one.unpruned["features.0.weight"])


def test_the_same_patterns_are_counted_in_plain_loops():
    draw = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 60, 3, generator=draw)
    y[:30] = x[:30]
    same = 0
    for row, other in zip(x.tolist(), y.tolist(), strict=True):
        same += [a > 0 for a in row] == [b > 0 for b in other]
    assert live.same_patterns(x, y) == same / 60
    assert live.same_patterns(x, x) == 1
    wide = torch.randn(40, 20, generator=draw)
    other = torch.cat([wide[:, : live.FILTERS], -wide[:, live.FILTERS :]], 1)
    assert live.same_patterns(wide, other) == 1  # only the first filters count


def test_above_chance_is_0_by_chance_and_1_for_equals():
    values = live.above(xr.DataArray([0.3, 1.0, 0.65]), xr.DataArray([0.3, 0.3, 0.3]))
    assert values.values == pytest.approx([0, 1, 0.5])
