"""Rounds of pruning: densities, rewinding bit by bit, zeros that stay, going on after a stop."""

import copy
import hashlib
import io
import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import prune

from relu_book.models import cifar_blocks
from relu_book.pruning import Round, iterative_magnitude_pruning, pools

EPOCHS, RATES = 4, {"conv": 0.1, "fc": 0.2}
IMAGES = torch.randn(24, 1, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(24) % 2


def network(seed=0):
    return cifar_blocks(4, classes=2, width=0.25, in_channels=1, size=8, seed=seed)


def trainer(seen=None, epochs=EPOCHS, steps=3, stop=None):
    """Adam with weight decay, everything made anew; ``seen`` takes the state at each start."""

    def train(model, first_epoch):
        if seen is not None:
            seen.append({name: value.clone() for name, value in model.state_dict().items()})
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=5e-4)
        torch.manual_seed(first_epoch)  # dropout
        model.train()
        for epoch in range(first_epoch, epochs):
            if stop is not None and next(stop):
                raise KeyboardInterrupt
            for _ in range(steps):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(IMAGES), LABELS).backward()
                optimizer.step()
            yield epoch + 1

    return train


def pruned(model, rounds=3, rates=RATES, rewind_epoch=1, train=None, **options):
    train = train or trainer()
    return iterative_magnitude_pruning(
        model, train, rounds=rounds, rates=rates, rewind_epoch=rewind_epoch, **options
    )


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[n], second[n]) for n in first)


def test_rounds_have_the_densities_of_their_rates():
    found = list(pruned(network(), rounds=5))
    assert [each.number for each in found] == [1, 2, 3, 4, 5]
    sizes = {
        pool: sum(dict(network().named_parameters())[name].numel() for name in names)
        for pool, names in pools(network()).items()
    }
    for each in found:
        for pool, rate in RATES.items():
            assert (
                abs(each.densities[pool] - (1 - rate) ** each.number) <= each.number / sizes[pool]
            )
    for before, after in itertools.pairwise(found):
        assert all(not bool((after.masks[n] & ~before.masks[n]).any()) for n in after.masks)
    assert str(found[0]) == "Round(1: conv 0.8998, fc 0.8002)"


@pytest.mark.parametrize("rewind_epoch", [0, 1, 3])
def test_a_round_starts_from_the_stored_parameters_times_the_mask(rewind_epoch):
    twin, kept = network(), {}
    kept[0] = copy.deepcopy(twin.state_dict())
    for epoch in trainer()(twin, 0):
        kept[epoch] = copy.deepcopy(twin.state_dict())
    seen = []
    found = list(pruned(network(), rewind_epoch=rewind_epoch, train=trainer(seen)))
    assert len(seen) == 4 and same(found[0].unpruned, kept[EPOCHS])
    assert same(found[0].start, kept[rewind_epoch])
    for start, each in zip(seen[1:], found, strict=True):
        for name, stored in kept[rewind_epoch].items():
            if name in each.masks:
                assert torch.equal(start[f"{name}_orig"], stored * each.masks[name])
                assert torch.equal(start[f"{name}_mask"].bool(), each.masks[name])
            else:
                assert torch.equal(start[name], stored)  # statistics of batch normalisation too


def test_the_smallest_of_the_trained_parameters_go_pool_by_pool():
    before = {}
    for each in pruned(network()):
        trained = before.get("state", each.unpruned)
        for names in pools(network()).values():
            gone, kept = [], []
            for name in names:
                was = before["masks"][name] if before else torch.ones_like(each.masks[name])
                gone.append(trained[name][was & ~each.masks[name]].abs())
                kept.append(trained[name][each.masks[name]].abs())
            assert torch.cat(gone).max() <= torch.cat(kept).min()
        before = {"state": each.state, "masks": each.masks}


