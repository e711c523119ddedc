"""The linearisation beside exact distances, and what it refuses."""

import numpy as np
import pytest
import torch
from small_trainings import trained
from torch import nn
from torch.optim import SGD

from relu_book.temperature import pattern_distance

RATES = [0.0, 1e-3, 0.1, -0.1, 1.0, 0.3, -2.0]


def both(model, x, optimizer=None, rates=RATES):
    optimizer = optimizer or SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(x).square().mean().backward()
    exact = pattern_distance(model, optimizer, x, rates)
    approximate = pattern_distance(model, optimizer, x, rates, method="jvp")
    assert approximate.sites == exact.sites and approximate.method == "jvp"
    assert np.array_equal(approximate.evaluations, exact.evaluations)
    assert np.array_equal(approximate.learning_rates, exact.learning_rates)
    return exact.values, approximate.values


@pytest.mark.parametrize("inplace", [False, True])
def test_the_first_layer_is_exact(inplace):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 70, 3), nn.ReLU(inplace), nn.Conv2d(70, 4, 1), nn.ReLU())
    exact, approximate = both(model.double(), torch.randn(20, 3, 6, 6).double())
    assert np.array_equal(exact[:, 0], approximate[:, 0])
    assert (exact[2:, 0] > 0).all()


def test_it_is_close_where_few_patterns_change():
    model, optimizer, x = trained("momentum", 2)
    rates = [0.0, 1e-3, 1e-2, -1e-2, 3e-2]
    exact = pattern_distance(model, optimizer, x, rates)
    approximate = pattern_distance(model, optimizer, x, rates, method="jvp")
    beside = np.abs(exact.values - approximate.values) * exact.evaluations
    assert beside.max() < 1.5 < (exact.values * exact.evaluations).max()
    assert (approximate.values[0] == 0).all()


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(6, 7), nn.Linear(7, 9)

    def forward(self, x):
        return self.out(self.lstm(x)[0]).relu()


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(16, 2, 12, dropout=0.1, batch_first=True)
        self.out = nn.Linear(16, 9)

    def forward(self, x):
        return self.out(self.layer(x)).relu()


@pytest.mark.parametrize(("kind", "shape"), [(Recurrent, (50, 4, 6)), (Attention, (40, 5, 16))])
def test_recurrent_layers_and_attention(kind, shape):
    torch.manual_seed(0)
    exact, approximate = both(kind().double(), torch.randn(shape).double(), rates=[0.0, 0.01, 0.1])
    assert exact.max() > 0.01
    assert np.abs(exact - approximate).max() < 0.03


def test_zero_pre_activations_change_where_the_slope_leads_them_up():
    model = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
    nn.init.zeros_(model[0].weight)
    nn.init.zeros_(model[0].bias)
    optimizer = SGD(model.parameters(), lr=0.1)
    model[0].bias.grad = torch.tensor([-1.0, 0.0])
    found = [
        pattern_distance(model, optimizer, torch.ones(3, 1), [1.0, -1.0, 0.0], method=method).values
        for method in ("exact", "jvp")
    ]
    assert found[0].tolist() == found[1].tolist() == [[1.0], [0.0], [0.0]]


def test_one_pass_for_all_rates():
    model, optimizer, x = trained("adam", 1)
    passes = []
    model.register_forward_hook(lambda *_: passes.append(0))
    pattern_distance(model, optimizer, x, RATES, method="jvp")
    assert len(passes) == 1


class Detaches(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 9)

    def forward(self, x):
        return self.linear(x).detach().relu() + self.linear(x).relu()


class NoDerivative(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        return gradient


class Own(nn.Linear):
    def forward(self, x):
        return NoDerivative.apply(super().forward(x)).relu()


def test_what_has_no_derivative_is_refused():
    x = torch.randn(30, 4)
    with pytest.raises(ValueError, match="the model calls detach on what depends on the weights"):
        both(Detaches(), x)
    with pytest.raises(ValueError, match="Own has an operation without a forward-mode derivative"):
        both(Own(4, 9), x)


def test_a_derivative_that_fails_without_a_word_of_it():
    # torch's own derivative of this norm cannot view a tensor whose channels come last.
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.ReLU())
    model, x = model.to(memory_format=torch.channels_last), torch.randn(4, 3, 6, 6)
    with pytest.raises(ValueError, match=r"Sequential has an operation without .*view size is not"):
        both(model, x.to(memory_format=torch.channels_last))


def test_an_error_of_the_model_itself_is_not_the_derivatives():
    model, optimizer, x = trained("sgd", 0)
    with pytest.raises(RuntimeError, match="expected input"):
        pattern_distance(model, optimizer, x[:, :2], RATES, method="jvp")


@pytest.mark.parametrize(("name", "dtype"), [("sgdw", torch.float64), ("sgd", torch.bfloat16)])
def test_steps_that_are_not_in_proportion_to_the_rate_are_refused(name, dtype):
    model, optimizer, x = trained(name, 1, dtype)
    with pytest.raises(ValueError, match="needs a finite step in proportion to the rate"):
        pattern_distance(model, optimizer, x, RATES, method="jvp")


def test_rate_0_alone():
    model, optimizer, x = trained("sgd", 0)
    assert pattern_distance(model, optimizer, x, 0.0, method="jvp").values.tolist() == [[0.0] * 3]
