"""A caption says where a recorded figure comes from."""

import json

import xarray as xr

from relu_book.records.captions import caption, setting_in_words


def record(**attributes) -> xr.Dataset:
    told = {
        "scale": "desk",
        "data": json.dumps([{"name": "digits", "split": "train"}, {"name": "digits"}]),
        "seeds": "[0, 1, 2]",
        "device": "cpu: some processor",
        "versions": json.dumps({"torch": "2.13.0"}),
        "wall_time": 5400.0,
        "command": "relu-book run a/b --scale desk",
    }
    return xr.Dataset(attrs=told | attributes)


def test_a_caption_of_a_record_names_all_that_is_promised():
    assert caption(record()).splitlines() == [
        "Recorded at the scale desk: digits, 3 seeds, cpu: some processor, torch",
        "  2.13.0, 1 h 30 min of computing.",
        "Again: relu-book run a/b --scale desk",
    ]


def test_a_caption_tells_memory_and_what_differs_from_the_source():
    text = caption(record(memory=4_210_000_000, deviations="5,000 of 50,000 images"))
    assert "1 h 30 min of computing in 4.2 GB." in text
    assert text.splitlines()[-2] == "Differs from the source: 5,000 of 50,000 images."


def test_one_seed_and_no_data_in_a_caption_of_a_record():
    text = caption(record(seeds="[4]", data="[]", wall_time=59.4))
    text = " ".join(text.split())
    assert "no data set, 1 seed, " in text and ", 59 s of computing." in text


def test_a_caption_says_what_seeds_of_another_kind_draw():
    text = " ".join(caption(record(), seeds="planes of one network").split())
    assert "digits, 3 planes of one network, cpu" in text


def test_one_step_is_not_steps():
    for steps, words in ((1, "1 step"), (2000, "2,000 steps"), (11, "11 steps")):
        told = record(settings=json.dumps({"steps": steps})).attrs
        assert setting_in_words(told) == f"digits, {words}, seeds 0 to 2"


def test_what_a_record_was_not_made_with_is_not_told():
    settings = {"measured_images": 256, "validation_images": 600, "steps": 1000, "epochs": 15.0}
    told = record(settings=json.dumps(settings)).attrs
    assert setting_in_words(told) == "digits, 600 held out, 15 epochs, seeds 0 to 2"
    told = record(settings=json.dumps({"steps": 400, "epochs": None})).attrs
    assert setting_in_words(told) == "digits, 400 steps, seeds 0 to 2"


def test_of_several_times_the_last_is_told_and_how_many_networks_a_seed_has():
    settings = {"epochs": [0, 1, 10], "steps": None, "networks": 50}
    told = record(settings=json.dumps(settings)).attrs
    assert setting_in_words(told) == "digits, 10 epochs, 50 networks a seed, seeds 0 to 2"
    told = record(settings=json.dumps({"steps": [0, 25, 2000]})).attrs
    assert setting_in_words(told) == "digits, 2,000 steps, seeds 0 to 2"
