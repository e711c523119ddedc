"""One repeat: what it records, that a stopped one goes on bitwise, and the layers it compares."""

import copy
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pruning_rounds
import pytest
import torch
import xarray as xr
from pruning_rounds import repeat, run_of, together

from relu_book.datasets import load
from relu_book.experiments.pruning import epochs, layers, pruned
from relu_book.experiments.pruning.epochs import Schooling, epochs_of
from relu_book.experiments.pruning.problems import classes_of, with_classes
from relu_book.models import cifar_blocks
from relu_book.pruning import Round
from relu_book.runs import find
from relu_book.similarity import svcca

SMOKE = replace(find("pruning/cifar2").settings("smoke"), images=48, compared_images=48)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return repeat(SMOKE, 1, tmp_path_factory.mktemp("run"))


def test_a_repeat_has_all_that_the_claims_ask_for(found):
    assert found.layer.values.tolist() == [
        *("conv1", "conv2", "pool1", "conv3", "conv4", "pool2", "dense")
    ]
    assert found["round"].values.tolist() == [1, 2]
    assert found["similarity"].sizes == {"round": 2, "layer": 7}
    assert found["density_conv"].values == pytest.approx([0.9, 0.81], abs=2e-3)
    assert found["density_dense"].values == pytest.approx([0.8, 0.64], abs=2e-3)
    assert (found["density_all"] > found["density_dense"]).all()
    for name in ("similarity", "chance", "control", "control_chance", "frozen"):
        assert ((found[name] > 0) & (found[name] <= 1)).all(), name
    assert (found["control"] > found["control_chance"]).all()
    assert not any(found[name].isnull().any() for name in found)


def test_jobs_in_any_order_and_without_what_others_left_give_the_same_bits(found, tmp_path):
    jobs = {}
    for number in (2, 0, 1):  # the first round alone in a folder of its own
        run = run_of(tmp_path / str(number % 2))
        jobs[number] = pruned.one_round(replace(SMOKE, round=number), 1, run)
    assert (tmp_path / "1" / "shared").is_dir()
    xr.testing.assert_identical(together(jobs), found)


def test_a_killed_round_goes_on_from_the_one_before(found, tmp_path, monkeypatch):
    """Killed while round 2 trains; the trainings before it are not done again."""
    code = (
        "import os, signal, sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from pruning_rounds import run_of\n"
        "from relu_book.experiments.pruning import epochs, pruned\n"
        "from relu_book.runs import find\n"
        "settings = replace(find('pruning/cifar2').settings('smoke'), images=48, "
        "compared_images=48, round=2)\n"
        "plain, calls = epochs.train, []\n"
        "def train(*given, **others):\n"
        "    calls.append(None)\n"
        "    if len(calls) == 4:  # two epochs, one after the rewinding, and this\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return plain(*given, **others)\n"
        "epochs.train = train\n"
        "pruned.one_round(settings, 1, run_of(Path(sys.argv[1])))\n"
    )
    paths = os.pathsep.join([str(Path(pruning_rounds.__file__).parent), *sys.path])
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    kept = sorted(path.name for path in tmp_path.glob("shared/*/checkpoint*"))
    assert kept == ["checkpoint-00", "checkpoint-01"]
    trained, plain = [], epochs.train
    monkeypatch.setattr(
        epochs, "train", lambda *given, **others: trained.append(1) or plain(*given, **others)
    )
    pruned.one_round(replace(SMOKE, round=2), 1, run_of(tmp_path))
    assert len(trained) == 2  # the round, and the one with the dense layer held
    again = repeat(SMOKE, 1, tmp_path)
    assert len(trained) == 4  # that one and the control, since the checkpoints have all else
    xr.testing.assert_identical(again, found)


def test_repeats_share_the_unpruned_network_and_nothing_after_it(found, tmp_path):
    other = repeat(SMOKE, 2, tmp_path)
    assert other["unpruned_accuracy"] == found["unpruned_accuracy"]
    assert not np.array_equal(other["similarity"], found["similarity"])
    assert not np.array_equal(other["control"], found["control"])


