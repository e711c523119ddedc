"""One pruning: the right number goes, the smallest first, and nothing comes back."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_book.pruning import densities, smaller_masks


def by_sorting(weights, masks, names, rate):
    """The obviously right twin: all survivors in one list, sorted, the first ones crossed out."""
    places = [(name, place) for name in names for place in masks[name].nonzero().tolist()]
    places.sort(key=lambda at: abs(float(weights[at[0]][tuple(at[1])])))
    found = {name: mask.clone() for name, mask in masks.items()}
    for name, place in places[: round(rate * len(places))]:
        found[name][tuple(place)] = False
    return found


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=2, max_size=4),
    rates=st.lists(st.floats(0, 0.9), min_size=1, max_size=5),
    seed=st.integers(0, 1000),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_masks_shrink_by_the_rate_as_by_sorting(sizes, rates, seed, dtype):
    draw = torch.Generator().manual_seed(seed)
    names = tuple(map(str, range(len(sizes))))
    masks = {name: torch.ones(n, 2, dtype=torch.bool) for name, n in zip(names, sizes, strict=True)}
    pools = {"conv": names[:1], "fc": names[1:]}
    for rate in rates:
        weights = {n: torch.randn(m.shape, generator=draw, dtype=dtype) for n, m in masks.items()}
        before = {name: mask.clone() for name, mask in masks.items()}
        first = int(masks[names[0]].sum())
        if round(rate * first) == first:
            with pytest.raises(ValueError, match=f"takes all .* 'conv', {first} of {first} param"):
                smaller_masks(weights, masks, pools, {"conv": rate})
            break
        found = smaller_masks(weights, masks, pools, {"conv": rate, "fc": rate / 2})
        twin = by_sorting(weights, masks, pools["conv"], rate)
        twin = by_sorting(weights, twin, pools["fc"], rate / 2)
        for name in names:
            assert torch.equal(found[name], twin[name])
            assert torch.equal(masks[name], before[name])  # what was given is left alone
            assert not bool((found[name] & ~before[name]).any())
        masks = found
    shares = densities(masks, pools)
    for pool, each in pools.items():
        assert shares[pool] == torch.cat([masks[n] for n in each]).double().mean().item()


def test_equal_magnitudes_go_in_the_right_number():
    weights, masks = {"a": torch.ones(10)}, {"a": torch.ones(10, dtype=torch.bool)}
    assert smaller_masks(weights, masks, {"fc": ("a",)}, {"fc": 0.3})["a"].sum() == 7


def test_a_pool_without_a_rate_and_a_rate_too_small_change_nothing():
    weights, masks = {"a": torch.randn(4)}, {"a": torch.tensor([True, False, True, True])}
    for rates in ({}, {"fc": 0.0}, {"fc": 0.1}):
        assert torch.equal(smaller_masks(weights, masks, {"fc": ("a",)}, rates)["a"], masks["a"])


def test_a_parameter_that_is_no_number_ends_in_a_sentence():
    masks = {"a": torch.ones(2, dtype=torch.bool)}
    with pytest.raises(ValueError, match="1 of the parameters of the pool 'fc' are NaN"):
        smaller_masks({"a": torch.tensor([1.0, torch.nan])}, masks, {"fc": ("a",)}, {"fc": 0.5})


def whole(*names):
    return {name: torch.ones(4, dtype=torch.bool) for name in names}


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({"fc": 1}, "the rate of the pool 'fc' must be a share from 0 to below 1, but got 1"),
        ({"fc": -0.1}, "from 0 to below 1, but got -0.1"),
        ({"fc": "half"}, "from 0 to below 1, but got 'half'"),
        ({"fcc": 0.5}, "names the pool 'fcc', which the network lacks: did you mean fc"),
        ({"fc": 0.999999}, "0.999999 takes all .* 'fc', 4 of 4 parameters: give a smaller rate"),
        (0.5, "rates must be a share by pool"),
    ],
)
def test_rates_that_cannot_be_end_in_a_sentence(rates, words):
    with pytest.raises(ValueError, match=words):
        smaller_masks({"a": torch.arange(4.0)}, whole("a"), {"fc": ("a",)}, rates)


def test_one_parameter_stays_under_a_rate_of_a_half():
    masks = whole("a")
    for left in (2, 1, 1):
        masks = smaller_masks({"a": torch.arange(4.0)}, masks, {"fc": ("a",)}, {"fc": 0.5})
        assert masks["a"].tolist() == [False] * (4 - left) + [True] * left


@pytest.mark.parametrize(
    ("masks", "names", "words"),
    [
        ({}, (), "the pool 'fc' has no parameters"),
        ({"a": torch.ones(0, dtype=torch.bool)}, ("a",), "the pool 'fc' has no parameters"),
        ({}, ("a",), "'fc' names 'a', which has no mask: masks holds 0 others"),
        (whole("fc.weight"), ("fc.weigth",), "'fc.weigth', .* did you mean fc.weight"),
    ],
)
def test_a_pool_without_masks_ends_in_a_sentence(masks, names, words):
    with pytest.raises(ValueError, match=words):
        densities(masks, {"fc": names})
    with pytest.raises(ValueError, match=words):
        smaller_masks(masks, masks, {"fc": names}, {"fc": 0.1})
