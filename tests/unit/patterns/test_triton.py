"""The Triton kernels: in Triton's interpreter on any machine, and on a GPU where there is one.

The interpreter takes each operation of a kernel as one of numpy's, so sizes are small. Whether a
kernel runs there is decided when its module is imported; a copy of the module is, for this file
alone, so that nothing changes for other tests of the process.
"""

import importlib.util
import os
import subprocess
import sys
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from relu_book.patterns import PatternCounts, backends, count, pack, set_backend

triton = pytest.importorskip(
    "triton", reason="the package triton is not installed (.ci/run installs it)"
)
import triton.language as tl  # noqa: E402

NAME = "relu_book.patterns.backends.triton_kernels"
WIDTHS = [1, 16, 17, 63, 64, 65, 130, 512, 2048]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
ON_GPU = torch.cuda.is_available()


def copy_of_kernels():
    spec = importlib.util.find_spec(NAME)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["interpreter", "cuda"] if ON_GPU else ["interpreter"])
def place(request):
    """``.kernels`` and the ``.device`` whose tensors they take; the backend is ``triton``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_INTERPRET", "1" if request.param == "interpreter" else "0")
        kernels = copy_of_kernels()
        assert (request.param == "interpreter") == kernels.INTERPRETED
        patch.setitem(sys.modules, NAME, kernels)
        patch.setattr(backends, "triton_kernels", kernels, raising=False)
        if kernels.INTERPRETED:  # it knows a fast way for sums alone; the bits added are disjoint
            patch.setattr(tl.standard, "_sum_combine", kernels._either)
        before = set_backend("triton")
        device = "cpu" if kernels.INTERPRETED else "cuda"
        yield SimpleNamespace(kernels=kernels, device=device)
        set_backend(before)


def signs_in_words(x: torch.Tensor, channel_dim: int = 1) -> list[list[int]]:
    """One sign at a time, as Python's integers; words as two's complement."""
    rows = x.movedim(channel_dim, -1)
    packed = []
    for row in rows.reshape(-1, rows.shape[-1]).tolist():
        words = [0] * -(-len(row) // 64)
        for channel, value in enumerate(row):
            words[channel // 64] |= (value > 0) << channel % 64
        packed.append([word - 2**64 if word >= 2**63 else word for word in words])
    return packed


def dictionary(packed: torch.Tensor, counts: list[int] | None = None) -> dict[tuple, int]:
    """Patterns as tuples of unsigned words, in their order, with how often each occurs."""
    counter = Counter()
    for row, often in zip(packed.tolist(), counts or [1] * len(packed), strict=True):
        counter[tuple(word % 2**64 for word in row)] += often
    return dict(sorted(counter.items()))


def as_dictionary(counts: PatternCounts) -> dict[tuple, int]:
    return dictionary(counts.patterns, counts.counts.tolist())


def same(ours: PatternCounts, expected: dict[tuple, int]) -> bool:
    """Equal, in the same order, with no pattern twice."""
    found = as_dictionary(ours)
    rows = [tuple(word % 2**64 for word in row) for row in ours.patterns.tolist()]
    return rows == list(expected) and found == expected


def numbers(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Positive, negative, zero, minus zero, infinite and subnormal numbers."""
    generator = torch.Generator().manual_seed(sum(shape))
    x = torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
    kind = torch.randint(0, 14, shape, generator=generator)
    info = torch.finfo(dtype)
    tiny, subnormal = info.smallest_normal, info.smallest_normal * info.eps
    special = [0.0, -0.0, float("inf"), -float("inf"), tiny, -tiny, subnormal, -subnormal]
    for number, value in enumerate(special):
        x[kind == number] = value
    return x


