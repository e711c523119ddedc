"""The probe measures what the training does, and the training does not notice."""

import copy
import math

import numpy as np
import pytest
import torch
from small_trainings import backward, batch, network
from stepped_copies import signs
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim import SGD

from relu_book.temperature import TemperatureProbe, pattern_distance


def training(model, steps=4, probe=None, **options):
    """Trains for some steps, perhaps with a probe, and returns it with all there is to compare."""
    x, y = batch(next(model.parameters()).dtype)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    torch.manual_seed(3)
    losses = []
    made = TemperatureProbe(model, optimizer, **options) if probe else torch.no_grad()
    made.__enter__() if probe else None
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    made.__exit__(None, None, None) if probe else None
    state = [
        *model.state_dict().values(),
        *(s["momentum_buffer"] for s in optimizer.state.values()),
    ]
    state += [p.grad for p in model.parameters()] + [torch.get_rng_state(), torch.tensor(losses)]
    return (made.history if probe else None), state


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_training_is_bitwise_the_same(every, dtype):
    _, plain = training(network(dtype))
    history, probed = training(network(dtype), probe=True, every=every)
    assert len(plain) == len(probed)
    assert all(torch.equal(a, b) for a, b in zip(plain, probed, strict=True))
    assert [found.step for found in history] == list(range(every, 5, every))


def test_it_measures_the_steps_that_are_taken():
    model, (x, y) = network(), batch()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    expected = []
    with TemperatureProbe(model, optimizer) as probe:
        for _ in range(3):
            before, random = copy.deepcopy(model), torch.get_rng_state()
            backward(model, x, y)
            optimizer.step()
            schedule.step()
            later = torch.get_rng_state()
            torch.set_rng_state(random)
            was, now = signs(before, (x,)), signs(model, (x,))
            torch.set_rng_state(later)
            expected.append([(was[name] != now[name]).any(1).mean() for name in was])
    found = [each.distance.values[0].tolist() for each in probe.history]
    assert found == expected and np.mean(expected) > 0
    assert [each.learning_rate for each in probe.history] == [0.1, 0.05, 0.025]
    first = probe.history[0]
    assert first.distance.learning_rates.tolist() == [0.1]
    assert first.distance.sites == ("2", "5", "8")
    assert np.allclose(first.temperature, -np.log2(1 - first.distance.values[0]))


def test_it_agrees_with_the_distance_of_the_next_step():
    model, (x, y) = network(), batch()
    model[3].p = 0.0
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    with TemperatureProbe(model, optimizer, sites="2") as probe:
        for _ in range(3):
            backward(model, x, y)
            planned = pattern_distance(model, optimizer, x, sites="2")  # the probe does not see it
            optimizer.step()
            assert np.array_equal(probe.history[-1].distance.values, planned.values)
    assert len(probe.history) == 3


def test_a_step_of_rate_0_changes_nothing_with_dropout_and_power_iterations():
    torch.manual_seed(0)
    layer = spectral_norm(nn.Linear(6, 40))
    model = nn.Sequential(nn.Dropout(0.5), layer, nn.BatchNorm1d(40), nn.ReLU(), nn.Dropout(0.5))
    model.append(nn.TransformerEncoderLayer(40, 2, 12, dropout=0.1, batch_first=True))
    optimizer = SGD(model.parameters(), lr=0.0)
    with TemperatureProbe(model, optimizer) as probe:
        for _ in range(3):
            model(torch.randn(64, 6)).square().mean().backward()
            optimizer.step()
    assert [found.distance.values.max() for found in probe.history] == [0.0] * 3
    assert not any(len(module._forward_pre_hooks) for module in model.children())


def test_the_last_of_several_passes_counts_and_validation_does_not():
    model, (x, y) = network(), batch()
    model[3].p = 0.0
    optimizer = SGD(model.parameters(), lr=0.1)
    with TemperatureProbe(model, optimizer) as probe:
        for part in (slice(0, 8), slice(8, 12)):  # gradients are accumulated
            nn.functional.cross_entropy(model(x[part]), y[part]).backward()
        with torch.no_grad():
            model(x)
        planned = pattern_distance(model, optimizer, x[8:])
        optimizer.step()
    (found,) = probe.history
    assert np.array_equal(found.distance.values, planned.values)
    assert found.distance.evaluations.tolist() == [4 * 16, 4 * 4, 4]


