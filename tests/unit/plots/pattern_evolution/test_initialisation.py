"""Every draw of the weights is shown."""

import numpy as np

from relu_book.plots import pattern_evolution as plots


def test_entropy_over_correlation_shows_every_draw():
    drawn = np.array([[1.0, 0.9], [0.5, 0.3]])
    axes = plots.entropy_by_correlation([0, 1], drawn).axes[0]
    assert np.allclose([line.get_ydata() for line in axes.lines], [*drawn.T, [0.95, 0.4]])
