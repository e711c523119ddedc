"""Two networks, layer by layer: what is compared is what hooks see, and nothing is changed."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from relu_book.similarity import as_rows, cka, compare, mean_cca, permutation_null, svcca
from relu_book.similarity.reading import read


def convolutional(seed=0, width=6):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
        nn.Conv2d(width, 8, 3, stride=2), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Flatten(), nn.Linear(72, 10),
    )  # fmt: skip


def dense(seed=1):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 12), nn.GELU(), nn.Linear(12, 7), nn.Tanh(), nn.Linear(7, 3)
    )


def images(number=120):
    return torch.randn(number, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def outputs(model, inputs, names):
    """By name, what the modules give, by hooks of one's own."""
    found, model = {}, copy.deepcopy(model).eval()
    for name in names:
        model.get_submodule(name).register_forward_hook(
            lambda m, i, o, name=name: found.__setitem__(name, o.clone())
        )
    with torch.no_grad():
        model(inputs)
    return found


@pytest.mark.parametrize("measure", [cka, mean_cca, svcca, partial(svcca, variance=0.8)])
def test_values_are_those_of_the_measure_for_all_samples(measure):
    first, second = convolutional(), dense()
    found = compare(first, second, images().split(50), measure, permutations=0)
    a = outputs(first, images(), found.layers_a)
    b = outputs(second, images(), found.layers_b)
    assert found.layers_a == ("0", "3", "7") and found.layers_b == ("1", "3", "5")
    expected = [
        [measure(one.flatten(2).mean(2) if one.ndim == 4 else one, two) for two in b.values()]
        for one in a.values()
    ]
    assert np.allclose(found.values, expected, rtol=0, atol=1e-5)
    assert found.samples == 120 and found.chance is None and found.chance_high is None


@pytest.mark.parametrize("positions", ["features", "rows"])
def test_places_among_features_or_rows(positions):
    first, second = convolutional(0), convolutional(1)
    found = compare(first, second, images().split(50), layers=["0", "1", "2"], positions=positions)
    assert found.layers_a == ("0", "1", "2")
    a, b = (outputs(model, images(), ("0", "1", "2")) for model in (first, second))
    make = as_rows if positions == "rows" else partial(torch.flatten, start_dim=1)
    expected = [[cka(make(one), make(two)) for two in b.values()] for one in a.values()]
    assert np.allclose(found.values, expected, rtol=0, atol=1e-5)


def test_values_under_chance_are_those_of_the_permutations():
    first, second = convolutional(0), convolutional(1)
    found = compare(first, second, [images()], layers="0", positions="rows", permutations=5, seed=2)
    (a,), (b,) = (outputs(model, images(), "0").values() for model in (first, second))
    null = permutation_null(cka, as_rows(a), as_rows(b), 5, rows_per_sample=64, seed=2)
    assert found.chance[0, 0] == pytest.approx(null, abs=1e-6)
    assert found.chance_high[0, 0] == pytest.approx(null.values.max(), abs=1e-6)


def test_a_network_is_most_like_itself_and_the_map_turns_with_the_networks():
    model, other = convolutional(), dense()
    found = compare(model, model, images().split(40))
    assert np.allclose(found.values.diagonal(), 1) and found.best == {"0": "0", "3": "3", "7": "7"}
    assert np.allclose(found.values, found.values.T)
    assert np.all(found.chance_high < found.values.diagonal())
    assert "3 × 3 layers, samples=120" in repr(found)
    ab, ba = compare(model, other, [images()]), compare(other, model, [images()])
    assert np.allclose(ab.values, ba.values.T) and ab.layers_a == ba.layers_b


class Numbered(nn.Module):
    """Draws random numbers, counts its passes, and calls one layer twice."""

    def __init__(self):
        super().__init__()
        self.twice, self.passes = nn.Linear(8, 8), 0

    def forward(self, x):
        self.passes += 1
        x = self.twice(x.flatten(1)[:, :8])
        return self.twice(torch.relu(x)) + 0 * torch.rand(())


