"""Class maps and boxes are those of their canvas."""

import numpy as np

from relu_book.experiments.tutorial import two_objects
from relu_book.experiments.tutorial.maps import class_maps
from relu_book.plots import tutorial as plots
from relu_book.records import load


def test_the_class_map_is_the_one_of_its_digit_and_boxes_surround_the_objects():
    model, test = two_objects.of_record(load("tutorial/two_objects", "desk"))
    axes = plots.draw_class_map(3, 2).axes[1]
    expected = class_maps(model, test.images[3])[2]
    assert np.array_equal(axes.images[0].get_array()[::2, ::2], expected)
    for line, box in zip(axes.lines, test.boxes[3], strict=True):
        columns, rows = (np.array(values) for values in line.get_data())
        area = (columns.max() - columns.min()) * (rows.max() - rows.min())
        assert area == box.sum()
        y, x = np.argwhere(box).mean(0)
        assert (columns.mean(), rows.mean()) != (0, 0)
        assert columns.min() < x < columns.max() and rows.min() < y < rows.max()
