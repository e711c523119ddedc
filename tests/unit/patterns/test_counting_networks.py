"""Counting whole networks: against brute force, on odd models and inputs, leaving no trace."""

import collections
import contextlib
import copy
import gc
import random
import threading
import types
import warnings

import numpy as np
import pytest
import torch
import torch._dynamo
import torch.nn.functional as F
from torch import nn
from torch.nn.modules import module as module_hooks
from torch.utils.data import DataLoader, TensorDataset

from relu_book.patterns import (
    PatternCounter,
    PatternCounts,
    count_patterns,
    counting_networks,
    pack,
    watch,
)


class Block(nn.Module):
    """A residual block: one ReLU module called twice, a functional call, sums in place."""

    def __init__(self, width: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        y = self.relu(self.norm(self.first(x)))
        y = self.drop(self.second(y))
        y += x
        return F.relu_(self.relu(y - 0.1) - 0.2)


def network(width: int = 6) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(3, width, 3), nn.InstanceNorm2d(width, track_running_stats=True)),
        *(nn.PReLU(width), Block(width), nn.Sequential(nn.Sequential(nn.LeakyReLU(0.2)))),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 70), nn.BatchNorm1d(70)),
        *(nn.ReLU6(), nn.Dropout(), nn.Linear(70, 2)),
    )


NAMES = ["2", "3.relu", "3.relu:1", "3/relu", "4.0.0", "9"]
IMAGES = torch.randn(24, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def by_hand(model: nn.Sequential, batches, batch_norm: str) -> dict[str, collections.Counter]:
    """The same network written out without its modules, counted with tuples of signs."""
    counts = {name: collections.Counter() for name in NAMES}

    def see(name: str, x: torch.Tensor) -> None:
        rows = x.movedim(1, -1).reshape(-1, x.shape[1])
        counts[name].update(tuple(value > 0 for value in row) for row in rows.tolist())

    def normalise(norm: nn.Module, x: torch.Tensor) -> torch.Tensor:
        statistics = (
            (None, None) if batch_norm == "batch" else (norm.running_mean, norm.running_var)
        )
        return F.batch_norm(x, *statistics, norm.weight, norm.bias, batch_norm == "batch")

    conv, instance, prelu, block, linear, norm = (model[k] for k in (0, 1, 2, 3, 7, 8))
    with torch.no_grad():
        for x in batches:
            x = F.instance_norm(
                conv(x), instance.running_mean, instance.running_var, use_input_stats=False
            )
            see("2", x)
            x = torch.where(x > 0, x, prelu.weight[:, None, None] * x)
            y = normalise(block.norm, block.first(x))
            see("3.relu", y)
            y = block.second(y.clamp(min=0)) + x - 0.1
            see("3.relu:1", y)
            y = y.clamp(min=0) - 0.2
            see("3/relu", y)
            y = y.clamp(min=0)
            see("4.0.0", y)
            y = normalise(norm, linear(y.mean((2, 3))))
            see("9", y)
    return counts


def as_dictionary(counts: PatternCounts) -> dict[tuple[bool, ...], int]:
    found = {}
    for words, number in zip(counts.patterns.tolist(), counts.counts.tolist(), strict=True):
        bits = [bool(word % 2**64 >> bit & 1) for word in words for bit in range(64)]
        found[tuple(bits[: counts.width])] = number
    return found


@pytest.mark.parametrize("batch_norm", ["batch", "running"])
@pytest.mark.parametrize("size", [24, 7, 2])
def test_equals_the_network_written_out(batch_norm, size):
    model = network().double()
    batches = [batch for batch in IMAGES.double().split(size) if len(batch) > 1]
    counts = count_patterns(model, batches, batch_norm=batch_norm)
    expected = by_hand(model, batches, batch_norm)
    assert list(counts) == NAMES
    for name in NAMES:
        assert as_dictionary(counts[name]) == expected[name], name
        assert counts[name].total == expected[name].total()


def test_how_the_data_are_cut_matters_to_batch_statistics_only():
    model = network()
    model(IMAGES)
    whole, parts = ([IMAGES], IMAGES.split(8))
    running = [count_patterns(model, batches, batch_norm="running") for batches in (whole, parts)]
    assert running[0] == running[1]
    batch = [count_patterns(model, batches) for batches in (whole, parts)]
    assert batch[0]["9"] != batch[1]["9"]
    assert batch[0]["2"] == batch[1]["2"] == running[0]["2"]  # no batch norm before it


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ("9", ["9"]),
        ("3.*", ["3.relu", "3.relu:1"]),
        ([0, "4.*"], ["2", "4.0.0"]),
        (lambda name: name.endswith("relu"), ["3.relu", "3/relu"]),
    ],
)
def test_chosen_sites(sites, expected):
    model = network()
    counts = count_patterns(model, IMAGES.split(8), sites=sites)
    every = count_patterns(model, IMAGES.split(8))
    assert counts == {name: every[name] for name in expected}


