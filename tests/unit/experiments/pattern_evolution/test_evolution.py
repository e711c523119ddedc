"""The measures of every layer, step by step."""

import numpy as np
import pytest
import torch
import xarray as xr
from pattern_records import EARLY, changed

from relu_book.experiments.pattern_evolution.evolution import (
    Evolution,
    list_gigabytes,
    net_changes,
    places_for,
)
from relu_book.models import cifar_resnet
from relu_book.patterns import watch


def patterns_of(model: torch.nn.Module, batches: list[torch.Tensor]) -> list[list[tuple]]:
    """The patterns of every layer, one tuple an evaluation, with batch statistics."""
    found: list[list[tuple]] = []
    model.train()
    for batch in batches:
        with watch(model) as watched, torch.no_grad():
            model(batch)
        for number, site in enumerate(watched.sites.values()):
            rows = (site.pre_activation > 0).movedim(1, -1).flatten(0, -2)
            if len(found) <= number:
                found.append([])
            found[number] += [tuple(row) for row in rows.tolist()]
    return found


def test_measures_against_sets_of_patterns():
    batches = list(torch.randn(24, 1, 8, 8, generator=torch.Generator().manual_seed(5)).split(8))
    models = [cifar_resnet(8, width=3, in_channels=1, seed=seed) for seed in (0, 1, 2)]
    evolution = Evolution(batches, steps=range(3), hashed=[0, 2])
    for step, model in enumerate(models):
        evolution(step, model)
    table = evolution.table(9)
    states = [patterns_of(model, batches) for model in models]
    for layer in range(7):
        start, before, now = (set(state[layer]) for state in states)
        row = table.sel(step=2, layer=layer + 1)
        assert row.distinct == len(now)
        assert row.appeared == len(now - before) and row.vanished == len(before - now)
        assert float(row.absent_start) == pytest.approx(len(start - now) / len(start), rel=2.5e-4)
        kept = np.mean([pattern in now for pattern in states[0][layer]])
        assert float(row.retained_start) == pytest.approx(kept, rel=2.5e-4)
        first = states[0][layer]
        shared = sum(min(first.count(p), states[2][layer].count(p)) for p in start & now)
        union = 2 * len(first) - shared
        assert float(row.similarity_start) == pytest.approx(shared / union, rel=2.5e-4)
    assert np.isnan(table.distinct.sel(layer=[8, 9])).all()
    assert np.isnan(table.occupancy.sel(step=1, layer=1))
    first_list = places_for(80e9, 24 * 64)
    assert table.occupancy.sel(step=2, layer=1) == pytest.approx(
        float(table.distinct.sel(step=2, layer=1)) / first_list, rel=0.02
    )


def test_hash_lists_have_the_memory_of_the_source_in_proportion():
    evaluations = np.array([50_000.0 * 32 * 32, 1.0])
    full, part = (
        xr.Dataset({"evaluations": ("layer", part)}) for part in (evaluations, evaluations / 100)
    )
    assert list_gigabytes(full) == pytest.approx(80, rel=1e-6)
    assert list_gigabytes(part) == pytest.approx(0.8, rel=1e-4)


def test_a_change_is_relative_to_the_patterns_before_the_step():
    record = changed(EARLY, distinct=200.0, appeared=30.0, vanished=50.0)
    changes = net_changes(record)
    assert np.allclose(changes, -0.1)
    steps = set(EARLY.step.values.tolist())
    assert set(changes.step.values.tolist()) == {step for step in steps if step - 1 in steps}
