"""What the chapter on activation cells measures (thesis 2.2), one module a theme."""

from relu_book.experiments.activation_cells.definitions import (
    counts_against_bound,
    evaluations_of_convolutions,
    first_layer_midpoints,
    global_midpoints,
    hash_collisions,
    jacobians_within_cells,
    labels_against_patterns,
    maps_within_layer_two_cells,
    midpoints_by_width,
    nested_grids,
    pattern_table,
    refinement,
    region_table,
    three_filters,
)
from relu_book.experiments.activation_cells.depth import (
    DEPTH,
    LARGE,
    LARGE_CELL_NAMES,
    counts_by_depth,
    density_at_initialisation,
    digits_plane,
    first_of_eight_layers,
    image_network,
    normal_points,
    shapes_by_depth,
    slice_corners,
)
from relu_book.experiments.activation_cells.networks import (
    RESOLUTION,
    WINDOW,
    cell_count,
    first_layer,
    global_counts,
    grid,
    labels_by_layer,
    layer,
    stack,
)
from relu_book.experiments.activation_cells.planes import FAR
from relu_book.experiments.activation_cells.slice_claims import slice_quantities
from relu_book.experiments.activation_cells.through_training import LAYERS, digits_training
from relu_book.experiments.activation_cells.width_and_bias import (
    activity_at_data_mean,
    bias_of_fewest_cells,
    bias_of_most_cells,
    central_activity,
    central_cell,
    counts_at_opposite_biases,
    counts_by_bias,
    counts_by_width,
    counts_on_the_plane,
    extent_of_central_cell,
    gap_to_formula,
    line_distances,
    lines_of_filters,
    pre_activation_at_data_mean,
    rectangle,
    rise_and_fall,
    sectors,
)
