"""Experiments are found by name, and their parts must fit."""

from dataclasses import dataclass

import pytest
import sample_experiments  # registers the experiments of these tests

from relu_book import runs
from relu_book.runs import experiment, find
from relu_book.runs.registry import _registered
from relu_book.runs.settings import as_json, difference, settings_hash


def test_experiments_of_the_package_are_found():
    assert "activation_cells/cells_over_width" in runs.names()
    assert find("samples/trained").function is sample_experiments.trained


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("activation_cells/cells_over_widht", "activation_cells/cells_over_width"),
        ("cells_over_width", "activation_cells/cells_over_width"),
        ("samples/traind", "samples/trained"),
    ],
)
def test_an_unknown_name_is_answered_with_close_ones(name, close):
    with pytest.raises(ValueError, match=f"no experiment '{name}': did you mean .*{close}"):
        find(name)


def test_a_name_like_no_other_is_answered_with_the_command():
    with pytest.raises(ValueError, match="relu-book list"):
        find("q")


def test_an_unknown_scale_is_answered():
    with pytest.raises(ValueError, match="has no scale 'paper': choose one of smoke, desk"):
        find("activation_cells/cells_over_width").settings("paper")


def test_every_experiment_can_be_run_small_and_says_how_long_it_takes():
    for name in runs.names():
        found = find(name)
        text = " ".join(found.function.__doc__.split())
        said = name.removesuffix(f"_{found.variant}")  # a variant has the words of its origin
        assert text.startswith(f"relu-book run {said} ")
        if not name.startswith("samples/"):
            assert "xpected" in text, f"{name} does not say what to expect"
        assert set(found.expected) == set(found.scales)


@dataclass(frozen=True)
class Good:
    width: tuple[int, ...] = (1, 2)
    seeds: tuple[int, ...] = (0,)


@dataclass
class Thawed:
    seeds: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Seedless:
    width: int = 3


@dataclass(frozen=True)
class Odd:
    function: object = print
    seeds: tuple[int, ...] = (0,)


def documented(settings, seed, run):
    """relu-book run samples/documented"""


def undocumented(settings, seed, run):
    """Measures."""


@pytest.mark.parametrize(
    ("function", "changes", "message"),
    [
        (undocumented, {}, "must open with its command, `relu-book run samples/undocumented"),
        (documented, {"scales": {"desk": Good()}}, "scales has settings for 'smoke'"),
        (documented, {"scales": {"smoke": Good(), "big": Good()}}, "scales has settings"),
        (documented, {"expected": {}}, "and expected a time for each"),
        (documented, {"scales": {"smoke": Thawed()}}, "a frozen dataclass with seeds"),
        (documented, {"scales": {"smoke": Seedless()}}, "a frozen dataclass with seeds"),
        (documented, {"scales": {"smoke": Good(seeds=())}}, "a frozen dataclass with seeds"),
        (documented, {"scales": {"smoke": Good}}, "a frozen dataclass with seeds"),
        (documented, {"over": ("seeds",)}, "over names fields that hold a tuple"),
        (documented, {"over": ("depth",)}, "over names fields that hold a tuple"),
        (documented, {"scales": {"smoke": Good(width=(1, 1))}, "over": ("width",)}, "different"),
        (documented, {"scales": {"smoke": Good(width=(None,))}, "over": ("width",)}, "numbers"),
    ],
)
def test_an_experiment_whose_parts_do_not_fit_is_refused(function, changes, message):
    parts = {"chapter": "samples", "scales": {"smoke": Good()}, "expected": {"smoke": "1 s"}}
    with pytest.raises(ValueError, match=message):
        experiment(**(parts | changes))(function)
    assert f"samples/{function.__name__}" not in _registered


@dataclass(frozen=True)
class OnData:
    data: str = "digits"
    steps: int = 5
    seeds: tuple[int, ...] = (0,)


def test_a_variant_is_the_same_experiment_on_another_data_set():
    scales = {"smoke": OnData(), "desk": OnData("cifar10"), "paper": OnData("cifar10", 90)}
    made = experiment(
        chapter="samples",
        scales=scales,
        expected=dict.fromkeys(scales, "1 s"),
        variants={"mnist": {}, "tiny_imagenet": {"paper": {"steps": 900}}},
        deviations={"desk": "90 of 900 steps", "mnist": "MNIST in place of CIFAR-10"},
    )
    try:
        assert made(documented) is documented
        tiny = find("samples/documented_tiny_imagenet")
        assert tiny.function is documented and tiny.variant == "tiny_imagenet"
        assert find("samples/documented").scales == scales
        assert find("samples/documented").variant is None
        assert tiny.scales == {
            "smoke": OnData(),
            "desk": OnData("tiny_imagenet"),
            "paper": OnData("tiny_imagenet", 900),
        }
        assert find("samples/documented_mnist").settings("paper") == OnData("mnist", 90)
        assert tiny.deviations == {"desk": "90 of 900 steps"}
        told = find("samples/documented_mnist").deviations
        assert told == {"desk": "MNIST in place of CIFAR-10; 90 of 900 steps"}
    finally:
        for name in ("", "_mnist", "_tiny_imagenet"):
            _registered.pop(f"samples/documented{name}", None)


