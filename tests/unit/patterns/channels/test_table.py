"""The table of layouts: it keeps no tensor alive, and says where it does not know."""

import gc
import warnings
import weakref

import pytest
import torch
from torch import nn

from relu_book.patterns import count_patterns, watch
from relu_book.patterns.channels import Channels, rule_of


class Between(nn.Module):
    """A linear map, something, and a ReLU."""

    def __init__(self, function):
        super().__init__()
        self.linear, self.function = nn.Linear(5, 7), function

    def forward(self, x):
        return torch.relu(self.function(self.linear(x)))


def test_tensors_are_not_kept_alive_and_their_numbers_may_come_again():
    channels = Channels()
    rule = rule_of(torch.tanh, "tanh")
    x = torch.zeros(4, 6, 7)
    channels.follow(rule_of(nn.functional.linear, "linear"), x, (x, torch.zeros(7, 7)), {})
    for _ in range(100):
        y = torch.tanh(x)
        channels.follow(rule, y, (x,), {})
        assert channels.dimension(y) == (2, True)
        gone = weakref.ref(y)
        del y
        gc.collect(0)
        assert gone() is None
        assert not channels.dimension(torch.zeros(4, 6, 7))[1]  # perhaps where y was


def swap(x):
    return torch.from_numpy(x.detach().numpy().swapaxes(1, 2))


LOST = {
    "through NumPy": (swap, 2),
    "split over heads": (lambda x: x.repeat(1, 1, 2).unflatten(2, (2, 7)), 3),
    "merged with the samples": (lambda x: x.mT.flatten(0, 1), 1),
    "two sums of different layouts": (lambda x: x[:, :, :6] + x[:, :, :6].mT, 2),
    "a product of data with itself": (lambda x: x @ x.mT, 2),
    "the only channel squeezed away": (lambda x: x[..., :1].squeeze(2), 1),
    "an inverse": (lambda x: torch.linalg.inv(x[:, :, :6]), 2),
    "norm over another dimension": (nn.BatchNorm1d(6), 2),
}


@pytest.mark.parametrize("name", LOST)
def test_a_warning_names_the_dimension_taken_once_a_site(name):
    function, dimension = LOST[name]
    model = Between(function)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        count_patterns(model, torch.randn(12, 6, 5).split(4))
    assert len(told) == 1
    assert "'/relu', whose" in str(told[0].message)
    assert f"dimension {dimension} is taken, set channel_dim= if" in str(told[0].message)
    with watch(model, channel_dim=0) as seen:  # then there is nothing to warn of
        model(torch.randn(4, 6, 5))
    assert seen.sites["/relu"].channel_dim == 0


def test_an_operator_that_is_not_torchs_is_a_guess():
    @torch.library.custom_op("relu_book_tests::twice", mutates_args=())
    def twice(x: torch.Tensor) -> torch.Tensor:
        return 2 * x

    with pytest.warns(UserWarning, match="dimension 2 is taken"), watch(Between(twice)) as seen:
        seen._root(torch.randn(4, 6, 5))
