"""What blocks put back, and what they say of the rest."""

import copy
import random
import threading
import warnings
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, WeightedRandomSampler

from relu_book.patterns import count_patterns
from relu_book.undisturbed import (
    model_as_it_was,
    modes_as_they_were,
    optimizer_as_it_was,
    random_numbers_as_they_were,
    written_parameters_named,
)


class Carries(nn.Module):
    """A module with one attribute, which its forward hands to a function."""

    def __init__(self, attribute, write):
        super().__init__()
        self.attribute, self.write = attribute, write
        self.weight = nn.Parameter(torch.ones(2))

    def forward(self, x):
        self.write(self)
        return x.relu()


def test_an_alias_of_a_buffer_stays_one_inside_and_outside():
    model = nn.BatchNorm1d(2)
    model.mine = [model.running_mean]
    mean = model.running_mean
    version = mean._version
    with model_as_it_was(model):
        assert model.mine[0] is model.running_mean is not mean
        model(torch.ones(3, 2))
        assert model.mine[0].tolist() == pytest.approx([0.1, 0.1])
    assert model.mine[0] is model.running_mean is mean
    assert mean.tolist() == [0.0, 0.0] and mean._version == version


def test_weights_listed_by_a_recurrent_layer_are_its_parameters_still():
    model = nn.LSTM(2, 3)
    with model_as_it_was(model):
        assert model._flat_weights[0] is model.weight_ih_l0
        model(torch.zeros(1, 1, 2))


def test_containers_that_hold_themselves_and_subclasses_that_nobody_knows():
    class Own(dict):
        def clear(self):
            raise AssertionError("emptied")

    model = nn.Module()
    model.ring, model.own = [1], Own(a=1)
    model.ring.append(model.ring)
    with model_as_it_was(model):
        model.ring.append(2)
        model.own["a"] = 2
    assert len(model.ring) == 2 and model.ring[1] is model.ring
    assert model.own == {"a": 2}  # another class's insides are not restored, as documented


def test_within_a_block_one_starts_again_as_often_as_one_likes():
    model = nn.BatchNorm1d(2)
    model.seen, model.sums = [], {"array": np.zeros(2), "tensor": torch.zeros(2)}
    mean, array = model.running_mean, model.sums["array"]
    with model_as_it_was(model) as start_again:
        for _ in range(3):
            start_again()
            assert model.training and model.seen == [] and not hasattr(model, "new")
            assert model.sums["array"].tolist() == model.sums["tensor"].tolist() == [0, 0]
            assert model.running_mean.tolist() == [0, 0]
            model(torch.ones(3, 2))
            model.seen.append(model.running_mean.clone())
            assert model.seen[0].tolist() == pytest.approx([0.1, 0.1])
            model.sums["array"] += 1
            model.sums["array"].resize(5, refcheck=False)
            model.sums["tensor"].resize_(7).fill_(1)
            model.new, model.training, model.eps = 1, False, None
    assert model.running_mean is mean and mean.tolist() == [0, 0]
    assert model.sums["array"] is array and array.tolist() == [0, 0]
    assert model.sums["tensor"].tolist() == [0, 0] and model.eps == 1e-5


def test_an_optimizer_starts_again_from_its_state_and_gradients():
    weight = nn.Parameter(torch.ones(2))
    without = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([weight, without], lr=0.1, momentum=0.9)
    weight.grad = gradient = torch.ones(2)
    optimizer.step()
    buffer = optimizer.state[weight]["momentum_buffer"]
    with optimizer_as_it_was(optimizer) as start_again:
        found = []
        for _ in range(2):
            start_again()
            assert weight.grad.tolist() == [1, 1] and without.grad is None
            assert optimizer.param_groups[0]["lr"] == 0.1
            optimizer.step()
            found.append(optimizer.state[weight]["momentum_buffer"].tolist())
            weight.grad = torch.zeros(2)
            without.grad = torch.ones(2)
            optimizer.param_groups[0]["lr"] = 1.0
        assert found[0] == found[1] == pytest.approx([1.9, 1.9])
    assert weight.grad is gradient and gradient.tolist() == [1, 1] and without.grad is None
    assert optimizer.state[weight]["momentum_buffer"] is buffer and buffer.tolist() == [1, 1]


