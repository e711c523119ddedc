"""What a training may rely on, whatever its optimizer and its network are."""

import copy
import gc
import io
import itertools
import warnings
import weakref
from typing import ClassVar

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from relu_book.actcoolr import POLICIES, ActCooLR
from relu_book.training import SGDW

STEPS = 64


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return torch.relu(x + self.inner(x))


def dense():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(36, 24), nn.ReLU(), nn.Dropout(0.2), nn.Linear(24, 24), nn.ReLU()
    ).append(nn.Linear(24, 4))


def convolutional(norm=nn.Identity):
    layers = [nn.Conv2d(1, 8, 3), norm(8), nn.ReLU(), nn.Conv2d(8, 8, 3), norm(8), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32, 4))


def residual():
    inner = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))
    head = nn.Sequential(nn.Flatten(), nn.Linear(128, 4))
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), Residual(inner), head)


def compiled():
    return torch.compile(dense(), backend="eager")


NETWORKS = {
    "dense": dense,
    "convolutional": convolutional,
    "batch norm": lambda: convolutional(nn.BatchNorm2d),
    "residual": residual,
    "compiled": compiled,
}
OPTIMIZERS = {
    "sgd": lambda p, lr: SGD(p, lr),
    "momentum": lambda p, lr: SGD(p, lr, momentum=0.9),
    "sgdw": lambda p, lr: SGDW(p, lr, momentum=0.9, weight_decay=1e-4),
    "adam": lambda p, lr: Adam(p, lr),
    "adamw": lambda p, lr: AdamW(p, lr),
    "rmsprop": lambda p, lr: RMSprop(p, lr),
}
CASES = [
    *((name, "momentum") for name in NETWORKS),
    *(("batch norm", name) for name in OPTIMIZERS if name != "momentum"),
    *(("dense", name) for name in ("adam", "sgd")),
]


class Training:
    """A training on made-up pictures that tells the same story each time."""

    made: ClassVar[list["Training"]] = []

    def __init__(self, network, optimizer, *, rate=0.1, steps=STEPS, make=ActCooLR, **options):
        torch.manual_seed(0)
        self.model = NETWORKS[network]()
        first, *rest = self.model.parameters()
        groups = [{"params": [first]}, {"params": rest, "lr": rate / 4}]
        self.optimizer = OPTIMIZERS[optimizer](groups, rate)
        self.passes = 0
        self.model.register_forward_hook(self._count)
        options = {"start_temperature": 0.5} | options if make is ActCooLR else options
        self.scheduler = make(self.optimizer, self.model, steps, **options)
        generator = torch.Generator().manual_seed(1)
        x = torch.randn(512, 1, 6, 6, generator=generator)
        y = (x[:, 0, :3].sum((1, 2)) > 0) * 2 + (x[:, 0, 3:].sum((1, 2)) > 0)
        self.batches = x.split(32), y.long().split(32)
        self.losses, self.rates = [], []
        self.made.append(self)

    def _count(self, *call):
        self.passes += 1

    def loss(self, step):
        x, y = (parts[step % 16] for parts in self.batches)
        return cross_entropy(self.model(x), y)

    def run(self, start=0, end=STEPS):
        for step in range(start, end):
            self.optimizer.zero_grad()
            loss = self.loss(step)
            loss.backward()
            self.optimizer.step()
            self.rates.append([group["lr"] for group in self.optimizer.param_groups])
            self.scheduler.step()
            self.losses.append(loss.item())
        return self

    @property
    def weights(self):
        return [tensor.clone() for tensor in self.model.state_dict().values()]

    def close(self):
        if isinstance(self.scheduler, ActCooLR):
            self.scheduler.close()

    def checkpoint(self):
        file = io.BytesIO()
        parts = (self.model, self.optimizer, self.scheduler)
        torch.save([part.state_dict() for part in parts] + [torch.get_rng_state()], file)
        file.seek(0)
        return torch.load(file)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture(autouse=True)
def nothing_is_watched_afterwards():
    """A training that was cut off watches its next step still, of which compiled models warn."""
    yield
    while Training.made:
        Training.made.pop().close()


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def whole(case):
    return Training(*case).run()


def test_it_is_a_scheduler_that_keeps_the_ratios_and_tells_each_step(whole):
    assert isinstance(whole.scheduler, LRScheduler)
    assert all(abs(rest / first - 0.25) < 1e-12 for first, rest in whole.rates)
    history = whole.scheduler.history
    assert [entry["learning_rate"] for entry in history] == [first for first, _ in whole.rates]
    assert [entry["step"] for entry in history] == list(range(1, STEPS + 1))
    assert all(entry["reason"] for entry in history)
    assert history[0]["target_temperature"] == 0.5 and history[0]["temperature"] is not None
    assert torch.isfinite(torch.tensor(whole.losses)).all()


