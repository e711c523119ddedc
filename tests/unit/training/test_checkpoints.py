"""Runs that are stopped and go on: bit by bit the same; files that are damaged or foreign."""

import errno
import functools
import hashlib
import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from relu_book.training import (
    SCHEDULES,
    Augment,
    Checkpoint,
    CheckpointError,
    Probe,
    StepDecay,
    make_optimizer,
    make_schedule,
    train,
)

STEPS = 23


class StoppedError(Exception):
    pass


def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 3))


def samples():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(45, 1, 6, 6, generator=generator)
    return images, (images.mean((1, 2, 3)) > 0).long()


def run(
    path=None,
    stop=None,
    every=4,
    name="sgd",
    numbers=(("momentum", 0.9), ("weight_decay", 1e-3)),
    schedule="one_cycle",
    model=None,
    **options,
):
    """One run from the start or from a checkpoint; stopped after some steps if asked to."""

    def progress(done, total):
        if done == stop:
            raise StoppedError

    model = network() if model is None else model
    optimizer = make_optimizer(name, model, 0.05, **dict(numbers))
    probe = Probe(measure, every=3)
    options = {"augment": Augment(padding=1), "steps": STEPS, "batch_size": 8, **options}
    history = train(
        model,
        *samples(),
        optimizer=optimizer,
        schedule=make_schedule(schedule, optimizer, STEPS),
        probes=[probe],
        checkpoint=path and Checkpoint(path, every=every),
        progress=progress,
        **options,
    )
    return [
        *model.state_dict().values(),
        *[v for state in optimizer.state.values() for v in state.values()],
        torch.tensor([group["lr"] for group in optimizer.param_groups]),
        torch.from_numpy(np.stack([history.loss, history.learning_rate, history.momentum])),
        *[v for result in probe.results.values() for v in (result["noise"], result["norms"][0])],
        torch.tensor([result["mean"] for result in probe.results.values()]),
        torch.tensor(list(probe.results)),
    ]


def measure(step, model):
    return {
        "noise": torch.rand(3),
        "norms": [model[0].weight.norm()],
        "mean": np.float64(step),
        "array": np.arange(step),
        "text": "t",
    }


def same(first, second):
    return len(first) == len(second) and all(map(torch.equal, first, second))


# ---- going on ------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("sgd", {"momentum": 0.9, "weight_decay": 1e-3}),
        ("sgdw", {"momentum": 0.9, "weight_decay": 1e-3}),
        ("adam", {}),
    ],
)
def test_a_resumed_run_ends_as_an_uninterrupted_one(tmp_path, name, numbers, schedule):
    options = {"name": name, "numbers": tuple(numbers.items()), "schedule": schedule}
    whole = run(**options)
    path = tmp_path / "folder" / "run.pt"
    # Stopped three times: before the first checkpoint, within an epoch (6 steps), at its end.
    for stop in (3, 11, 19):
        with pytest.raises(StoppedError):
            run(path, stop, **options)
    assert Checkpoint(path, 4).load()["step"] == 16
    assert same(run(path, **options), whole)
    # A finished run is read, not run again.
    with pytest.raises(StoppedError):
        run(path, stop=STEPS, **options)
    assert same(run(path, **options), whole)


def test_it_does_not_matter_where_a_run_stops_or_how_often_it_is_kept(tmp_path):
    whole = run()
    for stop in (0, 1, 6, 14, 22):
        path = tmp_path / f"{stop}.pt"
        with pytest.raises(StoppedError):
            run(path, stop, every=1 + stop % 5)
        assert path.exists() == (stop > stop % 5)
        assert same(run(path, every=7), whole)


def test_no_step_is_computed_twice_and_at_most_one_interval_again(tmp_path):
    calls = []

    def loss(outputs, targets):
        calls.append(1)
        return F.cross_entropy(outputs, targets)

    with pytest.raises(StoppedError):
        run(tmp_path / "run.pt", stop=15, loss_function=loss)
    assert len(calls) == 15
    run(tmp_path / "run.pt", loss_function=loss)
    assert len(calls) == 15 + STEPS - 12
    run(tmp_path / "run.pt", loss_function=loss)
    assert len(calls) == 15 + STEPS - 12


