"""Where a network sees two objects, against counts pixel by pixel."""

import json

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from relu_book.datasets import load
from relu_book.experiments.tutorial import canvases, maps, two_objects
from relu_book.runs import Run


@pytest.fixture(scope="module")
def scans():
    return load("digits", "test")


def test_places_of_objects_against_a_count_by_hand(model, scans):
    made = canvases.two_digits(scans, 4, seed=0)
    found = two_objects.places_of_objects(model, made)
    for n in range(4):
        found_maps = maps.class_maps(model, made.images[n])[made.labels[n].numpy()]
        for side in range(2):
            inside = total = 0.0
            for row in range(16):
                for column in range(32):
                    value = max(found_maps[side, row // 2, column // 2], 0.0)
                    total += value
                    inside += value * made.boxes[n, side, row, column]
            assert found["mass_share"][n, side] == pytest.approx(inside / total if total else 0.0)
            assert found["area_share"][n, side] == made.boxes[n, side].sum() / 512
        # Every place covers as many pixels, so the places alone have the same correlation.
        by_places = np.corrcoef(found_maps[0].ravel(), found_maps[1].ravel())[0, 1]
        assert found["correlation"][n] == pytest.approx(by_places)


def test_a_map_without_positive_part_lies_nowhere(model, scans):
    made = canvases.two_digits(scans, 2, seed=0)
    with torch.no_grad():
        model.classes.weight.copy_(-model.classes.weight.abs())
    assert (two_objects.places_of_objects(model, made)["mass_share"] == 0).all()


def test_separation_counts_pairs_and_forgets_the_sign():
    rng = np.random.default_rng(0)
    component, inside = rng.normal(size=(6, 8)), rng.random((6, 8)) < 0.4
    component[inside] -= 1
    higher = np.mean([a > b for a in component[~inside] for b in component[inside]])
    assert higher > 0.5
    for signed in (component, -component):
        assert two_objects.separation(signed, inside) == pytest.approx(higher)
    assert roc_auc_score(inside.ravel(), component.ravel()) < 0.5


def test_objects_against_background_takes_the_first_of_three_components(model, scans):
    made = canvases.two_digits(scans, 3, seed=2)
    found = two_objects.objects_against_background(model, made)
    assert found["explained"].shape == found["separation"].shape == (3,)
    activations = maps.last_activations(model, made.images[1])
    variances = np.linalg.eigvalsh(np.cov(activations.flatten(1).numpy()))[::-1]
    assert found["explained"][1] == pytest.approx(variances[:3].sum() / variances.sum())
    first = maps.components(activations).pictures[0]
    pixels = np.kron(first, np.ones((2, 2)))
    area = roc_auc_score(made.boxes[1].any(0).ravel(), pixels.ravel())
    assert found["separation"][1] == pytest.approx(max(area, 1 - area))


def test_two_objects_are_learned_and_found_again(tmp_path):
    settings = two_objects.Settings(stages=((4,), (8,)), canvases=64, steps=6, images=5)
    run = Run(tmp_path, "smoke")
    found = two_objects.two_objects(settings, 2, run).expand_dims(seed=[2])
    found.attrs["settings"] = json.dumps({"data": "digits", "stages": [[4], [8]], "images": 5})
    model, test = two_objects.of_record(found, seed=2)
    assert not model.training
    named = {
        n for n in range(5)
        if set(model(test.images[n : n + 1])[0].topk(2).indices.tolist())
        == set(test.labels[n].tolist())
    }  # fmt: skip
    assert found.both_right.item() == pytest.approx(len(named) / 5)
    areas = test.boxes.mean((2, 3))
    assert found.area_share.values.tolist() == [areas.tolist()]
    assert found.correlation.shape == found.separation.shape == (1, 5)
