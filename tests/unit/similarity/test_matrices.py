"""Matrices: positions become rows, numbers lose no digits, and what is no matrix is refused."""

import numpy as np
import pytest
import torch

from relu_book.similarity import as_rows, cka, mean_cca, pwcca, svcca
from relu_book.similarity import matrices as module
from relu_book.similarity.matrices import Matrix

MEASURES = [mean_cca, svcca, pwcca, cka]


@pytest.mark.parametrize("make", [torch.from_numpy, np.asarray], ids=["tensor", "array"])
@pytest.mark.parametrize("places", [(), (5,), (4, 5), (2, 3, 2)])
def test_rows_are_those_of_plain_loops(make, places):
    maps = np.random.default_rng(0).normal(size=(3, 6, *places))
    loops = [
        [maps[(sample, channel, *place)] for channel in range(6)]
        for sample in range(3)
        for place in np.ndindex(places)
    ]
    assert np.array_equal(np.asarray(as_rows(make(maps))), loops)
    last = np.moveaxis(maps, 1, -1)
    assert np.array_equal(np.asarray(as_rows(make(last), channel_dim=-1)), loops)


def test_what_has_no_rows_is_said():
    with pytest.raises(TypeError, match="needs a tensor or an array, not list"):
        as_rows([[1.0]])
    with pytest.raises(ValueError, match=r"samples as dimension 0 .* shape \(3,\)"):
        as_rows(np.zeros(3))
    for wrong in (0, 2, -2, 5):
        with pytest.raises(ValueError, match=f"channel_dim={wrong}"):
            as_rows(np.zeros((3, 4)), channel_dim=wrong)
    with pytest.raises(TypeError, match=r"number of a dimension, not 1\.5"):
        as_rows(np.zeros((3, 4)), channel_dim=1.5)


def everything(matrix: Matrix, order=None) -> np.ndarray:
    return torch.cat(list(matrix.chunks(order))).numpy()


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("by_column", [True, False])
def test_chunks_are_the_centred_rows_in_a_power_of_two(monkeypatch, small, by_column):
    monkeypatch.setattr(module, "CHUNK", 64)
    monkeypatch.setattr(module, "_SMALL", 1 << 20 if small else 0)
    x = np.random.default_rng(0).normal(size=(50, 7)) * np.logspace(-3, 3, 7) + 10
    matrix = Matrix(x, by_column=by_column)
    units = matrix.unit.numpy()
    assert np.all(np.frexp(units)[0] == 0.5) and (len(set(units)) > 1) == by_column
    assert np.allclose(everything(matrix), (x - x.mean(0)) * units, rtol=0, atol=1e-11)
    order = torch.randperm(50, generator=torch.Generator().manual_seed(0))
    assert np.array_equal(everything(matrix, order), everything(matrix)[order])
    assert np.array_equal(torch.cat(list(matrix.columns()), dim=1).numpy(), everything(matrix))


@pytest.mark.parametrize("measure", MEASURES)
def test_huge_and_tiny_numbers_and_large_offsets_change_nothing(measure):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 5)), rng.normal(size=(200, 4))
    expected = measure(x, y)
    for scale in (1e300, 1e-300, 5e-310):
        assert measure(x * scale, y) == pytest.approx(expected, abs=1e-9)
    assert measure(x + 1e6, y - 1e4) == pytest.approx(expected, abs=1e-8)
    # Sums and squares that no float16 holds.
    assert measure((x * 1e4).astype(np.float16), y) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("measure", [mean_cca, pwcca])
def test_features_of_very_different_size_count_alike(measure):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 4)), rng.normal(size=(200, 4))
    value = measure(x * [1e200, 1.0, 1e-200, 1e-5], y)
    assert np.isfinite(value)
    if measure is mean_cca:
        assert value == pytest.approx(mean_cca(x, y), abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_tensors_and_arrays_of_all_kinds_give_the_same(measure, kind):
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 100, 6, generator=generator).to(getattr(torch, kind))
    x.requires_grad_()
    exact = measure(x.detach().double().numpy(), y.double().numpy())
    assert isinstance(exact, float)
    assert measure(x, y) == exact
    assert measure(x.T.contiguous().T, y[:, :]) == pytest.approx(exact, abs=1e-15)
    if kind != "bfloat16":
        arrays = x.detach().numpy(), y.numpy()
        arrays[0].setflags(write=False)
        assert measure(*arrays) == exact
        assert measure(arrays[0][::-1], arrays[1][::-1]) == pytest.approx(exact, abs=1e-12)


def test_a_measure_does_not_write_to_what_it_is_given():
    x = np.random.default_rng(0).normal(size=(50, 3))
    before = x.copy()
    for measure in MEASURES:
        measure(x, torch.from_numpy(x))
        assert np.array_equal(x, before)


GOOD = np.random.default_rng(1).normal(size=(20, 3))


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("second", [False, True], ids=["x", "y"])
@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (GOOD.tolist(), TypeError, "is a tensor or an array, not list"),
        (GOOD.astype(int), TypeError, "holds float16, bfloat16, float32 or float64, not int64"),
        (torch.ones(20, 3, dtype=torch.bool), TypeError, "not torch.bool"),
        (GOOD + 1j, TypeError, "not complex128"),
        (np.ma.masked_array(GOOD), TypeError, "masked array"),
        (torch.zeros(20, 3).to_sparse(), TypeError, "sparse"),
        (torch.zeros(20, 3, device="meta"), TypeError, "meta device"),
        (GOOD[:, 0], ValueError, r"not of shape \(20,\)"),
        (GOOD[:, :, None], ValueError, "as_rows makes one"),
        (GOOD[:, :0], ValueError, "has no features"),
        (GOOD[:3], ValueError, "has 3 samples, from which nothing can be said"),
        (GOOD[:0], ValueError, "has 0 samples"),
        (np.where(GOOD > 1, np.nan, GOOD), ValueError, r"has \d+ entries that are NaN or inf"),
        (np.where(GOOD > 1, np.inf, GOOD), ValueError, r"has \d+ entries that are NaN or inf"),
        (GOOD[:19], ValueError, r"19( samples|;)"),
        (np.ones((20, 3)), ValueError, "constant"),
    ],
)
def test_what_is_no_matrix_is_refused_in_one_sentence(measure, second, wrong, error, words):
    pair = (GOOD, wrong) if second else (wrong, GOOD)
    with pytest.raises(error, match=words) as caught:
        measure(*pair)
    assert ("y" if second else "x") in str(caught.value)