def test_going_on_does_not_depend_on_initial_weights_or_global_random_numbers(tmp_path):
    whole = run()
    with pytest.raises(StoppedError):
        run(tmp_path / "run.pt", stop=9)
    model = network()
    with torch.no_grad():
        model[-1].weight.zero_()
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert same(run(tmp_path / "run.pt", model=model), whole)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_same_objects_can_be_used_again_after_an_interruption(tmp_path):
    """As in a notebook, where the cell that trains is run once more."""
    whole = run()
    model = network()
    optimizer = make_optimizer("sgd", model, 0.05, momentum=0.9, weight_decay=1e-3)
    schedule = make_schedule("one_cycle", optimizer, STEPS)
    probe = Probe(measure, every=3)

    def cell(progress=None):
        train(
            model,
            *samples(),
            optimizer=optimizer,
            schedule=schedule,
            probes=[probe],
            checkpoint=Checkpoint(tmp_path / "run.pt", 4),
            progress=progress,
            augment=Augment(padding=1),
            steps=STEPS,
            batch_size=8,
        )

    def interrupt(done, total):
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cell(interrupt)
    cell()
    assert same(list(model.state_dict().values()), whole[: len(model.state_dict())])
    assert list(probe.results) == [0, 3, 6, 9, 12, 15, 18, 21, 23]
    cell()
    assert same(list(model.state_dict().values()), whole[: len(model.state_dict())])


def test_probes_come_back_with_their_results_in_their_types(tmp_path):
    probe = Probe(measure, every=5)
    for step in (0, 5):
        probe(step, network())
    checkpoint = Checkpoint(tmp_path / "probe.pt", 1)
    checkpoint.save(probe.state_dict())
    again = Probe(measure, every=5)
    again.load_state_dict(checkpoint.load())
    assert list(again.results) == [0, 5]
    assert again.results[5].keys() == probe.results[5].keys()
    array = again.results[5]["array"]
    assert isinstance(array, np.ndarray) and array.tolist() == [0, 1, 2, 3, 4]
    assert again.results[5]["text"] == "t" and isinstance(again.results[5]["mean"], float)


