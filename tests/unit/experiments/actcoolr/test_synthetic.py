"""The network whose transition is prescribed."""

import numpy as np
import pytest
import torch

from relu_book.experiments.actcoolr.synthetic import (
    Synthetic,
    critical_rates,
    share_changed,
    train,
)
from relu_book.temperature import pattern_distance
from relu_book.transition import LogNormal


@pytest.mark.parametrize(("mu", "sigma"), [(-4.0, 0.3), (0.0, 1.0), (3.0, 2.0)])
def test_its_shares_are_those_of_the_model_to_half_an_input(mu, sigma):
    critical = critical_rates(mu, sigma, inputs=500)
    model = Synthetic()
    with torch.no_grad():
        model.filter.weight.copy_(torch.tensor([[1.0, 0.0]]))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.filter.weight[0, 1].backward()
    rates = np.exp(mu + sigma * np.linspace(-3, 3, 21))
    found = pattern_distance(model, optimizer, torch.from_numpy(critical), rates).values[:, 0]
    assert np.allclose(found, [share_changed(critical, rate) for rate in rates], atol=0)
    assert np.allclose(found, LogNormal(mu, sigma).probability(rates), rtol=0, atol=0.0011)


def test_the_scheduler_follows_a_drift_and_a_jump():
    transitions = [(-3 + 0.02 * step + 2 * (step >= 40), 1.2) for step in range(80)]
    told = []
    scheduler = train(transitions, lambda s, critical: told.append(len(critical)), inputs=1000,
                      target=lambda progress: 1.0)  # fmt: skip
    assert told == [1000] * 80
    measured = {
        e["step"]: e["mean_share"] for e in scheduler.history if e["mean_share"] is not None
    }
    assert all(abs(share - 0.5) < 0.06 for step, share in measured.items() if step != 40 + 8)
