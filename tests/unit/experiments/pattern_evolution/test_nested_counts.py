"""States counted a few layers at a time, on nested numbers of images."""

import numpy as np
import pytest
import torch
import xarray as xr

from relu_book.experiments.pattern_evolution import nested_counts as room
from relu_book.experiments.pattern_evolution.evolution import Evolution
from relu_book.experiments.pattern_evolution.nested_counts import nested_counts
from relu_book.models import cifar_resnet, toynet
from relu_book.patterns import count_patterns

BATCHES = list(torch.randn(40, 1, 8, 8, generator=torch.Generator().manual_seed(5)).split(8))


def states_of(make):
    models = {step: make(8, width=3, in_channels=1, seed=step) for step in (0, 1, 5)}
    return make(8, width=3, in_channels=1), {
        step: dict(model.state_dict()) for step, model in models.items()
    }


@pytest.mark.parametrize("together", [0, room._TOGETHER])
@pytest.mark.parametrize("make", [cifar_resnet, toynet])
def test_the_same_as_whole_networks_at_once(make, together, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_TOGETHER", together)
    model, states = states_of(make)
    model.train()
    told = []
    found = nested_counts(
        model,
        states,
        BATCHES,
        (16, 40),
        9,
        kept=tmp_path / "kept",
        progress=lambda done, total: told.append(done / total),
    )
    for size, batches in ((16, BATCHES[:2]), (40, BATCHES)):
        whole = Evolution(batches, steps=states)
        for step, state in states.items():
            model.load_state_dict(state)
            whole(step, model)
        measures = found.sel(images=size, drop=True).drop_vars(["width", "block", "after"])
        xr.testing.assert_identical(measures.drop_vars("evaluations"), whole.table(9))
        assert measures.evaluations[0] == size * 64
    assert model.training and told == sorted(told) and told[-1] == 1
    assert np.isnan(found.evaluations.sel(layer=[8, 9])).all()


def test_a_run_cut_off_goes_on_with_the_layers_that_are_left(tmp_path, monkeypatch):
    model, states = states_of(cifar_resnet)
    monkeypatch.setattr(room, "_TOGETHER", 0)  # one of the largest layers at a time
    whole = nested_counts(model, states, BATCHES, (40,), 7, kept=tmp_path / "whole")
    counted, count = [], room._counted

    def cut(model, parts, names):
        if len(counted) == 4:
            raise KeyboardInterrupt
        counted.append(names)
        return count(model, parts, names)

    monkeypatch.setattr(room, "_counted", cut)
    with pytest.raises(KeyboardInterrupt):
        nested_counts(model, states, BATCHES, (40,), 7, kept=tmp_path / "cut")
    monkeypatch.setattr(room, "_counted", lambda *args: counted.append(args[2]) or count(*args))
    again = nested_counts(model, states, BATCHES, (40,), 7, kept=tmp_path / "cut")
    xr.testing.assert_identical(again, whole)
    assert counted.count(counted[0]) == 3  # the three states of the first layer, once


def test_the_memory_of_each_count_goes_back_before_the_next(tmp_path, monkeypatch):
    model, states = states_of(cifar_resnet)
    done = []
    monkeypatch.setattr(room, "give_back_freed_memory", lambda: done.append("back"))
    monkeypatch.setattr(
        room, "count_patterns", lambda *a, **k: done.append("count") or count_patterns(*a, **k)
    )
    nested_counts(model, states, BATCHES, (16, 40), 7, kept=tmp_path / "kept")
    assert done == ["back", *["count", "back"] * 6]


@pytest.mark.parametrize(("images", "sizes"), [(10**9, [1, 1, 1, 4]), (250_000, [2, 5]), (1, [7])])
def test_as_many_layers_at_once_as_fit_and_at_least_what_the_largest_has(images, sizes):
    model, _ = states_of(cifar_resnet)
    groups = room._groups(model, BATCHES[0][:1], images)
    assert [len(group) for group in groups] == sizes


@pytest.mark.parametrize("sizes", [(12, 40), (40, 16), (16, 32), ()])
def test_sizes_that_are_not_nested_are_refused(sizes, tmp_path):
    model, states = states_of(cifar_resnet)
    with pytest.raises(ValueError, match="must ascend to 40 in whole batches of 8, but are"):
        nested_counts(model, states, BATCHES, sizes, 7, kept=tmp_path / "kept")
