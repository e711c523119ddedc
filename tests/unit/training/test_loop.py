"""The loop against its naive twin, bit by bit; what it promises and what it refuses."""

import copy
import inspect
import pickle
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, lr_scheduler

from relu_book.actcoolr import DivergedError
from relu_book.models import mlp
from relu_book.training import (
    SCHEDULES,
    SGDW,
    Augment,
    Checkpoint,
    DivergenceError,
    OneCycle,
    Probe,
    make_optimizer,
    make_schedule,
    train,
)

STEPS = 100


def data(n=70, shape=(4,), dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(n, *shape, generator=generator, dtype=dtype)
    return images, (images.flatten(1)[:, 0] > 0).long() + (images.flatten(1)[:, 1] > 0).long()


def small(dtype=torch.float64):
    return mlp((4, 8, 8, 3), batch_norm=True, seed=1, dtype=dtype)


def convolutional(dtype=torch.float32):
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
    layers += [nn.Dropout(0.25), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)]
    return nn.Sequential(*layers).to(dtype)


def weights(model):
    return [tensor.clone() for tensor in model.state_dict().values()]


def equal(first, second):
    return len(first) == len(second) and all(map(torch.equal, first, second))


def simple(model=None, n=70, steps=20, **options):
    """A short run; returns the model and its history."""
    model = small() if model is None else model
    images, labels = data(n)
    options = {"optimizer": SGD(model.parameters(), lr=0.1), "batch_size": 16, **options}
    return model, train(model, images, labels, steps=steps, **options)


# ---- the naive twin ------------------------------------------------------------------------------


def naive(model, images, labels, optimizer, schedule, steps, batch_size, seed):
    """What one would write in a notebook."""
    generator = torch.Generator().manual_seed(seed)
    losses, rates = [], []
    model.train()
    while len(losses) < steps:
        order = torch.randperm(len(images), generator=generator)
        for start in range(0, len(images), batch_size):
            if len(losses) == steps:
                break
            batch = order[start : start + batch_size]
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            losses.append(loss.item())
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
    return losses, rates


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("schedule_name", [None, *SCHEDULES])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sgd", {"momentum": 0.9, "weight_decay": 5e-4}),
        ("sgd", {}),
        ("sgdw", {"momentum": 0.9, "weight_decay": 1e-3}),
        ("adam", {}),
    ],
)
def test_equal_to_the_naive_loop_bit_by_bit(name, options, schedule_name, dtype):
    images, labels = data(dtype=dtype)

    def parts():
        model = small(dtype)
        optimizer = make_optimizer(name, model, 0.05, **options)
        schedule = schedule_name and make_schedule(schedule_name, optimizer, STEPS)
        return model, optimizer, schedule

    twin, optimizer, schedule = parts()
    losses, rates = naive(twin, images, labels, optimizer, schedule, STEPS, 16, seed=3)
    model, optimizer, schedule = parts()
    history = train(
        model,
        images,
        labels,
        optimizer=optimizer,
        schedule=schedule,
        steps=STEPS,
        batch_size=16,
        seed=3,
    )
    assert history.loss.tolist() == losses
    assert history.learning_rate.tolist() == rates
    assert history.step.tolist() == list(range(STEPS))
    assert equal(weights(model), weights(twin))
    assert len(history) == STEPS and history.loss[-1] < history.loss[0]


