"""Optimizers that bring what a schedule does: the real ones where they are, else their protocol."""

import pytest
import torch
from torch import nn

from relu_book.training import Checkpoint, Probe, accuracy, make_optimizer, train
from relu_book.training.without_schedule import weights_to_evaluate


class Averaged(torch.optim.SGD):
    """The protocol of Schedule-Free: weights to step at, their average to evaluate."""

    def __init__(self, params, lr):
        super().__init__(params, lr)
        self.is_training, self.steps = False, 0

    def train(self):
        if not self.is_training:
            self.is_training = True
            self._exchange()

    def eval(self):
        if self.is_training:
            self.is_training = False
            self._exchange()

    @torch.no_grad()
    def _exchange(self):
        for weight in self.param_groups[0]["params"]:
            other = self.state[weight].setdefault("average", weight.clone())
            kept = weight.clone()
            weight.copy_(other)
            other.copy_(kept)

    @torch.no_grad()
    def step(self, closure=None):
        assert self.is_training
        super().step()
        self.steps += 1
        for weight in self.param_groups[0]["params"]:
            self.state[weight]["average"].lerp_(weight, 1 / (self.steps + 1))


def problem():
    torch.manual_seed(0)
    x = torch.randn(256, 4, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2)).double()
    return model, x, (x[:, 0] * x[:, 1] > 0).long()


def trained(make, probes=(), **options):
    model, x, y = problem()
    optimizer = make(model)
    train(model, x, y, optimizer=optimizer, steps=200, batch_size=32, probes=probes, **options)
    return model, optimizer, accuracy(model, x, y)


def averaged(model):
    return Averaged(model.parameters(), 0.3)


def real(name, package, rate):
    pytest.importorskip(package, reason=f"{package} is not installed")
    return lambda model: make_optimizer(name, model, rate)


@pytest.mark.parametrize("name", ["protocol", "schedule_free", "prodigy"])
def test_probes_see_the_weights_of_the_end_and_disturb_nothing(name):
    make = {
        "protocol": lambda: averaged,
        "schedule_free": lambda: real("schedule_free", "schedulefree", 0.02),
        "prodigy": lambda: real("prodigy", "prodigyopt", 1.0),
    }[name]()
    plain, _, right = trained(make)
    assert right > 0.9
    seen = Probe(lambda step, model: model[0].weight.clone(), every=50)
    probed, optimizer, _ = trained(make, [seen])
    assert all(map(torch.equal, plain.parameters(), probed.parameters()))
    assert torch.allclose(seen.results[200], probed[0].weight, rtol=0, atol=1e-12)
    if name == "protocol":
        assert not optimizer.is_training and not torch.equal(seen.results[150], seen.results[200])


@pytest.mark.parametrize(
    ("name", "package", "rate"),
    [("schedule_free", "schedulefree", 0.02), ("prodigy", "prodigyopt", 1.0)],
)
def test_a_killed_training_goes_on_bitwise(tmp_path, name, package, rate):
    def killed(done, total):
        if done == 100:
            raise KeyboardInterrupt

    make, kept = real(name, package, rate), Checkpoint(tmp_path / "kept", every=60)
    with pytest.raises(KeyboardInterrupt):
        trained(make, checkpoint=kept, progress=killed)
    resumed, whole = trained(make, checkpoint=kept)[0], trained(make)[0]
    assert all(map(torch.equal, resumed.parameters(), whole.parameters()))


def test_weights_come_back_bitwise_also_after_an_error():
    model, *_ = problem()
    optimizer = averaged(model)
    optimizer.train()
    model(torch.ones(1, 4, dtype=torch.float64)).sum().backward()
    optimizer.step()
    before = model[0].weight.clone()
    with pytest.raises(KeyError), weights_to_evaluate(optimizer):
        assert not torch.equal(model[0].weight, before)
        raise KeyError
    assert torch.equal(model[0].weight, before) and optimizer.is_training


def test_what_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr("relu_book.extras.find_spec", lambda name: None)
    for name, package in (("schedule_free", "schedulefree"), ("prodigy", "prodigyopt")):
        with pytest.raises(ModuleNotFoundError, match=rf"'{name}' needs {package}.*\[rivals\]"):
            make_optimizer(name, nn.Linear(2, 1), 1.0)
