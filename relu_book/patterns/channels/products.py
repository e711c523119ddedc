"""Products of tensors: what is summed over goes, what the other factor brings is new.

Every product is read as an Einstein sum. If the channels of the data are summed over, as in a
linear map, the letters that only the other factor has are the new channels; if they are not, as in
a product with an adjacency or attention matrix, they stay.
"""

from collections.abc import Hashable, Sequence

from torch import Tensor

from relu_book.patterns.channels.layouts import (
    CHANNELS,
    PLAIN,
    WEIGHT,
    Layout,
    channels_at,
    layout,
)
from relu_book.patterns.channels.movers import Of, Rule, argument, operands, resized

Letters = Sequence[Hashable]


def product(terms: Sequence[tuple[Letters, Layout | None]], out: Letters) -> Layout | None:
    """The layout of an Einstein sum of factors with these letters and layouts.

    Example:
        >>> image = Layout((PLAIN, CHANNELS, PLAIN))
        >>> product([("ncl", image), ("oc", WEIGHT)], "nlo").marks
        (0, 0, 1)
        >>> product([("ncl", image), ("lm", None)], "ncm").marks
        (0, 1, 0)
    """
    if all(one is WEIGHT for _, one in terms):
        return WEIGHT
    data = [
        dict(zip(letters, one.marks, strict=True))
        for letters, one in terms
        if one is not None and one is not WEIGHT and one.sure
    ]
    weights = {letter for letters, one in terms if one is WEIGHT for letter in letters}
    if not data:
        others = {letter for letters, one in terms if one is not WEIGHT for letter in letters}
        made = weights - others
        found = {letter: CHANNELS for letter in out if letter in made}
        return _marked(found or {out[-1]: CHANNELS}, out, bool(found)) if out else None
    marks = {letter: mark for term in data for letter, mark in term.items()}
    channels = {letter: mark for term in data for letter, mark in term.items() if mark}
    summed = [letter for letter in marks if letter not in out]
    stay = {letter: mark for letter, mark in channels.items() if letter in out}
    new = {letter: CHANNELS for letter in out if letter not in marks}
    sure = True
    if any(letter in channels for letter in summed):
        factors = {n for letters, one in terms if one is None or not one.sure for n in letters}
        mixed = any(letter not in channels for letter in summed)
        if not (mixed and stay and not factors.intersection(stay)):
            stay |= new
    else:  # a learned matrix along another dimension may be a layer too
        sure = not weights.intersection(new)
    if not stay and len(data) > 1 and out:
        stay, sure = {out[-1]: CHANNELS}, False
    return _marked(stay, out, sure)


def _marked(found: dict, out: Letters, sure: bool) -> Layout | None:
    return layout(tuple(found.get(letter, PLAIN) for letter in out), sure)


def _matrices(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    a, b = list(operands(args, kwargs))[-2:]  # what comes before them is added
    return _matrix_product(of, a, b, result.ndim)


def _reversed(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    return _matrix_product(of, args[1], args[0], result.ndim)


def _matrix_product(of: Of, a: Tensor, b: Tensor, dimensions: int) -> Layout | None:
    left, right = of(a), of(b)
    data = right is not None and right is not WEIGHT
    last = channels_at(-1, dimensions)
    weight = not data and a.ndim > 1 < b.ndim
    if weight and (left is last or (left is None and right is WEIGHT)):
        return last  # the short way for a linear map
    batch = [-n for n in range(max(a.ndim, b.ndim) - 2, 0, -1)]
    rows = [*batch[len(batch) - max(a.ndim - 2, 0) :], "i", "k"] if a.ndim > 1 else ["k"]
    columns = [*batch[len(batch) - max(b.ndim - 2, 0) :], "k", "j"] if b.ndim > 1 else ["k"]
    out = batch + ["i"] * (a.ndim > 1) + ["j"] * (b.ndim > 1)
    return product([(rows, left), (columns, right)], out[len(out) - dimensions :])


def _inner(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    a, b = operands(args, kwargs)
    rows, columns = ([(which, n) for n in range(t.ndim - 1)] for which, t in enumerate((a, b)))
    return product([([*rows, "k"], of(a)), ([*columns, "k"], of(b))], rows + columns)


def _tensordot(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    a, b = list(operands(args, kwargs))[:2]
    dims = argument(args, kwargs, 2, "dims", default=2)
    if isinstance(dims, int):
        dims = range(a.ndim - dims, a.ndim), range(dims)
    terms = []
    for which, (tensor, summed) in enumerate(zip((a, b), dims, strict=True)):
        letters: list = [(which, n) for n in range(tensor.ndim)]
        for number, d in enumerate([summed] if isinstance(summed, int) else summed):
            letters[d] = number
        terms.append((letters, of(tensor)))
    out = [letter for letters, _ in terms for letter in letters if isinstance(letter, tuple)]
    return product(terms, out)


def _einsum(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    tensors = list(operands(args, kwargs))
    equation = argument(args, kwargs, 0, "equation")
    if isinstance(equation, str):
        left, arrow, out = equation.replace(" ", "").partition("->")
        inputs, implicit = left.split(","), not arrow
    else:  # tensor, its dimensions, tensor, its dimensions, ..., those of the result
        inputs = [value for value in args[1::2] if not isinstance(value, Tensor)]
        implicit = len(args) % 2 == 0
        out = () if implicit else args[-1]
    longest = result.ndim - sum(letter not in "..." for letter in out) if "..." in out else 0
    terms, written = [], []
    for letters, tensor in zip(map(_split, inputs), tensors, strict=True):
        missing = tensor.ndim - sum(letter is not ... for letter in letters)
        longest = max(longest, missing)
        terms.append((_filled(letters, missing), of(tensor)))
        written += [letter for letter in letters if letter is not ...]
    if implicit:
        out = [..., *sorted(n for n in set(written) if written.count(n) == 1)]
    return product(terms, _filled(_split(out), longest))


def _split(letters: Sequence) -> list:
    if not isinstance(letters, str):
        return list(letters)
    before, dots, after = letters.partition("...")
    return [*before, *[...] * bool(dots), *after]


def _filled(letters: list, missing: int) -> list:
    """The dimensions that an ellipsis stands for are numbered from the end."""
    return [n for letter in letters for n in (range(-missing, 0) if letter is ... else [letter])]


def _attention(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    values = argument(args, kwargs, 2, "value")
    return resized(of, result, (values,), {}) or channels_at(-1, result.ndim)


_MATRIX_PRODUCTS = """
matmul mm bmm mv addmm addmv addbmm baddbmm sparse_mm sparse_addmm smm spmm hspmm sspaddmm
"""

PRODUCTS: dict[str, Rule] = {
    **dict.fromkeys(_MATRIX_PRODUCTS.split(), _matrices),
    "rmatmul": _reversed,
    "inner": _inner,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
}