def test_schedules_of_torch_and_of_the_user_are_taken():
    class Doubling(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [rate * 2**self.last_epoch for rate in self.base_lrs]

    model = small()
    optimizer = SGD(model.parameters(), lr=2.0**-12)
    history = simple(model, steps=8, optimizer=optimizer, schedule=Doubling(optimizer))[1]
    assert history.learning_rate.tolist() == [2.0**-12 * 2**s for s in range(8)]
    optimizer = SGD(model.parameters(), lr=0.1)
    warm = lr_scheduler.LinearLR(optimizer, 0.1, total_iters=3)
    chained = lr_scheduler.SequentialLR(
        optimizer, [warm, lr_scheduler.CosineAnnealingLR(optimizer, 5)], milestones=[3]
    )
    history = simple(model, steps=8, optimizer=optimizer, schedule=chained)[1]
    assert history.learning_rate[0] == pytest.approx(0.01)
    assert history.learning_rate[3] == pytest.approx(0.1)


def test_history_has_the_momentum_where_there_is_one():
    model = small()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    history = simple(model, optimizer=optimizer, schedule=OneCycle(optimizer, 20))[1]
    assert history.momentum[0] == 0.95 and history.momentum.min() == pytest.approx(0.85)
    model = small()
    assert simple(model, optimizer=torch.optim.Adam(model.parameters()))[1].momentum[0] == 0.9
    assert simple(model, optimizer=torch.optim.Adagrad(model.parameters()))[1].momentum is None


# ---- determinism ---------------------------------------------------------------------------------


def image_run(seed=0, model=None, **options):
    images, labels = data(50, (2, 6, 6), torch.float32)
    model = convolutional() if model is None else model
    optimizer = SGDW(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
    options = {"augment": Augment(padding=1), "steps": 12, "batch_size": 16, **options}
    history = train(model, images, labels, optimizer=optimizer, seed=seed, **options)
    return weights(model), history.loss.tolist()


def test_only_the_seed_decides_and_global_random_numbers_are_left_alone():
    first = image_run()
    model = convolutional()
    torch.manual_seed(1234)
    torch.rand(17)
    before = torch.get_rng_state()
    second = image_run(model=model)
    assert torch.equal(torch.get_rng_state(), before)
    assert equal(first[0], second[0]) and first[1] == second[1]
    assert image_run(seed=1)[1] != first[1]


def test_random_numbers_are_left_alone_after_an_error_too():
    model = convolutional()
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="on purpose"):
        image_run(loss_function=fail, model=model)
    assert torch.equal(torch.get_rng_state(), before)


def fail(outputs, targets):
    torch.rand(3)
    raise RuntimeError("on purpose")


def test_dropout_and_augmentation_have_streams_of_their_own():
    plain = image_run(augment=None)
    assert plain[1] != image_run()[1]
    # Dropout draws the same masks whether or not images are augmented: the first loss differs by
    # the images alone, and an augmentation that does nothing changes nothing.
    assert image_run(augment=lambda images, generator: images)[1] == plain[1]
    assert image_run(augment=Augment(flip=False, padding=0))[1] == plain[1]


class Noisy:
    """A probe that does all that a probe should not."""

    every = 1

    def __init__(self):
        self.steps_seen = []

    def __call__(self, step, model):
        self.steps_seen.append(step)
        torch.rand(5)
        model(torch.randn(8, 2, 6, 6))  # in training mode: moves the statistics of batch norm
        model.eval()
        model[1].train()
        sum(p.sum() for p in model.parameters()).backward()  # leaves gradients behind


def test_probes_change_nothing():
    noisy = Noisy()
    probed, plain = image_run(probes=[noisy]), image_run()
    assert equal(probed[0], plain[0]) and probed[1] == plain[1]
    assert noisy.steps_seen == list(range(13))


def test_attributes_and_every_kind_of_random_number_are_as_before_a_probe():
    def careless(step, model):
        model.seen.append(step)
        model.last = step
        np.random.rand(), random.random(), torch.rand(1)
        return len(model.seen)

    model, probe = small(), Probe(careless, every=1)
    model.seen = []
    before = np.random.get_state()[2], random.getstate(), torch.get_rng_state()
    simple(model, probes=[probe], steps=3)
    assert list(probe.results.values()) == [1, 1, 1, 1]
    assert model.seen == [] and not hasattr(model, "last")
    after = np.random.get_state()[2], random.getstate(), torch.get_rng_state()
    assert before[:2] == after[:2] and torch.equal(before[2], after[2])


def test_probes_are_called_at_chosen_steps_with_the_state_after_so_many_updates():
    def seen(step, model):
        return {"weights": weights(model)[0], "training": model.training}

    some, all_, late = Probe(seen, every=7), Probe(seen, every=1), Probe(seen, steps=(20, 3))
    initial = weights(small())[0]
    model, _ = simple(probes=[some, all_, late])
    assert list(some.results) == [0, 7, 14, 20]
    assert list(late.results) == [3, 20]
    assert torch.equal(all_.results[0]["weights"], initial)
    assert torch.equal(all_.results[20]["weights"], weights(model)[0])
    assert all(
        torch.equal(some.results[s]["weights"], all_.results[s]["weights"]) for s in some.results
    )
    for step in (3, 7):  # the state after s updates is where a run of s updates ends
        shorter, _ = simple(steps=step)
        assert torch.equal(all_.results[step]["weights"], weights(shorter)[0])
    assert all(result["training"] for result in all_.results.values())


def test_modes_after_a_failing_probe_are_as_before():
    def broken(step, model):
        model.eval()
        raise KeyError("on purpose")

    model = small()
    with pytest.raises(KeyError):
        simple(model, probes=[Probe(broken, every=1)])
    assert all(module.training for module in model.modules())


# ---- data ----------------------------------------------------------------------------------------


def test_bytes_become_numbers_between_0_and_1():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (40, 4), generator=generator, dtype=torch.uint8)
    labels = (images[:, 0] > 127).to(torch.uint8)
    found = []
    for given in (images, images / 255.0):
        model = mlp((4, 8, 2), seed=0)
        optimizer = SGD(model.parameters(), lr=0.1)
        train(model, given, labels, optimizer=optimizer, steps=10, batch_size=8)
        found.append(weights(model))
    assert equal(*found)


