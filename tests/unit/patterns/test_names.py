"""Names of sites, and what happens when a name is wrong."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from relu_book.patterns import count_patterns, resolve_site, watch
from relu_book.patterns.names import innermost, module_names


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.fc(x))
        return F.relu(x) + torch.relu(-x) + self.relu(x).clamp(min=0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.blocks = nn.ModuleList([Block(), Block()])
        self.hidden = [nn.LeakyReLU()]  # not registered
        self.shared = self.blocks[0].relu

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return F.relu(self.shared(self.hidden[0](x)))


BLOCK = ["{}.relu", "{}/relu", "{}/relu:1", "{}.relu:1", "{}/clamp"]
NAMES = [
    "stem.1",
    *(name.format("blocks.0") for name in BLOCK),
    *(name.format("blocks.1") for name in BLOCK),
    "/leaky_relu",
    "blocks.0.relu:2",
    "/relu",
]


def names_seen(model, *, run=None, **options) -> list[str]:
    with watch(model, **options) as seen:
        (run or model)(torch.randn(3, 4))
    return list(seen.sites)


def test_names_in_execution_order():
    assert names_seen(Net()) == NAMES


def test_a_site_knows_its_name():
    with watch(Net()) as seen:
        seen._root(torch.randn(3, 4))
    assert all(site.name == name for name, site in seen.sites.items())
    assert repr(seen.sites["/relu"]) == "Site('/relu', width=4, shape=(3, 4))"


def test_a_relu_alone():
    assert names_seen(nn.ReLU()) == ["/relu"]


class Holder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.module = model

    def forward(self, x):
        return self.module(x)


@pytest.mark.parametrize(
    "wrap",
    [nn.DataParallel, torch.optim.swa_utils.AveragedModel, Holder, lambda m: Holder(Holder(m))],
)
def test_wrappers_leave_no_trace(wrap):
    wrapped = wrap(Net())
    assert names_seen(wrapped) == NAMES
    inside = nn.Sequential(nn.Identity(), wrapped)
    assert names_seen(inside) == [
        f"1{name}" if name.startswith("/") else f"1.{name}" for name in NAMES
    ]


def test_a_parallel_wrapper_and_its_model_are_the_same():
    model = Net()
    wrapped = nn.DataParallel(model)
    assert innermost(nn.DataParallel(wrapped)) is model
    assert names_seen(wrapped, run=model) == names_seen(model, run=wrapped) == NAMES


def test_an_ordinary_child_called_module_keeps_its_name():
    model = nn.Sequential()
    model.module = nn.Linear(4, 4)
    model.relu = nn.ReLU()
    assert sorted(module_names(model).values()) == ["", "module", "relu"]


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ("stem.1", ["stem.1"]),
        (["/relu", "stem.1"], ["stem.1", "/relu"]),
        ("blocks.1*", [name for name in NAMES if name.startswith("blocks.1")]),
        (["*:1"], [name for name in NAMES if name.endswith(":1")]),
        (lambda name: "clamp" in name, ["blocks.0/clamp", "blocks.1/clamp"]),
        (0, ["stem.1"]),
        (np.int64(0), ["stem.1"]),
        (np.array([0, 1]), ["stem.1", "blocks.0.relu"]),
        ([0, 13, "blocks.0/relu"], ["stem.1", "blocks.0/relu", "/relu"]),
        (("*",), NAMES),
    ],
)
def test_choosing_sites(sites, expected):
    assert names_seen(Net(), sites=sites) == expected
    taken = []
    model = Net()
    with watch(model, lambda site: taken.append(site.name), sites=sites):
        model(torch.randn(3, 4))
    assert taken == expected


@pytest.mark.parametrize(
    ("sites", "sentence"),
    [
        ("stem.2", r"no site 'stem.2', .*close names: 'stem.1'"),
        (["stem.1", "block.1.relu"], r"no site 'block.1.relu', .*'blocks.1.relu'"),
        ("layer*", r"no site 'layer\*', .*; sites: 'stem.1', .*… \(14 in all\)"),
        (14, r"no site 14, .*; sites: 'stem.1'"),
        (lambda name: False, r"the predicate sites= took no site; sites: 'stem.1'"),
    ],
)
def test_a_wish_that_no_pass_met_is_an_error_at_the_end(sites, sentence):
    model = Net()
    with pytest.raises(ValueError, match=sentence), watch(model, sites=sites):
        model(torch.randn(3, 4))
        model(torch.randn(3, 4))


def test_both_sides_of_a_branch_share_a_name():
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, x):
            return F.relu(self.a(x)) if x.sum() > 0 else F.relu(self.b(x))

    counts = count_patterns(Branch(), [torch.ones(2, 4), -torch.ones(5, 4)])
    assert {name: c.total for name, c in counts.items()} == {"/relu": 7}


def test_no_relu_at_all():
    model = nn.Sequential(nn.Linear(4, 4), nn.GELU())
    with pytest.raises(ValueError, match="the model made no ReLU-like call"):
        names_seen(model, sites="1")
    with watch(model) as seen:
        model(torch.randn(3, 4))
    with pytest.raises(KeyError, match="no ReLU-like call"):
        seen.sites["1"]


def test_an_unmet_wish_is_silent_without_a_complete_pass_or_after_another_error():
    model = Net()
    with watch(model, sites="stem.2"):
        pass
    with pytest.raises(RuntimeError, match="shapes"), watch(model, sites="stem.2"):
        model(torch.randn(3, 5))
    with pytest.raises(ZeroDivisionError), watch(model, sites="stem.2"):
        model(torch.randn(3, 4))
        _ = 1 / 0


@pytest.mark.parametrize("sites", [[], 1.5, [1.5], [None], True, -1, ["stem.1", -2]])
def test_wishes_that_make_no_sense(sites):
    with pytest.raises((TypeError, ValueError), match="sites"):
        watch(Net(), sites=sites)


def test_a_wrong_key_lists_the_right_ones():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    with watch(model) as seen:
        model(torch.randn(3, 4))
    with pytest.raises(KeyError, match=r"no site 'relu' .*sites: '1'"):
        seen.sites["relu"]
    assert seen.sites.get("relu") is None


def test_layers_by_name_and_number():
    for number in range(len(NAMES)):
        assert resolve_site(NAMES, number) == NAMES[number]
        assert resolve_site(NAMES, number - len(NAMES)) == NAMES[number]
        assert resolve_site(NAMES, NAMES[number]) == NAMES[number]
    assert resolve_site(iter(NAMES), torch.tensor(1)) == NAMES[1]


@pytest.mark.parametrize(
    ("names", "layer", "error", "sentence"),
    [
        (NAMES, "blocks.0.rleu", ValueError, "close names: 'blocks.0.relu'"),
        (NAMES, 14, ValueError, r"no site number 14 among 14 \(0 to 13\)"),
        (NAMES, -15, ValueError, r"no site number -15 among 14"),
        ([], 0, ValueError, "no ReLU-like call"),
        ([], "relu", ValueError, "no ReLU-like call"),
        (NAMES, 1.0, TypeError, "float 1.0"),
        (NAMES, True, TypeError, "bool True"),
        (NAMES, None, TypeError, "NoneType"),
    ],
)
def test_a_layer_that_there_is_not(names, layer, error, sentence):
    with pytest.raises(error, match=sentence):
        resolve_site(names, layer)