def random_words(rows: int, width: int, distinct: int, seed: int = 0) -> torch.Tensor:
    """Packed patterns of every channel, bit 63 among them, drawn from ``distinct`` ones."""
    generator = np.random.default_rng([rows, width, distinct, seed])
    words = generator.integers(0, 2**64, (distinct, -(-width // 64)), np.uint64, endpoint=False)
    if width % 64:
        words[:, -1] &= np.uint64(2 ** (width % 64) - 1)
    return torch.from_numpy(words.view(np.int64))[
        torch.from_numpy(generator.integers(0, distinct, rows))
    ]


# ---- packing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_rows_of_every_width_and_type(place, width):
    for dtype in DTYPES:
        x = numbers(9, width, dtype=dtype)
        packed = pack(x.to(place.device))
        assert backends.of(x.to(place.device)) is place.kernels
        assert packed.dtype == torch.int64
        assert packed.tolist() == signs_in_words(x)


@pytest.mark.parametrize("shape", [(2, 65, 3, 7), (3, 17, 4), (1, 33, 1, 1), (2, 3, 2, 3, 4)])
def test_every_channel_dimension(place, shape):
    x = numbers(*shape)
    for channel_dim in range(-len(shape), len(shape)):
        packed = pack(x.to(place.device), channel_dim)
        assert packed.tolist() == signs_in_words(x, channel_dim)


@pytest.mark.parametrize("rows", [1, 127, 129, 512, 513])
def test_blocks_of_rows_fit_together(place, rows):
    """Channels together, and pixels together over several images."""
    x = numbers(rows, 3)
    assert pack(x.to(place.device)).tolist() == signs_in_words(x)
    x = numbers(3, 5, rows)
    assert pack(x.to(place.device)).tolist() == signs_in_words(x)


def test_any_memory_layout(place):
    x = numbers(3, 20, 4, 5)
    expected = signs_in_words(x)
    x = x.to(place.device)
    padded = torch.zeros(3, 40, 8, 7, device=place.device)
    padded[:, ::2, ::2, 1:6] = x
    views = [
        x.contiguous(memory_format=torch.channels_last),
        x.transpose(0, 3).contiguous().transpose(0, 3),
        padded[:, ::2, ::2, 1:6],
        x.clone().requires_grad_(),
        torch.complex(torch.zeros_like(x), -x).conj().imag,
    ]
    for view in views:
        assert pack(view).tolist() == expected
    one = numbers(1, 9, 1, 1)
    assert pack(one.to(place.device).expand(4, 9, 3, 2)).tolist() == signs_in_words(one) * 24


def test_bit_63_is_a_channel_like_any_other(place):
    x = -torch.ones(2, 128, device=place.device)
    x[0, 63] = x[1, 127] = 1
    assert pack(x).tolist() == [[-(2**63), 0], [0, -(2**63)]]
    assert pack(x[:, 32:64]).tolist() == [[2**31], [0]]


def test_bools_and_integers_are_packed_by_their_sign(place):
    flags = torch.rand(7, 70) > 0.5
    assert pack(flags.to(place.device)).tolist() == signs_in_words(flags.int())
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        info = torch.iinfo(dtype)
        values = torch.tensor([[info.min, 0, 1, info.max]], dtype=dtype, device=place.device)
        assert pack(values).tolist() == [[12]]


def test_numbers_of_8_bits(place):
    x = numbers(5, 20, dtype=torch.bfloat16).clamp(-10, 10).to(torch.float8_e5m2)
    assert pack(x.to(place.device)).tolist() == signs_in_words(x.float())


@pytest.mark.parametrize("shape", [(0, 5), (0, 70, 4, 4), (3, 70, 0, 4), (3, 0)])
def test_no_evaluations_and_no_channels(place, shape):
    packed = pack(torch.empty(shape, device=place.device))
    rows = shape[0] * torch.Size(shape[2:]).numel()
    assert packed.shape == (rows, -(-shape[1] // 64))
    assert packed.device.type == place.device
    assert count(packed, shape[1]).total == rows


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(6, 70), (2, 70, 4, 4), (2, 5, 70)])
def test_nan_is_an_error_that_names_the_site(place, shape, dtype):
    for sign in (1, -1):
        x = torch.randn(shape).to(dtype)
        x.view(-1)[-1] = float("nan")
        x = (x * sign).to(place.device)
        with pytest.raises(ValueError, match=r"1 of \d+ .*'layer1.relu'.*first at index"):
            pack(x, site="layer1.relu")
        with pytest.raises(ValueError, match="NaN"):
            pack(x, -1)


def test_the_input_is_not_written_to(place):
    x = numbers(4, 20, 3, 3).to(place.device)
    before = x.clone()
    pack(x)
    assert torch.equal(x, before)


# ---- counting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("distinct", [1, 7, 300])
def test_counts_of_every_width(place, width, distinct):
    packed = random_words(300, width, distinct)
    ours = count(packed.to(place.device), width)
    assert ours.patterns.device.type == place.device
    assert same(ours, dictionary(packed))
    for other in ("torch", "numba"):
        set_backend(other)
        try:
            assert count(packed, width) == ours
        finally:
            set_backend("triton")


def test_all_patterns_of_few_channels(place):
    packed = torch.arange(2**10)[torch.randperm(2**10)][:, None]
    assert same(count(packed.to(place.device), 10), dictionary(packed))


@pytest.mark.parametrize("width", [15, 16, 31, 32, 63, 64])
def test_types_of_keys_hold_their_widest_pattern(place, width):
    top = 1 << (width - 1)
    packed = torch.tensor([[top if width < 64 else -(1 << 63)], [0], [top - 1], [0]])
    assert same(count(packed.to(place.device), width), {(0,): 2, (top - 1,): 1, (top,): 1})


def test_words_are_ordered_as_unsigned_numbers(place):
    words = [[a, b, c] for a in (-1, 0, -(2**63)) for b in (1, -1) for c in (2**62, -5)]
    packed = torch.tensor(words * 2)
    assert same(count(packed.to(place.device), 192), dictionary(packed))


@pytest.mark.parametrize("width", [17, 64, 65, 192])
def test_merged_counts(place, width):
    parts = [random_words(200, width, 40).to(place.device) for _ in range(2)]
    parts[1] = torch.cat([parts[1][:50], random_words(100, width, 30, seed=1).to(place.device)])
    merged = count(parts[0], width).merge(count(parts[1], width))
    assert same(merged, dictionary(torch.cat(parts)))


@pytest.mark.parametrize("kinds", [1, 2, 5])
@pytest.mark.parametrize("width", [65, 130, 512])
def test_counts_are_exact_where_fingerprints_collide(place, monkeypatch, kinds, width):
    """Fingerprints of 1, 2 or 5 values, of either sign, for rows of which every other is single."""
    packed = torch.cat([random_words(150, width, 60), random_words(150, width, 150, seed=1)])
    packed[:40, 0] = packed[40, 0]  # differ in later words alone

    def poor(words: torch.Tensor) -> torch.Tensor:
        return (words[:, -1] % kinds - kinds // 2) << 62

    monkeypatch.setattr(place.kernels, "fingerprints", poor)
    assert same(count(packed.to(place.device), width), dictionary(packed))
    counts = torch.arange(1, 301)
    found = place.kernels.count(packed.to(place.device), width, counts.to(place.device))
    assert same(PatternCounts(*found, width), dictionary(packed, counts.tolist()))


def test_collisions_among_few_rows_leave_the_others_in_place(place, monkeypatch):
    packed = random_words(200, 128, 50)
    good = place.kernels.fingerprints

    def some_collide(words: torch.Tensor) -> torch.Tensor:
        prints = good(words)
        return torch.where(prints % 3 == 0, prints >> 62, prints)

    monkeypatch.setattr(place.kernels, "fingerprints", some_collide)
    assert same(count(packed.to(place.device), 128), dictionary(packed))


def test_the_first_row_is_compared_with_nothing(place):
    """Not with what lies in memory before the fingerprints and the order, here the same."""
    words = torch.ones(3, 2, dtype=torch.int64, device=place.device)
    prints, order = torch.full((4,), 7, device=place.device), words.new_zeros(4)
    starts, has_collision = place.kernels._starts(words, prints[1:], order[1:])
    assert (starts.tolist(), has_collision) == ([True, False, False], False)


def test_fingerprints_tell_rows_apart(place):
    """Rows of two words that differ in one bit, or in the order of their words."""
    single = torch.tensor([[1 << k, 0] for k in range(63)] + [[-(1 << 63), 0], [0, 0]])
    words = torch.cat([single, single.flip(1)[:-1]]).to(place.device)
    prints = place.kernels.fingerprints(words)
    assert len(prints.unique()) == len(words)
    assert torch.equal(prints, place.kernels.fingerprints(words.flip(0)).flip(0))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_tensor_against_python_and_the_other_backends(place, data):
    shape = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    channel_dim = data.draw(st.integers(0, len(shape) - 1))
    shape[channel_dim] = width = data.draw(st.sampled_from([1, 2, 16, 17, 33, 64, 65, 130]))
    dtype = data.draw(st.sampled_from(DTYPES))
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 2**32)))
    x = torch.randn(shape, generator=generator).round().to(dtype)
    x[x.abs() > 1] = 0  # so that patterns meet again
    packed = pack(x.to(place.device), channel_dim)
    assert packed.tolist() == signs_in_words(x, channel_dim)
    counts = count(packed, width)
    assert same(counts, dictionary(packed))
    for other in ("torch", "numba"):
        set_backend(other)
        try:
            assert torch.equal(pack(x, channel_dim), packed.cpu())
            assert count(packed.cpu(), width) == counts
        finally:
            set_backend("triton")


# ---- how the kernels are reached -----------------------------------------------------------------


def test_the_kernel_joins_bits_in_the_plain_interpreter_too(place, monkeypatch):
    """As a user of TRITON_INTERPRET=1 has it, without this file's fast way to join bits."""
    monkeypatch.setattr(tl.standard, "_sum_combine", None)
    x = numbers(3, 40)
    assert pack(x.to(place.device)).tolist() == signs_in_words(x)


def test_which_tensors_are_taken(place):
    assert backends.of(torch.zeros(2, 3, device="meta")).__name__.endswith("reference")
    assert backends.of(torch.zeros(2, 3, device=place.device).to_sparse()) is not place.kernels
    if place.device == "cpu":
        before = set_backend("auto")
        assert backends.of(torch.zeros(2, 3)).__name__.endswith("numba_kernels")
        set_backend(before)


def test_triton_is_imported_when_it_is_needed_and_runs_on_the_cpu_if_asked():
    code = """
import sys
from relu_book.patterns import *
import torch
pack(torch.ones(2, 3)), count(torch.ones(2, 1, dtype=torch.int64), 3)
print("triton" in sys.modules)
before = set_backend("triton")
from relu_book.patterns import backends
x = torch.tensor([[1.0, -1.0, 1.0]])
print(before, backends.of(x).__name__.split(".")[-1], pack(x).tolist(), set_backend("auto"))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"TRITON_INTERPRET": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["False", "auto triton_kernels [[5]] triton"]


def test_without_a_gpu_one_sentence_says_so(monkeypatch):
    monkeypatch.setenv("TRITON_INTERPRET", "0")
    monkeypatch.setattr(backends, "triton_kernels", copy_of_kernels(), raising=False)
    monkeypatch.setitem(sys.modules, NAME, backends.triton_kernels)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(backends, "_chosen", "auto")
    with pytest.raises(RuntimeError, match=r"a GPU.* TRITON_INTERPRET=1 before Python starts"):
        set_backend("triton")
    assert set_backend("torch") == "auto"


def test_without_the_package_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'relu-book\[triton\]'"):
        set_backend("triton")


def test_kernels_that_fail_on_a_gpu_leave_the_work_to_torch(monkeypatch):
    class Broken:
        INTERPRETED = False

        @staticmethod
        def pack(*_):
            raise OSError("no C compiler")

    monkeypatch.setattr(backends, "_triton", lambda: Broken)
    with pytest.warns(RuntimeWarning, match=r"by PyTorch instead of Triton.*no C compiler"):
        assert not backends._triton_runs_on.__wrapped__(torch.device("cpu"))


def test_kernels_compile_to_machine_code_without_a_gpu(monkeypatch, tmp_path):
    """Each launch is compiled as on an A100, with what Triton specialises on: 1, and 16."""
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    monkeypatch.setenv("TRITON_INTERPRET", "0")
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    kernels = copy_of_kernels()
    assert not kernels.INTERPRETED
    compiled = []

    def launch(kernel, grid, on, *arguments, **constants):
        signature, aligned = {}, {}
        constants |= {
            name: value
            for name, value in zip(kernel.arg_names, arguments, strict=False)
            if isinstance(value, int) and value == 1
        }
        for place, name in enumerate(kernel.arg_names):
            if name in constants:
                signature[name] = "constexpr"
                continue
            value = arguments[place]
            if isinstance(value, torch.Tensor):
                signature[name] = "*i" + str(8 * value.itemsize)
                value = value.data_ptr()
            else:
                signature[name] = "i32"
            if value % 16 == 0:
                aligned[(place,)] = [["tt.divisibility", 16]]
        source = ASTSource(kernel, signature, constants, aligned)
        target, options = GPUTarget("cuda", 80, 32), {"enable_fp_fusion": False}
        compiled.append((kernel.fn.__name__, triton.compile(source, target, options).asm["cubin"]))

    monkeypatch.setattr(kernels, "_launch", launch)
    kernels.pack(torch.zeros(2, 64, 16, 16), 1)
    kernels.pack(torch.zeros(2, 16, 4, 4, dtype=torch.bfloat16), 1)
    kernels.pack(torch.zeros(3, 130, dtype=torch.float64), 1)
    kernels.pack(torch.zeros(2, 20, 3, 3).bool().to(memory_format=torch.channels_last), 1)
    words = torch.zeros(40, 3, dtype=torch.int64)
    kernels._starts(words, kernels.fingerprints(words), torch.arange(40))
    assert [name for name, _ in compiled] == ["_pack_kernel"] * 4 + [
        "_fingerprint_kernel",
        "_starts_kernel",
    ]
    assert all(code[:4] == b"\x7fELF" for _, code in compiled)


@pytest.mark.skipif(not ON_GPU, reason="no GPU: the kernels ran in Triton's interpreter alone")
def test_large_tensors_on_a_gpu():
    before = set_backend("auto")
    try:
        for width in (16, 64, 256):
            x = torch.randn(64, width, 32, 32, device="cuda").mul(2).round()
            x[1::2] = x[::2]
            for view in (x, x.to(memory_format=torch.channels_last), x.to(torch.bfloat16)):
                assert backends.of(view).__name__ == NAME
                packed = pack(view)
                counts = count(packed, width)
                set_backend("torch")
                assert torch.equal(packed, pack(view))
                assert counts == count(packed, width)
                set_backend("auto")
    finally:
        set_backend(before)
