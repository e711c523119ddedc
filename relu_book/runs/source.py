"""What a run of one's own experiment depends on besides its settings: the experiment's code.

The book's experiments are told by the commit of the clone, which a record names. The code of any
other is told by its content: the file that registers it and every file of one's own that this
imports, or in a notebook what the function and all that it uses there do. Packages that are
installed, relu_book among them, are told by their versions and commit instead. What a function
imports only while it runs is not seen.
"""

import dis
import hashlib
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import relu_book

_NOTEBOOK = "__main__"
_INSTALLED = {"site-packages", "dist-packages"}


@dataclass(frozen=True)
class Source:
    """The code of an experiment, as it was read when the experiment was registered.

    Attributes:
        files: The files of one's own that it is made of, in alphabetical order.
        digest: SHA-256 over their content.
        typed: Whether the function itself was typed into a notebook, where no file holds it.
    """

    files: tuple[str, ...]
    digest: str
    typed: bool = False

    def fingerprint(self, function: Callable[..., Any]) -> str:
        """64 hexadecimal digits: equal for equal code, whatever folder or module holds it."""
        if not self.typed:
            return self.digest
        content = hashlib.sha256(self.digest.encode())
        for text in sorted(_typed(function)):
            content.update(text.encode())
        return content.hexdigest()


def own_source(function: Callable[..., Any]) -> Source | None:
    """The code of an experiment; None for those of the book.

    Example:
        >>> from relu_book.runs import find
        >>> own_source(find("activation_cells/cells_over_width").function) is None
        True
    """
    name = function.__module__
    if name.partition(".")[0] == "relu_book":
        return None
    files = sorted(set(_own_files(name)))
    digests = sorted(hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in files)
    whole = hashlib.sha256("".join(digests).encode()).hexdigest()
    return Source(tuple(files), whole, typed=_own_file(sys.modules.get(name)) is None)


def _own_files(name: str) -> Iterator[str]:
    """The file of a module and those of the modules of one's own that it uses."""
    waiting, seen = [name], set()
    while waiting:
        name = waiting.pop()
        module = sys.modules.get(name)
        file = _own_file(module)
        if name in seen or (file is None and name != _NOTEBOOK):
            continue
        seen.add(name)
        if file is not None:
            yield file
        for value in list(vars(module).values()):
            if isinstance(value, ModuleType):
                waiting.append(value.__name__)
            elif isinstance(value, FunctionType | type):
                waiting.append(value.__module__)


def _own_file(module: ModuleType | None) -> str | None:
    """The file of a module that is neither Python's, installed, nor one of relu_book."""
    named = getattr(module, "__file__", None)
    if named is None:
        return None
    file = Path(named).resolve()
    others = (sysconfig.get_path("stdlib"), Path(relu_book.__file__).resolve().parent)
    foreign = _INSTALLED & set(file.parts) or any(map(file.is_relative_to, others))
    return str(file) if file.suffix == ".py" and not foreign else None


def _typed(function: Callable[..., Any]) -> set[str]:
    """What a function of a notebook does, and the functions, classes and values it uses there."""
    space, waiting, seen, texts = function.__globals__, [function], set(), set()
    while waiting:
        used = waiting.pop()
        if id(used) in seen:
            continue
        seen.add(id(used))
        for code in _codes(used):
            texts.add(repr((code.co_code, code.co_names, [*map(_plain, code.co_consts)])))
            names = {step.argval for step in dis.get_instructions(code) if "GLOBAL" in step.opname}
            for name in sorted(names & space.keys()):
                value = space[name]
                if isinstance(value, FunctionType | type) and value.__module__ == _NOTEBOOK:
                    waiting.append(value)
                elif isinstance(value, int | float | str | tuple):
                    texts.add(f"{name} = {value!r}")
    return texts


def _codes(used: FunctionType | type | CodeType) -> Iterator[CodeType]:
    """The code of a function, of the methods of a class, and of the functions inside them."""
    if isinstance(used, type):
        for method in vars(used).values():
            if isinstance(method, FunctionType):
                yield from _codes(method)
        return
    code = used if isinstance(used, CodeType) else used.__code__
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _plain(constant: Any) -> Any:
    """A constant of a function, printed alike in every process."""
    if isinstance(constant, CodeType):
        return "code"
    return sorted(constant, key=repr) if isinstance(constant, frozenset) else constant
