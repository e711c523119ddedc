"""Operations that keep the channels, or move them to another dimension.

Each rule takes ``of`` (tensor -> layout, WEIGHT, or ``None`` where nothing is known), the result
and the arguments of a call, and returns the layout of the result.
"""

from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from relu_book.patterns.channels.layouts import (
    CHANNELS,
    PLAIN,
    WEIGHT,
    Layout,
    agreed,
    channels_at,
    layout,
    reshaped,
    usual_dimension,
    whole,
)

Of = Callable[[Any], Layout | None]
Rule = Callable[[Of, Tensor, tuple, dict], Layout | None]


def argument(args: tuple, kwargs: dict, place: int, *names: str, default: Any = None) -> Any:
    """An argument of a call, however it was passed."""
    if len(args) > place:
        return args[place]
    return next((kwargs[name] for name in names if name in kwargs), default)


def first(args: tuple, kwargs: dict) -> Any:
    return args[0] if args else kwargs.get("input", kwargs.get("self"))


# Names of a first factor, or of what is added to a product, in the order of their arguments.
_FIRST = ("input", "self", "tensor", "mat", "mat1", "batch1", "a")


def operands(args: tuple, kwargs: dict) -> Iterator[Tensor]:
    """The tensors of a call that hold data, not indices, masks or ``out``; also those in lists.

    Those that were passed by name come in the order that they have in the function.
    """
    named = sorted(kwargs.keys() - {"out"}, key=(*_FIRST, *kwargs).index) if kwargs else ()
    for value in (*args, *(kwargs[name] for name in named)):
        for item in value if isinstance(value, tuple | list) else (value,):
            if isinstance(item, Tensor) and (item.is_floating_point() or item.is_complex()):
                yield item


def only_weights(of: Of, args: tuple, kwargs: dict) -> bool:
    return all(of(t) is WEIGHT or not t.ndim for t in operands(args, kwargs))


