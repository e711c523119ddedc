"""Which experiments there are: the decorator that names one, and the search by name.

Those of the book are found by themselves. The environment variable ``RELU_BOOK_EXPERIMENTS`` names
further modules, separated by commas, so that ``relu-book`` also runs experiments of one's own.
"""

import dataclasses
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relu_book.records import SCALES
from relu_book.runs.settings import SEEDS, as_json
from relu_book.runs.source import Source, own_source
from relu_book.spelling import close_names

PACKAGE, VARIABLE = "relu_book.experiments", "RELU_BOOK_EXPERIMENTS"


@dataclass(frozen=True)
class Experiment:
    """A function that measures, with what it needs to be run by name.

    Attributes:
        name: ``<chapter>/<function>``.
        function: ``function(settings, seed, run)`` returns the result of one job.
        scales: Settings by scale, from small to large.
        expected: Expected time and device by scale.
        over: Settings that hold several values, each of them a job of its own.
        variant: The data set that takes the place of the one its docstring speaks of, if another.
        deviations: In what the setting differs from that of the source, in words, by scale.
        source: Its code, if it is not one of the book.
        join: Makes the record of what its jobs gave, or None.
    """

    name: str
    function: Callable[..., Any]
    scales: Mapping[str, Any]
    expected: Mapping[str, str]
    over: tuple[str, ...] = ()
    variant: str | None = None
    deviations: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None
    join: Callable[[Any], Any] | None = None

    @property
    def fingerprint(self) -> str | None:
        """What tells its code from any other; None for the book's, which a commit tells."""
        return None if self.source is None else self.source.fingerprint(self.function)

    def settings(self, scale: str) -> Any:
        """The settings of a scale."""
        if scale not in self.scales:
            raise ValueError(
                f"{self.name} has no scale {scale!r}: choose one of {', '.join(self.scales)}"
            )
        return self.scales[scale]

    @property
    def module(self) -> str:
        """The module to import where the experiment is to be known."""
        return self.function.__module__


_registered: dict[str, Experiment] = {}