@pytest.mark.parametrize(
    ("settings", "changes", "message"),
    [
        (OnData(), {"desk": {}}, "names 'desk'"),
        (OnData(), {"smoke": {"steps": 2}}, "names 'smoke'"),
        (Good(), {"paper": {}}, "does not fit the settings.*'data'"),
    ],
)
def test_a_variant_that_does_not_fit_is_refused(settings, changes, message):
    scales = {"smoke": settings, "paper": settings}
    with pytest.raises(ValueError, match=message):
        experiment(
            chapter="samples",
            scales=scales,
            expected=dict.fromkeys(scales, "1 s"),
            variants={"mnist": changes},
        )(documented)
    _registered.pop("samples/documented", None)


def test_deviations_belong_to_a_scale_or_a_variant():
    with pytest.raises(ValueError, match="deviations names 'dsk', no scale and no variant"):
        experiment(
            chapter="samples",
            scales={"smoke": OnData()},
            expected={"smoke": "1 s"},
            deviations={"dsk": "fewer steps"},
        )(documented)


def test_the_chapter_of_the_books_own_experiments_is_their_package():
    with pytest.raises(ValueError, match=r"stands in no chapter's package, but in .*chapter="):
        experiment(scales={"smoke": Good()}, expected={"smoke": "1 s"})(documented)

    def early(settings, seed, run):
        """relu-book run some_chapter/early"""

    early.__module__ = "relu_book.experiments.some_chapter.early"
    experiment(scales={"smoke": Good()}, expected={"smoke": "1 s"})(early)
    assert _registered.pop("some_chapter/early").function is early


def test_settings_must_be_what_json_holds():
    with pytest.raises(TypeError, match="settings hold numbers, strings, booleans"):
        experiment(chapter="samples", scales={"smoke": Odd()}, expected={"smoke": "1 s"})(
            documented
        )


def test_two_experiments_of_one_name_are_refused():
    def trained(settings, seed, run):
        """relu-book run samples/trained"""

    trained.__module__ = "elsewhere"
    with pytest.raises(ValueError, match="two experiments are called samples/trained"):
        experiment(chapter="samples", scales={"smoke": Good()}, expected={"smoke": "1 s"})(trained)


# ---- settings of yesterday and today -------------------------------------------------------------


@dataclass(frozen=True)
class Yesterday:
    width: int = 16
    rate: float = 0.1
    seeds: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class WithNewOption:
    width: int = 16
    rate: float = 0.1
    clip: tuple[float, ...] = (1.0, 2.0)
    seeds: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class WithOtherDefault:
    width: int = 32
    rate: float = 0.1
    seeds: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class WithoutRate:
    width: int = 16
    seeds: tuple[int, ...] = (0, 1)


def test_the_default_of_a_new_option_leaves_old_settings_valid():
    old = as_json(Yesterday(width=8))
    assert difference(old, WithNewOption(width=8)) is None
    assert settings_hash("a/b", WithNewOption(width=8)) == settings_hash("a/b", Yesterday(width=8))
    assert "no clip" in difference(old, WithNewOption(width=8, clip=(3.0,)))


def test_any_other_change_of_settings_is_noticed():
    assert difference(as_json(Yesterday()), Yesterday(rate=0.2)) == "rate=0.1 instead of 0.2"
    # The values differ though none is given explicitly: the default itself has changed.
    assert difference(as_json(Yesterday()), WithOtherDefault()) == "width=16 instead of 32"
    assert difference(as_json(Yesterday(width=32)), WithOtherDefault()) is None
    assert "no setting any more" in difference(as_json(Yesterday()), WithoutRate())


def test_seeds_are_no_settings():
    assert difference(as_json(Yesterday(seeds=(5,))), Yesterday()) is None
    assert settings_hash("a/b", Yesterday(seeds=(5,))) == settings_hash("a/b", Yesterday())
    assert settings_hash("a/b", Yesterday()) != settings_hash("a/c", Yesterday())
    assert settings_hash("a/b", Yesterday(rate=0.2)) != settings_hash("a/b", Yesterday())
