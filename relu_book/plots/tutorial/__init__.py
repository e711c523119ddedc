"""The pictures of the tutorial (thesis 2.1).

``..._panels``, ``..._curve`` and the like return a finished matplotlib figure. ``draw_...`` returns
the figure of one slider setting and ``describe_...`` its alt text; both go to ``explore``.
"""

from relu_book.plots.tutorial.activations import (
    activation_panels,
    decision_maps,
    describe_activation,
    draw_activation,
)
from relu_book.plots.tutorial.convolution import describe_convolution, draw_convolution
from relu_book.plots.tutorial.deep_dream import describe_dream, draw_dream
from relu_book.plots.tutorial.dense_by_rate import rate_curves
from relu_book.plots.tutorial.initialisation import (
    describe_initialisation,
    draw_initialisation,
    exponent_curve,
    gradient_curves,
)
from relu_book.plots.tutorial.loss_landscape import describe_landscape, draw_landscape
from relu_book.plots.tutorial.normalisation import (
    describe_batch_norm,
    draw_batch_norm,
    statistics_panels,
)
from relu_book.plots.tutorial.optimisation import decay_curves, describe_momentum, draw_momentum
from relu_book.plots.tutorial.skip_connections import skip_curves
from relu_book.plots.tutorial.small_vgg import (
    describe_maps,
    describe_weights,
    draw_maps,
    draw_weights,
)
from relu_book.plots.tutorial.tables import data_set_table
from relu_book.plots.tutorial.two_objects import (
    describe_class_map,
    describe_components,
    draw_class_map,
    draw_components,
)