@settings(max_examples=10, deadline=None)
@given(
    decay=st.sampled_from([0.0, 5e-4, 0.5]),
    make=st.sampled_from([torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD]),
    rates=st.fixed_dictionaries({"conv": st.floats(0, 0.6), "fc": st.floats(0, 0.6)}),
)
def test_what_is_pruned_is_exactly_zero_after_training(decay, make, rates):
    def train(model, first_epoch):
        optimizer = make(model.parameters(), lr=1e-2, weight_decay=decay)
        for epoch in range(first_epoch, 3):
            for _ in range(4):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(IMAGES), LABELS).backward()
                optimizer.step()
            yield epoch + 1

    before = None
    for each in pruned(network(), rounds=2, rates=rates, train=train):
        for name, mask in each.masks.items():
            assert (each.state[name][~mask] == 0).all()
            assert before is None or not bool((mask & ~before[name]).any())
        before = each.masks


def test_the_network_is_that_of_the_round_and_can_be_made_permanent():
    model = network()
    for each in pruned(model):
        alone = network(seed=1)
        alone.load_state_dict(each.state)
        copied = copy.deepcopy(model)
        assert torch.equal(model.features[0].weight, each.state["features.0.weight"])
        assert torch.equal(model.eval()(IMAGES), alone.eval()(IMAGES))
        assert torch.equal(copied.eval()(IMAGES), alone(IMAGES))
    for name in each.masks:
        layer, _, own = name.rpartition(".")
        prune.remove(model.get_submodule(layer), own)
    assert same(dict(sorted(model.state_dict().items())), dict(sorted(each.state.items())))


def test_rounds_stay_as_they_were_when_later_ones_are_trained():
    rounds = pruned(network())
    first = next(rounds)
    state, masks = copy.deepcopy(first.state), copy.deepcopy(first.masks)
    list(rounds)
    assert same(first.state, state) and same(first.masks, masks)


def test_who_changes_a_round_does_not_change_the_next():
    plain, rounds = list(pruned(network())), []
    for one in pruned(network()):
        rounds.append(copy.deepcopy(one))
        for tensors in (one.masks, one.state, one.start, one.unpruned):
            for value in tensors.values():
                value.zero_()
    for found, expected in zip(rounds, plain, strict=True):
        assert found.densities == expected.densities and same(found.state, expected.state)


def test_rate_0_trains_again_without_pruning():
    (only,) = pruned(network(), rounds=1, rates={"conv": 0.0, "fc": 0.0})
    assert only.densities == {"conv": 1.0, "fc": 1.0}


def test_a_pool_that_is_not_named_stays_whole():
    (only,) = pruned(network(), rounds=1, rates={"conv": 0.5})
    assert list(only.densities) == ["conv"] and "classifier.0.weight" not in only.masks
    assert (only.state["classifier.0.weight"] != 0).all()


@pytest.mark.parametrize("after", [2, 5, 8])
def test_a_run_that_was_stopped_ends_with_the_bits_of_one_that_was_not(tmp_path, after):
    whole = list(pruned(network()))
    stop = itertools.chain(itertools.repeat(False, after), itertools.repeat(True))
    early = []
    with pytest.raises(KeyboardInterrupt):
        for each in pruned(network(), train=trainer(stop=stop), checkpoint=tmp_path / "kept"):
            early.append(each)
    seen = []
    again = list(pruned(network(), train=trainer(seen), checkpoint=tmp_path / "kept"))
    assert len(seen) == len(whole) + 1 - len(early) - (after >= EPOCHS)
    for one, other in zip(whole, again, strict=True):
        assert same(one.masks, other.masks) and same(one.state, other.state)
        assert same(one.unpruned, other.unpruned) and one.densities == other.densities


def test_finished_rounds_are_read_and_more_can_follow(tmp_path):
    list(pruned(network(), rounds=2, checkpoint=tmp_path / "kept"))
    seen = []
    found = list(pruned(network(), checkpoint=tmp_path / "kept", train=trainer(seen)))
    assert len(seen) == 1 and same(found[2].state, list(pruned(network()))[2].state)


def test_files_of_another_pruning_or_damaged_ones_end_in_a_sentence(tmp_path):
    list(pruned(network(), rounds=1, checkpoint=tmp_path / "kept"))
    with pytest.raises(ValueError, match="kept-00 is of a pruning with other rewind_epoch"):
        list(pruned(network(), rewind_epoch=2, checkpoint=tmp_path / "kept"))
    with pytest.raises(ValueError, match="other rates"):
        list(pruned(network(), rates={"fc": 0.1}, checkpoint=tmp_path / "kept"))
    file = tmp_path / "kept-01"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ValueError, match="kept-01 is truncated or altered"):
        list(pruned(network(), checkpoint=tmp_path / "kept"))


