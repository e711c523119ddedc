"""Trainings in bfloat16, with and without a scaler, whole and of accumulated gradients."""

import io
import warnings

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from relu_book.actcoolr import ActCooLR
from relu_book.patterns import watch

STEPS = 24


def network(norm):
    layers = [nn.Conv2d(1, 8, 3), norm(8), nn.ReLU(), nn.Conv2d(8, 8, 3), norm(8), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32, 4))


NETWORKS = {"plain": lambda: network(nn.Identity), "batch norm": lambda: network(nn.BatchNorm2d)}


class Training:
    """A training in bfloat16 whose gradients are of ``parts`` batches, perhaps scaled."""

    def __init__(self, norm, *, scale=None, parts=1, fused=False, steps=STEPS):
        torch.manual_seed(0)
        self.model = NETWORKS[norm]()
        # Without a scaler that is on, torch's does nothing.
        self.scaler = torch.amp.GradScaler(
            "cpu", init_scale=scale or 1.0, enabled=scale is not None
        )
        options = {"fused": True} if fused else {"momentum": 0.9}
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.1, **options)
        self.scheduler = ActCooLR(self.optimizer, self.model, steps, start_temperature=0.5)
        self.parts, self.dtypes = parts, set()
        generator = torch.Generator().manual_seed(1)
        self.x = torch.randn(steps * parts, 64, 1, 6, 6, generator=generator)
        self.y = torch.randint(4, (steps * parts, 64), generator=generator)

    def loss(self, batch):
        with torch.autocast("cpu", torch.bfloat16):
            found = self.model(self.x[batch])
            self.dtypes.add(found.dtype)
            return cross_entropy(found, self.y[batch]) / self.parts

    def step(self, number, spoilt=False):
        self.optimizer.zero_grad()
        for batch in range(number * self.parts, (number + 1) * self.parts):
            loss = self.loss(batch) * (float("inf") if spoilt else 1.0)
            self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.scheduler.step()

    def run(self, start=0, end=STEPS):
        for number in range(start, end):
            self.step(number)
        return self

    def patterns(self, batch):
        """By site the signs of a pass as the training makes it, the naive way."""
        signs = {}
        buffers = {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        with (
            watch(self.model, lambda site: signs.update({site.name: site.pre_activation > 0})),
            torch.no_grad(),
        ):
            self.loss(batch)
        for name, buffer in self.model.named_buffers():
            buffer.copy_(buffers[name])
        return signs

    @property
    def weights(self):
        return [tensor.clone() for tensor in self.model.state_dict().values()]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("scale", [None, 256.0])
@pytest.mark.parametrize("norm", NETWORKS)
def test_the_share_is_that_of_the_passes_in_bfloat16(norm, scale, parts):
    training, measured = Training(norm, scale=scale, parts=parts), []
    for number in range(8):
        last = (number + 1) * parts - 1  # of accumulated gradients the last pass is looked at
        before = training.patterns(last)
        training.step(number)
        after = training.patterns(last)
        shares = [(before[name] != after[name]).any(1).double().mean() for name in before]
        found = training.scheduler.history[-1]["mean_share"]
        if found is None:  # a step that is not measured
            continue
        assert found == pytest.approx(float(torch.stack(shares).mean()), abs=1e-12)
        measured.append(found)
    assert len(measured) >= 5 and min(measured) > 0 and training.dtypes == {torch.bfloat16}


@pytest.mark.parametrize("norm", NETWORKS)
def test_a_scale_that_is_a_power_of_two_changes_nothing(norm):
    plain, scaled = Training(norm).run(), Training(norm, scale=256.0).run()
    assert same(plain.weights, scaled.weights)
    assert list(plain.scheduler.history) == list(scaled.scheduler.history)
    rates = [entry["learning_rate"] for entry in plain.scheduler.history]
    assert len(set(rates)) > STEPS // 2


@pytest.mark.parametrize("fused", [False, True])
def test_a_step_that_the_scaler_skips_is_none(fused):
    training = Training("batch norm", scale=256.0, parts=2, fused=fused)
    weights = training.weights
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Detected call")  # the first step of all is skipped
        for number in range(12):
            if number == 6:
                weights = [parameter.clone() for parameter in training.model.parameters()]
            training.step(number, spoilt=number in (0, 6))
            if number == 6:
                assert same(weights, training.model.parameters())
    history = training.scheduler.history
    assert [place for place, entry in enumerate(history) if entry["skipped"]] == [0, 6]
    assert history[6]["learning_rate"] == history[7]["learning_rate"]
    assert history[7]["step"] == 6 and history[-1]["step"] == 10


def test_a_killed_training_goes_on_bitwise_with_its_scaler():
    whole = Training("batch norm", scale=256.0, parts=2).run()
    first, file = Training("batch norm", scale=256.0, parts=2).run(0, 9), io.BytesIO()
    parts = ("model", "optimizer", "scheduler", "scaler")
    torch.save({name: getattr(first, name).state_dict() for name in parts}, file)
    file.seek(0)
    again = Training("batch norm", scale=256.0, parts=2)
    for name, state in torch.load(file).items():
        getattr(again, name).load_state_dict(state)
    again.run(9)
    assert same(again.weights, whole.weights)
    assert list(again.scheduler.history) == list(whole.scheduler.history)