def test_replayed_rates_give_bitwise_the_same_weights(case, whole):
    history = whole.scheduler.history

    def make(optimizer, model, steps):
        return LambdaLR(optimizer, lambda step: history[min(step, STEPS - 1)]["learning_rate"])

    again = Training(*case, rate=1.0, make=make).run()
    assert again.losses == whole.losses and same(again.weights, whole.weights)


@pytest.mark.parametrize("at", [1, 40])
def test_a_killed_training_goes_on_bitwise(case, whole, at):
    state = Training(*case).run(0, at).checkpoint()
    again = Training(*case, rate=3.0)
    for part, own in zip(state, (again.model, again.optimizer, again.scheduler), strict=False):
        own.load_state_dict(part)
    torch.set_rng_state(state[3])
    again.run(at)
    assert again.losses == whole.losses[at:] and same(again.weights, whole.weights)
    assert list(again.scheduler.history) == list(whole.scheduler.history)


def test_construction_changes_nothing(case):
    training = Training(*case).run(0, 9)
    before = copy.deepcopy(training.optimizer.state_dict()), training.weights
    random = torch.get_rng_state()
    ActCooLR(training.optimizer, training.model, STEPS).close()
    after = training.optimizer.state_dict()
    assert str(before[0]) == str(after) and same(before[1], training.weights)
    assert torch.equal(random, torch.get_rng_state())


def test_the_state_is_small_and_holds_neither_model_nor_optimizer(whole):
    file = io.BytesIO()
    torch.save(whole.scheduler.state_dict(), file)
    assert file.tell() < 8_000 + 200 * STEPS
    kinds, stack = set(), [whole.scheduler.state_dict()]
    while stack:
        value = stack.pop()
        kinds.add(type(value))
        children = value.values() if isinstance(value, dict) else value
        stack.extend(children if isinstance(value, dict | list) else [])
    assert kinds <= {dict, list, str, int, float, bool, type(None), torch.Tensor}


def test_forward_passes_are_few_after_the_first_50(case):
    training = Training(*case, steps=450).run(0, 50)
    first, training.passes = training.passes, 0
    training.run(50, 450)
    assert training.passes <= 400 * (1 + 2 / 8)
    assert first <= 50 + 120


