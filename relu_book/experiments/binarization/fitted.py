"""Small networks that the chapter trains itself, in float or with drawn weights (thesis 4.2.2).

Eight convolutions of 3 x 3, each with batch normalisation and ReLU, and maxima over 2 x 2 pixels
after the second, fourth and sixth; the source prints no more than the convolutions. A ResNet-20 of
version 2; one whose batch normalisation follows the addition,

    x' = relu(bn(x + conv(relu(bn(conv(x))))));

and one without skips whose convolutions are separable. All are trained alike.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from relu_book.binarization import Binarized, binarize
from relu_book.experiments.binarization.resampled import drawn_outputs, share
from relu_book.experiments.trainings import Images, Training, augmentation, images_for
from relu_book.models import cifar_resnet
from relu_book.models.layers import Layers
from relu_book.models.resnet import UnitV1
from relu_book.models.separable import SeparableUnit
from relu_book.runs import Run
from relu_book.training import Checkpoint, make_schedule, predict, train

POOLED = (2, 4, 6)  # after these convolutions
_CHECKPOINT_STEPS = 200


@dataclass(frozen=True)
class Fitting(Training):
    """A training and what is measured of it.

    Attributes:
        network: Names in ``NETWORKS``; a job each.
        size: Height and width of the images.
        train_images: How many images are loaded; the last ``validation_images`` are not trained on.
        validation_images: Held out.
        test_images: Test images that drawn weights classify.
        epochs: Of the training.
        drawings: Of all weights, after the training.
    """

    network: str | tuple[str, ...] = ()
    size: int = 32
    train_images: int = 50_000
    validation_images: int = 1000
    test_images: int = 2000
    batch_size: int = 128
    learning_rate: float = 0.2
    weight_decay: float = 5e-4
    schedule: str = "one_cycle"
    epochs: int = 10
    drawings: int = 20


SMOKE = {
    "data": "digits",
    "size": 8,
    "train_images": 200,
    "validation_images": 40,
    "test_images": 40,
    "batch_size": 40,
    "width": 4,
    "epochs": 1,
    "drawings": 2,
    "seeds": (0, 1),
}


class AfterAddition(UnitV1):
    """A unit whose second batch normalisation follows the sum with the skip."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, filters, ceil(h / stride), ceil(w / stride))."""
        branch = self.conv2(self.relu_before(self.bn1(self.conv1(x))))
        return self.relu_after(self.bn2(branch + self.shortcut(x)))


class Pooled(nn.Sequential):
    """Modules, then the mean over all pixels and a dense layer."""

    def __init__(self, modules: list[nn.Module], last: nn.Module) -> None:
        super().__init__(*modules, nn.AdaptiveAvgPool2d(1), nn.Flatten(), last)


def eight(width: int, in_channels: int, classes: int, seed: int) -> nn.Module:
    """Eight convolutions of one width.

    Example:
        >>> eight(4, 1, 10, 0)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """
    layers, modules = Layers(nn.ReLU, True, seed), []
    for number in range(1, 9):
        inputs = in_channels if number == 1 else width
        modules += [layers.convolution(inputs, width), layers.normalisation(width), layers.relu()]
        if number in POOLED:
            modules.append(nn.MaxPool2d(2, ceil_mode=True))
    return Pooled(modules, layers.linear(width, classes))


def after_addition(width: int, in_channels: int, classes: int, seed: int) -> nn.Module:
    """ResNet-20 of version 1 with batch normalisation after the addition."""
    model = cifar_resnet(20, 1, width, in_channels=in_channels, classes=classes, seed=seed)
    for module in model.modules():
        if isinstance(module, UnitV1):
            module.__class__ = AfterAddition
    return model


def version_2(width: int, in_channels: int, classes: int, seed: int) -> nn.Module:
    """ResNet-20 of version 2."""
    return cifar_resnet(20, 2, width, in_channels=in_channels, classes=classes, seed=seed)


def separable(width: int, in_channels: int, classes: int, seed: int) -> nn.Module:
    """A convolution and nine separable ones in three stages, 20 layers in all."""
    layers, filters = Layers(nn.ReLU, True, seed), width
    modules = [layers.convolution(in_channels, width), layers.normalisation(width), layers.relu()]
    for stage in range(3):
        for number in range(3):
            stride = 2 if stage and not number else 1
            modules.append(SeparableUnit(layers, filters, width << stage, stride, True))
            filters = width << stage
    return Pooled(modules, layers.linear(filters, classes))


NETWORKS = {
    "eight": eight,
    "after_addition": after_addition,
    "version_2": version_2,
    "separable": separable,
}


def loaded(settings: Fitting, run: Run) -> tuple[Images, Tensor, Tensor]:
    """What is trained and tested on, and the images that are held out, with their classes."""
    images = images_for(settings, run.load, run.device, settings.test_images)
    kept = len(images.train) - settings.validation_images
    held_out = images.train[kept:], images.labels[kept:]
    return replace(images, train=images.train[:kept], labels=images.labels[:kept]), *held_out


def fitted(
    settings: Fitting, seed: int, images: Images, run: Run, samples: int | None = None
) -> nn.Module:
    """A trained network, in evaluation mode.

    Args:
        settings: Of the training.
        seed: Of weights, batches and drawings.
        images: What it learns from.
        run: Whose checkpoint and progress these are.
        samples: Number of samples of the drawn weights that it is trained with; None for float.

    Returns:
        In float, whatever it was trained with: its weights are the means of the drawn ones.
    """
    channels = images.train.shape[1]
    model = NETWORKS[settings.network](settings.width, channels, images.classes, seed)
    generator = torch.Generator().manual_seed(seed)
    # In training nothing is out of range for long, and what is has no gradient.
    learner = model if samples is None else binarize(model, samples, generator=generator)
    steps = settings.epochs * -(-len(images.train) // settings.batch_size)
    optimizer = torch.optim.SGD(
        learner.parameters(),
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
    )
    train(
        learner,
        images.train,
        images.labels,
        optimizer=optimizer,
        schedule=make_schedule(settings.schedule, optimizer, steps),
        steps=steps,
        batch_size=settings.batch_size,
        seed=seed,
        augment=augmentation(settings),
        checkpoint=Checkpoint(run.checkpoint, every=_CHECKPOINT_STEPS),
        progress=run.progress,
        channels_last=samples is None,
    )
    if samples is not None:
        state = learner.network.state_dict()
        model.load_state_dict(state)
    # What is rounded to 16 bits is rounded faster in torch's usual order.
    return model.to(memory_format=torch.contiguous_format).eval()


def accuracies(
    network: Binarized, images: Tensor, labels: Tensor, samples: tuple[int, ...], drawings: int
) -> list[list[float]]:
    """Accuracy in per cent by number of samples, one for each drawing."""
    found = []
    for n in samples:
        network.samples = n
        outputs = (drawn_outputs(network, images, number, 100) for number in range(drawings))
        found.append([share(each.argmax(1) == labels) for each in outputs])
    return found


def in_float(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Accuracy in per cent."""
    return share(predict(model, images, 100).argmax(1) == labels)
