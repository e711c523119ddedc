"""Five clusters: what the trainings give in a few seeds, and what they are compared by."""

import numpy as np
import pytest
import torch

from relu_book.experiments.entropy_gradient import clusters


def test_the_linear_potential_raises_the_entropy_and_no_step_does_nothing():
    start = clusters.layer(0, 8)
    assert torch.equal(clusters.maximised(0, "linear", 0.1, steps=0).weight, start.weight)
    raised = clusters.maximised(0, "linear", 0.1)
    assert clusters.entropy(raised, 0) > clusters.entropy(start, 0) + 0.3


def test_ascent_judges_other_seeds_than_it_chooses_the_rate_on(monkeypatch):
    used = {}

    def maximised(seed, potential, rate):
        used.setdefault(seed, set()).add(rate)
        return clusters.layer(seed, 8)

    monkeypatch.setattr(clusters, "maximised", maximised)
    monkeypatch.setattr(clusters, "each", lambda measure, cases: [measure(case) for case in cases])
    found = clusters.ascent(seeds=3, tuning=2)
    assert {name: len(values) for name, values in found.items()} == {
        "entropy_start": 3,
        "entropy_linear": 3,
        "entropy_quadratic": 3,
    }
    assert [len(used[seed]) for seed in range(5)] == [1, 1, 1, 3, 3]


def test_the_best_setting_is_chosen_on_other_seeds(monkeypatch):
    def told_apart(seed, potential, strength, rate):
        # On the seeds that choose, strength 1 with rate 1 is best; on the others it is 5.
        best = strength == rate == 1.0
        return (9.0 if best else 1.0) if seed >= 4 else (5.0 if best else 7.0), 100.0

    monkeypatch.setattr(clusters, "told_apart", told_apart)
    found = clusters.strengths_and_rates(seeds=4, tuning=2)
    assert found["entropy_linear"].tolist() == [5.0] * 4
    assert found["spread_quadratic"] == pytest.approx(np.std([5.0] + [7.0] * 8, ddof=1))


def test_separation_counts_pairs():
    y = torch.tensor([[1.0, 1], [1, 2], [-1, 1], [-1, 2], [1, -1]])
    groups = torch.tensor([0, 0, 1, 0, 1])
    separated, frequent, entropy = clusters._separation(y, groups)
    pairs = [(i, j) for i in range(5) for j in range(5) if groups[i] != groups[j]]
    signs = (y > 0).tolist()
    assert separated == pytest.approx(np.mean([signs[i] != signs[j] for i, j in pairs]))
    assert frequent == 3 and entropy == pytest.approx(1.5219, abs=1e-4)


def test_points_and_normalised_layers_have_unit_spread():
    x, labels = clusters.points(0)
    assert x.mean(0).abs().max() < 1e-12 and (x.std(0) - 1).abs().max() < 1e-12
    assert labels.bincount().tolist() == [100] * 5
    y = clusters.normalise(clusters.layer(0, 4), x)
    assert y.mean(0).abs().max() < 1e-12 and (y.std(0) - 1).abs().max() < 0.01


def test_maximising_separates_more_than_batch_norm_on_a_few_seeds():
    found = clusters.beside_batch_norm(seeds=6)
    assert found["separated_maximised"].mean() > found["separated_batch_norm"].mean()
    assert found["entropy_maximised"].mean() > found["entropy_batch_norm"].mean() + 0.3