@pytest.mark.parametrize("factor", [0.01, 1.0, 100.0])
def test_the_given_rate_sets_ratios_alone(case, whole, factor):
    other = Training(*case, rate=0.1 * factor).run()
    for one, another in zip(whole.rates, other.rates, strict=True):
        assert abs(another[0] / one[0] - 1) < 0.5
    early = other.scheduler.history[: STEPS // 10 + 1]
    found = [e["temperature"] - e["target_temperature"] for e in early if e["temperature"]]
    assert min(map(abs, found)) < 0.1


def test_every_policy_keeps_the_contract():
    for policy, network in itertools.product(POLICIES, ("dense", "batch norm")):
        whole = Training(network, "sgd", policy=policy).run()
        state = Training(network, "sgd", policy=policy).run(0, 21).checkpoint()
        again = Training(network, "sgd", policy=policy)
        for part, own in zip(state, (again.model, again.optimizer, again.scheduler), strict=False):
            own.load_state_dict(part)
        torch.set_rng_state(state[3])
        again.run(21)
        assert same(again.weights, whole.weights), policy


def test_attached_it_steps_by_itself_and_an_epoch_does_nothing():
    plain = Training("batch norm", "momentum").run()
    attached = Training("batch norm", "momentum", make=ActCooLR.attach, start_temperature=0.5)
    for step in range(STEPS):
        attached.optimizer.zero_grad()
        attached.loss(step).backward()
        attached.optimizer.step()
        if step % 16 == 15:
            attached.scheduler.step()
    assert same(attached.weights, plain.weights)
    assert list(attached.scheduler.history) == list(plain.scheduler.history)


def test_a_step_with_a_closure_is_a_step_without():
    plain = Training("batch norm", "momentum").run()
    closed = Training("batch norm", "momentum")

    def closure():
        closed.optimizer.zero_grad()
        loss = closed.loss(step)
        loss.backward()
        return loss

    for step in range(STEPS):  # noqa: B007  the closure uses it
        closed.optimizer.step(closure)
        closed.scheduler.step()
    assert same(closed.weights, plain.weights)
    assert list(closed.scheduler.history) == list(plain.scheduler.history)


@pytest.mark.parametrize("fused", [False, True])
def test_steps_that_a_scaler_skips_are_told_and_change_nothing(fused):
    training = Training("batch norm", "sgd")
    if fused:
        for group in training.optimizer.param_groups:
            group["fused"] = True
        training.optimizer._step_supports_amp_scaling = True
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for step in range(24):
        training.optimizer.zero_grad()
        loss = training.loss(step) * (float("inf") if step in (0, 7, 8, 15) else 1.0)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Detected call")
            scaler.scale(loss).backward()
            scaler.step(training.optimizer)
            scaler.update()
            training.scheduler.step()
    history = training.scheduler.history
    assert [place for place, e in enumerate(history) if e["skipped"]] == [0, 7, 8, 15]
    assert [e["step"] for e in history if not e["skipped"]] == list(range(1, 21))
    assert history[7]["reason"] == "unchanged: no optimizer step"
    assert history[7]["learning_rate"] == history[8]["learning_rate"] == history[9]["learning_rate"]


def test_accumulated_gradients_are_one_step():
    training = Training("batch norm", "momentum", steps=16)
    for step in range(64):
        training.loss(step).backward()
        if step % 4 == 3:
            training.optimizer.step()
            training.optimizer.zero_grad()
        training.scheduler.step()
    history = training.scheduler.history
    assert len(history) == 64 and [e["skipped"] for e in history] == [True, True, True, False] * 16
    assert history[-1]["step"] == 16


def test_a_rate_that_is_a_tensor_is_filled():
    plain = Training("dense", "sgd").run()
    model = Training("dense", "sgd")
    for group in model.optimizer.param_groups:
        group["lr"] = torch.tensor(group["lr"], dtype=torch.float64)
    held = [group["lr"] for group in model.optimizer.param_groups]
    model.run()
    assert all(
        group["lr"] is h for group, h in zip(model.optimizer.param_groups, held, strict=True)
    )
    assert model.losses == pytest.approx(plain.losses)


def test_a_group_that_is_added_later_brings_its_ratio():
    training = Training("dense", "sgd").run(0, 5)
    extra = nn.Parameter(torch.ones(3))
    training.optimizer.add_param_group({"params": [extra], "lr": 0.05})
    training.run(5, 10)
    first, _, added = training.rates[-1]
    assert abs(added / first - 0.5) < 1e-12


def hooks_of(training):
    optimizer = training.optimizer
    hooks = optimizer._optimizer_step_pre_hooks, optimizer._optimizer_step_post_hooks
    return [len(each) for each in (training.model._forward_pre_hooks, *hooks)]


def test_a_scheduler_that_is_dropped_leaves_no_hooks_and_disturbs_no_other_model():
    training = Training("dense", "sgd").run(0, 5)
    assert hooks_of(training) == [1, 1, 2]
    training.scheduler = None
    assert hooks_of(training) == [0, 0, 0]
    Training("compiled", "momentum").run(0, 3)  # a warning would be an error


def test_a_model_that_holds_its_scheduler_is_not_kept_alive():
    training = Training("dense", "sgd", policy="thesis").run(0, 5)
    training.model.scheduler = training.scheduler
    model = weakref.ref(training.model)
    Training.made.remove(training)
    del training
    gc.collect()
    assert model() is None


def test_an_attached_scheduler_lives_on_without_a_name():
    training = Training("dense", "sgd", make=ActCooLR.attach)
    scheduler, training.scheduler = weakref.ref(training.scheduler), None
    gc.collect()
    assert hooks_of(training) == [1, 1, 2]
    scheduler().close()
    assert hooks_of(training) == [0, 0, 0]


def test_a_training_that_has_ended_goes_back_and_is_measured_again():
    training = Training("dense", "sgd").run(0, 24)
    kept, scheduler = training.checkpoint(), training.scheduler
    history = training.run(24).scheduler.history
    torch.set_rng_state(kept.pop())
    for part, state in zip((training.model, training.optimizer, scheduler), kept, strict=True):
        part.load_state_dict(state)
    assert training.run(24).scheduler.history == history


def test_a_policy_brings_its_own_pace():
    for policy, every in (("thesis", 8), ("dynamic", 10)):
        history = Training("dense", "sgd", policy=policy).run(0, 24).scheduler.history
        seen = [entry["step"] for entry in history if entry["temperature"] is not None]
        assert seen == [1, *range(every, 25, every)]


def test_a_first_pass_with_nan_is_named():
    training = Training("convolutional", "sgd")
    training.batches[0][0].fill_(float("nan"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="or one that computed NaN"):
            training.run(0, 1)