def test_a_block_may_stand_in_a_loop_over_what_it_keeps():
    model = nn.Module()
    model.seen = OrderedDict(a=[1], b=torch.zeros(1))
    for key in model.seen:
        with model_as_it_was(model):
            model.seen["a"], model.seen["b"] = key, None
    assert list(model.seen) == ["a", "b"] and model.seen["a"] == [1]
    assert torch.equal(model.seen["b"], torch.zeros(1))


def test_a_graph_through_a_buffer_can_still_be_walked_back():
    model = nn.BatchNorm1d(2).eval()
    x = torch.ones(3, 2, requires_grad=True)
    output = model(x).sum()
    with model_as_it_was(model):
        model.train()(torch.randn(3, 2))
    output.backward()
    assert x.grad is not None


def test_a_lazy_module_may_get_its_parameters_inside():
    model = nn.LazyLinear(2)
    with model_as_it_was(model):
        model(torch.zeros(1, 3))
    assert model.weight.shape == (2, 3)


def test_modes_alone():
    model = nn.Sequential(nn.ReLU(), nn.Dropout().eval())
    with modes_as_they_were(model):
        model.eval()
        model.seen = True
    assert [module.training for module in model.modules()] == [True, True, False]
    assert model.seen


def test_one_thread_at_a_time():
    model, errors = nn.Sequential(nn.ReLU()), []

    def run():
        try:
            with model_as_it_was(nn.Sequential(model)):
                pass
        except RuntimeError as error:
            errors.append(str(error))

    with model_as_it_was(model), model_as_it_was(model):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert errors == [
        "another thread runs this Sequential and will put it back as it was; run one after the "
        "other, or a copy of the model"
    ]


def test_parameters_written_in_place_are_named_not_restored():
    def write(module):
        module.weight.mul_(0.5)

    model = nn.Sequential(nn.ReLU(), Carries(None, write))
    with pytest.warns(
        UserWarning, match=r"Sequential writes into its parameters '1\.weight' in place"
    ):
        count_patterns(model, [torch.ones(3, 2)])
    assert model[1].weight.tolist() == [0.5, 0.5]
    given = copy.deepcopy(model)
    with pytest.warns(UserWarning, match="copy.deepcopy"):
        count_patterns(given, [torch.ones(3, 2)])
    assert model[1].weight.tolist() == [0.5, 0.5]


def test_embeddings_with_a_largest_norm_are_named():
    model = nn.Sequential(nn.Embedding(4, 3, max_norm=0.1), nn.ReLU())
    with pytest.warns(UserWarning, match=r"'0\.weight'"):
        count_patterns(model, [torch.arange(4)])


def test_nobody_is_warned_of_parameters_that_stay():
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("error")
        model = nn.Linear(2, 3)
        with written_parameters_named(model):
            model(torch.zeros(1, 2))
        for parameter in nn.Linear(2, 3).parameters():
            assert parameter.is_inference()


DATA = torch.arange(12.0).reshape(6, 2)


def loaders(generator):
    sampler = WeightedRandomSampler([1.0] * 6, 6, generator=generator)
    return {
        "generator": DataLoader(DATA, 2, shuffle=True, generator=generator),
        "sampler": DataLoader(DATA, 2, sampler=sampler),
        "batch sampler": DataLoader(
            DATA, batch_sampler=BatchSampler(RandomSampler(DATA, generator=generator), 2, False)
        ),
    }


@pytest.mark.parametrize("kind", loaders(None))
@pytest.mark.parametrize("error", [None, ValueError("on purpose")])
def test_the_generators_of_a_loader_go_on_as_if_it_had_not_run(kind, error):
    def write(module):
        if error:
            raise error

    generator = torch.Generator().manual_seed(3)
    before = generator.get_state()
    model = Carries(None, write)
    try:
        count_patterns(model, loaders(generator)[kind])
    except ValueError as raised:
        assert raised is error
    assert torch.equal(generator.get_state(), before)


def test_all_global_random_numbers_are_drawn_again():
    def draw():
        return torch.rand(2).tolist(), np.random.rand(), random.random()

    with pytest.raises(KeyError), random_numbers_as_they_were(nn.ReLU()):
        inside = draw()
        raise KeyError
    assert draw() == inside
