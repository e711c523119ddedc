"""The one place that decides where tensors live: the first CUDA device, else the CPU.

The environment variable ``RELU_BOOK_DEVICE`` (``cpu``, ``cuda``, ``cuda:1``, ``mps``) overrides the
choice, so that a chapter or a script runs elsewhere without a change to its text.
"""

import os
import re

import torch

VARIABLE = "RELU_BOOK_DEVICE"


def device() -> torch.device:
    """The device that the book computes on.

    Returns:
        What ``RELU_BOOK_DEVICE`` names; where it is not set, CUDA when there is one, else the CPU.

    Raises:
        ValueError: ``RELU_BOOK_DEVICE`` names no device, or one that this machine or this build of
            torch does not offer.

    Example:
        >>> from relu_book.devices import device
        >>> device().type in ("cpu", "cuda")
        True
    """
    name = os.environ.get(VARIABLE, "").strip()
    if not name:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(name)
        # Only a tensor that has been there proves that the device can be used.
        torch.zeros(1, device=chosen).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = re.split(r"\.\s|\n", str(error))[0].rstrip(".")
        raise ValueError(
            f"{VARIABLE} is {name!r}, which torch {torch.__version__} cannot use here ({reason}): "
            f"unset it or set it to 'cpu', 'cuda' or 'cuda:<number>'"
        ) from None
    return chosen