@pytest.mark.parametrize("moment", [0.0, 0.25])
def test_a_killed_process_goes_on_where_it_was(tmp_path, moment):
    script = tmp_path / "training.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys, time
            sys.path.insert(0, {str(Path(__file__).parent)!r})
            import test_checkpoints as tests

            def slow(outputs, targets):
                time.sleep(0.02)
                print("step", flush=True)
                return tests.F.cross_entropy(outputs, targets)

            tests.run(tests.Path({str(tmp_path / "run.pt")!r}), every=1, loss_function=slow)
            """
        )
    )
    whole = run(loss_function=slow)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "step\n"
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    started = Checkpoint(tmp_path / "run.pt", 1).load()
    assert moment == 0.0 or 0 < started["step"] < STEPS
    assert same(run(tmp_path / "run.pt", loss_function=slow), whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.pt", "training.py"]


def slow(outputs, targets):
    return F.cross_entropy(outputs, targets)


# ---- files ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "run.pt"
    with pytest.raises(StoppedError):
        run(path, stop=9)
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_one_sentence(tmp_path, kept, share):
    path = tmp_path / "run.pt"
    path.write_bytes(kept[: int(share * len(kept))])
    with pytest.raises(CheckpointError, match=r"run.pt is no complete checkpoint \(\d+ bytes"):
        run(path)
    assert path.exists()


def test_any_flipped_bit_is_found(tmp_path, kept):
    path = tmp_path / "run.pt"
    for position in np.linspace(0, len(kept) - 1, 50).astype(int):
        altered = bytearray(kept)
        altered[position] ^= 1 << (position % 8)
        path.write_bytes(altered)
        with pytest.raises(CheckpointError, match="truncated or altered"):
            Checkpoint(path, 1).load()


def test_the_file_opens_without_pickled_code(kept):
    state = torch.load(io.BytesIO(kept), weights_only=True)
    assert state["step"] == 8
    assert state["settings"]["batch_size"] == "8"


class Payload:
    def __reduce__(self):
        return (print, ("this must never be printed",))


def test_code_in_a_file_does_not_run(tmp_path, capsys):
    buffer = io.BytesIO()
    torch.save({"step": Payload()}, buffer)
    content = buffer.getvalue()
    for forged in (content, pickle.dumps(Payload())):
        path = tmp_path / "run.pt"
        path.write_bytes(forged + hashlib.sha256(forged).digest())
        with pytest.raises(CheckpointError, match="something else than tensors") as caught:
            run(path)
        assert "\n" not in str(caught.value)
    assert "never" not in capsys.readouterr().out


def test_a_file_of_something_else_is_one_sentence(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run.pt", 1)
    checkpoint.save({"weights": torch.ones(3)})
    with pytest.raises(CheckpointError, match="not of a training run"):
        run(checkpoint.path)


OTHERS = {
    "steps": ({"steps": 20}, "steps was 23, is now 20"),
    "batch size": ({"batch_size": 9}, "batch_size was 8, is now 9"),
    "seed": ({"seed": 1}, "seed was 0, is now 1"),
    "augmentation": (
        {"augment": Augment(padding=2)},
        r"augment was Augment\(flip=True, padding=1\), is now Augment\(flip=True, padding=2\)",
    ),
    "no augmentation": ({"augment": None}, "is now None"),
    "loss": (
        {"loss_function": functools.partial(F.cross_entropy, label_smoothing=0.1)},
        "loss_function was cross_entropy, is now cross_entropy.*label_smoothing.*0.1",
    ),
    "optimizer": ({"name": "sgdw"}, "optimizer was SGD, is now SGDW"),
    "decay": ({"numbers": (("momentum", 0.9),)}, "optimizer.weight_decay was 0.001, is now 0"),
    "schedule": ({"schedule": "cosine"}, "schedule was OneCycle, is now Cosine"),
    "layout": ({"channels_last": True}, "channels_last was False, is now True"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_checkpoint_of_other_settings_is_refused_and_kept(tmp_path, kept, case):
    options, message = OTHERS[case]
    path = tmp_path / "run.pt"
    path.write_bytes(kept)
    with pytest.raises(CheckpointError, match=f"with other settings.*{message}") as caught:
        run(path, **options)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == kept


def test_other_data_models_and_schedules_are_refused(tmp_path):
    def attempt(images, model, at=0.5, probes=()):
        optimizer = make_optimizer("sgd", model, 0.1)
        return train(
            model,
            images,
            samples()[1],
            optimizer=optimizer,
            schedule=StepDecay(optimizer, 4, at=[at]),
            steps=4,
            batch_size=16,
            probes=probes,
            checkpoint=Checkpoint(tmp_path / "run.pt", 2),
        )

    images = samples()[0]
    attempt(images, network())
    other = images.clone()
    other[-1, -1, -1, -1] += 1
    with pytest.raises(CheckpointError, match="data was"):
        attempt(other, network())
    wider = nn.Sequential(nn.Flatten(), nn.Linear(36, 3))
    with pytest.raises(CheckpointError, match=r"model was Sequential with .* is now Sequential"):
        attempt(images, wider)
    with pytest.raises(CheckpointError, match=r"schedule\.milestones was"):
        attempt(images, network(), at=0.75)
    with pytest.raises(CheckpointError, match="probes was none, is now Probe at every 2"):
        attempt(images, network(), probes=[Probe(measure, every=2)])
    attempt(images, network())


def test_a_write_that_fails_leaves_the_file_of_before(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "run.pt", 1)
    checkpoint.save({"settings": {}, "step": 1})
    before = checkpoint.path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device; the one before, if any, is intact"):
        checkpoint.save({"settings": {}, "step": 2})
    assert checkpoint.path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [checkpoint.path]


def test_what_a_half_written_file_left_behind_is_overwritten(tmp_path):
    (tmp_path / ".unfinished-run.pt-x1").write_bytes(b"half")
    checkpoint = Checkpoint(tmp_path / "run.pt", 1)
    assert checkpoint.load() is None
    checkpoint.save({"step": 1})
    assert list(tmp_path.iterdir()) == [checkpoint.path] and checkpoint.load() == {"step": 1}


def test_what_cannot_be_read_back_is_not_written(tmp_path):
    class Stubborn(Probe):
        def state_dict(self):
            return {"model": Payload()}

    checkpoint = Checkpoint(tmp_path / "run.pt", 1)
    model = network()
    for state in (Stubborn(measure, every=1).state_dict(), {"f": lambda: 0}, {"m": model}):
        with pytest.raises(CheckpointError, match="cannot be kept in a checkpoint") as caught:
            checkpoint.save(state)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("every", [0, -1, 1.5, None])
def test_an_interval_is_a_number_of_steps(every):
    with pytest.raises(ValueError, match="every must be a whole number of at least 1"):
        Checkpoint("run.pt", every)
