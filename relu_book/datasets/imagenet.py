"""ImageNet (ILSVRC 2012) and Tiny ImageNet: pictures in folders that are named after synsets.

ImageNet: O. Russakovsky et al., ImageNet large scale visual recognition challenge, 2015; 1 281 167
training and 50 000 validation pictures of 1 000 classes, of many sizes; for non-commercial
research, by application at https://image-net.org. Tiny ImageNet: Y. Le and X. Yang, Tiny ImageNet
visual recognition challenge, 2015; 200 classes with 500 training, 50 validation and 50 test
pictures of 64 x 64 pixels, taken from ImageNet; no licence of its own.

The labels of both test sets are not published. As in thesis 2.1.1, ``test`` is the published
validation part, and ``validation`` is cut from the training pictures.
"""

import os
from pathlib import Path

from relu_book.datasets.archives import Archive, missing, read_or_fetch
from relu_book.datasets.dataset import DataIntegrityError, Dataset
from relu_book.datasets.files import data_root
from relu_book.datasets.parquet import read_parquet, split_files
from relu_book.datasets.samples import Samples, gather, in_files

_TINY = Archive(
    data_set="tiny_imagenet",
    name="tiny-imagenet-200.zip",
    checksum="md5:90528d7ca1a48142e341f4ef8d21d0de",
    mirrors=("http://cs231n.stanford.edu/",),
    folder="tiny-imagenet-200",
    top="tiny-imagenet-200",
    size="250 MB",
)
_IMAGENET_REMEDY = (
    "there is no download=True for it, because https://image-net.org gives it to registered users "
    "alone: get ILSVRC 2012 there and unpack it to imagenet/{train,val}/<synset>/*.JPEG"
)
_ENDINGS = (".jpeg", ".jpg", ".png", ".webp")


def load_tiny_imagenet(
    split: str,
    *,
    root: str | os.PathLike | None = None,
    download: bool = False,
    validation: float | int = 0,
    seed: int = 0,
    per_class: int | None = None,
) -> Dataset:
    """Load Tiny ImageNet; ``load`` describes what is common to all sets.

    Found are the folder ``tiny-imagenet-200`` as published (``train/<synset>/images``,
    ``val/images``, ``val/val_annotations.txt``, ``wnids.txt``, ``words.txt``), else
    ``tiny_imagenet/train*.parquet`` and ``test*.parquet`` (or under ``tiny-imagenet``). The archive
    is checked on arrival. Its single files have no published checksums: that every class and every
    annotated picture is there and can be decoded is checked each time.

    Args:
        split: ``"train"``, ``"test"`` (the published validation part) or ``"validation"`` (cut
            from the training pictures); they share no picture.
        root: Folder that holds one of the above.
        download: Whether to fetch the archive (250 MB) if files are missing or damaged.
        validation: Number or share of the 100 000 training pictures that are held out.
        seed: Names the random choices.
        per_class: Takes at most so many pictures of each class, at random.

    Returns:
        Images (n, 3, 64, 64), grey ones with three equal channels; classes in the order of their
        synsets, under the words for them. By default 100 000 for training and 10 000 for test.

    Raises:
        ValueError: A part outside its range.
        MemoryError: The pictures do not fit into memory.
        OSError: Files missing, damaged or out of reach; ``load`` lists which error says what.

    Cost: about 0.4 ms a picture, under a minute for the training set, and 6 GB for it for a
    moment, 4.4 GB afterwards; ``per_class=100`` takes a fifth of that.

    Example:
        Needs the files, so it is not run here: ``load("tiny_imagenet", "test")`` has 10 000.
    """

    def read() -> Dataset:
        names = (_TINY.folder, "tiny_imagenet", "tiny-imagenet")
        folder, *others = (data_root(root) / name for name in names)
        if folder.is_dir():
            samples = (_tiny_test if split == "test" else _tiny_train)(folder)
        else:
            files = split_files(others, "test" if split == "test" else "train", _TINY.remedy)
            if not files:
                raise missing("tiny_imagenet", [folder, *others], _TINY.remedy)
            samples = read_parquet(files, _TINY.remedy)
        return gather(
            samples,
            "tiny_imagenet",
            _TINY.remedy,
            split=None if split == "test" else split,
            validation=validation,
            seed=seed,
            per_class=per_class,
            kind="picture",
            shape=(64, 64),
            colour=True,
        )

    return read_or_fetch(read, _TINY, root, download)


