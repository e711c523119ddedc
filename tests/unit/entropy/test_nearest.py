"""The nearest border by Numba against torch's ``argmin``, which it replaces."""

import pytest
import torch

from relu_book.entropy import nearest
from relu_book.entropy.nearest import nearest_filter

SHAPES = [
    ((7,), 0),
    ((40, 3), 1),
    ((3, 40), 0),
    ((5, 4, 3, 2), 1),
    ((2, 3, 4, 5), 3),
    ((2, 5, 1), 2),
]


def points(shape, dtype):
    # Of few values, so that many filters are equally near; both zeros are among them.
    generator = torch.Generator().manual_seed(len(shape))
    values = torch.tensor([-2.0, -1.0, -0.0, 0.0, 1.0, 2.0, float("inf")], dtype=dtype)
    return values[torch.randint(len(values), shape, generator=generator)]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(("shape", "channel_dim"), [*SHAPES, ((3, 9, 40, 60), 1)])
def test_the_first_of_the_smallest_is_found(shape, channel_dim, dtype):
    x = points(shape, dtype)
    expected = x.abs().argmin(channel_dim, keepdim=True)
    assert torch.equal(nearest_filter(x, channel_dim), expected)
    backwards = x.transpose(0, -1)
    expected = backwards.abs().argmin(-1, keepdim=True)
    assert torch.equal(nearest_filter(backwards, backwards.dim() - 1), expected)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_any_order_in_memory(layout):
    x = points((3, 5, 33, 40), torch.float32).contiguous(memory_format=layout)
    for view in (x, x[:, ::2], x[..., 1:], x.expand(2, *x.shape)[1]):
        assert torch.equal(nearest_filter(view, 1), view.abs().argmin(1, keepdim=True))


def test_torch_finds_it_where_numba_is_missing(monkeypatch):
    x = torch.randn(6, 5, requires_grad=True)
    ours = nearest_filter(x, 1)
    monkeypatch.setattr(nearest, "_compiled", lambda: None)
    assert torch.equal(nearest_filter(x, 1), ours)


def test_no_points_have_no_nearest_border():
    assert nearest_filter(torch.ones(0, 4), 1).shape == (0, 1)
