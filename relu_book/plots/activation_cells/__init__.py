"""The pictures of the chapter on activation cells (thesis 2.2).

``..._panels``, ``..._curve`` and the like return a finished matplotlib figure, ``draw_...`` that of
one slider setting, for ``explore``. Each figure carries its alt text and its caption.
"""

from relu_book.plots.activation_cells.cells_through_training import (
    count_curves,
    draw_recorded,
    draw_training,
)
from relu_book.plots.activation_cells.definitions import (
    colours_of_patterns,
    counterexample,
    draw_resolution,
    layer_and_global,
    pattern_table,
    pipeline,
)
from relu_book.plots.activation_cells.depth import (
    depth_boxes,
    depth_panels,
    draw_depth,
    slice_of_digits,
)
from relu_book.plots.activation_cells.width_and_bias import (
    batch_norm_panels,
    bias_curve,
    bias_panels,
    draw_batch_norm,
    draw_bias,
    draw_width,
    width_curve,
    width_panels,
)
