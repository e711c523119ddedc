"""The run-away: what batch norm forgives, and what is left when the links of the loop are cut."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from relu_book import datasets
from relu_book.experiments.actcoolr import live
from relu_book.models import cifar_resnet


@pytest.fixture(scope="module")
def data():
    return live.trainings()


def test_lengths_are_put_back_without_a_change_of_outputs():
    model = cifar_resnet(8, width=4, in_channels=1, seed=0, dtype=torch.float64)
    images = datasets.load("digits").images[:32].double()
    before = model(images)
    weights = [weight for weight in model.parameters() if weight.dim() == 4]
    invariant = live.invariant_weights(weights)
    assert sum(map(len, invariant)) == len(weights) == 7
    live.shorten(invariant, torch.tensor([30.0, 2.0, 50.0, 9.0], dtype=torch.float64))
    assert weights[1].norm().item() == pytest.approx(2.0)
    assert torch.cat([w.flatten() for w in weights[::2]]).norm().item() == pytest.approx(30.0)
    assert torch.allclose(model(images), before, atol=1e-2)
    weights[0].data *= 3  # alone, without those that it is added to
    assert not torch.allclose(model(images), before, atol=1e-2)


def test_a_step_makes_weights_longer_by_pythagoras():
    model = cifar_resnet(8, width=4, in_channels=1, seed=0, dtype=torch.float64)
    images = datasets.load("digits").images[:32].double()
    cross_entropy(model(images), torch.arange(32) % 10).backward()
    for one in live.invariant_weights([w for w in model.parameters() if w.dim() == 4]):
        inner = sum((w.detach() * w.grad).sum().item() for w in one)
        assert abs(inner) < 1e-4 * sum(w.grad.norm().item() * w.norm().item() for w in one)


def test_algorithm_6_runs_away_unless_both_links_are_cut(data):
    ends = {name: int(np.isfinite(data.rate.sel(training=name)).sum()) for name in live.TRAININGS}
    assert ends["both kept"] == ends["safe"] == 64
    assert max(ends[name] for name in ("thesis", "lengths kept", "scales kept")) < 64
    kept = data.sel(training="both kept")
    assert kept.rate.max() < 1e3 and np.allclose(kept.length, 1)
    assert data.length.sel(training="thesis").max() > 100


def test_the_slopes_of_the_links(data):
    found = live.slopes(data.sel(training="scales kept"))
    assert [round(slope) for slope in found.values()] == [1, 2, 1]
    assert np.prod(list(found.values())) > 1
    known = data.sel(training="scales kept").copy(deep=True)
    known["rate"][:] = np.exp(np.arange(64.0))
    known["length"][:] = known.rate.values**0.5
    known["mu"][:] = 2 * np.log(known.length.values)
    assert live.slopes(known)["length to half-change rate"] == pytest.approx(2, abs=0.1)
    assert live.slopes(known)["rate to length"] == pytest.approx(0.5)


def test_the_effective_rate(data):
    one = data.sel(training="safe")
    assert live.effective(one).values == pytest.approx((one.rate / one.length**2).values)
