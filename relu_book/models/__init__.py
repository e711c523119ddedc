"""The networks of the sources, one file a family."""

from relu_book.models.blocks import cifar_blocks
from relu_book.models.convnet import convnet, toynet
from relu_book.models.fixup import fixup_groups, fixup_resnet
from relu_book.models.m5 import m5
from relu_book.models.mlp import f1, mlp
from relu_book.models.pyramidnet import pyramidnet
from relu_book.models.resnet import cifar_resnet, resnet18
from relu_book.models.separable import efficientnet_lite0, mobilenet_v1
from relu_book.models.vgg import vgg
from relu_book.models.weights import load_weights

__all__ = [
    "cifar_blocks",
    "cifar_resnet",
    "convnet",
    "efficientnet_lite0",
    "f1",
    "fixup_groups",
    "fixup_resnet",
    "load_weights",
    "m5",
    "mlp",
    "mobilenet_v1",
    "pyramidnet",
    "resnet18",
    "toynet",
    "vgg",
]
