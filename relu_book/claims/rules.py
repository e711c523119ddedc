"""The language of the rules: one expression, decided without running any code of the file.

A rule is an expression such as ``all(250 <= sectors_on_grid <= 256) and exact_sectors == 256``.
It is read into Python's syntax tree and walked with a white list: numbers, tuples of numbers,
names of measured quantities, arithmetic, comparisons, ``and``, ``or``, ``not``, and calls of the
functions in ``relu_book.claims.functions``. Anything else is refused when the rule is read.

Truth has three values. ``None`` means undecided, and Kleene's logic combines it: false and
undecided is false, true and undecided is undecided. Arrays are compared element by element.
"""

import ast
import operator
from collections.abc import Mapping

import numpy as np

from relu_book.claims.functions import FUNCTIONS, every, plain, some

LARGEST_EXPONENT = 100_000

_COMPARISONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _power(base, exponent):
    if np.max(np.abs(exponent)) > LARGEST_EXPONENT:
        raise ValueError(f"exponents go up to {LARGEST_EXPONENT}")
    return base**exponent


_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: _power,
}

_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.BinOp,
    ast.Compare,
    ast.Call,
    ast.keyword,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.Tuple,
    *_COMPARISONS,
    *_ARITHMETIC,
)


def parse(rule: str) -> ast.expr:
    """Reads a rule and refuses everything that is not on the white list.

    Args:
        rule: The expression.

    Returns:
        The syntax tree of the expression.

    Raises:
        ValueError: If the rule is no expression, or uses anything else than numbers, names,
            arithmetic, comparisons, ``and``, ``or``, ``not`` and the listed functions.

    Example:
        >>> parse("count.__class__")
        Traceback (most recent call last):
            ...
        ValueError: a rule cannot use Attribute, in: count.__class__
    """
    try:
        tree = ast.parse(rule.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"a rule is one expression, but this cannot be read: {rule}") from error
    for node in ast.walk(tree):
        kind = type(node).__name__
        if not isinstance(node, _ALLOWED):
            raise ValueError(f"a rule cannot use {kind}, in: {rule}")
        if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
            raise ValueError(f"a rule knows numbers only, not {node.value!r}, in: {rule}")
        if isinstance(node, ast.Tuple) and not all(_is_number(part) for part in node.elts):
            raise ValueError(f"a tuple holds numbers only, in: {rule}")
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else kind
            if name not in FUNCTIONS:
                raise ValueError(f"a rule cannot call {name}, in: {rule}")
            if any(keyword.arg is None for keyword in node.keywords):
                raise ValueError(f"a rule cannot unpack arguments, in: {rule}")
    return tree.body


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)


def names(rule: str) -> set[str]:
    """The names of quantities that a rule uses.

    Example:
        >>> sorted(names("max(count) <= bound"))
        ['bound', 'count']
    """
    nodes = list(ast.walk(parse(rule)))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called}


def evaluate(rule: str, quantities: Mapping[str, object]):
    """The value of an expression: a number, an array, or one of three truth values.

    Args:
        rule: The expression.
        quantities: Numbers and arrays by name; integer arrays as object arrays of Python integers.

    Returns:
        A number, an array, or ``True``, ``False``, ``None`` (undecided).

    Raises:
        ValueError: If the rule is not allowed, a name is missing, or shapes do not fit.

    Example:
        >>> evaluate("2 ** width >= count and width < 70", {"width": 64, "count": 1000})
        True
        >>> evaluate("enough(seeds >= 5) and count > 3", {"seeds": 2, "count": 1})
        False
    """
    tree = parse(rule)
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            return _value(tree, quantities)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise ValueError(f"{error} (in the rule: {rule})") from error


def decide(rule: str, quantities: Mapping[str, object]) -> bool | None:
    """The truth of a rule: ``True``, ``False`` or ``None`` for undecided.

    Raises:
        ValueError: As ``evaluate``, and if the rule gives a number or an array.

    Example:
        >>> decide("refuted(found > 0)", {"found": 0}) is None
        True
    """
    value = plain(evaluate(rule, quantities))
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"a rule ends in true, false or undecided, not in {value!r}: {rule}")


def _value(node: ast.expr, quantities: Mapping[str, object]):
    match node:
        case ast.Constant():
            return node.value
        case ast.Tuple():
            parts = [_value(part, quantities) for part in node.elts]
            return np.array(parts, dtype=object)
        case ast.Name():
            if node.id not in quantities:
                raise ValueError(f"{node.id} was not measured")
            return quantities[node.id]
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, quantities)
        case ast.UnaryOp():
            return _negated(_value(node.operand, quantities))
        case ast.BoolOp():
            # All parts are evaluated: a later part may refute what an earlier leaves undecided.
            parts = [_value(part, quantities) for part in node.values]
            return _combined(parts, conjunction=isinstance(node.op, ast.And))
        case ast.BinOp():
            left, right = _value(node.left, quantities), _value(node.right, quantities)
            return plain(_ARITHMETIC[type(node.op)](left, right))
        case ast.Compare():
            operands = [_value(part, quantities) for part in (node.left, *node.comparators)]
            results = [
                plain(_COMPARISONS[type(sign)](left, right))
                for sign, left, right in zip(node.ops, operands, operands[1:], strict=False)
            ]
            return _combined(results, conjunction=True)
        case _:
            arguments = [_value(argument, quantities) for argument in node.args]
            named = {part.arg: _value(part.value, quantities) for part in node.keywords}
            return FUNCTIONS[node.func.id](*arguments, **named)


def _combined(parts: list, *, conjunction: bool):
    """Kleene's and / or, element by element where there are arrays."""
    if len(parts) == 1:
        return parts[0]
    combine = np.frompyfunc(lambda *values: (every if conjunction else some)(values), len(parts), 1)
    return plain(_as_truth(combine(*parts)))


def _negated(part):
    return plain(_as_truth(np.frompyfunc(lambda v: None if v is None else not v, 1, 1)(part)))


def _as_truth(values):
    """Booleans as booleans; an object array only where something is undecided."""
    if isinstance(values, np.ndarray) and not any(value is None for value in values.flat):
        return values.astype(bool)
    return values
