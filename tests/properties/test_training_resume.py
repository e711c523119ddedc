"""Whatever the settings and wherever a run is stopped, it ends with the same bits."""

import contextlib
import tempfile
from pathlib import Path

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from relu_book.training import (
    OPTIMIZERS,
    SCHEDULES,
    Augment,
    Checkpoint,
    Probe,
    make_optimizer,
    make_schedule,
    train,
)


class StoppedError(Exception):
    pass


RUNS = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
        "schedule": st.sampled_from(sorted(SCHEDULES)),
        "dtype": st.sampled_from([torch.float32, torch.float64]),
        "n": st.integers(2, 20),
        "batch_size": st.integers(2, 25),
        "steps": st.integers(10, 16),
        "seed": st.integers(0, 2**63 - 1),
        "augment": st.sampled_from([None, Augment(padding=1), Augment(flip=False, padding=2)]),
        "channels_last": st.booleans(),
    }
)


def run(settings, path=None, every=1, stop=None, global_seed=0, probed=True):
    def progress(done, total):
        if done == stop:
            raise StoppedError

    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.GroupNorm(1, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten()
    )
    model = nn.Sequential(model, nn.Linear(12, 2)).to(settings["dtype"])
    images = torch.randn(settings["n"], 2, 4, 4)
    labels = (images.sum((1, 2, 3)) > 0).long()
    optimizer = make_optimizer(settings["optimizer"], model, 0.05)
    options = {"cycles": 2} if settings["schedule"] == "cyclic" else {}
    schedule = make_schedule(settings["schedule"], optimizer, settings["steps"], **options)
    probe = Probe(lambda step, model: torch.rand(2) + model[1].weight.sum(), every=2)
    torch.manual_seed(global_seed)
    history = train(
        model,
        images,
        labels,
        optimizer=optimizer,
        schedule=schedule,
        probes=[probe] if probed else [],
        checkpoint=path and Checkpoint(path, every),
        progress=progress,
        **{key: settings[key] for key in ("steps", "batch_size", "seed", "augment")},
        channels_last=settings["channels_last"],
    )
    return [
        *[tensor.detach() for tensor in model.state_dict().values()],
        *[torch.from_numpy(part) for part in (history.loss, history.learning_rate)],
        *(probe.results.values()),
    ]


def same(first, second):
    return len(first) == len(second) and all(map(torch.equal, first, second))


@settings(max_examples=25, deadline=None)
@given(
    settings=RUNS,
    stops=st.lists(st.integers(0, 9), min_size=1, max_size=3),
    every=st.integers(1, 6),
    global_seed=st.integers(0, 2**32),
)
def test_stopped_anywhere_and_resumed(settings, stops, every, global_seed):
    whole = run(settings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pt"
        for stop in sorted(stops):
            # A stop before the last checkpoint is never reached: that run comes to its end.
            with contextlib.suppress(StoppedError):
                run(settings, path, every, stop, global_seed)
        assert same(run(settings, path, every, global_seed=global_seed + 1), whole)


@settings(max_examples=10, deadline=None)
@given(settings=RUNS, global_seed=st.integers(0, 2**32))
def test_neither_probes_nor_global_random_numbers_enter(settings, global_seed):
    probed, plain = run(settings), run(settings, global_seed=global_seed, probed=False)
    assert same(probed[: len(plain)], plain)
