"""Networks quantised after their training by torchao, as a peer of drawn weights (thesis 4.2.3).

    pip install 'relu-book[quantise]'

torchao's way for networks with convolutions on a CPU: the network is exported to a graph, the
ranges of what it computes are observed in a pass, and batch norms are folded. Weights become
integers of 8 bits with a scale for each filter, and, other than in ``rounding``, what is computed
becomes integers of 8 bits as well, with a scale and an offset for each tensor.

torchao is optional, since its import takes seconds; nothing else here needs it.
"""

import warnings
from importlib.metadata import version
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from relu_book.extras import needs

NAME, BITS = "torchao int8", 8


def torchao_version() -> str:
    """The version that is installed, empty if none is.

    Example:
        >>> torchao_version() == "" or int(torchao_version().split(".")[0]) >= 0
        True
    """
    return "" if find_spec("torchao") is None else version("torchao")


@torch.no_grad()
def quantised_by_torchao(model: nn.Module, images: Tensor) -> nn.Module:
    """A copy of a network whose weights and intermediate results are integers of 8 bits.

    Args:
        model: In evaluation mode; it stays as it is.
        images: (n, channels, height, width), two or more, which show the ranges.

    Returns:
        A module that takes as many images as one likes, of that size.

    Raises:
        ModuleNotFoundError: torchao is not installed.
    """
    needs("quantisation after training", "quantise", "torchao")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of GPU kernels that are not there
        from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
        from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

        any_number = ({0: torch.export.Dim.AUTO},)
        graph = torch.export.export(model, (images,), dynamic_shapes=any_number).module()
        settings = x86.get_default_x86_inductor_quantization_config()
        observed = prepare_pt2e(graph, x86.X86InductorQuantizer().set_global(settings))
        observed(images)
        return convert_pt2e(observed)
