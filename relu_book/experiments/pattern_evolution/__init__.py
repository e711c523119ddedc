"""What the chapter on the evolution of patterns measures (thesis 3.1)."""

from relu_book.experiments.pattern_evolution.definitions import (
    changes,
    dictionary_counts,
    difference_of,
    distinct_against_rows,
    entropy_extremes,
    input_needed,
    jaccard_values,
    largest_shares,
    moved_layer,
    normalisers,
    relative_entropies,
    split_networks,
    table_sizes,
)
from relu_book.experiments.pattern_evolution.early_phase_reading import early_phase_reading
from relu_book.experiments.pattern_evolution.entropy_by_depth_reading import (
    entropy_by_depth_reading,
)
from relu_book.experiments.pattern_evolution.hash_lists import (
    against_dictionary,
    lost_by_occupancy,
    places_by_size,
    same_listing,
)
from relu_book.experiments.pattern_evolution.initialisation import entropies_by_correlation
from relu_book.experiments.pattern_evolution.live import first_steps
from relu_book.experiments.pattern_evolution.single_steps_reading import (
    more_points,
    standing_out,
    unchanged_training,
)
from relu_book.experiments.pattern_evolution.whole_training import METHODS
from relu_book.experiments.pattern_evolution.whole_training_reading import (
    accuracies,
    first_steps_and_end,
    whole_training_reading,
)
from relu_book.experiments.trainings import epoch_of