def test_data_are_not_changed_and_the_model_decides_the_type():
    images, labels = data(dtype=torch.float32)
    kept = images.clone(), labels.clone()
    model = small(torch.float64)
    optimizer = SGD(model.parameters(), lr=0.1)
    train(model, images, labels, optimizer=optimizer, steps=10, batch_size=16)
    assert equal((images, labels), kept)
    twin = small(torch.float64)
    naive(twin, images.double(), labels, SGD(twin.parameters(), lr=0.1), None, 10, 16, 0)
    assert equal(weights(model), weights(twin))


def test_every_sample_is_seen_once_an_epoch_also_in_a_last_small_batch():
    images = torch.arange(10.0).reshape(10, 1)
    seen = []

    def look(outputs, targets):
        seen.append(targets.tolist())
        return outputs.square().mean()

    model = mlp((1, 2), seed=0)
    train(
        model,
        images,
        torch.arange(10),
        optimizer=SGD(model.parameters(), lr=0.01),
        steps=8,
        batch_size=4,
        loss_function=look,
    )
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2 + [4, 4]
    for epoch in (seen[:3], seen[3:6]):
        assert sorted(label for batch in epoch for label in batch) == list(range(10))
    assert seen[:3] != seen[3:6]


def test_other_losses_take_other_labels():
    images, _ = data()
    model = mlp((4, 8, 1), seed=0, dtype=torch.float64)
    history = train(
        model,
        images,
        images[:, :1].sin(),
        optimizer=SGD(model.parameters(), lr=0.1),
        steps=200,
        batch_size=16,
        loss_function=F.mse_loss,
    )
    assert history.loss[-10:].mean() < 0.25 * history.loss[:10].mean()


# ---- faster forms --------------------------------------------------------------------------------


def test_channels_last_computes_the_same_in_another_order():
    model = convolutional(torch.float64)
    model[3].p = 0.0  # in another order of memory the same random numbers meet other pixels
    images, labels = data(50, (2, 6, 6))
    runs = []
    for channels_last in (False, True):
        copied = copy.deepcopy(model)
        optimizer = SGD(copied.parameters(), lr=0.1)
        layouts = []

        def look(step, model, layouts=layouts):
            layouts.append(model[0].weight.is_contiguous(memory_format=torch.channels_last))

        history = train(
            copied,
            images,
            labels,
            optimizer=optimizer,
            steps=10,
            batch_size=16,
            augment=Augment(padding=1),
            channels_last=channels_last,
            probes=[Probe(look, every=5)],
        )
        assert layouts == [channels_last] * 3
        runs.append(history.loss)
    np.testing.assert_allclose(runs[0], runs[1], rtol=1e-9)


def test_bf16_computes_with_fewer_digits_and_keeps_weights_and_loss_in_float32():
    full, half = image_run(), image_run(bf16=True)
    assert half[1] != full[1]
    np.testing.assert_allclose(half[1], full[1], rtol=0.05)
    assert {w.dtype for w in half[0]} == {torch.float32, torch.int64}
    kinds = []

    def look(outputs, targets):
        kinds.append(outputs.dtype)
        return F.cross_entropy(outputs, targets)

    image_run(bf16=True, loss_function=look)
    assert set(kinds) == {torch.bfloat16}