def test_chance_shuffles_whole_pictures():
    one, other = (
        cifar_blocks(2, in_channels=1, size=8, width=0.25, seed=seed).eval() for seed in (0, 1)
    )
    images = torch.randn(70, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = layers.compared(one, other, images, seed=3).chance
    order = torch.from_numpy(np.random.default_rng(3).permutation(70))
    maps = zip(layers.walked(one, images), layers.walked(other, images), strict=True)
    for (name, x), (_, y) in maps:
        shuffled = y.reshape(70, -1, y.shape[1])[order].reshape(y.shape)
        assert float(found.sel(layer=name)) == pytest.approx(svcca(x, shuffled), abs=1e-6)


def test_an_epoch_draws_the_same_whatever_came_before_it(monkeypatch):
    images, labels = torch.randn(40, 1, 8, 8), torch.arange(40) % 2
    model, seeds = cifar_blocks(2, in_channels=1, size=8, width=0.25, seed=0), []
    monkeypatch.setattr(epochs, "train", lambda *given, seed, **others: seeds.append(seed))
    told = [
        list(epochs_of(Schooling(epochs=3), images, labels, seed)(model, first))
        for seed, first in ((5, 0), (5, 2), (6, 0))
    ]
    assert told == [[1, 2, 3], [3], [1, 2, 3]]
    whole, rewound, other = seeds[:3], seeds[3:4], seeds[4:]
    assert rewound == whole[2:]
    assert len({*whole, *other}) == 6


def test_equal_starts_have_equal_ends():
    images, labels = torch.randn(40, 1, 8, 8), torch.arange(40) % 2
    ends = []
    for _ in range(2):
        model = cifar_blocks(2, in_channels=1, size=8, width=0.25, seed=1)
        list(epochs_of(Schooling(epochs=3, batch_size=16), images, labels, 5)(model, 1))
        ends.append(model.state_dict())
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_validation_stops_a_training_early():
    images, labels = torch.randn(32, 1, 8, 8), torch.arange(32) % 2
    how = Schooling(epochs=30, batch_size=16, learning_rate=0.0, patience=3)
    # Without a rate only batch normalisation moves, so that the loss finds no minimum for long.
    model = cifar_blocks(2, in_channels=1, size=8, width=0.25, seed=0)
    told = list(epochs_of(how, images, labels, 0, validation=(images, labels))(model, 0))
    assert 4 <= len(told) < 30
    assert len(list(epochs_of(how, images, labels, 0)(model, 0))) == 30


def test_classes_are_chosen_and_numbered_in_the_order_of_the_table():
    data = load("digits")
    found = with_classes(data, ("7", "3"))
    assert found.classes == ("7", "3") and set(found.labels.tolist()) == {0, 1}
    assert torch.equal(found.images[found.labels == 0], data.images[data.labels == 7])
    with pytest.raises(ValueError, match="digits has no class 'automobile'"):
        with_classes(data, classes_of(6))


def test_rows_are_those_of_each_place_and_of_the_activation():
    model = cifar_blocks(4, in_channels=1, size=8, width=0.25, seed=0).train()
    images, seen = torch.randn(6, 1, 8, 8), {}
    for name, place in layers.places(model).items():
        place.register_forward_hook(lambda module, given, out, name=name: seen.update({name: out}))
    found = dict(layers.walked(model, images, batch=4))
    assert model.training
    model.eval()(images)
    assert [rows.shape for rows in found.values()] == [
        *((6 * 64, 4), (6 * 64, 4), (6 * 16, 4), (6 * 16, 8), (6 * 16, 8), (6 * 4, 8), (6, 64))
    ]
    for name, rows in found.items():
        maps = seen[name]
        loops = maps if maps.ndim == 2 else maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])
        assert torch.allclose(rows, loops, atol=1e-6), name
        assert bool((rows >= 0).all())


def test_dead_layers_have_no_similarity():
    one = cifar_blocks(2, in_channels=1, size=8, width=0.25, seed=0)
    other = cifar_blocks(2, in_channels=1, size=8, width=0.25, seed=1)
    with torch.no_grad():
        other.classifier[0].bias.fill_(-1e3)
    found = layers.compared(one, other, torch.randn(70, 1, 8, 8), 0)
    assert bool(found.similarity.sel(layer="dense").isnull())
    assert int(found.similarity.isnull().sum()) == 1


@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_intrinsic_dimension_is_found_and_found_better_with_more_points(dimension):
    draw, errors = np.random.default_rng(dimension), []
    for number in (200, 4000):
        points = [
            draw.random((number, dimension)) @ draw.normal(size=(dimension, 9)) for _ in range(3)
        ]
        errors.append(np.mean([abs(layers.two_nearest(one) - dimension) for one in points]))
    assert errors[1] < 0.1 * dimension and errors[1] < errors[0] + 0.02


def test_equal_points_count_once():
    points = np.random.default_rng(0).random((300, 2))
    assert layers.two_nearest(np.concatenate([points, points])) == layers.two_nearest(points)
    assert np.isnan(layers.two_nearest(np.zeros((50, 3))))


def test_a_held_dense_layer_is_masked_and_does_not_learn():
    model = cifar_blocks(4, in_channels=1, size=8, width=0.25, seed=0)
    start = copy.deepcopy(model.state_dict())
    masks = {
        name: torch.rand(model.get_parameter(name).shape) > 0.5
        for name in ("features.0.weight", "classifier.0.weight", "classifier.0.bias")
    }
    each = Round(1, {}, masks, {}, {}, start)
    images, labels = torch.randn(32, 1, 8, 8), torch.arange(32) % 2
    train = epochs_of(Schooling(epochs=2, batch_size=16), images, labels, 0)
    list(train(pruned.held(model, each), 0))
    for name in masks:
        layer, _, own = name.rpartition(".")
        now = getattr(model.get_submodule(layer), f"{own}_orig")
        learned = not torch.equal(now, start[name])
        assert learned == name.startswith("features"), name
        held = (now * masks[name])[~masks[name]]
        assert (held == 0).all()
    assert not torch.equal(model.classifier[-1].weight, start["classifier.3.weight"])
