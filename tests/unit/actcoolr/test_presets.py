"""The presets can be trained with, and are those of the supplement's tables."""

import pytest
import torch
from torch import nn

from relu_book.actcoolr import PRESETS, ActCooLR
from relu_book.experiments.actcoolr.printed import S_TABLE_2


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_what_a_training_begins_with(name):
    preset, model = PRESETS[name], nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
    settings = {"momentum": preset.momentum or 0.0, "weight_decay": preset.weight_decay or 0.0}
    optimizer = torch.optim.SGD(model.parameters(), preset.first_rate or 0.1, **settings)
    scheduler = ActCooLR(optimizer, model, 4 * preset.epochs, **preset.options)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(32, 3)).square().mean().backward()
        optimizer.step()
        scheduler.step()
    scheduler.close()
    first, _, third = (entry["target_temperature"] for entry in scheduler.history)
    assert first == preset.start_temperature
    expected = first * (1 - 2 / (4 * preset.epochs)) ** preset.gamma
    assert third == pytest.approx(expected)


def test_every_training_of_table_2_has_its_preset():
    """Their names tell network and epochs alike."""
    printed = {
        f"{network.lower().replace('-', '')}_cifar10_{words.split()[0]}"
        for network, words in (name.split(", ") for name in S_TABLE_2)
    }
    assert printed == {name for name, preset in PRESETS.items() if preset.weight_decay == 5e-5}
    assert all(PRESETS[name].momentum == 0.9 for name in printed)
    assert all(name.endswith(f"_{preset.epochs}") for name, preset in PRESETS.items())
