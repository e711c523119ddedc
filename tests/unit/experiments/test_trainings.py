"""Images, networks and optimisers of the trainings that chapters share."""

from dataclasses import replace

import pytest
import torch
import xarray as xr

from relu_book.experiments.trainings import (
    Training,
    by_size,
    images_for,
    optimizer_for,
    shrunk,
    trained,
    untrained,
)
from relu_book.runs import Run

SMALL = Training(data="digits", size=8, width=4, dtype="float64", depth=8, train_images=600)


@pytest.mark.parametrize("size", [64, 32, 28])
def test_shrinking_keeps_the_mean_of_what_is_there(size):
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    small = shrunk(images, 16)
    assert small.shape == (2, 3, 16, 16)
    factor = -(-size // 16)
    assert small.sum().item() == pytest.approx(images.sum().item() / factor**2, rel=1e-5)


def test_images_too_small_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="8 x 8 pixels cannot be shrunk to 16"):
        shrunk(torch.zeros(1, 1, 8, 8), 16)


def test_more_images_than_there_are(tmp_path):
    settings = replace(SMALL, train_images=10**6)
    with pytest.raises(ValueError, match=r"digits has .* train images, not 1000000"):
        images_for(settings, Run(tmp_path, "smoke").load, torch.device("cpu"))


def test_networks_without_skips_start_with_the_weights_of_resnet(tmp_path):
    images = images_for(SMALL, Run(tmp_path, "smoke").load, torch.device("cpu"))
    plain, residual = (
        untrained(replace(SMALL, network=name), 0, images) for name in ("convnet", "resnet")
    )
    assert all(map(torch.equal, plain.parameters(), residual.parameters()))
    assert images.train.mean().abs() < 1e-6 and images.train.std() == pytest.approx(1, rel=1e-4)
    fixup = replace(SMALL, network="fixup")
    groups = optimizer_for(untrained(fixup, 0, images), fixup).param_groups
    assert [group["lr"] for group in groups] == [0.05, pytest.approx(0.005)]


def test_a_training_is_what_its_settings_say(tmp_path):
    run = Run(tmp_path, "smoke")
    settings = replace(SMALL, activation="prelu", schedule="step_decay", steps=8)
    images = images_for(settings, run.load, torch.device("cpu"))
    seen = []
    model, history = trained(
        settings, 0, images, run, augment=lambda batch, _: seen.append(len(batch)) or batch
    )
    assert any(isinstance(part, torch.nn.PReLU) for part in model.modules())
    assert history.learning_rate[0] == 0.05 > history.learning_rate[-1]
    assert seen == 8 * [settings.batch_size] and not run.checkpoint.exists()
    plain, _ = trained(replace(settings, activation="relu"), 0, images, run, checkpoint_steps=4)
    assert run.checkpoint.exists()
    assert not any(isinstance(part, torch.nn.PReLU) for part in plain.modules())


def test_the_numbers_of_counted_images_come_first():
    single = xr.Dataset({"distinct": ("seed", [3.0, 4.0])})
    single.attrs["settings"] = '{"measured_images": 256}'
    assert by_size(single).distinct.dims == ("size", "seed")
    assert by_size(single)["size"].values.tolist() == [256]
    nested = xr.Dataset({"distinct": (("seed", "images"), [[3.0, 5.0]])}, {"images": [256, 512]})
    assert by_size(nested).distinct.sel(size=512).values.tolist() == [5.0]
    assert by_size(nested).distinct.dims == ("size", "seed")
