"""The settings of ActCooLR that supplement G prints, tables 2 and 3, by network, data and epochs.

They are what a random search of 24 hours found for the authors' own controller, each for one
network and one length: ResNet-18 on CIFAR-10 has 4.32 bits and γ = 2 for 25 epochs, 3.678 bits and
γ = 5.5 for 50. So they are there to train as the supplement did; for another network or length they
are no better a start than the default. With ``policy="thesis"`` so hot a training may run away.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Preset:
    """A row of the tables.

    Args:
        epochs: of the training.
        start_temperature: T_0 in bits.
        gamma: γ.
        momentum: of SGD; ``None`` where it is not printed.
        weight_decay: likewise.
        first_rate: λ_init, likewise; of the rates that the optimizer is given only ratios count
            here, but for the policies ``"listing"`` and ``"dynamic"``.

    Example:
        >>> import torch
        >>> from relu_book.actcoolr import ActCooLR
        >>> preset = PRESETS["convnet4_fashion_mnist_200"]
        >>> model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU())
        >>> optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=preset.momentum)
        >>> scheduler = ActCooLR(optimizer, model, 200 * preset.epochs, **preset.options)
        >>> scheduler.close()
    """

    epochs: int
    start_temperature: float
    gamma: float
    momentum: float | None = None
    weight_decay: float | None = None
    first_rate: float | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What :class:`ActCooLR` is constructed with.

        Example:
            >>> PRESETS["vgg16_cifar10_300"].options
            {'start_temperature': 2.423, 'gamma': 10.0}
        """
        return {"start_temperature": self.start_temperature, "gamma": self.gamma}


PRESETS: dict[str, Preset] = {
    "resnet18_cifar10_25": Preset(25, 4.32, 2.0, 0.9, 5e-5),
    "pyramidnet110_cifar10_25": Preset(25, 2.885, 1.0, 0.9, 5e-5),
    "resnet18_cifar10_50": Preset(50, 3.678, 5.5, 0.9, 5e-5),
    "pyramidnet110_cifar10_50": Preset(50, 4.34, 10.0, 0.9, 5e-5),
    "convnet4_fashion_mnist_200": Preset(200, 1.25, 1.86, 0.0, 0.0),
    "vgg16_cifar10_300": Preset(300, 2.423, 10.0),
    "resnet50_imagenet_20": Preset(20, 4.905, 7.0, 0.5, 1e-5, 0.5),
}
