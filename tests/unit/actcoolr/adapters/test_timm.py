"""ActCooLR in the loop of timm's training script, as its schedulers are called there."""

import copy
import io

import pytest
import torch
from torch import nn

from relu_book.actcoolr.adapters.timm import TimmActCooLR

BATCHES, EPOCHS = 5, 4
OPTIONS = {"start_temperature": 0.5, "probing_step_size": 2}


def start(scales=(1.0,)):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))
    parts = [model] if len(scales) == 1 else [model[0], model[3]]
    groups = [
        {"params": list(part.parameters()), "lr_scale": scale}
        for part, scale in zip(parts, scales, strict=True)
    ]
    return model, torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def train(model, optimizer, scheduler, epochs):
    """As timm's train.py does it, with two batches an update."""
    updates = epochs[0] * BATCHES
    for epoch in epochs:
        torch.manual_seed(epoch)
        for _ in range(BATCHES):
            optimizer.zero_grad()
            for _ in range(2):
                inputs = torch.randn(32, 3)
                (model(inputs) - inputs.prod(1, keepdim=True)).square().mean().backward()
            optimizer.step()
            updates += 1
            scheduler.step_update(num_updates=updates, metric=1.0)
        scheduler.step(epoch + 1, 0.5)


def test_a_training_has_the_rates_of_its_history():
    model, optimizer = start()
    scheduler = TimmActCooLR(optimizer, model, BATCHES * EPOCHS, **OPTIONS)
    train(model, optimizer, scheduler, range(EPOCHS))
    steps = [entry["step"] for entry in scheduler.history]
    assert steps == list(range(1, BATCHES * EPOCHS + 1))
    assert scheduler.history[0]["mean_share"] == pytest.approx(1 - 2**-0.5, abs=0.15)


def test_a_killed_training_goes_on_bitwise():
    model, optimizer = start()
    scheduler = TimmActCooLR(optimizer, model, BATCHES * EPOCHS, **OPTIONS)
    train(model, optimizer, scheduler, range(2))
    file = io.BytesIO()
    torch.save((model.state_dict(), optimizer.state_dict(), scheduler.state_dict()), file)
    train(model, optimizer, scheduler, range(2, EPOCHS))
    file.seek(0)
    weights, of_optimizer, of_scheduler = torch.load(file)
    other, optimizer = start()
    other.load_state_dict(weights)
    optimizer.load_state_dict(of_optimizer)
    resumed = TimmActCooLR(optimizer, other, BATCHES * EPOCHS, **OPTIONS)
    resumed.load_state_dict(of_scheduler)
    resumed.step_update(2 * BATCHES)  # as train.py does where it resumes
    train(other, optimizer, resumed, range(2, EPOCHS))
    assert resumed.history == scheduler.history
    assert all(map(torch.equal, model.state_dict().values(), other.state_dict().values()))


def test_layers_have_their_scale_also_of_a_loaded_optimizer():
    model, optimizer = start(scales=(0.5, 1.0))
    scheduler = TimmActCooLR(optimizer, model, 20, **OPTIONS)
    train(model, optimizer, scheduler, range(1))
    first, last = (group["lr"] for group in optimizer.param_groups)
    assert first == pytest.approx(0.5 * last)
    state = copy.deepcopy(optimizer.state_dict())
    model, optimizer = start(scales=(0.5, 1.0))
    optimizer.load_state_dict(state)
    TimmActCooLR(optimizer, model, 20, **OPTIONS)
    assert [group["lr"] for group in optimizer.param_groups] == [first, last]


def test_a_training_that_goes_on_without_the_state_is_stopped():
    model, optimizer = start()
    scheduler = TimmActCooLR(optimizer, model, 20, **OPTIONS)
    with pytest.raises(ValueError, match="step_update came for update 10 after update 0"):
        scheduler.step_update(10)
    with pytest.raises(ValueError, match=r"what its state_dict\(\) gave, with updates"):
        scheduler.load_state_dict({"scheduler": {}})


def test_it_is_called_as_the_schedulers_of_timm_are():
    scheduler = pytest.importorskip("timm.scheduler", reason="timm is not installed")
    import inspect

    for name in ("step", "step_update", "state_dict", "load_state_dict"):
        theirs, ours = (
            list(inspect.signature(getattr(of, name)).parameters)
            for of in (scheduler.scheduler.Scheduler, TimmActCooLR)
        )
        assert theirs == ours, name


def test_it_trains_a_network_of_timm():
    timm = pytest.importorskip("timm", reason="timm is not installed")
    from timm.optim import create_optimizer_v2

    torch.manual_seed(0)
    model = timm.create_model("resnet10t", num_classes=4)
    optimizer = create_optimizer_v2(model, opt="sgd", lr=0.1, layer_decay=0.8)
    scheduler = TimmActCooLR(optimizer, model, 3, start_temperature=0.5)
    bases = [group["initial_lr"] for group in optimizer.param_groups]
    assert len(set(bases)) > 2
    for update in range(3):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(torch.randn(8, 3, 32, 32)), torch.arange(8) % 4)
        loss.backward()
        optimizer.step()
        scheduler.step_update(update + 1)
    ratios = [group["lr"] / base for group, base in zip(optimizer.param_groups, bases, strict=True)]
    assert ratios == pytest.approx([ratios[0]] * len(ratios))
    assert loss.isfinite() and len(scheduler.history) == 3