# ---- divergence ----------------------------------------------------------------------------------


def test_a_loss_that_is_not_finite_ends_the_run_before_its_update(tmp_path):
    model = small()
    optimizer = SGD(model.parameters(), lr=0.1)

    def bursting(outputs, targets):
        bursting.calls += 1
        return F.cross_entropy(outputs, targets) * (float("nan") if bursting.calls == 8 else 1)

    bursting.calls = 0
    checkpoint = Checkpoint(tmp_path / "run.pt", every=5)
    with pytest.raises(
        DivergenceError,
        match=r"the loss is nan at step 7, learning rate 0.1: lower the .* kept in .*run.pt$",
    ) as caught:
        simple(model, optimizer=optimizer, loss_function=bursting, checkpoint=checkpoint)
    assert caught.value.step == 7
    assert len(caught.value.history) == 8 and np.isnan(caught.value.history.loss[7])
    assert np.isfinite(caught.value.history.loss[:7]).all()
    # The weights are those of the steps before, and so is the checkpoint.
    before = simple(steps=7)[0]
    assert equal(list(model.parameters()), list(before.parameters()))
    assert checkpoint.load()["step"] == 5


def test_weights_that_are_not_finite_never_reach_a_checkpoint_or_a_probe(tmp_path):
    for options in (
        {"checkpoint": Checkpoint(tmp_path / "run.pt", every=1)},
        {"probes": [Probe(lambda step, model: step, steps=[1])]},
        {},
    ):
        model = small()
        optimizer = SGD(model.parameters(), lr=float("inf"))
        with pytest.raises(DivergenceError, match="a weight is NaN or infinite at step 1, after"):
            simple(model, optimizer=optimizer, steps=1, **options)
    assert not (tmp_path / "run.pt").exists()


def test_a_schedule_that_has_run_away_is_a_divergence_with_its_history():
    class RunAway(lr_scheduler.ConstantLR):
        def step(self, epoch=None):
            if self.last_epoch == 3:
                raise DivergedError("the training has run away")
            super().step(epoch)

    optimizer = SGD((model := small()).parameters(), lr=0.1)
    with pytest.raises(DivergenceError, match="the training has run away") as caught:
        simple(model, optimizer=optimizer, schedule=RunAway(optimizer))
    assert caught.value.step == 3 and len(caught.value.history) == 4


def test_the_error_travels_between_processes():
    model = small()
    with pytest.raises(DivergenceError) as caught:
        simple(model, optimizer=SGD(model.parameters(), lr=1e300))
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.step) == (str(caught.value), caught.value.step)
    assert str(again).startswith(("the loss is", "a weight is"))


# ---- what is refused -----------------------------------------------------------------------------


def wrong(model=None, images=None, labels=None, **options):
    good = data()
    model = small() if model is None else model
    if "optimizer" not in options:
        options["optimizer"] = SGD(small().parameters() if model is None else model.parameters())
    return train(
        model,
        good[0] if images is None else images,
        good[1] if labels is None else labels,
        **{"steps": 3, "batch_size": 16, **options},
    )


def other_schedule(optimizer):
    return lr_scheduler.ConstantLR(SGD([torch.nn.Parameter(torch.ones(1))]), 1.0)


