"""The weights of the small VGG as a file of their own, for readers who want the network alone.

    python -c "from relu_book.experiments.tutorial import checkpoint; checkpoint.write()"

makes ``data/checkpoints/small_vgg.safetensors`` from the record of ``tutorial/small_vgg``, seed 0.
The file holds tensors and, as text, where they come from; reading it runs no code.
"""

import json
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from relu_book.experiments.tutorial.small_vgg import NAME, network, of_record
from relu_book.files import write_atomically
from relu_book.models import load_weights
from relu_book.records import load, repository


def path() -> Path:
    """Where the file lies in a clone of the book."""
    return repository() / "data" / "checkpoints" / "small_vgg.safetensors"


def write(target: Path | None = None) -> Path:
    """Write the weights of seed 0 of the record at the scale ``desk``, with their provenance."""
    record = load(NAME, "desk")
    state = of_record(record, dtype=torch.float32).state_dict()
    about = {name: record.attrs[name] for name in ("experiment", "scale", "command", "commit")}
    about |= {
        "record": record.attrs["digest"],
        "settings": record.attrs["settings"],
        "seed": "0",
        "test_accuracy": repr(float(record.test_accuracy.sel(seed=0))),
    }
    target = path() if target is None else target
    write_atomically(target, safetensors.torch.save(state, about))
    return target


def metadata(source: Path | None = None) -> dict[str, str]:
    """What the file says about itself: record, command, commit, settings, accuracy.

    Raises:
        FileNotFoundError: There is no such file, or no clone of the book.
        ValueError: The file is damaged, or none that ``write`` has made.
    """
    source = path() if source is None else source
    if not source.is_file():
        raise FileNotFoundError(f"no file {source}: restore it with git, or call write()")
    try:
        with safe_open(source, "pt") as file:
            about = dict(file.metadata() or {})
    except SafetensorError as error:
        raise ValueError(f"{source} is damaged ({error}): restore it with git") from None
    if "settings" not in about:
        raise ValueError(f"{source} does not say which network it holds: restore it with git")
    return about


def read(source: Path | None = None, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """The trained network, in evaluation mode.

    Args:
        source: The file; by default that of the book.
        dtype: Of the weights; float64 makes what is computed from them the same on every CPU.

    Raises:
        FileNotFoundError: There is no such file, or no clone of the book.
        ValueError: The file is damaged or holds another network.
    """
    stages = json.loads(metadata(source)["settings"])["stages"]
    return load_weights(network(stages, dtype=dtype), source or path()).eval()