@pytest.mark.parametrize("sites", ["layer3", ["9", "layer3"], 17, lambda name: False])
def test_a_site_that_does_not_exist_is_named_after_the_first_batch(sites):
    given = []
    with pytest.raises(ValueError, match=r"no site"):
        count_patterns(network(), (given.append(1) or x for x in IMAGES.split(8)), sites=sites)
    assert len(given) == 1


def test_every_kind_of_batch():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 5)

        def forward(self, x, shift=0):
            return F.relu(self.linear(x) + shift)

    model = Two()
    x, shift, label = torch.randn(9, 3), torch.randn(9, 1), torch.zeros(9)
    plain, shifted = (count_patterns(model, [inputs]) for inputs in (x, ((x, shift), label)))
    assert plain != shifted
    for batch in (x, (x, label), [x, label], (x,), TensorDataset(x, label)[:], {"x": x}):
        assert count_patterns(model, [batch]) == plain
    named = {"x": x, "shift": shift}
    mappings = [named, collections.UserDict(named), types.MappingProxyType(named)]
    for batch in (*mappings, (mappings[1], label), ([x, shift], label)):
        assert count_patterns(model, [batch]) == shifted
    loader = DataLoader(TensorDataset(x, label), batch_size=4)
    assert count_patterns(model, loader) == plain


class Graph:
    """Nodes and edges in one object that moves itself, as graph libraries have it."""

    def __init__(self, nodes, edges):
        self.nodes, self.edges = nodes, edges

    def to(self, device):
        self.nodes, self.edges = self.nodes.to(device), self.edges.to(device)
        self.device = device
        return self


def test_an_object_is_the_one_argument():
    class OverNodes(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 5)

        def forward(self, graph):
            source, target = graph.edges
            nodes = self.linear(graph.nodes)
            return F.relu(torch.zeros_like(nodes).index_add(0, target, nodes[source]))

    model, graph = OverNodes(), Graph(torch.randn(4, 3), torch.tensor([[0, 1, 2], [1, 2, 3]]))
    loaders = (
        [graph, graph],
        [(graph, torch.zeros(1))] * 2,
        [types.SimpleNamespace(**vars(graph))] * 2,
    )
    counts = [count_patterns(model, batches)["/relu"] for batches in loaders]
    assert counts[0].total == 8
    assert counts[0] == counts[1] == counts[2]
    assert not hasattr(graph, "device")  # a copy was moved


def test_a_list_of_images_as_detectors_take_it():
    class TakesAList(nn.Module):
        def forward(self, images, targets=None):
            assert isinstance(images, list) and targets is None
            return [F.relu(image[None]) for image in images]

    images = [torch.randn(5, 4, 4), torch.randn(5, 6, 6)]
    counts = count_patterns(TakesAList(), [((images,), None)])
    assert {name: c.total for name, c in counts.items()} == {"/relu": 16, "/relu:1": 36}