def experiment(
    *,
    scales: Mapping[str, Any],
    expected: Mapping[str, str],
    over: Iterable[str] = (),
    variants: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    deviations: Mapping[str, str] | None = None,
    chapter: str | None = None,
    join: Callable[[Any], Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a function as the experiment ``<chapter>/<function>``; it stays as it is.

    Args:
        scales: A frozen dataclass with a field ``seeds`` for each scale: ``smoke`` (seconds, run by
            the tests), ``desk`` (two cores), ``paper`` (the source's own).
        expected: Time and device that each scale takes, in words.
        over: Fields whose values are jobs of their own and become dimensions of the result.
        variants: Other data sets by name, each with what else differs there by scale. Each is an
            experiment of its own, ``<chapter>/<function>_<data set>``, whose setting ``data`` is
            that data set at all scales but ``smoke``.
        deviations: In what the setting differs from that of the source, in words, by scale; under
            the name of a variant what differs there besides.
        chapter: Chapter of the book; that of the module for the book's own.
        join: ``join(results)`` makes the record of the results of all jobs, put together along
            ``over`` and ``seed``, where it is not to have them as they are.

    Returns:
        The decorator.

    Raises:
        ValueError: A part does not fit, in one sentence.
    """
    over = tuple(over)

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = f"{chapter or _chapter_of(function)}/{function.__name__}"
        _check_docstring(name, function)
        source = own_source(function)
        told = dict(deviations or {})
        unknown = [key for key in told if key not in scales and key not in (variants or {})]
        if unknown:
            raise ValueError(f"{name}: deviations names {unknown[0]!r}, no scale and no variant")
        own = {scale: told[scale] for scale in scales if scale in told}
        _register(Experiment(name, function, scales, expected, over, None, own, source, join))
        for data, changes in (variants or {}).items():
            there = _on(data, name, scales, changes)
            besides = f"{told[data]}; " if data in told else ""
            own_there = {scale: besides + words for scale, words in own.items()}
            _register(
                Experiment(
                    f"{name}_{data}", function, there, expected, over, data, own_there, source, join
                )
            )
        return function

    return register


def _chapter_of(function: Callable[..., Any]) -> str:
    """The chapter whose package holds the function."""
    inside, _, module = function.__module__.partition(f"{PACKAGE}.")
    if inside or not module:
        raise ValueError(
            f"{function.__name__} stands in no chapter's package, but in {function.__module__}: "
            "give the experiment a chapter="
        )
    return module.partition(".")[0]


def _on(data: str, name: str, scales: Mapping, changes: Mapping[str, Mapping]) -> dict[str, Any]:
    """The settings of each scale on another data set; what is for the tests stays as it is."""
    unknown = [scale for scale in changes if scale not in scales or scale == "smoke"]
    if unknown:
        raise ValueError(
            f"{name}: the variant {data} says what differs at its scales above smoke, but it "
            f"names {unknown[0]!r}"
        )
    try:
        return {
            scale: settings
            if scale == "smoke"
            else dataclasses.replace(settings, **{"data": data, **changes.get(scale, {})})
            for scale, settings in scales.items()
        }
    except TypeError as error:
        raise ValueError(f"{name}: the variant {data} does not fit the settings: {error}") from None


def _register(found: Experiment) -> None:
    _check(found.name, found.scales, found.expected, found.over)
    known = _registered.get(found.name)
    if known is not None and known.module != found.module:
        raise ValueError(f"two experiments are called {found.name}: rename one")
    ordered = {scale: found.scales[scale] for scale in SCALES if scale in found.scales}
    _registered[found.name] = dataclasses.replace(found, scales=ordered)


def names() -> tuple[str, ...]:
    """The names of all experiments, in alphabetical order.

    Returns:
        Those of the book, of the modules that ``RELU_BOOK_EXPERIMENTS`` names, and of the script
        or notebook that runs.

    Raises:
        ImportError: A module that the variable names cannot be imported, for whatever reason.

    Example:
        >>> "activation_cells/cells_over_width" in names()
        True
    """
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, PACKAGE + "."):
        importlib.import_module(module.name)
    own = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
    for module in own:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ImportError(
                f"{VARIABLE} names {module!r}, which cannot be imported ({error}): is its folder "
                "in PYTHONPATH?"
            ) from error
        except (Exception, SystemExit) as error:
            *_, last = traceback.extract_tb(error.__traceback__)
            raise ImportError(
                f"{VARIABLE} names {module!r}, which cannot be imported: it ends with "
                f"{type(error).__name__} {' '.join(str(error).split())} "
                f"({last.filename}, line {last.lineno})"
            ) from error
    known = {*own, "__main__"}
    return tuple(
        sorted(
            name
            for name, found in _registered.items()
            if found.module in known or found.module.startswith(PACKAGE + ".")
        )
    )


def find(name: str, module: str | None = None) -> Experiment:
    """The experiment of this name.

    Args:
        name: ``<chapter>/<function>``.
        module: Module that registers it, if it is none of this package.

    Returns:
        The experiment.

    Raises:
        ValueError: There is none; the message has the close names.

    Example:
        >>> find("activation_cells/cells_over_width").over
        ('width',)
    """
    if name not in _registered:
        if module is not None and module not in sys.modules:
            importlib.import_module(module)
        else:
            names()
    if name in _registered:
        return _registered[name]
    endings = {known.partition("/")[2]: known for known in _registered}
    close = close_names(name, _registered) or [
        endings[ending] for ending in close_names(name, endings)
    ]
    hint = f"did you mean {' or '.join(close)}?" if close else "`relu-book list` has the names"
    raise ValueError(f"there is no experiment {name!r}: {hint}")


def _check(name: str, scales: Mapping, expected: Mapping, over: tuple) -> None:
    """Every part of an experiment is there and fits the others."""
    unknown = [scale for scale in scales if scale not in SCALES]
    if unknown or "smoke" not in scales or set(scales) != set(expected):
        raise ValueError(
            f"{name}: scales has settings for 'smoke' and perhaps 'desk' and 'paper', and expected "
            f"a time for each, but they have {sorted(scales)} and {sorted(expected)}"
        )
    for scale, settings in scales.items():
        frozen = dataclasses.is_dataclass(settings) and settings.__dataclass_params__.frozen
        if isinstance(settings, type) or not frozen or not getattr(settings, SEEDS, None):
            raise ValueError(
                f"{name}: the settings of {scale} are a frozen dataclass with seeds, but they are "
                f"{settings!r}"
            )
        as_json(settings)
        for axis in over:
            values = getattr(settings, axis, None)
            plain = isinstance(values, tuple) and all(
                isinstance(value, int | float | str) for value in values
            )
            if not plain or len(set(values)) != len(values) or not values or axis == SEEDS:
                raise ValueError(
                    f"{name}: over names fields that hold a tuple of different numbers or strings, "
                    f"but {axis} is {values!r}"
                )


def _check_docstring(name: str, function: Callable[..., Any]) -> None:
    command = f"relu-book run {name}"
    if not (function.__doc__ or "").lstrip().startswith(command):
        raise ValueError(f"the docstring of {name} must open with its command, `{command} ...`")