@pytest.mark.parametrize("kind", ["sgd", "lbfgs"])
def test_of_a_closure_the_first_pass_counts(kind):
    model, (x, y) = network(), batch()
    model[3].p = 0.0
    optimizer = {
        "sgd": lambda p: SGD(p, lr=0.1),
        "lbfgs": lambda p: torch.optim.LBFGS(p, lr=0.1, max_iter=3),
    }[kind](model.parameters())
    passes = []

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        passes.append(0)
        loss.backward()
        return loss

    with TemperatureProbe(model, optimizer) as probe:
        for _ in range(2):
            before = signs(model, (x,))
            optimizer.step(closure)
            after = signs(model, (x,))
            expected = [(before[name] != after[name]).any(1).mean() for name in before]
            assert probe.history[-1].distance.values[0].tolist() == expected
    assert len(passes) == {"sgd": 2, "lbfgs": 6}[kind]


@pytest.mark.parametrize("fused", [False, True])
def test_steps_that_a_scaler_skips_are_no_steps(fused):
    model, (x, y) = network(torch.float32), batch(torch.float32)
    optimizer = SGD(model.parameters(), lr=0.1, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    with TemperatureProbe(model, optimizer, learning_rates=[0.1]) as probe:
        for factor in (1.0, math.inf, 1.0):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y) * factor
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
    assert [found.step for found in probe.history] == [1, 2]
    assert all(found.distance.mean[0] > 0 for found in probe.history)
    # The gradients that rates are tried with are scaled back, as those of the step are.
    assert all(found.tried.mean == found.distance.mean for found in probe.history)


def test_the_second_pass_runs_under_the_autocast_of_the_first():
    model, (x, y) = network(torch.float32), batch(torch.float32)
    rates = (0.0, 0.1)
    for rate in rates:
        optimizer = SGD(model.parameters(), lr=rate)
        with TemperatureProbe(model, optimizer) as probe:
            with torch.autocast("cpu", torch.bfloat16):
                loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        assert (probe.history[0].distance.mean[0] > 0) == (rate > 0)


@pytest.mark.parametrize("in_place", [False, True])
def test_compiled_models_train_as_they_would(in_place):
    def compiled():
        torch._dynamo.reset()
        model = network(torch.float32)
        if in_place:
            model.compile(backend="eager")
            return model
        return torch.compile(model, backend="eager")

    _, plain = training(compiled())
    history, probed = training(compiled(), probe=True, learning_rates=[0.1])
    assert all(torch.equal(a, b) for a, b in zip(plain, probed, strict=True))
    eager, _ = training(network(torch.float32), probe=True)
    for one, other in zip(history, eager, strict=True):
        assert np.array_equal(one.distance.values, other.distance.values)
        assert np.array_equal(one.tried.values, other.distance.values)


def test_copies_and_files_of_the_model_know_nothing_of_the_probe(tmp_path):
    model, (x, y) = network(), batch()
    optimizer = SGD(model.parameters(), lr=0.1)
    with TemperatureProbe(model, optimizer) as probe:
        backward(model, x, y)
        torch.save(model, tmp_path / "model.pt")
        for other in (copy.deepcopy(model), torch.load(tmp_path / "model.pt", weights_only=False)):
            other(x[:5])
        optimizer.step()
    assert probe.history[0].distance.evaluations.tolist() == [192, 48, 12]


def test_what_overflows_counts_as_changed():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Linear(9, 9), nn.ReLU())
    optimizer = SGD(model.parameters(), lr=1e38)
    with TemperatureProbe(model, optimizer) as probe:
        model(torch.rand(30, 4) + 0.5).square().mean().backward()
        optimizer.step()
    assert probe.history[0].distance.overflowed == (1e38,)
    assert probe.history[0].distance.values.tolist() == [[1.0, 1.0]]


