"""What docstrings say of arguments is what signatures have: the names, and none left out."""

import ast
import re
from pathlib import Path

import pytest

import relu_book

ROOT = Path(relu_book.__file__).parent


def documented(docstring: str) -> list[str]:
    """The names in the section ``Args:``, in order; empty without such a section."""
    lines = iter(docstring.splitlines())
    for line in lines:
        if line.strip() == "Args:":
            depth = len(line) - len(line.lstrip())
            break
    else:
        return []
    names = []
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent <= depth:
            break
        entry = re.match(r"((?:\*{0,2}\w+(?:, )?)+)(?: \([^)]*\))?:", line.strip())
        if entry and indent == depth + 4:
            names += entry[1].split(", ")
    return names


def accepted(function: ast.FunctionDef) -> list[str]:
    """The names of the parameters, in order, without ``self``."""
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    names += [f"*{given.vararg.arg}"] if given.vararg else []
    names += [argument.arg for argument in given.kwonlyargs]
    names += [f"**{given.kwarg.arg}"] if given.kwarg else []
    return [name for name in names if name not in ("self", "cls")]


def fields(owner: ast.ClassDef) -> list[str]:
    """The parameters of a class whose ``__init__`` is made from its annotations."""
    annotated = [node for node in owner.body if isinstance(node, ast.AnnAssign)]
    return [node.target.id for node in annotated if "ClassVar" not in ast.unparse(node.annotation)]


def parameters(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.ClassDef):
        return accepted(node)
    made = [part for part in node.body if getattr(part, "name", "") in ("__init__", "__new__")]
    return accepted(made[0]) if made else fields(node)


def cases():
    """Every function, method and class of the package with a section ``Args:``."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names = documented(ast.get_docstring(node, clean=False) or "")
                if names:
                    name = f"{path.relative_to(ROOT.parent)}:{node.name}"
                    yield pytest.param(names, parameters(node), id=name)


@pytest.mark.parametrize(("names", "signature"), list(cases()))
def test_arguments_are_documented_as_they_are_taken(names, signature):
    assert names == signature
