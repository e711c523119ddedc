"""Names of sites: from modules to names, from what a user asks for to sites.

A site takes the qualified name of its module (``layer1.0.relu``), a functional call the name of the
module whose forward makes it and the function (``layer1.0/relu``, ``/relu`` in the model's own
forward), a further call in the same pass a number (``layer1.0.relu:1``). What merely wraps a model,
such as ``torch.compile`` or ``DataParallel``, leaves no trace in the names.

A name says where a call is made and the how-manieth it is, not which line made it. Where a branch
depends on the data, functional calls of both sides share ``/relu``, or ``/relu:1`` is another call
in another pass; modules, one for each ReLU, keep them apart.
"""

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.optim.swa_utils import AveragedModel

from relu_book.patterns.packing import is_whole
from relu_book.spelling import close_names

_WRAPPED_AS = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")


def innermost(model: nn.Module) -> nn.Module:
    """The model inside compiled, parallel or averaged wrappers.

    Example:
        >>> layer = nn.Linear(2, 3)
        >>> innermost(DataParallel(layer)) is layer
        True
    """
    while True:
        inner = next((model._modules[key] for key in _WRAPPED_AS if key in model._modules), None)
        if inner is None and isinstance(
            model, DataParallel | DistributedDataParallel | AveragedModel
        ):
            inner = model.module
        if inner is None:
            return model
        model = inner


def module_names(model: nn.Module) -> dict[int, str]:
    """Qualified names by ``id(module)``, without the prefixes that wrappers add.

    A module registered twice keeps its first name. An only child called ``module`` counts as
    wrapped, as in ``DistributedDataParallel``.
    """
    names: dict[int, str] = {}

    def visit(module: nn.Module, name: str) -> None:
        if id(module) in names:
            return
        names[id(module)] = name
        for key, child in module._modules.items():
            if child is None:
                continue
            wrapper = key in _WRAPPED_AS or (key == "module" and len(module._modules) == 1)
            visit(child, name if wrapper else f"{name}.{key}" if name else key)

    visit(model, "")
    return names


def _known(names: Sequence[str], asked: str) -> str:
    """The end of an error sentence: which names there are, the close ones first."""
    if not names:
        return "the model made no ReLU-like call in its forward pass"
    close = close_names(asked, names)
    shown = close or names[:8]
    more = "" if close or len(names) <= 8 else f", … ({len(names)} in all)"
    return f"{'close names' if close else 'sites'}: {', '.join(map(repr, shown))}{more}"


def resolve_site(names: Sequence[str], layer: str | int) -> str:
    """The site that a ``layer`` argument means.

    Args:
        names: names of all sites, in execution order.
        layer: a site's name, or its number from 0 (negative from the end).

    Returns:
        One of ``names``.

    Raises:
        ValueError: no such site; the sentence lists the close names.
        TypeError: ``layer`` is neither a name nor a number.

    Example:
        >>> resolve_site(["1", "3"], -1)
        '3'
        >>> resolve_site(["layer1.relu", "layer2.relu"], "layer3.relu")
        Traceback (most recent call last):
        ValueError: no site 'layer3.relu'; close names: 'layer2.relu', 'layer1.relu'
    """
    names = list(names)
    if isinstance(layer, str):
        if layer in names:
            return layer
        raise ValueError(f"no site {layer!r}; {_known(names, layer)}")
    if isinstance(layer, bool) or not hasattr(layer, "__index__"):
        raise TypeError(
            f"a layer is a site's name or its number, not {type(layer).__name__} {layer!r}"
        )
    number = layer.__index__()
    if not -len(names) <= number < len(names):
        raise ValueError(
            f"no site number {number} among {len(names)} (0 to {len(names) - 1}); "
            f"{_known(names, '')}"
            if names
            else f"no site number {number}: {_known(names, '')}"
        )
    return names[number]


class Selection:
    """Which sites were asked for, and which of the wishes have been met.

    Args:
        sites: ``None`` for all; a name or glob, or several; numbers counted from 0; or a predicate
            of the name.
    """

    def __init__(
        self, sites: str | int | Iterable[str | int] | Callable[[str], bool] | None
    ) -> None:
        self.all = sites is None
        self.predicate = sites if callable(sites) else None
        self.wishes: list[str | int] = []
        if not self.all and self.predicate is None:
            several = isinstance(sites, Iterable) and not isinstance(sites, str)
            self.wishes = list(sites) if several else [sites]
            if not self.wishes:
                raise ValueError("sites=[] asks for no site at all; leave it out to see every site")
        for wish in self.wishes:
            if not isinstance(wish, str) and not is_whole(wish):
                raise TypeError(
                    "sites= takes names, globs, numbers or a predicate of the name, "
                    f"not {type(wish).__name__} {wish!r}"
                )
            if not isinstance(wish, str) and wish < 0:
                raise ValueError(
                    f"sites={wish}: while a pass runs its last site is not known; "
                    "count from 0 or give the name"
                )
        self.seen: dict[str, None] = {}
        self.met: set[str | int] = set()

    def takes(self, name: str, number: int) -> bool:
        """Whether the site called ``name``, the pass's ``number``-th, was asked for."""
        self.seen[name] = None
        if self.all:
            return True
        if self.predicate is not None:
            taken = bool(self.predicate(name))
            if taken:
                self.met.add(name)
            return taken
        met = [
            wish
            for wish in self.wishes
            if wish in (number, name) or (isinstance(wish, str) and fnmatchcase(name, wish))
        ]
        self.met.update(met)
        return bool(met)

    def require_met(self) -> None:
        """Raise ``ValueError`` if a wish met no site in any pass so far."""
        names = list(self.seen)
        if self.predicate is not None and not self.met:
            raise ValueError(f"the predicate sites= took no site; {_known(names, '')}")
        for wish in self.wishes:
            if wish not in self.met:
                raise ValueError(f"no site {wish!r}, as sites= asks; {_known(names, str(wish))}")