def test_an_error_in_the_training_leaves_nothing_behind():
    model, (x, _) = network(), batch()
    optimizer = SGD(model.parameters(), lr=0.1)
    with pytest.raises(KeyError), TemperatureProbe(model, optimizer, sites="nowhere") as probe:
        model(x)
        raise KeyError
    assert not model._forward_pre_hooks and not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks
    assert torch.overrides._len_torch_function_stack() == 0 and probe.history == []


def test_what_cannot_be_measured_is_said_in_a_sentence():
    model, (x, y) = network(), batch()
    optimizer = SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="every is a number of steps, at least 1, not 0"):
        TemperatureProbe(model, optimizer, every=0)
    with pytest.raises(TypeError, match=r"needs a torch\.nn\.Module, not str"):
        TemperatureProbe("model", optimizer)
    with pytest.raises(TypeError, match=r"needs a torch\.optim\.Optimizer, not list"):
        TemperatureProbe(model, [])
    backward(model, x, y)
    with TemperatureProbe(model, optimizer) as probe:
        with pytest.warns(UserWarning, match="step 1 is not measured: Sequential made no forward"):
            optimizer.step()
        with pytest.raises(RuntimeError, match="open already"):
            probe.__enter__()
        backward(model, x, y)
        optimizer.step()
    assert [found.step for found in probe.history] == [2]
    with TemperatureProbe(model, optimizer, sites="nowhere"):
        backward(model, x, y)
        with pytest.raises(ValueError, match="no site 'nowhere'"):
            optimizer.step()


def test_chosen_steps_are_measured():
    model = network()
    optimizer = SGD(model.parameters(), lr=0.1)
    with TemperatureProbe(model, optimizer, steps=[1, 3]) as probe:
        for _ in range(4):
            backward(model, *batch())
            optimizer.step()
    assert [found.step for found in probe.history] == [1, 3]
    with pytest.raises(ValueError, match="steps holds numbers of steps, counted from 1, not 0"):
        TemperatureProbe(model, optimizer, steps=[0])


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("inside", [True, False])
def test_a_resumed_training_goes_on_measuring(after, inside):
    def measured(model, optimizer, steps, kept=None):
        probe = TemperatureProbe(model, optimizer, every=2)
        if kept is not None and not inside:
            probe.load_state_dict(kept)
        with probe:
            if kept is not None and inside:
                probe.load_state_dict(kept)
            for _ in range(steps):
                backward(model, *batch())
                optimizer.step()
        return probe

    torch.manual_seed(3)
    model = network()
    optimizer = SGD(model.parameters(), lr=0.1)
    straight = measured(model, optimizer, 4)
    torch.manual_seed(3)
    model = network()
    optimizer = SGD(model.parameters(), lr=0.1)
    first = measured(model, optimizer, after)
    resumed = measured(model, optimizer, 4 - after, first.state_dict())
    assert [found.step for found in resumed.history] == [2, 4]
    for one, other in zip(straight.history, resumed.history, strict=True):
        assert one.learning_rate == other.learning_rate
        assert np.array_equal(one.distance.values, other.distance.values)
        assert one.distance.sites == other.distance.sites


RATES = [0.01, 0.1, 1.0]


@pytest.mark.parametrize("every", [1, 3])
def test_rates_are_tried_and_the_training_is_bitwise_the_same(every):
    _, plain = training(network())
    history, probed = training(network(), probe=True, every=every, learning_rates=RATES)
    assert all(torch.equal(a, b) for a, b in zip(plain, probed, strict=True))
    for found in history:
        assert found.tried.learning_rates.tolist() == RATES
        assert found.tried.sites == found.distance.sites == ("2", "5", "8")
        # The training's own rate is among them, and dropout has the same masks.
        assert np.array_equal(found.tried.values[1], found.distance.values[0])
        assert found.tried.mean[0] < found.tried.mean[2]


