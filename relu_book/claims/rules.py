"""The language of the rules: one expression, decided without running any code of the file.

A rule is an expression such as ``all(250 <= sectors_on_grid <= 256) and exact_sectors == 256``.
It is read into Python's syntax tree and walked with a white list: numbers, tuples of numbers,
names of measured quantities, arithmetic, comparisons, ``and``, ``or``, ``not``, and calls of the
functions in ``relu_book.claims.functions``. Anything else is refused when the rule is read.

Truth has four values, see ``relu_book.claims.truth``. Arrays are compared element by element.
"""

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from relu_book.claims.functions import FUNCTIONS
from relu_book.claims.judgements import Interval, Judged, Ranks
from relu_book.claims.truth import (
    ON_CONDITIONS,
    Open,
    by_element,
    elements,
    every,
    negated,
    opened,
    plain,
    some,
)

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


@dataclass(frozen=True)
class Weighed:
    """What an expression comes to.

    Attributes:
        value: A number, an array, or one of the four truths.
        intervals: What its judgements were made by, in the order of the expression.
        compared: Whether each comparison of numbers is true, conditions aside.
    """

    value: object
    intervals: tuple[Interval | Ranks, ...] = ()
    compared: tuple[bool, ...] = ()

    @property
    def sides(self) -> tuple[int, ...]:
        """On which sides of their thresholds the middles of the intervals lie: -1, 0 or 1.

        Of a rule without intervals, whether its comparisons are true.
        """
        return tuple(side for each in self.intervals for side in each.sides) or self.compared


def evaluate(rule: str, quantities: Mapping[str, object]) -> Weighed:
    """The value of an expression, with the intervals that it was judged by.

    Args:
        rule: The expression.
        quantities: Numbers and arrays by name; integer arrays as object arrays of Python integers.

    Raises:
        ValueError: If the rule is not allowed, a name is missing, or shapes do not fit.

    Example:
        >>> evaluate("2 ** width >= count", {"width": 64, "count": 1000}).value
        True
        >>> found = evaluate("above(accuracy, 90)", {"accuracy": [91, 92, 91, 93, 92]})
        >>> found.value, found.intervals[0].what, round(found.intervals[0].low, 2)
        (True, 'accuracy', 90.76)
    """
    tree = parse(rule)
    found = _Evaluation(quantities)
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            return Weighed(found.value(tree), tuple(found.intervals), tuple(found.compared))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise ValueError(f"{error} (in the rule: {rule})") from error


def weigh(rule: str, quantities: Mapping[str, object]) -> Weighed:
    """The truth of a rule, with the intervals that it was judged by.

    Raises:
        ValueError: As ``evaluate``, and if the rule gives a number or an array.

    Example:
        >>> weigh("refuted(found > 0)", {"found": 0}).value
        Open(reasons=('did not occur: found > 0',), decidable=True)
        >>> weigh("enough(seeds >= 5) and count > 3", {"seeds": 2, "count": 1}).value
        False
    """
    found = evaluate(rule, quantities)
    if isinstance(found.value, bool | Open):
        return found
    shape = np.shape(found.value)
    wrong = f"an array of shape {shape}" if shape else repr(found.value)
    raise ValueError(f"a rule ends in true, false or undecided, not in {wrong}: {rule}")


class _Evaluation:
    """One walk through an expression."""

    def __init__(self, quantities: Mapping[str, object]) -> None:
        self.quantities = quantities
        self.intervals: list[Interval | Ranks] = []
        self.compared: list[bool] = []

    def value(self, node: ast.expr):
        match node:
            case ast.Constant():
                return node.value
            case ast.Tuple():
                return np.array([self.value(part) for part in node.elts], dtype=object)
            case ast.Name():
                if node.id not in self.quantities:
                    raise ValueError(f"{node.id} was not measured")
                return self.quantities[node.id]
            case ast.UnaryOp(op=ast.USub()):
                return -self.number(node.operand)
            case ast.UnaryOp():
                return by_element(lambda parts: negated(*parts), self.value(node.operand))
            case ast.BoolOp():
                # All parts are evaluated: a later one may refute what an earlier leaves undecided.
                combine = every if isinstance(node.op, ast.And) else some
                return by_element(combine, *map(self.value, node.values))
            case ast.BinOp():
                calculate = _ARITHMETIC[type(node.op)]
                return plain(calculate(self.number(node.left), self.number(node.right)))
            case ast.Compare():
                operands = [self.number(part) for part in (node.left, *node.comparators)]
                results = [
                    plain(_COMPARISONS[type(sign)](left, right))
                    for sign, left, right in zip(node.ops, operands, operands[1:], strict=False)
                ]
                self.compared += [bool(part) for result in results for part in elements(result)]
                return results[0] if len(results) == 1 else by_element(every, *results)
            case _:
                return self.call(node)

    def number(self, node: ast.expr):
        """A value to calculate or compare with, which an open judgement is not."""
        value = self.value(node)
        if opened(value) is not None:
            raise ValueError(f"{ast.unparse(node)} may be undecided and cannot be compared")
        return value

    def call(self, node: ast.Call):
        name = node.func.id
        if name in ON_CONDITIONS:
            return self.condition(name, node.args)
        arguments = [self.value(argument) for argument in node.args]
        named = {part.arg: self.value(part.value) for part in node.keywords}
        found = FUNCTIONS[name](*arguments, **named)
        if not isinstance(found, Judged):
            return found
        # Of a difference the second part keeps its brackets: a - (b - c).
        texts = [
            f"({ast.unparse(part)})" if isinstance(part, ast.BinOp) else ast.unparse(part)
            for part in node.args
        ]
        what = found.interval.what
        what = ast.unparse(node.args[0]) if what == "{0}" else what.format(*texts)
        self.intervals.append(replace(found.interval, what=what))
        return found.value

    def condition(self, name: str, arguments: list[ast.expr]):
        """``decidable``, ``enough``, ``refuted``: told which parts of the condition are not met."""
        (whole,) = arguments
        together = isinstance(whole, ast.BoolOp) and isinstance(whole.op, ast.And)
        parts = whole.values if together else [whole]
        before = list(self.compared)
        values = [self.value(part) for part in parts]
        self.compared = before
        unmet = [part for part, value in zip(parts, values, strict=True) if value is not True]
        return ON_CONDITIONS[name](every(values), " and ".join(map(ast.unparse, unmet)))
