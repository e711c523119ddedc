"""Draws are binomial, exact in p, the same with and without Numba, and progressive."""

import math

import pytest
import torch
from scipy import stats

from relu_book.binarization import decode, encode, sample, sampling, variance
from relu_book.binarization.sampling import _add_successes, add_successes
from relu_book.binarization.stream import mixed

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
KEYS = [(1, 2), ((1 << 64) - 5, (1 << 63) + 9)]
STEP = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


def weights_of(many, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(many, generator=generator, dtype=torch.float64)
    weights[:4] = torch.tensor([0.0, 4.0, 1.0 + 2.0**-20, 2 - 2.0**-20])
    return weights.to(dtype)


def naive(probability, key, start, stop):
    """Sample by sample: the binary digits of u as the words give them, and u < p."""
    found = []
    for weight, p in enumerate(probability.double().tolist()):
        count = 0
        for number in range(start, stop):
            block, lane = divmod(number, 16)
            u = 0.0
            for digit in range(53):
                place = (key[0] + (weight << 30 | block << 4 | digit // 4) * STEP) & MASK
                # mixed(), with the second key in its middle.
                word = ((place ^ (place >> 30)) * 0xBF58476D1CE4E5B9 + key[1]) & MASK
                word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
                word ^= word >> 31
                bit = word >> (16 * (digit % 4) + lane) & 1
                u += bit * 2.0 ** -(digit + 1)
            count += u < p
        found.append(count)
    return torch.tensor(found, dtype=torch.int32)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (0, 16), (3, 7), (5, 40), (16, 33)])
def test_both_ways_of_drawing_are_the_naive_one(key, start, stop):
    p = encode(weights_of(40, torch.float64)).probability
    expected = naive(p, key, start, stop)
    for draw in (add_successes, _add_successes):
        counts = torch.zeros(40, dtype=torch.int32)
        draw(p, key, start, stop, counts)
        assert torch.equal(counts, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_numba_and_torch_draw_the_same(dtype):
    p = encode(weights_of(3000, dtype)).probability
    for start, stop in ((0, 1), (0, 64), (10, 100)):
        one, other = torch.zeros(2, 3000, dtype=torch.int32)
        add_successes(p, KEYS[1], start, stop, one)
        _add_successes(p, KEYS[1], start, stop, other)
        assert torch.equal(one, other)


def test_without_numba_the_sample_is_the_same(monkeypatch):
    weights = weights_of(500)
    with_it = sample(weights, 7, generator=torch.Generator().manual_seed(3))
    monkeypatch.setattr(sampling, "_compiled", lambda: None)
    assert torch.equal(with_it, sample(weights, 7, generator=torch.Generator().manual_seed(3)))


def test_parts_of_a_stream_add_up():
    p = encode(weights_of(1000)).probability
    whole, parts = torch.zeros(2, 1000, dtype=torch.int32)
    add_successes(p, KEYS[0], 0, 50, whole)
    for start, stop in ((0, 1), (1, 16), (16, 17), (17, 50)):
        add_successes(p, KEYS[0], start, stop, parts)
    assert torch.equal(whole, parts)


@pytest.mark.parametrize("p", [1 / 3, 0.5, 0.9, 1e-3, 1 - 2.0**-24])
@pytest.mark.parametrize("n", [1, 5, 16, 40])
def test_counts_are_binomial(p, n):
    many = 100_000
    probability = torch.full((many,), p, dtype=torch.float64)
    counts = torch.zeros(many, dtype=torch.int32)
    add_successes(probability, (mixed(n), mixed(int(p * 1e9))), 0, n, counts)
    expected = stats.binom.pmf(range(n + 1), n, p) * many
    observed = torch.bincount(counts, minlength=n + 1).double().numpy()
    common = expected > 20
    tails = expected[~common].sum(), observed[~common].sum()
    chi = ((observed - expected)[common] ** 2 / expected[common]).sum()
    if tails[0] > 1:
        chi += (tails[1] - tails[0]) ** 2 / tails[0]
    assert stats.chi2.sf(chi, max(common.sum() + (tails[0] > 1) - 1, 1)) > 1e-4


def test_samples_and_weights_are_uncorrelated():
    many = 200_000
    p = torch.full((many,), 0.5)
    draws = []
    for number in range(20):
        counts = torch.zeros(many, dtype=torch.int32)
        add_successes(p, KEYS[1], number, number + 1, counts)
        draws.append(counts.double() - 0.5)
    draws = torch.stack(draws)
    together = (draws @ draws.T / many * 4 - torch.eye(20, dtype=torch.float64)).abs()
    assert together.fill_diagonal_(0).max() < 5 / math.sqrt(many)
    for lag in (1, 2, 16, 256):
        lagged = (draws[:, lag:] * draws[:, :-lag]).mean(1) * 4
        assert lagged.abs().max() < 5 / math.sqrt(many)


@pytest.mark.parametrize("n", [1, 3, 16, 64])
def test_the_mean_is_the_weight_and_the_variance_its_closed_form(n):
    w = weights_of(20, torch.float64)
    repeats = 20_000
    drawn = sample(
        w.expand(repeats, -1).contiguous(), n, generator=torch.Generator().manual_seed(n)
    )
    expected = variance(w, n)
    error = (drawn.mean(0) - w).abs()
    assert bool((error <= 4.5 * (expected / repeats).sqrt()).all())
    found = drawn.var(0)
    # The variance of a variance is near 2 sigma^4 / repeats, and more where p is near 0 or 1.
    usual = (expected > 1e-3 * w**2 / n) & (w != 0)
    assert torch.allclose(found[usual], expected[usual], rtol=0.1)
    assert bool((found[expected == 0] == 0).all())


def test_the_error_falls_with_the_root_of_the_samples():
    w = torch.randn(20_000, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    sizes = [4, 16, 64, 256, 1024]
    generator = torch.Generator().manual_seed(6)
    errors = [(sample(w, n, generator=generator) - w).square().mean().sqrt().item() for n in sizes]
    slope = stats.linregress([math.log(n) for n in sizes], [math.log(e) for e in errors])
    assert abs(slope.slope + 0.5) < max(0.02, 3 * slope.stderr)
    exact = [variance(w, n).mean().sqrt().item() for n in sizes]
    assert errors == pytest.approx(exact, rel=0.03)


def test_what_is_a_multiple_of_1_over_n_need_not_be_drawn():
    eighths = 1 + torch.arange(8) / 8
    for n in (8, 16, 64):
        assert torch.equal(sample(eighths, n, deterministic=True), eighths)
    assert set(sample(torch.full((100,), 1.125), 4, deterministic=True).tolist()) > {1.0, 1.25}


def test_powers_of_two_and_zeros_never_vary():
    w = torch.tensor([0.0, 4.0, -0.125, 2.0**-149, 2.0**127])
    assert torch.equal(sample(w, 3), w)


@pytest.mark.parametrize("dtype", DTYPES)
def test_shape_and_type_stay(dtype):
    drawn = sample(weights_of(24, dtype).view(2, 3, 4), 4)
    assert drawn.shape == (2, 3, 4) and drawn.dtype == dtype


def test_an_encoding_is_drawn_like_its_weights():
    w = weights_of(100)
    one, other = (
        sample(given, 5, generator=torch.Generator().manual_seed(2)) for given in (w, encode(w))
    )
    assert torch.equal(one, other)
    assert not torch.equal(one, decode(encode(w)))


def test_the_global_generator_is_the_default():
    w = weights_of(100)
    torch.manual_seed(1)
    first = sample(w, 3)
    second = sample(w, 3)
    torch.manual_seed(1)
    assert torch.equal(first, sample(w, 3)) and not torch.equal(first, second)


def test_sampling_needs_a_generator_of_torch():
    with pytest.raises(TypeError, match=r"generator is a torch\.Generator, not 0"):
        sample(torch.ones(2), 4, generator=0)