def test_nothing_is_changed_also_after_an_exception():
    model, numbered = convolutional().train(), Numbered()
    model[1].eval()
    before = copy.deepcopy([model.state_dict(), numbered.state_dict()])
    flags = [m.training for m in model.modules()]
    loader = DataLoader(TensorDataset(images(), torch.arange(120)), batch_size=32, shuffle=True)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    found = compare(model, numbered, loader)
    with pytest.raises(ValueError, match="samples − 1 ≤ features"):
        compare(model, numbered, images(8).split(4), mean_cca)
    with pytest.raises(RuntimeError):
        compare(model, numbered, [torch.zeros(4, 3)])
    assert torch.equal(torch.rand(3), expected)
    assert found.layers_b == ("twice", "twice:1")
    assert numbered.passes == 0 and [m.training for m in model.modules()] == flags
    for kept, now in zip(before, [model.state_dict(), numbered.state_dict()], strict=True):
        assert all(torch.equal(kept[key], now[key]) for key in kept)
    assert not any(m._forward_hooks for m in [*model.modules(), *numbered.modules()])


def test_shuffled_batches_reach_both_networks_in_the_same_order():
    model = convolutional()
    loader = DataLoader(images(), batch_size=32, shuffle=True)
    assert np.allclose(compare(model, copy.deepcopy(model), loader).values.diagonal(), 1)


class Tokens(nn.Module):
    """A small transformer of named inputs, whose attention gives tuples."""

    def __init__(self, batch_first):
        super().__init__()
        torch.manual_seed(0)
        self.embed = nn.Embedding(50, 16)
        self.batch_first = batch_first
        self.attend = nn.MultiheadAttention(16, 2, batch_first=batch_first)
        self.head = nn.Linear(16, 3)

    def forward(self, tokens, mask=None):
        x = self.embed(tokens)
        x = x if self.batch_first else x.transpose(0, 1)
        x = x + self.attend(x, x, x)[0]
        return self.head(x.mean(1 if self.batch_first else 0))


@pytest.mark.parametrize("measure", [cka, svcca])
def test_transformers_in_either_order_of_dimensions(measure):
    tokens = torch.randint(50, (90, 11), generator=torch.Generator().manual_seed(0))
    batches = [{"tokens": some} for some in tokens.split(45)]
    first, second = Tokens(True), Tokens(False)
    found = compare(first, second, batches, measure)
    assert found.layers_a == found.layers_b == ("embed", "attend", "head")
    assert np.allclose(found.values.diagonal(), 1, atol=1e-4)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("positions", ["mean", "features", "rows"])
def test_as_many_samples_as_tokens_are_told_by_another_batch_or_refused(first, positions):
    tokens = torch.randint(50, (90, 20), generator=torch.Generator().manual_seed(0))
    model, layers = Tokens(first), ["embed", "attend"]

    def values(size):
        batches = [{"tokens": some} for some in tokens.split(size)]
        given = {"layers": layers, "positions": positions, "permutations": 0}
        return compare(model, model, batches, **given).values

    assert np.allclose(values(20), values(45), rtol=0, atol=1e-6)  # 20, 20, 20, 20 and 10
    tokens = tokens[:80]
    assert values(16)[0, 1] == pytest.approx(values(80)[0, 1], abs=1e-6)
    with pytest.raises(ValueError, match=r"layer '(attend|embed)' .* samples cannot be told; take"):
        values(20)


class Windows(nn.Module):
    """Attends within windows of 4 tokens: (k · samples, 4, 8), or (4, k · samples, 8)."""

    def __init__(self, batch_first=True, tokens=4):
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.tokens = nn.Linear(3, 8), tokens
        self.attend = nn.MultiheadAttention(8, 2, batch_first=batch_first)
        self.turn = not batch_first

    def forward(self, x):
        x = self.embed(x)
        if self.turn:
            x = x.transpose(0, 1)
            return self.attend(x, x, x)[0]
        x = x.reshape(-1, self.tokens, 8)
        return self.attend(x, x, x)[0]