def test_rates_are_tried_beside_hooks_schedules_and_another_probe():
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    seen = []
    tried = TemperatureProbe(model, optimizer, every=2, learning_rates=np.logspace(-4, 1, 6))
    with TemperatureProbe(model, optimizer) as own, tried:
        handle = optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
        optimizer.register_step_post_hook(lambda *_: seen.append("after"))
        for _ in range(4):
            backward(model, *batch())
            optimizer.step()
            schedule.step()
        handle.remove()
        backward(model, *batch())
        optimizer.step()
    assert seen == ["before", "after"] * 4 + ["after"]
    assert [found.step for found in own.history] == [1, 2, 3, 4, 5]
    assert [found.step for found in tried.history] == [2, 4]
    assert [found.learning_rate for found in tried.history] == [0.005, 0.00125]
    assert own.history[0].tried is None and tried.history[0].tried.values.shape == (6, 3)
    for found, same in zip(tried.history, own.history[1::2], strict=False):
        assert np.array_equal(found.distance.values, same.distance.values)


def test_tried_rates_are_in_a_checkpoint(tmp_path):
    model = network()
    optimizer = SGD(model.parameters(), lr=0.1)
    sites = iter(["2", "8"])
    with TemperatureProbe(model, optimizer, sites=sites, learning_rates=RATES) as probe:
        backward(model, *batch())
        optimizer.step()
    assert probe.history[0].tried.sites == ("2", "8")
    torch.save(probe.state_dict(), tmp_path / "probe.pt")
    again = TemperatureProbe(model, optimizer)
    again.load_state_dict(torch.load(tmp_path / "probe.pt"))
    for name in ("distance", "tried"):
        one, other = (getattr(each.history[0], name) for each in (probe, again))
        assert np.array_equal(one.values, other.values)
        assert np.array_equal(one.learning_rates, other.learning_rates)
        assert one.sites == other.sites and one.overflowed == other.overflowed


def test_rates_that_cannot_be_tried_are_said_in_a_sentence():
    model, (x, y) = network(), batch()
    optimizer = SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="learning rates are finite numbers, not nan"):
        TemperatureProbe(model, optimizer, learning_rates=[0.1, np.nan])
    with (
        TemperatureProbe(model, optimizer, learning_rates=RATES),
        pytest.raises(ValueError, match=r"leave learning_rates out"),
    ):
        optimizer.step(lambda: backward(model, x, y))
    with TemperatureProbe(model, optimizer, learning_rates=RATES):
        optimizer.zero_grad()
        model(x)
        with pytest.raises(ValueError, match="no parameter of SGD has a gradient"):
            optimizer.step()


@pytest.mark.parametrize("options", [{}, {"learning_rates": [0.1, 0.2]}], ids=["used", "tried"])
def test_a_training_that_diverges_goes_on_with_the_steps_that_had_signs(options):
    def trained(probed):
        model, (x, y) = network(), batch()
        optimizer = SGD(model.parameters(), lr=0.1)
        probe = TemperatureProbe(model, optimizer, **options)
        with probe if probed else torch.no_grad(), torch.enable_grad():
            for step in range(5):
                if step == 2:
                    for p in model.parameters():
                        p.data.fill_(math.nan)
                backward(model, x, y)
                optimizer.step()
        return [found.step for found in probe.history], [p.detach() for p in model.parameters()]

    with pytest.warns(UserWarning, match="step 3 is not measured.* NaN at the site") as told:
        steps, left = trained(True)
    assert steps == [1, 2]
    assert len(told) == 1
    _, plain = trained(False)
    assert all(a.equal(b) or bool(a.isnan().all()) for a, b in zip(left, plain, strict=True))


@pytest.mark.parametrize("state", [None, {}, [], {"steps": 7, "history": [{}]}, {"steps": "x"}])
def test_what_is_no_state_is_refused_and_changes_nothing(state):
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    probe = TemperatureProbe(model, torch.optim.SGD(model.parameters(), lr=0.1))
    before = probe.state_dict()
    with pytest.raises(ValueError, match=r"a state of TemperatureProbe is what its state_dict\(\)"):
        probe.load_state_dict(state)
    assert probe.state_dict() == before