def same(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    """A function of one tensor, number by number."""
    return of(first(args, kwargs))


def elementwise(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    """Numbers stay where they are; operands are broadcast, and the full-sized ones decide."""
    known = [(tensor, of(tensor)) for tensor in operands(args, kwargs)]
    known = [(tensor, one) for tensor, one in known if one is not None]
    if not known:
        return None
    if all(one is WEIGHT for _, one in known):
        return WEIGHT if only_weights(of, args, kwargs) else None
    full, broadcast = [], []
    for tensor, one in known:
        missing = result.ndim - len(one.marks)
        if one is WEIGHT or missing < 0 or tensor.ndim != len(one.marks):
            continue
        shape = tensor.shape
        sizes = zip(shape, result.shape[missing:], strict=True)
        if not all(a in (b, 1) for a, b in sizes):
            continue
        if tuple(shape) == tuple(result.shape):
            full.append(one)
        else:
            # One channel that is broadcast says little on the channels of the other operand.
            sizes = zip(one.marks, shape, result.shape[missing:], strict=True)
            sure = one.sure and all(a == b or not mark for mark, a, b in sizes)
            marks = _kept(one.marks, shape, result.shape[missing:])
            broadcast.append(layout((*[PLAIN] * missing, *marks), sure))
    return agreed(full) if any(one.sure for one in full) else agreed(full + broadcast)


def foreign(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    """An operator that is not torch's may do anything; what has an operand's shape may keep it."""
    found = elementwise(of, result, args, kwargs)
    if found is None or found is WEIGHT:
        return channels_at(usual_dimension(result.ndim), result.ndim, False)
    return layout(found.marks, False)


def lost(of: Of, result: Tensor, args: tuple, kwargs: dict) -> None:
    """Nothing is known of the result, even if it has the shape of an operand."""


def resized(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    """The dimensions stay, their sizes may change: padding, slicing, sorting, scattering."""
    known = [(t, of(t)) for t in operands(args, kwargs) if t.ndim == result.ndim]
    marked = [
        layout(_kept(one.marks, t.shape, result.shape), one.sure)
        for t, one in known
        if one is not None and len(one.marks) == result.ndim
    ]
    if not marked and known and only_weights(of, args, kwargs):
        return WEIGHT
    return agreed(marked)


def _kept(marks: tuple, before: Any, after: Any) -> tuple:
    if before == after or not any(isinstance(mark, tuple) for mark in marks):
        return tuple(marks)
    sizes = zip(marks, before, after, strict=True)
    return tuple(mark if a == b else whole(mark) for mark, a, b in sizes)


def moving(move: Callable) -> Rule:
    """A rule from a function of the marks, the tensor, the result and the other arguments.

    What it cannot follow, ``move`` answers with ``None``.
    """

    def rule(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
        tensor = first(args, kwargs)
        one = of(tensor)
        if one is None or one is WEIGHT:
            return one
        if tensor is not result and len(one.marks) != tensor.ndim:
            return None
        marks = move(list(one.marks), tensor, result, args, kwargs)
        return layout(tuple(marks), one.sure) if marks else None

    return rule


def permuting(move: Callable) -> Rule:
    """As ``moving``; of unknown tensors the usual dimension is moved, as a guess."""
    known = moving(move)

    def rule(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
        tensor = first(args, kwargs)
        dimensions = tensor.ndim
        if of(tensor) is None and dimensions > 1:
            guess = channels_at(usual_dimension(dimensions), dimensions, False)
            return known(lambda _: guess, result, args, kwargs)
        return known(of, result, args, kwargs)

    return rule


def _dims(args: tuple, kwargs: dict, *names: str) -> list[int]:
    """Dimensions that follow the tensor, one by one or as one tuple."""
    given = args[1:] or next((kwargs[name] for name in names if name in kwargs), ())
    if isinstance(given, tuple | list) and given and isinstance(given[0], tuple | list):
        given = given[0]
    return [int(d) for d in (given if isinstance(given, tuple | list) else [given])]


def _permute(marks, tensor, result, args, kwargs):
    return [marks[d] for d in _dims(args, kwargs, "dims")]


def _transpose(marks, tensor, result, args, kwargs):
    a = argument(args, kwargs, 1, "dim0", "axis0")
    b = argument(args, kwargs, 2, "dim1", "axis1")
    marks[a], marks[b] = marks[b], marks[a]
    return marks


def _reverse(marks, tensor, result, args, kwargs):
    return marks[::-1]


def _last_two(marks, tensor, result, args, kwargs):
    return [*marks[:-2], marks[-1], marks[-2]]


def _movedim(marks, tensor, result, args, kwargs):
    pairs = argument(args, kwargs, 1, "source"), argument(args, kwargs, 2, "destination")
    source, target = ([n] if isinstance(n, int) else list(n) for n in pairs)
    moved = {t % len(marks): marks[s] for s, t in zip(source, target, strict=True)}
    taken = {s % len(marks) for s in source}
    rest = iter(mark for d, mark in enumerate(marks) if d not in taken)
    return [moved[d] if d in moved else next(rest) for d in range(len(marks))]


def _reshape(marks, tensor, result, args, kwargs):
    return reshaped(tuple(marks), tensor.shape, result.shape)


def _squeeze(marks, tensor, result, args, kwargs):
    dims = _dims(args, kwargs, "dim", "axis")
    lost = len(marks) - result.ndim
    if tensor is result:  # in place: its former shape is gone
        ones = {d % len(marks) for d in dims} if lost == len(dims) else None
    else:
        asked = {d % len(marks) for d in dims} if dims else range(len(marks))
        ones = {d for d in asked if tensor.shape[d] == 1}
    if not lost:
        return marks
    return None if ones is None else [mark for d, mark in enumerate(marks) if d not in ones]


def _unsqueeze(marks, tensor, result, args, kwargs):
    marks.insert(argument(args, kwargs, 1, "dim", "axis") % result.ndim, PLAIN)
    return marks


def _expand(marks, tensor, result, args, kwargs):
    before = [1] * (result.ndim - len(marks)) + list(tensor.shape)
    marks = [PLAIN] * (result.ndim - len(marks)) + marks
    return _kept(marks, before, result.shape)


def _unbind(marks, tensor, result, args, kwargs):
    del marks[argument(args, kwargs, 1, "dim", "axis", default=0)]
    return marks


def _windows(marks, tensor, result, args, kwargs):
    """Tensor.unfold adds a dimension; nn.functional.unfold merges windows with the channels."""
    if result.ndim == tensor.ndim + 1:
        dimension = argument(args, kwargs, 1, "dimension")
        marks[dimension] = whole(marks[dimension])
        return [*marks, PLAIN]
    return [PLAIN] * (result.ndim - 2) + [CHANNELS, PLAIN]


def _as_real(marks, tensor, result, args, kwargs):
    return [*marks, PLAIN]


def _as_complex(marks, tensor, result, args, kwargs):
    return marks[:-1]


def reducing(place: int) -> Rule:
    """Reductions: ``dim`` is the argument at this place."""

    def reduce(marks, tensor, result, args, kwargs):
        dims = argument(args, kwargs, place, "dim", "axis")
        if dims is None or isinstance(dims, bool) or dims in ((), []):
            dims = range(len(marks))
        dims = {d % len(marks) for d in ([dims] if isinstance(dims, int) else dims)}
        if result.ndim == len(marks):
            if any(result.shape[d] != 1 for d in dims):
                return None
            return [whole(mark) if d in dims else mark for d, mark in enumerate(marks)]
        return [mark for d, mark in enumerate(marks) if d not in dims]

    rule = moving(reduce)

    def reduction(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
        two = isinstance(argument(args, kwargs, 1, "other"), Tensor)
        return (elementwise if two else rule)(of, result, args, kwargs)

    return reduction


def joined(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    """Concatenation: dimensions stay, the one along which it goes has new parts."""
    tensors = [t for t in operands(args, kwargs) if t.ndim == result.ndim]
    known = [one for one in map(of, tensors) if one is not None]
    if known and all(one is WEIGHT for one in known):
        return WEIGHT if len(known) == len(tensors) else None
    known = [one for one in known if len(one.marks) == result.ndim]
    found = agreed(known)
    return found and layout(_kept(found.marks, tensors[0].shape, result.shape), found.sure)


def stacked(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    tensors = list(operands(args, kwargs))
    known = [one for one in map(of, tensors) if one is not None]
    if known and all(one is WEIGHT for one in known):
        return WEIGHT if len(known) == len(tensors) else None
    found = agreed([one for one in known if len(one.marks) == result.ndim - 1])
    if found is None:
        return None
    marks = list(found.marks)
    marks.insert(argument(args, kwargs, 1, "dim", "axis", default=0) % result.ndim, PLAIN)
    return layout(tuple(marks), found.sure)


_SAME = """
relu relu6 leaky_relu rrelu threshold hardtanh elu celu selu gelu silu mish softplus softsign
hardswish hardsigmoid logsigmoid sigmoid tanh tanhshrink hardshrink softshrink softmax log_softmax
softmin gumbel_softmax normalize dropout alpha_dropout feature_alpha_dropout dropout1d dropout2d
dropout3d abs neg exp expm1 log log1p log2 sqrt rsqrt square sin cos erf reciprocal round floor ceil
sign cumsum cumprod roll flip clone contiguous detach to float double half bfloat16 type_as cpu
cuda requires_grad data native_dropout identity to_copy
"""
_RESIZED = """
pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d
replication_pad2d replication_pad3d narrow narrow_copy slice chunk unsafe_chunk split
split_with_sizes unsafe_split unsafe_split_with_sizes tensor_split hsplit vsplit dsplit glu
index_select gather take_along_dim topk sort msort diff repeat_interleave
roi_align roi_pool ps_roi_align ps_roi_pool
index_add index_copy index_fill index_reduce scatter scatter_add scatter_reduce masked_scatter
select_scatter slice_scatter put
"""
_REDUCTIONS = {
    1: """mean sum prod amax amin max min aminmax median nanmedian nansum nanmean logsumexp var std
    var_mean std_mean mode trapz trapezoid select""",
    2: "norm linalg_norm linalg_vector_norm vector_norm quantile nanquantile kthvalue",
}
_LOST = """
new_zeros new_ones new_empty new_full set resize resize_as as_strided rot90 cdist cov corrcoef kron
inverse pinverse cholesky qr svd matrix_exp matrix_power broadcast_tensors
"""
_RESHAPES = "view reshape flatten unflatten ravel view_as reshape_as unsafe_view"

MOVERS: dict[str, Rule] = {
    **dict.fromkeys(_SAME.split(), same),
    **dict.fromkeys(_RESIZED.split(), resized),
    **dict.fromkeys(_LOST.split(), lost),
    **dict.fromkeys(_RESHAPES.split(), moving(_reshape)),
    **{name: reducing(place) for place, names in _REDUCTIONS.items() for name in names.split()},
    **dict.fromkeys(["permute"], permuting(_permute)),
    **dict.fromkeys(["transpose", "swapaxes", "swapdims"], permuting(_transpose)),
    **dict.fromkeys(["t", "T", "H"], permuting(_reverse)),
    **dict.fromkeys(["mT", "mH", "adjoint"], permuting(_last_two)),
    **dict.fromkeys(["movedim", "moveaxis"], permuting(_movedim)),
    **dict.fromkeys(["expand", "expand_as", "broadcast_to", "repeat", "tile"], moving(_expand)),
    **dict.fromkeys(["cat", "concat", "concatenate", "hstack", "vstack", "dstack"], joined),
    "stack": stacked,
    "squeeze": moving(_squeeze),
    "unsqueeze": permuting(_unsqueeze),
    "unbind": moving(_unbind),
    "unfold": moving(_windows),
    "view_as_real": moving(_as_real),
    "view_as_complex": moving(_as_complex),
}
