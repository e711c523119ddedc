"""The one place that imports torchvision, also where its binary does not fit the installed torch.

torchvision's wheel is built for one build of torch. Beside another one (most often: a CUDA wheel of
torchvision beside a CPU torch) its binary cannot be loaded, the operators ``nms`` and ``qnms`` that
the binary would define are missing, and ``import torchvision`` ends with ``operator
torchvision::nms does not exist``. Models, data sets and transforms need neither operator, so it
is enough to declare the two: their names and signatures, without a body. What does need the binary
(detection operators, decoding of images by ``torchvision.io``) raises torchvision's own error when
it is called.
"""

import functools
import importlib
import importlib.util
import threading
import warnings
from types import ModuleType

import torch

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_OPERATORS = ("nms", "qnms")
_lock = threading.Lock()
# torch forgets a declaration together with the library object that made it.
_declared: list[torch.library.Library] = []


@functools.cache
def torchvision() -> ModuleType:
    """Import torchvision on first use and return the module.

    Returns:
        The module ``torchvision``, with ``models``, ``datasets`` and ``transforms`` imported.

    Raises:
        ImportError: torchvision is not installed, or fails to import for another reason than
            operators that its binary should have defined.

    Cost: 1 to 3 seconds once, nothing afterwards.

    Example:
        >>> from relu_book.torchvision_compat import torchvision
        >>> torchvision().models.squeezenet1_1().classifier[1].out_channels
        1000
    """
    if importlib.util.find_spec("torchvision") is None:
        raise ImportError(
            "torchvision is not installed: run `pip install torchvision` "
            "or `pip install 'relu-book[lab]'`"
        )
    with _lock:
        try:
            return _import()
        except RuntimeError as error:
            if "operator torchvision::" not in str(error):
                raise ImportError(
                    f"torchvision cannot be imported beside torch {torch.__version__} ({error}): "
                    "install the versions of both that belong together"
                ) from error
        _declare_operators()
        return _import()


def _import() -> ModuleType:
    with warnings.catch_warnings():
        # Some versions announce that images cannot be decoded by the binary; PIL does that here.
        warnings.filterwarnings("ignore", message="Failed to load", category=UserWarning)
        return importlib.import_module("torchvision")


def _declare_operators() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in _OPERATORS:
        if not hasattr(torch.ops.torchvision, operator):
            library.define(operator + _SIGNATURE)
    _declared.append(library)
