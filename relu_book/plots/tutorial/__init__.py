"""The pictures of the tutorial (thesis 2.1).

``..._panels``, ``..._curve`` and the like return a finished matplotlib figure, ``draw_...`` that of
one slider setting, for ``explore``. Each figure carries its alt text and its caption.
"""

from relu_book.plots.tutorial.activations import (
    activation_panels,
    decision_maps,
    draw_activation,
)
from relu_book.plots.tutorial.convolution import draw_convolution
from relu_book.plots.tutorial.deep_dream import draw_dream
from relu_book.plots.tutorial.dense_by_rate import rate_curves
from relu_book.plots.tutorial.initialisation import (
    draw_initialisation,
    exponent_curve,
    gradient_curves,
)
from relu_book.plots.tutorial.loss_landscape import draw_landscape
from relu_book.plots.tutorial.normalisation import (
    draw_batch_norm,
    statistics_panels,
)
from relu_book.plots.tutorial.optimisation import decay_curves, draw_momentum
from relu_book.plots.tutorial.skip_connections import skip_curves
from relu_book.plots.tutorial.small_vgg import (
    draw_maps,
    draw_weights,
)
from relu_book.plots.tutorial.tables import data_set_table
from relu_book.plots.tutorial.two_objects import (
    draw_class_map,
    draw_components,
)
