"""Operations that make channels, or whose definition says where they lie.

A convolution and a linear map make them, whatever their input was. Normalisation and pooling keep
those that are known; of an unknown input they tell where its channels are, (batch, channel, ...).
"""

from torch import Tensor

from relu_book.patterns.channels.layouts import Layout, channels_at, layout
from relu_book.patterns.channels.movers import Of, Rule, argument, resized, same


def made_at(dimension: int) -> Rule:
    """New channels in this dimension, counted from the end."""

    layouts = [channels_at(dimension, dimensions) for dimensions in range(10)]

    def rule(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
        return layouts[result.ndim]

    return rule


def _linear(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    one_output = argument(args, kwargs, 1, "weight").dim() < 2  # which has no dimension then
    return None if one_output else channels_at(-1, result.dim())


def _convolution(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    return channels_at(1 - argument(args, kwargs, 1, "weight").ndim, result.ndim)


def pooled(spatial: int | None) -> Rule:
    """Channels stand before so many spatial dimensions; before all but the first by default."""

    def rule(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
        known = resized(of, result, args[:1], {} if args else kwargs)
        if known is not None and known.sure and not known.split:
            return known
        return channels_at(1 if spatial is None else -1 - spatial, result.ndim)

    return rule


def _normalised(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    """Statistics by channel in dimension 1; where the data's are elsewhere, that is a doubt."""
    known = same(of, result, args, kwargs)
    if known is None or not known.sure or known.split:
        return channels_at(1, result.ndim)
    return known if known.marks[1] else layout(known.marks, False)


def _layer_norm(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    known = same(of, result, args, kwargs)
    shape = argument(args, kwargs, 1, "normalized_shape")
    if (known is None or not known.sure) and (isinstance(shape, int) or len(shape) == 1):
        return channels_at(-1, result.ndim)
    return known


_LAST = """
embedding embedding_bag one_hot bilinear multi_head_attention_forward pad_packed_sequence
lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell conv_tbc
"""
_NORMS = """
batch_norm native_batch_norm native_batch_norm_legit native_batch_norm_legit_no_training
native_batch_norm_legit_functional cudnn_batch_norm miopen_batch_norm instance_norm group_norm
native_group_norm
"""
_POOLS = """
max_pool{}d max_pool{}d_with_indices avg_pool{}d lp_pool{}d adaptive_max_pool{}d
adaptive_max_pool{}d_with_indices adaptive_avg_pool{}d fractional_max_pool{}d
fractional_max_pool{}d_with_indices max_unpool{}d
"""
_SECOND = """
local_response_norm interpolate upsample upsample_nearest1d upsample_nearest2d upsample_nearest3d
upsample_linear1d upsample_bilinear2d upsample_bicubic2d upsample_trilinear3d grid_sample
grid_sampler channel_shuffle native_channel_shuffle fold im2col col2im
"""

MAKERS: dict[str, Rule] = {
    **dict.fromkeys(_LAST.split(), made_at(-1)),
    "linear": _linear,
    **{f"conv{k}d": made_at(-1 - k) for k in (1, 2, 3)},
    **{f"conv_transpose{k}d": made_at(-1 - k) for k in (1, 2, 3)},
    **dict.fromkeys(["convolution", "mkldnn_convolution", "cudnn_convolution"], _convolution),
    "deform_conv2d": made_at(-3),
    **dict.fromkeys(_NORMS.split(), _normalised),
    **dict.fromkeys(["layer_norm", "native_layer_norm", "rms_norm"], _layer_norm),
    **{name.format(k): pooled(k) for k in (1, 2, 3) for name in _POOLS.split()},
    **dict.fromkeys(_SECOND.split(), pooled(None)),
    **dict.fromkeys(["pixel_shuffle", "pixel_unshuffle"], pooled(2)),
}