def load_imagenet(
    split: str,
    *,
    root: str | os.PathLike | None = None,
    validation: float | int = 0,
    seed: int = 0,
    per_class: int | None = None,
    size: int = 224,
) -> Dataset:
    """Load ImageNet, or as much of it as fits; ``load`` describes what is common to all sets.

    Found are the folders ``imagenet/train`` and ``imagenet/val`` (or ``ImageNet``) with one folder
    a synset, as torchvision's ``ImageFolder`` has them, with all synsets or some; else
    ``imagenet/train*.parquet`` and ``imagenet/test*.parquet``. A file ``words.txt`` in ``imagenet``
    (synset, tab, words) gives the classes their names; without one they are called by synset.
    There is no download, and there are no checksums of the single files: that they can be decoded
    is checked.

    In memory all of ImageNet at the usual size takes 770 GB, so ``per_class`` will be needed: 10
    pictures a class take 6 GB.

    Args:
        split: ``"train"``, ``"test"`` (the published validation part) or ``"validation"`` (cut
            from the training pictures; the source holds out 50 000); they share no picture.
        root: Folder that holds ``imagenet``.
        validation: Number or share of the training pictures that are held out.
        seed: Names the random choices.
        per_class: Takes at most so many pictures of each class, at random. Only these are read.
        size: Height and width: the shorter side is scaled to 256/224 of it, the middle cut out.

    Returns:
        Images (n, 3, size, size), classes in the order of their synsets.

    Raises:
        ValueError: A part or size outside its range.
        MemoryError: The pictures do not fit into memory; the message says how many would.
        OSError: Files missing or damaged; ``load`` lists which error says what.

    Cost: about 8 ms a picture, divided by the number of cores; 5 bytes a value for a moment, 4
    afterwards. Listing the files of the training set takes some seconds.

    Example:
        Needs the files, so it is not run here: ``load("imagenet", "test", per_class=10)``.
    """
    places = [data_root(root) / name for name in ("imagenet", "ImageNet")]
    part, published = ("test", "val") if split == "test" else ("train", "train")
    folder = next((place for place in places if (place / published).is_dir()), None)
    if folder is not None:
        samples = _image_folders(folder, published)
    else:
        files = split_files(places, part, _IMAGENET_REMEDY)
        if not files:
            raise missing("imagenet", [place / published for place in places], _IMAGENET_REMEDY)
        samples = read_parquet(files, _IMAGENET_REMEDY)
    return gather(
        samples,
        "imagenet",
        _IMAGENET_REMEDY,
        split=None if split == "test" else split,
        validation=validation,
        seed=seed,
        per_class=per_class,
        kind="picture",
        size=size,
        colour=True,
    )


def _tiny_train(folder: Path) -> Samples:
    synsets, classes = _tiny_classes(folder)
    paths = []
    for synset in synsets:
        place = folder / "train" / synset
        paths.append(_pictures_in(place / "images", "tiny_imagenet", _TINY.remedy))
        boxes = place / f"{synset}_boxes.txt"
        if boxes.is_file():
            listed = [line.split("\t")[0] for line in _lines(boxes, _TINY.remedy)]
            _all_there(place / "images", listed, paths[-1])
    return _labelled(paths, classes)


def _tiny_test(folder: Path) -> Samples:
    synsets, classes = _tiny_classes(folder)
    number = {synset: index for index, synset in enumerate(synsets)}
    paths, labels = [], []
    annotations = folder / "val" / "val_annotations.txt"
    for line in _lines(annotations, _TINY.remedy):
        name, synset, *_ = [*line.split("\t"), ""]
        if synset not in number:
            raise DataIntegrityError(
                f"{annotations} is truncated or altered (its line {line[:60]!r} names none of the "
                f"{len(synsets)} synsets in wnids.txt): {_TINY.remedy}"
            )
        paths.append(folder / "val" / "images" / name)
        labels.append(number[synset])
    images = folder / "val" / "images"
    present = _pictures_in(images, "tiny_imagenet", _TINY.remedy)
    _all_there(images, [path.name for path in paths], present)
    if extra := sorted({path.name for path in present} - {path.name for path in paths}):
        raise DataIntegrityError(
            f"{annotations} is truncated or altered (it lacks {extra[0]}): {_TINY.remedy}"
        )
    return in_files(paths, labels, classes)


