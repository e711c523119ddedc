"""The example on ImageNet, with small pictures and a small network: trains, sweeps, goes on."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from PIL import Image

SCRIPT = Path(__file__).parents[3] / "examples" / "imagenet_resnet50.py"
SMALL = ["--network", "resnet18", "--size", "32", "--batch-size", "8", "--swept", "8"]
SMALL += ["--workers", "0", "--epochs", "2"]


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("imagenet_resnet50", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(0)
    for part, number in (("train", 12), ("val", 3)):
        for name in ("n01440764", "n01443537"):
            folder = tmp_path / "imagenet" / part / name
            folder.mkdir(parents=True)
            for image in range(number):
                pixels = rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{image}.JPEG")
    return tmp_path / "imagenet"


@pytest.mark.parametrize("schedule", ["step_decay", "one_cycle", "actcoolr"])
def test_it_trains_sweeps_after_each_epoch_and_goes_on_bitwise(
    script, data, tmp_path, monkeypatch, schedule
):
    assert len(script.RATES) == 25
    monkeypatch.setattr(script, "RATES", script.RATES[::8])
    given = [*SMALL, "--schedule", schedule]
    whole = script.main([str(data), str(tmp_path / "whole"), *given])
    in_parts = [str(data), str(tmp_path / "parts"), *given]
    script.main([*in_parts, "--stop-after", "1"])
    parts = script.main(in_parts)
    for name, value in whole["model"].state_dict().items():
        assert torch.equal(value, parts["model"].state_dict()[name]), name
    for epoch in (1, 2):
        one, other = (
            xr.load_dataset(tmp_path / folder / f"sweep_{epoch}.nc")
            for folder in ("whole", "parts")
        )
        xr.testing.assert_identical(one, other)
        assert np.allclose(one.learning_rate, script.RATES) and one.sizes["site"] == 17
        assert 0 <= float(one.mean_distance[0]) < float(one.mean_distance[-1]) <= 1


def test_what_cannot_be_trained_is_said(script, data, tmp_path, monkeypatch, capsys):
    given = [str(data), str(tmp_path / "runs"), *SMALL]
    monkeypatch.setattr(script, "RATES", script.RATES[::12])
    script.main([*given, "--stop-after", "1"])
    for wrong, words in (
        (["--epochs", "0"], "--epochs is a whole number from 1 on, not 0"),
        (["--batch-size", "25"], "24 training pictures make no batch of 25"),
        (["--epochs", "3"], "'epochs': 2}, not {"),
        (["--schedule", "step_decay"], "'schedule': 'one_cycle'"),
        (["--network", "resnet34"], "'network': 'resnet18'"),
    ):
        with pytest.raises(SystemExit):
            script.main([*given, *wrong])
        assert words in capsys.readouterr().err
    checkpoint = tmp_path / "runs" / "checkpoint.pt"
    older = torch.load(checkpoint)
    del older["setting"], older["finished"]
    torch.save(older, checkpoint)
    with pytest.raises(SystemExit):
        script.main(given)
    words = "checkpoint.pt is of an older form, without setting and finished: give another folder"
    assert words in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ModuleNotFoundError, match=r"'nope' is none of .* pip install timm"):
        script.main([*given, "--network", "nope"])


def test_one_cycle_is_that_of_the_source(script):
    model = torch.nn.Linear(2, 2)
    optimizer, schedule = script.scheduled("one_cycle", model, 100)
    rates = []
    for _ in range(100):
        rates.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
        optimizer.step()
        schedule.step() if len(rates) < 100 else None
    assert rates[0] == pytest.approx((0.5, 0.9)) and max(rates)[0] == pytest.approx(1.0)
    assert rates.index(max(rates)) == 9 and max(rates)[1] == pytest.approx(0.765)