@pytest.mark.parametrize("gone", ["kept-00", "kept-01"])
def test_a_missing_file_before_others_is_refused_before_any_training(tmp_path, gone):
    whole = list(pruned(network(), rounds=2, checkpoint=tmp_path / "kept"))
    (tmp_path / "kept-notes").write_text("no training")
    (tmp_path / gone).rename(tmp_path / "elsewhere")
    seen, later = [], {"kept-00": "kept-01 and kept-02", "kept-01": "kept-02"}[gone]
    words = f"{gone} is missing, from which .* put it back, or delete {later} too"
    with pytest.raises(ValueError, match=words):
        list(pruned(network(), rounds=2, train=trainer(seen), checkpoint=tmp_path / "kept"))
    assert not seen
    for name in later.split(" and "):
        (tmp_path / name).unlink()
    again = list(pruned(network(), rounds=2, train=trainer(seen), checkpoint=tmp_path / "kept"))
    assert len(seen) == {"kept-00": 3, "kept-01": 2}[gone]
    assert same(again[1].state, whole[1].state)


def resumed(folder, model):
    return list(pruned(model, rounds=1, checkpoint=folder / "kept"))


def another_dropout(model):
    next(part for part in model.modules() if isinstance(part, nn.Dropout)).p = 0.125
    return model


def another_class(model):
    model.__class__ = type("Renamed", (type(model),), {})
    return model


@pytest.mark.parametrize(
    ("another", "words"),
    [
        (lambda: network(seed=1), "initial values"),
        (lambda: another_dropout(network()), "layers"),
        (lambda: another_class(network()), "layers"),
        (lambda: network().double(), "types and other initial values"),
        (
            lambda: cifar_blocks(4, classes=2, width=0.5, in_channels=1, size=8, seed=0),
            "layers and other shapes and other initial values",
        ),
    ],
    ids=["seed", "dropout", "class", "type", "width"],
)
def test_files_of_another_network_are_refused(tmp_path, another, words):
    resumed(tmp_path, network())
    with pytest.raises(ValueError, match=f"kept-00 is of a pruning with other {words}: delete"):
        resumed(tmp_path, another())
    seen = []
    list(pruned(network(), rounds=1, train=trainer(seen), checkpoint=tmp_path / "kept"))
    assert not seen  # the refused one has not touched them


def test_an_address_in_memory_tells_no_networks_apart(tmp_path):
    class Noted(nn.Dropout):
        def extra_repr(self):
            return f"{object()!r}"

    for _ in range(2):
        model = network()
        model.features.append(Noted(0.0))
        resumed(tmp_path, model)


