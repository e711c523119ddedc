"""Tables and algorithm of the pruning paper: right where they are right, off where broken."""

import pytest
import torch

from relu_book.claims import judge
from relu_book.experiments.pruning import algorithm, tables
from relu_book.experiments.pruning.problems import PROBLEMS
from relu_book.pruning import iterating, masks
from relu_book.runs import find

BY_CONSTRUCTION, CORRECTED = "holds, by construction", "wrong as printed; corrected: holds"
FOLLOWED = "setting, followed"


def words(claim, measured):
    return judge(claim, measured).words


@pytest.mark.parametrize(
    ("claim", "measure", "verdict"),
    [
        ("P-tab-1", tables.classes_of_table_1, CORRECTED),
        ("P-tab-2.a", lambda: tables.network_of_table_2(2), FOLLOWED),
        ("P-tab-2.b", lambda: tables.network_of_table_2(4), FOLLOWED),
        ("P-tab-2.c", lambda: tables.network_of_table_2(6), FOLLOWED),
        ("P-tab-2.d", lambda: tables.network_of_table_2(8), FOLLOWED),
        ("P-tab-2.d", lambda: tables.network_of_table_2(10), FOLLOWED),
        ("P-tab-2.e", tables.outputs, FOLLOWED),
        ("P-tab-2.f", tables.blocks, FOLLOWED),
        ("P-tab-3.a", tables.rates, FOLLOWED),
        ("P-tab-3.b", tables.what_is_left, BY_CONSTRUCTION),
        ("P-alg-1.a", algorithm.removed_each_time, BY_CONSTRUCTION),
        ("P-alg-1.b", algorithm.starts, BY_CONSTRUCTION),
        ("P-alg-1.c", algorithm.pools_apart, BY_CONSTRUCTION),
        ("P-alg-1.d", algorithm.zeros_that_stay, BY_CONSTRUCTION),
    ],
)
def test_verdicts(claim, measure, verdict):
    assert words(claim, measure()) == verdict


@pytest.mark.parametrize("name", ["cifar2", "cifar4", "cifar6", "cifar8", "cifar10"])
def test_the_records_have_the_rates_of_table_3(name):
    settings = find(f"pruning/{name}").settings("desk")
    plan = PROBLEMS[int(name.removeprefix("cifar"))]
    rates = (settings.rate_conv, settings.rate_dense)
    assert rates == (plan.rate_conv, plan.rate_dense)
    assert (settings.validation, settings.patience) == (plan.validation, plan.patience)


def all_entries(weights, given, pools, rates):
    """The percentile over all entries, zeros kept: after one round nothing more goes."""
    whole = {name: torch.ones_like(mask) for name, mask in given.items()}
    return masks.smaller_masks(weights, whole, pools, rates)


def largest(weights, given, pools, rates):
    turned = {name: 1 / value.abs().clamp(min=1e-12) for name, value in weights.items()}
    return masks.smaller_masks(turned, given, pools, rates)


@pytest.mark.parametrize(
    ("broken", "claim", "measure"),
    [
        (all_entries, "P-alg-1.a", algorithm.removed_each_time),
        (all_entries, "P-alg-1.c", algorithm.pools_apart),
        (largest, "P-alg-1.a", algorithm.removed_each_time),
        (largest, "P-alg-1.c", algorithm.pools_apart),
    ],
)
def test_another_pruning_is_found_out(monkeypatch, broken, claim, measure):
    monkeypatch.setattr(iterating, "smaller_masks", broken)
    assert "holds" not in words(claim, measure())


def test_a_start_that_is_not_rewound_is_found_out(monkeypatch):
    put = iterating._put
    monkeypatch.setattr(
        iterating,
        "_put",
        lambda model, state, given: put(model, {n: v + 1e-3 for n, v in state.items()}, given),
    )
    assert "holds" not in words("P-alg-1.b", algorithm.starts())
