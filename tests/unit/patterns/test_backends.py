"""Choosing a backend, and that the choice makes no difference to the result."""

import collections
import sys

import pytest
import torch

from relu_book.patterns import PatternCounter, backends, count, pack, set_backend, unpack


@pytest.fixture(autouse=True)
def restored():
    before = set_backend("auto")
    yield
    set_backend(before)


def test_the_choice_takes_effect():
    tensor = torch.zeros(2, 3)
    assert backends.of(tensor).__name__.endswith("numba_kernels")
    assert set_backend("torch") == "auto"
    assert backends.of(tensor).__name__.endswith("reference")
    assert set_backend("numba") == "torch"
    assert backends.of(tensor).__name__.endswith("numba_kernels")
    assert backends.of(torch.zeros(2, 3, device="meta")).__name__.endswith("reference")


def test_unknown_and_missing_backends(monkeypatch):
    with pytest.raises(ValueError, match=r"'cuda'; there are 'auto', 'torch', 'numba', 'triton'"):
        set_backend("cuda")
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    monkeypatch.setattr(backends, "_numba", backends._numba.__wrapped__)
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        set_backend("numba")
    assert backends.of(torch.zeros(2, 3)).__name__.endswith("reference")


@pytest.mark.parametrize("seed", range(20))
def test_equal_on_random_shapes(seed):
    generator = torch.Generator().manual_seed(seed)
    dims = int(torch.randint(1, 6, (), generator=generator))
    shape = torch.randint(0, 9, (dims,), generator=generator).tolist()
    channel_dim = seed % dims
    shape[channel_dim] = int(torch.randint(1, 200, (), generator=generator))
    x = torch.randn(shape, generator=generator).round()
    results = []
    for name in ("torch", "numba"):
        set_backend(name)
        packed = pack(x, channel_dim)
        results.append((packed, count(packed, shape[channel_dim])))
    assert torch.equal(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]


@pytest.mark.parametrize("width", [1, 16, 17, 63, 64, 65, 130, 512, 2048])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_equal_from_pre_activations_to_counts(width, dtype):
    generator = torch.Generator().manual_seed(width)
    few = torch.randn(12, width, generator=generator)
    # bit 63 alone, no bit, every bit
    few[0], few[1], few[2] = -1, -1, 1
    few[0, min(63, width - 1)] = 1
    x = few[torch.randint(0, 12, (60,), generator=generator)].to(dtype)
    expected = None
    for name in ("torch", "numba"):
        set_backend(name)
        packed = pack(x)
        counter = PatternCounter(width)
        for part in packed.split(17):
            counter.update(part)
        expected = expected or count(packed, width)
        halves = count(packed[:25], width).merge(count(packed[25:], width))
        assert count(packed, width) == counter.result() == halves == expected
    rows = collections.Counter(map(tuple, (x > 0).tolist()))
    assert sorted(rows.values()) == sorted(expected.counts.tolist())
    assert rows == {
        tuple(signs): times
        for signs, times in zip(
            unpack(expected.patterns, width).tolist(), expected.counts.tolist(), strict=True
        )
    }