@pytest.mark.parametrize("positions", ["mean", "features", "rows"])
@pytest.mark.parametrize("batch_first", [True, False])
def test_windows_are_told_from_a_sequence_by_another_batch_or_refused(batch_first, positions):
    inputs = torch.randn(44, 8, 3, generator=torch.Generator().manual_seed(0))
    if not batch_first:
        inputs = inputs[:, :8]
    model = Windows(batch_first)

    def rows(batches):
        (reading, _), _ = read((model, model), batches, "attend", positions, None)
        return reading.matrices()["attend"]

    expected = rows([inputs])
    with torch.no_grad():
        model.eval()
        given = model(inputs) if batch_first else model(inputs).transpose(0, 1)
    mean = given.reshape(44, 8, 8).mean(1)
    assert positions != "mean" or torch.allclose(expected, mean, atol=1e-6)
    others = inputs.split(4)  # (8, 4, 8) either way
    assert all(model(some).shape == (8, 4, 8) for some in others)
    with pytest.raises(ValueError, match=r"\(8, 4, 8\) for 4 samples, where dimension 0 or 1 may"):
        rows(others)
    for told in ([*others[:-1], *others[-1].split(3)], [inputs[:20], *inputs[20:].split(4)]):
        assert torch.allclose(rows(told), expected, atol=1e-6)


@pytest.mark.parametrize("batch_first", [True, False])
def test_of_batches_of_one_sample_nothing_needs_to_be_told(batch_first):
    tokens = torch.randint(50, (30, 7), generator=torch.Generator().manual_seed(0))
    model = Tokens(batch_first)
    whole, single, mixed = (
        compare(model, model, [{"tokens": some} for some in batches], layers="attend").values
        for batches in ([tokens], tokens.split(1), [tokens[:29], tokens[29:]])
    )
    assert np.allclose(single, whole, atol=1e-6) and np.allclose(mixed, whole, atol=1e-6)


