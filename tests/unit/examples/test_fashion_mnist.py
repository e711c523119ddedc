"""The example on FashionMNIST: three lines, finite, resumed bitwise, and few more passes."""

import importlib.util
from pathlib import Path

import pytest
import torch

from relu_book import datasets

SCRIPT = Path(__file__).parents[3] / "examples" / "fashion_mnist.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("fashion_mnist", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def on_data(script, monkeypatch):
    """The script, with 500 images to be judged by."""
    try:
        held_out = datasets.load("fashion_mnist", "test")
    except OSError:
        pytest.skip("FashionMNIST is not here: set RELU_BOOK_DATA to a folder with it")
    few = torch.utils.data.Subset(held_out, range(500))
    load = datasets.load
    monkeypatch.setattr(
        script.datasets, "load", lambda name, part: few if part == "test" else load(name, part)
    )
    return script


def test_three_lines_are_another_and_one_is_for_checkpoints():
    code = SCRIPT.read_text().split('"""', 2)[2].splitlines()
    ours = [line for line in code if "ActCooLR" in line or "scheduler" in line]
    assert [line.split("#")[-1].strip() for line in ours if "# line" in line] == [
        *("line 1", "line 2", "line 3")
    ]
    (other,) = [line for line in ours if "# line" not in line]
    assert other.strip().startswith("parts,")


def test_an_epoch_on_5000_images(on_data, monkeypatch, capsys):
    passes = []
    forward = on_data.Network.forward

    def counted(model, x):
        if model.training:
            passes.append(torch.is_grad_enabled())
        return forward(model, x)

    monkeypatch.setattr(on_data.Network, "forward", counted)
    parts = on_data.main(["--epochs", "1", "--images", "5000"])
    steps = sum(passes)
    assert steps == 79 == len(parts["scheduler"].history)
    fiftieth = [at for at, is_training in enumerate(passes) if is_training][49]
    assert len(passes) - fiftieth <= (steps - 50 + 1) * (1 + 2 / 8) + 1
    assert all(parameter.isfinite().all() for parameter in parts["model"].parameters())
    loss, accuracy = (
        float(word.split()[1]) for word in capsys.readouterr().out.split(":")[1].split(",")
    )
    assert 0 < loss < 2.3 and accuracy > 0.5


def test_a_killed_training_goes_on_bitwise(on_data, tmp_path):
    asked = ["--epochs", "2", "--images", "400"]
    whole = on_data.main(asked)
    asked += ["--checkpoint", str(tmp_path / "checkpoint.pt")]
    on_data.main([*asked, "--stop-after", "1"])
    resumed = on_data.main(asked)
    assert resumed["scheduler"].history == whole["scheduler"].history
    weights = (parts["model"].state_dict().values() for parts in (whole, resumed))
    assert all(map(torch.equal, *weights))
