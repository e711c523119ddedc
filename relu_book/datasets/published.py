"""How large the data sets of the source are by the word of those who publish them (table 2.1).

For sets that are not at hand. Where the files are there, ``load`` and ``Dataset.class_counts`` give
the same numbers from the files.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedSize:
    """What the documentation of a data set says.

    Attributes:
        train: Samples of the published training part.
        validation: Samples of the published validation part; None where there is none.
        test: Samples of the published test part.
        classes: Number of classes.
        shape: Shape of a sample; None where they differ.
        per_class: Samples of each class in the parts, in the order train, validation, test; empty
            where classes differ in size.
        smallest_class: Samples of the smallest class in all parts together, of ImageNet in the
            training part.
        largest_class: The same of the largest one.
        megabytes: Size of the download, 10^6 bytes.
        licence: Under which it is given out.
        reference: Where these numbers stand.
        speakers: Number of speakers; None for pictures.
    """

    train: int
    validation: int | None
    test: int
    classes: int
    shape: tuple[int, ...] | None
    per_class: tuple[int, ...]
    smallest_class: int
    largest_class: int
    megabytes: int
    licence: str
    reference: str
    speakers: int | None = None


def published_sizes() -> dict[str, PublishedSize]:
    """The documented sizes of the published data sets, by the names of ``load``.

    Of ImageNet and Tiny ImageNet the labels of the test part are kept back; ``load`` takes their
    validation part as the test set. The 105 829 recordings of Speech Commands are all three parts
    together. Another edition of them, with 12 labels (ten words, unknown, silence), has 85 511
    for training, 10 102 for validation and 4 890 for test
    (https://www.tensorflow.org/datasets/catalog/speech_commands).

    Returns:
        Name to sizes.

    Example:
        >>> speech = published_sizes()["speech_commands"]
        >>> speech.train + speech.validation + speech.test, speech.classes
        (105829, 35)
    """
    return dict(_SIZES)


_CIFAR = "A. Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html"
_SIZES = {
    "mnist": PublishedSize(
        train=60_000,
        validation=None,
        test=10_000,
        classes=10,
        shape=(1, 28, 28),
        per_class=(),
        smallest_class=6_313,
        largest_class=7_877,
        megabytes=12,
        licence="CC BY-SA 3.0 (by the documentation of Keras)",
        reference="Y. LeCun, C. Cortes, C. Burges 1998; https://keras.io/api/datasets/mnist",
    ),
    "fashion_mnist": PublishedSize(
        train=60_000,
        validation=None,
        test=10_000,
        classes=10,
        shape=(1, 28, 28),
        per_class=(6_000, 1_000),
        smallest_class=7_000,
        largest_class=7_000,
        megabytes=31,
        licence="MIT",
        reference="H. Xiao et al. 2017; https://github.com/zalandoresearch/fashion-mnist",
    ),
    "cifar10": PublishedSize(
        train=50_000,
        validation=None,
        test=10_000,
        classes=10,
        shape=(3, 32, 32),
        per_class=(5_000, 1_000),
        smallest_class=6_000,
        largest_class=6_000,
        megabytes=170,
        licence="none stated",
        reference=_CIFAR,
    ),
    "cifar100": PublishedSize(
        train=50_000,
        validation=None,
        test=10_000,
        classes=100,
        shape=(3, 32, 32),
        per_class=(500, 100),
        smallest_class=600,
        largest_class=600,
        megabytes=169,
        licence="none stated",
        reference=_CIFAR,
    ),
    "tiny_imagenet": PublishedSize(
        train=100_000,
        validation=10_000,
        test=10_000,
        classes=200,
        shape=(3, 64, 64),
        per_class=(500, 50, 50),
        smallest_class=600,
        largest_class=600,
        megabytes=248,
        licence="none of its own; pictures of ImageNet, for non-commercial research",
        reference="Y. Le and X. Yang 2015; http://cs231n.stanford.edu (Tiny ImageNet challenge)",
    ),
    "imagenet": PublishedSize(
        train=1_281_167,
        validation=50_000,
        test=100_000,
        classes=1_000,
        shape=None,
        per_class=(),
        smallest_class=732,
        largest_class=1_300,
        megabytes=144_000,
        licence="for non-commercial research, after registration",
        reference="O. Russakovsky et al. 2015, table 2; https://image-net.org/challenges/LSVRC/2012",
    ),
    "speech_commands": PublishedSize(
        train=84_843,
        validation=9_981,
        test=11_005,
        classes=35,
        shape=(1, 16_000),
        per_class=(),
        smallest_class=1_557,
        largest_class=4_052,
        megabytes=2_429,
        licence="CC BY 4.0",
        reference="P. Warden 2018, arXiv:1804.03209; the lists of version 0.02 for the three parts",
        speakers=2_618,
    ),
}