def test_files_of_an_older_version_end_in_a_sentence(tmp_path):
    resumed(tmp_path, network())
    file = tmp_path / "kept-00"
    content = torch.load(io.BytesIO(file.read_bytes()[32:]), weights_only=True)
    del content["setting"]["initial values"]
    buffer = io.BytesIO()
    torch.save(content, buffer)
    file.write_bytes(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
    with pytest.raises(ValueError, match="kept-00 is of another version of this library, which"):
        resumed(tmp_path, network())


def test_numbers_of_other_kinds_are_the_same_pruning(tmp_path):
    def counted(model, first_epoch):
        yield from map(np.int64, trainer()(model, first_epoch))

    plain = list(pruned(network(), rates={"conv": 0.5, "fc": 0}, checkpoint=tmp_path / "kept"))
    for conv in (np.float64(0.5), np.float32(0.5), Fraction(1, 2)):
        again = pruned(
            network(),
            rounds=np.int64(3),
            rates={"fc": np.int64(0), "conv": conv},
            rewind_epoch=np.int32(1),
            train=trainer(stop=itertools.repeat(True)),
            checkpoint=tmp_path / "kept",
        )
        for one, other in zip(plain, again, strict=True):
            assert same(one.masks, other.masks)
            assert {type(share) for share in other.densities.values()} == {float}
    assert same(list(pruned(network(), train=counted))[2].state, list(pruned(network()))[2].state)


def never(model, first_epoch):
    yield from ()


def falling(model, first_epoch):
    yield 2
    yield 1


def diverging(model, first_epoch):
    with torch.no_grad():
        model.features[0].weight.fill_(torch.nan)
    yield 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rounds": 0}, "rounds must be a whole number of at least 1, but got 0"),
        ({"rounds": 2.5}, "rounds must be a whole number"),
        ({"rewind_epoch": -1}, "rewind_epoch must be a whole number of at least 0"),
        ({"rates": 0.2}, "rates must be a share by pool"),
        ({"rates": {}}, "rates must be a share by pool"),
        ({"rates": {"fcc": 0.2}}, "the pool 'fcc', which the network lacks: did you mean fc"),
        ({"rates": {"conv": 1.0}}, "must be a share from 0 to below 1, but got 1.0"),
        ({"rates": {"conv": float("nan")}}, "must be a share from 0 to below 1"),
        ({"rates": {"conv": True}}, "must be a share from 0 to below 1, but got True"),
        ({"rates": {"conv": Fraction(10**20 - 1, 10**20)}}, "must be a share from 0 to below 1"),
        ({"rates": {"fc": 0.999999}}, "0.999999 takes all .* 'fc', [0-9]+ of [0-9]+ parameters"),
        ({"rates": {"fc": 0.9}, "rounds": 9}, "0.9 takes all that is left of the pool 'fc'"),
        (
            {"rewind_epoch": 9},
            r"rewound to epoch 9: train\(model, 0\) yielded no 9, and its last epoch was 4",
        ),
        ({"train": never}, "to epoch 1: .* yielded no 1, and its last epoch was 0"),
        ({"train": falling}, "after 2 it yielded 1"),
        ({"train": lambda model, epoch: None}, "train must be a generator"),
        ({"train": diverging}, "are NaN or infinite"),
    ],
)
def test_bad_input_ends_in_a_sentence(changes, words):
    with pytest.raises(ValueError, match=words):
        list(pruned(network(), **changes))


def test_arguments_are_looked_at_before_the_first_round_is_asked_for():
    with pytest.raises(ValueError, match="rounds"):
        pruned(network(), rounds=0)
    with pytest.raises(TypeError, match=r"torch\.nn\.Module, but got int"):
        pruned(3)
    with pytest.raises(TypeError, match=r"train must be a generator function, .* but got None"):
        iterative_magnitude_pruning(network(), None, rounds=1, rates=RATES, rewind_epoch=0)
    with pytest.raises(TypeError, match=r"checkpoint must be a path .* but got 3"):
        pruned(network(), checkpoint=3)
    for path in ("", "kept/", "runs/kept//"):
        with pytest.raises(ValueError, match=rf"checkpoint must end in a name .* but got '{path}'"):
            pruned(network(), checkpoint=path)
    with pytest.raises(ValueError, match=r"0\.9999999 takes all"):
        pruned(network(), rates={"conv": 0.9999999})


def test_a_round_is_told_by_its_densities():
    assert repr(Round(2, {"conv": 0.81}, {}, {}, {}, {})) == "Round(2: conv 0.81)"


def test_a_round_that_trains_nothing_is_no_round():
    with pytest.raises(ValueError, match=r"train\(model, 4\) finished no epoch, so that round 1"):
        list(pruned(network(), rewind_epoch=EPOCHS))


@pytest.mark.parametrize("place", [0, -1], ids=["pruned", "output layer"])
@pytest.mark.parametrize(("first", "what"), [(0, "the unpruned training"), (1, "round 1")])
def test_a_training_that_diverges_is_no_round(first, what, place):
    def train(model, first_epoch):
        yield from trainer()(model, first_epoch)
        if first_epoch == first:
            nn.init.constant_(list(model.parameters())[place], float("nan"))

    with pytest.raises(ValueError, match=f"{what} diverged: values of .* are NaN or infinite"):
        list(pruned(network(), rounds=1, train=train))
