"""The front page says of the exact counts what their record says."""

import re
from pathlib import Path

from relu_book.records import load

PAGE = Path(__file__).parents[3] / "book" / "intro.md"


def test_time_and_memory_of_figure_3_1_are_those_of_its_record():
    record = load("pattern_evolution/first_steps_all_images", "desk")
    text = " ".join(PAGE.read_text("utf-8").split())
    minutes, gigabytes = re.search(r"(\d+) minutes and (\d+) GB a network", text).groups()
    assert int(minutes) == round(record.attrs["wall_time"] / record.sizes["network"] / 60)
    assert int(gigabytes) == round(record.attrs["memory"] / 1e9)
    assert f"{record.images.values[-1]:,} images" in text
    assert f"{record.evaluations.max().item() / 1e6:.0f} million evaluations" in text