@pytest.mark.parametrize(
    "batch",
    [
        None,
        3.0,
        np.float32(3),
        "image",
        b"",
        [],
        (),
        np.zeros((2, 3)),
        ("a", "b"),
        {1: IMAGES},
    ],
)
def test_what_is_no_batch_is_named(batch):
    with pytest.raises(TypeError, match=r"batch 0 is the input or a tuple .*, not \w+$"):
        count_patterns(network(), [batch])


@pytest.mark.parametrize(
    "batches",
    [
        *(IMAGES, 3, None, "images", {"x": IMAGES}, collections.UserDict(x=IMAGES)),
        *(TensorDataset(IMAGES), nn.ReLU()),
    ],
)
def test_what_gives_no_batches_is_named(batches):
    with pytest.raises(TypeError, match=r"batches is an iterable of batches, not \w+; "):
        count_patterns(network(), batches)


def test_an_empty_loader_and_a_used_up_generator():
    batches = iter([IMAGES])
    count_patterns(network(), batches)
    for empty in ([], batches, DataLoader(TensorDataset(IMAGES[:0]))):
        with pytest.raises(ValueError, match="batches gave no batch at all"):
            count_patterns(network(), empty)


def test_a_batch_without_samples_counts_nothing():
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU())
    assert count_patterns(model, [torch.empty(0, 3)])["1"].total == 0
    assert count_patterns(model, [torch.empty(0, 3), torch.ones(2, 3)])["1"].total == 2


def test_one_value_a_channel_has_no_statistics():
    with pytest.raises(ValueError, match=r"batch 3 leaves a batch norm one value .*drop_last=True"):
        count_patterns(network(), IMAGES[:22].split(7))
    assert count_patterns(network(), IMAGES[:1].split(1), batch_norm="running")["9"].total == 1
    convolution = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    assert count_patterns(convolution, [IMAGES[:1]])["2"].total == 36


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float64, torch.float16])
def test_inputs_of_another_type_than_the_model_are_named(dtype):
    with pytest.raises(ValueError, match=rf"torch.float32 does not take batch 0 of {dtype}"):
        count_patterns(network(), [IMAGES.to(dtype)])

    class Scales(nn.Sequential):
        def forward(self, x):
            return super().forward(x.float() / 255)

    assert count_patterns(Scales(network()), [IMAGES.to(dtype)])["0.9"].total == 24


def test_errors_of_the_model_itself_stay():
    with pytest.raises(RuntimeError, match="channels"):
        count_patterns(network(), [IMAGES[:, :2]])


def test_nan_names_the_site():
    model = network()
    with torch.no_grad():
        model[3].second.weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(ValueError, match=r"NaN has no sign: \d+ of \d+ .* at site '3\.relu:1'"):
        count_patterns(model, [IMAGES])


def test_a_model_without_sites():
    for model in (nn.Linear(3, 2), nn.LSTM(3, 4), nn.Sequential(nn.Linear(3, 2), nn.GELU())):
        with pytest.raises(ValueError, match=rf"{type(model).__name__} made no ReLU-like call"):
            count_patterns(model, [torch.zeros(2, 3)])