def _all_there(images: Path, listed: list[str], present: list[Path]) -> None:
    if lacking := sorted(set(listed) - {path.name for path in present}):
        raise FileNotFoundError(
            f"{images / lacking[0]} of the data set 'tiny_imagenet' is missing: {_TINY.remedy}"
        )


def _tiny_classes(folder: Path) -> tuple[list[str], tuple[str, ...]]:
    """The synsets in order, and their words where ``words.txt`` has them."""
    synsets = sorted(_lines(folder / "wnids.txt", _TINY.remedy))
    there = _folders(folder / "train") if (folder / "train").is_dir() else []
    if lacking := sorted(set(synsets) - set(there)):
        raise FileNotFoundError(
            f"{folder / 'train' / lacking[0]} of the data set 'tiny_imagenet' is missing: "
            f"{_TINY.remedy}"
        )
    if extra := sorted(set(there) - set(synsets)):
        raise DataIntegrityError(
            f"{folder / 'wnids.txt'} is truncated or altered (it lacks {extra[0]}): {_TINY.remedy}"
        )
    return synsets, _words(folder, synsets)


def _image_folders(folder: Path, part: str) -> Samples:
    """A folder of folders, which are the classes; both parts must have the same ones."""
    synsets = _folders(folder / part)
    both = [folder / name for name in ("train", "val") if (folder / name).is_dir()]
    if differing := sorted(set(_folders(both[0])) ^ set(_folders(both[-1]))):
        raise DataIntegrityError(
            f"train and val in {folder} differ in the synset {differing[0]}"
            f"{f' and {len(differing) - 1} more' if len(differing) > 1 else ''}, so a part is "
            f"incomplete: {_IMAGENET_REMEDY}"
        )
    if not synsets:
        raise FileNotFoundError(f"{folder / part} holds no folders of pictures: {_IMAGENET_REMEDY}")
    paths = [
        _pictures_in(folder / part / synset, "imagenet", _IMAGENET_REMEDY) for synset in synsets
    ]
    return _labelled(paths, _words(folder, synsets))


def _labelled(paths: list[list[Path]], classes: tuple[str, ...]) -> Samples:
    labels = [label for label, of_class in enumerate(paths) for _ in of_class]
    return in_files([path for of_class in paths for path in of_class], labels, classes)


def _folders(place: Path) -> list[str]:
    with os.scandir(place) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir() and entry.name[0] != ".")


def _pictures_in(place: Path, data_set: str, remedy: str) -> list[Path]:
    """The pictures of a folder, sorted by name; there is at least one."""
    found = sorted(place.iterdir()) if place.is_dir() else []
    paths = [path for path in found if path.suffix.lower() in _ENDINGS and path.name[0] != "."]
    if not paths:
        raise FileNotFoundError(f"{place} of the data set {data_set!r} has no pictures: {remedy}")
    return paths


def _lines(path: Path, remedy: str) -> list[str]:
    if not path.is_file():
        raise FileNotFoundError(f"{path} of the data set 'tiny_imagenet' is missing: {remedy}")
    lines = [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        raise DataIntegrityError(f"{path} is empty: {remedy}")
    return lines


def _words(folder: Path, synsets: list[str]) -> tuple[str, ...]:
    """The words for the synsets; the synset itself where there are none."""
    path = folder / "words.txt"
    words = {}
    if path.is_file():
        for line in path.read_text("utf-8", "replace").splitlines():
            synset, _, text = line.partition("\t")
            words[synset] = text.strip()
    return tuple(words.get(synset) or synset for synset in synsets)