def test_a_convolution_has_samples_first_however_high_its_images_are():
    model = nn.Sequential(nn.Flatten(0, 1), nn.Conv2d(1, 6, 3, padding=1), nn.AvgPool2d(8))
    frames = torch.randn(40, 5, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = [
        compare(model, model, frames.split(n), layers="*1", permutations=2, positions="features")
        for n in (8, 40)  # 40 pictures, 8 pixels high, of 8 samples
    ]
    assert np.allclose(found[0].values, found[1].values)
    assert np.allclose(found[0].chance, found[1].chance, atol=1e-6)


def test_images_as_high_as_the_batch_is_large_are_no_tokens():
    model = nn.Sequential(nn.Conv1d(1, 6, 3, padding=1), nn.BatchNorm1d(6), nn.Flatten())
    signals = torch.randn(64, 1, 16, generator=torch.Generator().manual_seed(0))
    found = [
        compare(model, model, signals.split(n), layers="0", positions="features") for n in (16, 64)
    ]
    assert found[0].values == pytest.approx(found[1].values)
    squares = [compare(*[convolutional()] * 2, images().split(n)).values for n in (8, 120)]
    assert np.allclose(*squares, atol=1e-6)


def test_any_function_and_one_of_which_less_is_more():
    def apart(x, y):
        return float((x.mean(1) - y.mean(1)).abs().mean())

    apart.larger_is_more_similar = False
    model = dense()
    found = compare(model, model, [images()], apart, permutations=1)
    assert found.measure == "apart" and np.all(found.values.diagonal() == 0)
    assert found.best == {"1": "1", "3": "3", "5": "5"}
    with pytest.raises(ValueError, match="gave NaN or infinity for layers '1' and '1'"):
        compare(model, model, [images()], lambda x, y: float("nan"))


def test_compiled_and_wrapped_models_are_looked_into():
    model = dense()
    wrapped = nn.DataParallel(model)
    assert compare(torch.compile(model, backend="eager"), wrapped, [images()]).layers_a == (
        "1",
        "3",
        "5",
    )


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"model_b": "resnet"}, TypeError, "model_b is a torch.nn.Module, not str"),
        ({"loader": images()}, TypeError, "batches is an iterable of batches, not Tensor"),
        ({"loader": []}, ValueError, "loader gave no sample at all"),
        ({"loader": [images(3)]}, ValueError, "layer '0' of the first model .* 3 samples, from"),
        ({"measure": "cka"}, TypeError, "measure is a function of two matrices, not str"),
        ({"positions": "all"}, ValueError, "positions is 'mean', 'features' or 'rows', not 'all'"),
        ({"permutations": -1}, ValueError, "permutations is a whole number from 0 on"),
        ({"layers": "conv"}, ValueError, "no layer 'conv' in either model"),
        ({"layers": 3}, TypeError, "layers= takes names, globs or a function of the name, not 3"),
        ({"channel_dim": 9}, ValueError, r"layer '0' of the first .* no dimension channel_dim=9"),
        ({"channel_dim": "1"}, TypeError, "channel_dim is the number of a dimension, not '1'"),
        ({"seed": -1}, ValueError, "seed is a whole number from 0 on, not -1"),
        ({"layers": [3]}, TypeError, "layers= takes names and globs, not int 3"),
        ({"layers": lambda name: False}, ValueError, "Sequential has no such layer"),
        ({"layers": "7"}, ValueError, "Sequential has no such layer"),
        ({"positions": "rows"}, ValueError, "64 places a sample and layer '3' of the first"),
        ({"measure": mean_cca, "loader": [images(8)]}, ValueError, "layer '3' of the first model"),
        ({"loader": [images() * float("nan")]}, ValueError, "layer '0' of the first model has 720"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(change, error, words):
    given = {"model_a": convolutional(), "model_b": dense(), "loader": [images()], **change}
    with pytest.raises(error, match=words):
        compare(**given)


def test_a_model_that_does_not_take_the_inputs_is_named():
    with pytest.raises(RuntimeError) as raised:
        compare(dense(), nn.Linear(3, 2), [images()])
    assert raised.value.__notes__ == ["This happened in batch 0 of the second model."]


def test_a_layer_without_samples_or_filters_is_named():
    class Odd(nn.Module):
        def __init__(self, answer):
            super().__init__()
            self.inner, self.answer = nn.Linear(64, 8), answer

        def forward(self, x):
            return self.inner(self.answer(x.flatten(1)))

    for answer, words in (
        (lambda x: x.mean(0), r"layer 'inner' of the second model gives shape \(8,\), without"),
        (lambda x: x[:7], r"gives shape \(7, 8\) for 120 samples"),
    ):
        with pytest.raises(ValueError, match=words):
            compare(dense(), Odd(answer), [images()])


def test_layers_that_are_not_called_in_every_batch_are_named():
    class Sometimes(nn.Module):
        def __init__(self):
            super().__init__()
            self.always, self.seldom = nn.Linear(64, 8), nn.Linear(64, 8)

        def forward(self, x):
            x = x.flatten(1)
            return self.always(x) + (self.seldom(x) if len(x) == 50 else 0)

    with pytest.raises(ValueError, match=r"'seldom' of the first .* \(2 of 3 batches"):
        compare(Sometimes(), dense(), images().split(50))


class Sequence(nn.Module):
    """Tokens first inside; outside, too, unless it turns what it is given."""

    def __init__(self, kind, turns):
        super().__init__()
        torch.manual_seed(0)
        attends = kind is nn.MultiheadAttention
        self.core = kind(8, 2) if attends else kind(8, 6)
        self.attends, self.turns = attends, turns

    def forward(self, x):
        x = x.transpose(0, 1) if self.turns else x
        return self.core(*[x] * (3 if self.attends else 1))[0]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN, nn.MultiheadAttention])
@pytest.mark.parametrize("tokens", [5, 7])  # 5 goes into the 20 samples
def test_inputs_with_tokens_first_are_refused_and_those_of_a_wrapper_compared(kind, tokens):
    x = torch.randn(20, tokens, 8)
    words = rf"'core' of the first model, a {kind.__name__} of batch_first=False, gets shape "
    words += rf"\({tokens}, 20, 8\), tokens first, .* wrap the model"
    model = Sequence(kind, turns=False)
    with pytest.raises(ValueError, match=words):
        compare(model, model, [x.transpose(0, 1)], layers="core")
    wrapped = Sequence(kind, turns=True)
    found = compare(wrapped, wrapped, [x], layers="core")
    assert found.samples == 20 and found.values[0, 0] == pytest.approx(1)
    model(x.transpose(0, 1))  # what refused it is gone