def test_sites_that_only_some_batches_have():
    class Depth(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(nn.ReLU() for _ in range(5))

        def forward(self, x):
            for number, layer in enumerate(self.layers):
                if number in self.used:
                    layer(x)

        used = ()

    model = Depth()

    def batches(*uses):
        for model.used in uses:
            yield torch.randn(3, 2)

    passes = [2, 4], [1, 2], [0, 3, 4], []
    counts = count_patterns(model, batches(*passes))
    assert {name: c.total for name, c in counts.items()} == {
        f"layers.{number}": 3 * sum(number in used for used in passes) for number in range(5)
    }
    for used in passes:
        order = [name for name in counts if int(name[-1]) in used]
        assert order == [f"layers.{number}" for number in used]


def test_a_site_whose_width_changes():
    model = nn.Sequential(nn.Identity(), nn.ReLU())
    batches = [torch.randn(4, 5), torch.randn(4, 5), torch.randn(4, 6)]
    with pytest.raises(ValueError, match=r"site '1' has 6 channels in batch 2 and had 5 before"):
        count_patterns(model, batches)
    # tokens, of which the number changes: their dimension was taken for that of the channels
    batches = [torch.randn(4, 9, 9, 8), torch.randn(4, 7, 7, 8)]
    with pytest.raises(ValueError, match="set channel_dim="):
        count_patterns(model, batches)
    counts = count_patterns(model, batches, channel_dim=-1)["1"]
    assert (counts.width, counts.total) == (8, 4 * (81 + 49))


def test_a_limit_on_the_patterns():
    model = network()
    exact = count_patterns(model, IMAGES.split(8))
    limited = count_patterns(model, IMAGES.split(8), max_patterns=20)
    for name, counts in limited.items():
        assert counts.distinct <= 20
        assert counts.total == exact[name].total
        assert counts.complete == (exact[name].distinct <= 20)
        low, high = counts.distinct_bounds
        assert low <= exact[name].distinct <= high
    assert not all(counts.complete for counts in limited.values())


@pytest.mark.parametrize("waits", [0, 3000, 1 << 25], ids=["at once", "some wait", "all wait"])
@pytest.mark.parametrize("limits", [{}, {"max_patterns": 20}, {"max_bytes": 1 << 20}])
def test_several_threads_count_what_one_does(limits, waits, monkeypatch):
    class Elementwise(nn.Module):  # whose pass rounds alike in any number of threads
        def forward(self, x):
            for shift in (0.0, 0.5, 1.0, 1.5):
                F.relu(x[:, :20] - shift)
                F.relu(shift - x)
            return x

    images = torch.randn(48, 70, 24, 24, generator=torch.Generator().manual_seed(2))
    threads, results = torch.get_num_threads(), []
    monkeypatch.setattr(counting_networks, "_MOST_WAITS", waits)
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            results.append(count_patterns(Elementwise(), images.split(16), **limits))
    finally:
        torch.set_num_threads(threads)
    assert results[0] == results[1] == results[2]
    assert [*results[0]] == [*results[1]] == [*results[2]]


def test_an_error_of_a_thread_is_raised(monkeypatch):
    def fails(counter, packed):
        raise MemoryError("no memory for patterns")

    monkeypatch.setattr(counting_networks.PatternCounter, "_add", fails)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(MemoryError, match="no memory for patterns"):
            count_patterns(network(), IMAGES.split(8))
    finally:
        torch.set_num_threads(threads)


def test_a_limit_on_the_bytes_is_shared_by_the_sites():
    model = network()
    exact = count_patterns(model, IMAGES.split(8))
    assert count_patterns(model, IMAGES.split(8), max_bytes=1 << 24) == exact
    wide = nn.Sequential(nn.Linear(3, 60), nn.ReLU(), nn.Linear(60, 70), nn.ReLU(), nn.ReLU())
    batches = torch.randn(40_000, 3, generator=torch.Generator().manual_seed(4)).split(10_000)
    exact = count_patterns(wide, batches)
    listed = []
    for kilobytes in (3 * 64, 3 * 128, 3 * 512):
        limited = count_patterns(wide, batches, max_bytes=kilobytes << 10)
        assert list(limited) == list(exact)
        for name, counts in limited.items():
            assert counts.total == 40_000
            assert 16 * counts.distinct < kilobytes << 10
            low, high = counts.distinct_bounds
            assert low <= exact[name].distinct <= high
        listed.append(limited["3"].distinct)
    assert listed == sorted(set(listed))
    assert listed[0] < exact["3"].distinct
    with pytest.raises(ValueError, match=r"too little for 3 sites; give at least 196608"):
        count_patterns(wide, batches, max_bytes=100_000)
    for limits in ({"max_bytes": 0}, {"max_bytes": 1.5}, {"max_patterns": -1}):
        with pytest.raises(
            ValueError, match=rf"{next(iter(limits))} is a whole number of at least"
        ):
            count_patterns(wide, batches, **limits)


def test_sites_that_come_later_have_the_least_share():
    class Later(nn.Module):
        def forward(self, x):
            x = F.relu(x)
            return F.relu6(x - 0.5) if len(x) > 3 else x

    counts = count_patterns(Later(), [torch.randn(3, 20), torch.randn(9, 20)], max_bytes=1 << 20)
    assert {name: c.total for name, c in counts.items()} == {"/relu": 12, "/relu6": 9}
    assert all(c.complete for c in counts.values())


# Models of all kinds: they are counted as the watch block sees them, pass by pass.

X1 = torch.randn(6, 3, 12, generator=torch.Generator().manual_seed(2))


class FunctionalTensorCalls(nn.Module):
    def forward(self, x):
        x = torch.relu(x) - 0.5
        x = x.clamp(min=0) - 0.1
        return F.hardtanh(x.relu_() - 0.1, 0, 2)


def transformer() -> nn.Module:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(12, 2, 9, batch_first=True), 2)