REFUSED = {
    "labels of other length": (
        {"labels": torch.zeros(69, dtype=torch.int64)},
        r"one label for each image, but images have the shape \(70, 4\) and labels \(69,\)",
    ),
    "float labels": ({"labels": torch.zeros(70)}, r"integer type, not torch.float32.*\.long\(\)"),
    "boolean labels": ({"labels": torch.zeros(70, dtype=torch.bool)}, "not torch.bool"),
    "labels with two axes": (
        {"labels": torch.zeros(70, 1, dtype=torch.int64)},
        r"shape \(n,\), not \(70, 1\)",
    ),
    "negative labels": (
        {"labels": torch.full((70,), -1)},
        "class indices from 0, but one is -1",
    ),
    "too many classes": (
        {"labels": torch.full((70,), 3)},
        r"shape \(batch, 4\) or more .* returned \(16, 3\)",
    ),
    "no samples": (
        {"images": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)},
        r"at least one sample, but have \(0, 4\)",
    ),
    "numbers as images": ({"images": torch.zeros(70)}, r"shape \(n, \.\.\.\)"),
    "whole numbers as images": (
        {"images": torch.zeros(70, 4, dtype=torch.int64)},
        "floating-point or uint8, not torch.int64",
    ),
    "an array as images": ({"images": np.zeros((70, 4))}, "must be a tensor .* not ndarray"),
    "a list as labels": ({"labels": [0] * 70}, "labels must be a tensor .* not list"),
    "no steps": ({"steps": 0}, "steps must be a whole number of at least 1, not 0"),
    "negative steps": ({"steps": -5}, "steps must be .* not -5"),
    "half a step": ({"steps": 2.5}, "steps must be .* not 2.5"),
    "no batch": ({"batch_size": 0}, "batch_size must be .* not 0"),
    "true as batch": ({"batch_size": True}, "batch_size must be .* not True"),
    "negative seed": ({"seed": -1}, r"seed must be a whole number from 0 .* not -1"),
    "optimizer of another model": (
        {"optimizer": SGD(small().parameters())},
        "the optimizer SGD holds 8 parameters, none of them of the model Sequential",
    ),
    "optimizer by name": ({"optimizer": "sgd"}, "must be a torch.optim.Optimizer, not str"),
    "schedule of another optimizer": (
        {"schedule": other_schedule},
        "the schedule ConstantLR belongs to another optimizer",
    ),
    "schedule that is too short": (
        {"schedule": lambda optimizer: OneCycle(optimizer, 10), "steps": 11},
        "the schedule OneCycle ends after 10 steps, but 11 are asked for",
    ),
    "schedule by name": ({"schedule": lambda optimizer: "cosine"}, "LRScheduler .* not str"),
    "schedule that waits for a measure": (
        {"schedule": lr_scheduler.ReduceLROnPlateau},
        "stepped once an update without arguments, not ReduceLROnPlateau",
    ),
    "probe without steps": ({"probes": [print]}, r"\.steps or \.every, which .* has not"),
    "probe behind the end": (
        {"probes": [Probe(print, steps=[4])]},
        "Probe asks for step 4, but the steps of this run are 0 to 3",
    ),
    "flips of points": ({"augment": Augment()}, r"\(n, channels, height, width\), not \(16, 4\)"),
    "channels_last of points": ({"channels_last": True}, r"is for images .* not \(70, 4\)"),
    "bf16 of float64": ({"bf16": True}, "no effect on a float64 model"),
    "a model without parameters": (
        {"model": nn.Flatten(), "optimizer": SGD(small().parameters())},
        "none of them of the model Flatten",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_one_sentence_says_what_was_expected_and_what_came(case):
    options, message = REFUSED[case]
    options = dict(options)
    if inspect.isfunction(options.get("schedule")) or inspect.isclass(options.get("schedule")):
        model = small()
        options["model"], options["optimizer"] = model, SGD(model.parameters())
        options["schedule"] = options["schedule"](options["optimizer"])
    before = torch.get_rng_state()
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        wrong(**options)
    assert "\n" not in str(caught.value)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_probe_says_how_it_is_made_and_what_it_may_return():
    for options in ({}, {"every": 2, "steps": [1]}):
        with pytest.raises(ValueError, match="either every or steps"):
            Probe(print, **options)
    with pytest.raises(ValueError, match="every must be a whole number of at least 1, not 0"):
        Probe(print, every=0)
    with pytest.raises(TypeError, match="a probe returned Sequential, which cannot be kept"):
        simple(probes=[Probe(lambda step, model: model, every=1)])


def test_progress_is_told_of_every_step():
    calls = []
    simple(steps=3, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(0, 3), (1, 3), (2, 3), (3, 3)]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_the_order_is_that_of_the_cpu_and_runs_repeat():
    def run(device):
        model = convolutional(torch.float64).to(device)
        return image_run(model=model)

    torch.cuda.manual_seed(5)
    before = torch.cuda.get_rng_state()
    first, second = run("cuda"), run("cuda")
    assert torch.equal(torch.cuda.get_rng_state(), before)
    assert equal(first[0], second[0]) and first[1] == second[1]
    plain = [copy.deepcopy(convolutional(torch.float64)) for _ in range(2)]
    for model in plain:
        model[3].p = 0.0
    np.testing.assert_allclose(
        image_run(model=plain[0])[1], image_run(model=plain[1].cuda())[1], rtol=1e-8
    )