ODD = {
    "functions": (lambda: nn.Sequential(nn.Conv1d(3, 5, 3), FunctionalTensorCalls()), 4),
    "transformer": (transformer, 2),
    "1-D": (lambda: nn.Sequential(nn.Conv1d(3, 5, 3), nn.BatchNorm1d(5), nn.ReLU()), 1),
    "3-D": (
        lambda: nn.Sequential(nn.Unflatten(2, (3, 2, 2)), nn.Conv3d(3, 70, 2), nn.PReLU(70)), 1,
    ),
    "traced": (
        lambda: torch.fx.symbolic_trace(nn.Sequential(nn.Conv1d(3, 5, 1), nn.ReLU(), nn.ReLU6())),
        2,
    ),
    "parallel": (lambda: nn.DataParallel(nn.Sequential(nn.Conv1d(3, 5, 3), nn.ReLU())), 1),
    "compiled": (
        lambda: torch.compile(nn.Sequential(nn.Conv1d(3, 5, 3), nn.ReLU()), backend="eager"), 1,
    ),
    "shared": (lambda: nn.Sequential(*[nn.Conv1d(3, 3, 1), nn.ReLU(True)] * 3), 3),
    "spectral": (
        lambda: nn.Sequential(
            nn.utils.parametrizations.spectral_norm(nn.Conv1d(3, 5, 3)), nn.ReLU()
        ), 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ODD)
def test_models_of_all_kinds(kind, dtype):
    torch.manual_seed(0)
    build, number = ODD[kind]
    model = build().to(dtype)
    batches = X1.to(dtype).split(3)
    before = everything(model)
    counts = count_patterns(model, batches)
    assert same(before, everything(model))
    assert len(counts) == number
    expected = collections.defaultdict(collections.Counter)
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.train()
    with torch.no_grad(), watch(model) as seen:
        for batch in batches:
            model(batch)
            for name, site in seen.sites.items():
                rows = site.pre_activation.movedim(site.channel_dim, -1).flatten(0, -2) > 0
                expected[name].update(map(tuple, rows.tolist()))
    assert list(counts) == list(expected)
    for name, found in counts.items():
        assert as_dictionary(found) == expected[name]


def test_a_loop_of_seven_steps_and_then_of_four():
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.relu = nn.Linear(6, 6), nn.ReLU()

        def forward(self, x):
            state = torch.zeros(len(x), 6)
            for step in x.unbind(1):
                state = self.relu(self.cell(state) + step)
            return state

    counts = count_patterns(Loop(), [torch.randn(5, 7, 6), torch.randn(3, 4, 6)])
    names = ["relu", *(f"relu:{number}" for number in range(1, 7))]
    assert {name: c.total for name, c in counts.items()} == dict.fromkeys(names[:4], 8) | (
        dict.fromkeys(names[4:], 5)
    )


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_a_padded_transformer():
    model = transformer()
    padding = torch.arange(3) >= torch.tensor([[1], [3], [2]])
    batch = {"src": X1[:3], "src_key_padding_mask": padding}
    counts = count_patterns(model, [batch])
    model.eval().layers[1].linear1.register_forward_hook(lambda *out: hidden.append(out[2]))
    hidden = []
    model(**batch)
    expected = collections.Counter(map(tuple, (hidden[0] > 0).flatten(0, 1).tolist()))
    assert as_dictionary(counts["layers.1/relu"]) == expected


def test_numbers_of_numpy_are_numbers():
    model = network()
    options = {"sites": np.int64(5), "channel_dim": np.int32(1), "max_patterns": np.int64(99)}
    counts = count_patterns(model, [IMAGES], **options)
    assert counts == count_patterns(model, [IMAGES], sites=5)
    assert count_patterns(
        model, [IMAGES], sites=np.arange(6), max_bytes=np.int64(1 << 20)
    ).keys() == set(NAMES)


@pytest.mark.parametrize("channel_dim", ["x", 1.5, True, [1]])
def test_a_channel_dimension_that_is_no_number(channel_dim):
    with pytest.raises(TypeError, match=r"channel_dim is the number of a dimension, such as 1 or"):
        count_patterns(network(), [IMAGES], channel_dim=channel_dim)


def test_a_layer_without_filters_has_one_pattern():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Initializing zero-element tensors")
        model = nn.Sequential(nn.Linear(3, 0), nn.ReLU(), nn.Linear(0, 2), nn.ReLU())
    counts = count_patterns(model, torch.randn(8, 3).split(3))
    assert [(c.width, c.total, c.distinct) for c in counts.values()] == [(0, 8, 1), (2, 8, 1)]


def test_sparse_and_nested_tensors_are_named():
    model = nn.Sequential(nn.ReLU())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nested = torch.nested.nested_tensor([torch.randn(2, 3), torch.randn(4, 3)])
        csr = torch.eye(3).to_sparse_csr()
    for kind, x in (
        ("nested", nested),
        (r"torch\.sparse_coo", torch.eye(3).to_sparse()),
        ("torch.sparse_csr", csr),
    ):
        with pytest.raises(TypeError, match=rf"site '0' is a {kind} tensor, .*to_dense"):
            count_patterns(model, [x])
        with pytest.raises(TypeError, match=rf"pack needs an ordinary tensor, not a {kind} one"):
            pack(x)


def test_layout_of_the_memory_does_not_matter():
    model = network().double()
    twin = copy.deepcopy(model).to(memory_format=torch.channels_last)
    images = IMAGES.double()
    last = images.contiguous(memory_format=torch.channels_last)
    assert count_patterns(model, [images]) == count_patterns(twin, [last])


def test_under_autocast_and_in_inference_mode():
    model = network()
    with torch.inference_mode():
        assert count_patterns(model, [IMAGES]) == count_patterns(network(), [IMAGES])
    exact = count_patterns(model, [IMAGES])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = count_patterns(model, [IMAGES])
        loss = model(IMAGES).float().square().sum()
    assert list(rounded) == list(exact)
    assert rounded["2"] != exact["2"]
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_models_that_cannot_be_counted_are_named():
    for model in (torch.relu, network, None):
        with pytest.raises(TypeError, match=r"count_patterns needs a torch\.nn\.Module, not"):
            count_patterns(model, [IMAGES])
    with pytest.raises(TypeError, match="scripted module"):
        count_patterns(torch.jit.script(nn.Sequential(nn.ReLU())), [IMAGES])
    with pytest.raises(ValueError, match=r"'0\.weight' has no shape yet; pass one batch"):
        count_patterns(nn.Sequential(nn.LazyLinear(4), nn.ReLU()), [IMAGES])
    with pytest.raises(ValueError, match=r"'0\.weight' is on the meta device"):
        count_patterns(network().to("meta"), [IMAGES])
    with pytest.raises(ValueError, match="batch_norm is 'batch' or 'running', not 'train'"):
        count_patterns(network(), [IMAGES], batch_norm="train")
    copies = nn.Sequential(nn.DataParallel(network()))
    copies[0].device_ids = [0, 1]
    with pytest.raises(ValueError, match=r"count_patterns\(model\.module"):
        count_patterns(copies, [IMAGES])


def test_a_forward_in_another_thread_meanwhile_is_refused_and_not_counted():
    model, errors = network(), []

    def run():
        try:
            model(IMAGES)
        except RuntimeError as error:
            errors.append(str(error))

    class Meanwhile(nn.Module):
        def forward(self, x):
            if not errors:
                thread = threading.Thread(target=run)
                thread.start()
                thread.join()
            return x

    model.append(Meanwhile())
    counts = count_patterns(model, [IMAGES])
    assert "another thread" in errors[0]
    assert counts == count_patterns(model, [IMAGES])


def test_two_threads_that_count_one_model_leave_it_as_it_was():
    model, errors = network(), []
    before = everything(model)
    inside, done = threading.Event(), threading.Event()

    class Waits(nn.Module):
        def __init__(self, body):
            super().__init__()
            self.body = body

        def forward(self, x):
            inside.set()
            done.wait(60)
            return self.body(x)

    def other():
        inside.wait(60)
        try:
            count_patterns(model, [IMAGES])
        except RuntimeError as error:
            errors.append(str(error))
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    counts = count_patterns(Waits(model), [IMAGES])
    thread.join()
    assert "another thread runs this Sequential" in errors[0]
    assert same(before, everything(model))
    assert list(counts) == [f"body.{name}" for name in NAMES]
    assert len(count_patterns(model, [IMAGES])) == len(NAMES)


def test_blocks_of_the_user_do_not_see_the_passes():
    model = network().eval()
    with watch(model) as seen:
        model(IMAGES[:3])
        assert count_patterns(model, [IMAGES]) == count_patterns(network(), [IMAGES])
        assert [len(site.pre_activation) for site in seen.sites.values()] == [3] * len(NAMES)


# What it leaves behind: nothing.


def everything(model: nn.Module) -> dict[str, object]:
    """All that a user could see of a model and of the world around it."""
    found: dict[str, object] = {
        "random": [torch.get_rng_state(), random.getstate(), np.random.get_state()],
        "grad": torch.is_grad_enabled(),
        "stance": torch._dynamo.eval_frame._stance.stance,
        "modes": torch.overrides._len_torch_function_stack(),
        "filters": list(warnings.filters),
        "hooks": [
            list(value)
            for name, value in vars(module_hooks).items()
            if name.startswith("_global_") and value is not None
        ],
    }
    for name, module in model.named_modules():
        for key, value in vars(module).items():
            found[f"{name}.{key}"] = dict(value) if isinstance(value, dict) else value
        for key, tensor in [*module._parameters.items(), *module._buffers.items()]:
            if tensor is not None:
                found[f"{name}.{key} bits"] = (
                    id(tensor), tensor._version, tensor.detach().clone(), tensor.requires_grad,
                    None if tensor.grad is None else tensor.grad.clone(),
                )  # fmt: skip
    return found


def same(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor | np.ndarray):
        a, b = torch.as_tensor(a), torch.as_tensor(b)
        return a.shape == b.shape and torch.equal(a.nan_to_num(-1.5), b.nan_to_num(-1.5))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a is b or a == b


class Odd(nn.Module):
    """Writes to buffers and attributes, draws random numbers, and fails where told to."""

    error: BaseException | None = None

    def __init__(self):
        super().__init__()
        self.register_buffer("steps", torch.zeros(1))
        self.register_buffer("missing", None)
        self.calls = 0

    def forward(self, x):
        self.steps += 1
        self.missing = torch.ones(2)
        self.calls += 1
        self.cache = x
        self.register_buffer("late", torch.ones(1))
        noise = torch.rand(1) + random.random() + np.random.rand()
        if self.error is not None:
            raise self.error
        return x + 0 * noise.item()


def trained() -> nn.Sequential:
    model = network()
    model[3].norm.momentum = None  # a cumulative average
    model(IMAGES).square().sum().backward()
    model.append(Odd())
    model[0].requires_grad_(False)
    model[3].norm.eval()
    model[10].eval()
    model.register_forward_hook(lambda *_: None)
    return model


@pytest.mark.parametrize("error", [None, ValueError("on purpose"), KeyboardInterrupt()])
@pytest.mark.parametrize("batch_norm", ["batch", "running"])
def test_nothing_of_the_model_or_the_random_numbers_changes(error, batch_norm, monkeypatch):
    model = trained()
    loader = DataLoader(TensorDataset(IMAGES, IMAGES), batch_size=8, shuffle=True)
    before = everything(model)

    def batches():
        for number, batch in enumerate(loader):
            monkeypatch.setattr(Odd, "error", error if number == 1 else None)
            yield batch

    with pytest.raises(type(error)) if error else contextlib.nullcontext():
        count_patterns(model, batches(), batch_norm=batch_norm)
    after = everything(model)
    assert not [name for name in before if not same(before[name], after[name])]
    assert before.keys() == after.keys()


def test_errors_of_the_loader_leave_nothing_behind():
    model = trained()
    before = everything(model)

    def batches():
        yield IMAGES
        torch.rand(3)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        count_patterns(model, batches())
    assert same(before, everything(model))


def test_the_loader_may_run_the_model_itself():
    """Adversarial examples, say: gradients are on and nothing is counted between the passes."""
    model = network()

    def batches():
        for x in IMAGES.split(8):
            x = x.clone().requires_grad_()
            assert model.training
            model(x).sum().backward()
            yield x + 0.1 * x.grad.sign()

    counts = count_patterns(model, batches())
    assert counts["9"].total == 24


def test_training_goes_on_as_if_nothing_had_been_counted():
    states = []
    for counted in (False, True):
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        torch.manual_seed(3)
        for _ in range(3):
            if counted:
                count_patterns(model, DataLoader(IMAGES, batch_size=8, shuffle=True))
            loss = model(IMAGES[torch.randperm(24)[:12]]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        states.append(model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_bar_is_shown_where_asked_for(capsys, monkeypatch):
    model = network()
    quiet = count_patterns(model, IMAGES.split(8))
    assert capsys.readouterr() == ("", "")
    assert count_patterns(model, IMAGES.split(8), progress=True) == quiet
    assert capsys.readouterr() == ("", ""), "in a log or a notebook each update would stay"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert count_patterns(model, IMAGES.split(8), progress=True) == quiet
    shown = capsys.readouterr().err
    assert "counting patterns" in shown and "3/3" in shown
    monkeypatch.setitem(__import__("sys").modules, "tqdm", None)
    with pytest.raises(ModuleNotFoundError, match="pip install tqdm"):
        count_patterns(model, IMAGES.split(8), progress=True)


def test_no_counter_waits_for_the_garbage_collector():
    """It shares the lists of its result, gigabytes where most patterns differ."""

    def counters():
        return sum(type(each) is PatternCounter for each in gc.get_objects())

    gc.collect()
    before = counters()
    gc.disable()
    try:
        count_patterns(network(), [torch.randn(4, 3, 9, 9)])
        assert counters() == before
    finally:
        gc.enable()
