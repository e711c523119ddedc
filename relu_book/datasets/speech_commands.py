"""Speech Commands, version 0.02: 105 829 spoken words, 35 classes, a second each at 16 kHz.

P. Warden, Speech Commands: a dataset for limited-vocabulary speech recognition, 2018,
arXiv:1804.03209; CC BY 4.0. Thesis 2.1.1 describes it, section 3.3.2 trains on it. A folder a word
with wav files ``<speaker>_nohash_<number>.wav``. No speaker is in two splits: the files
``testing_list.txt`` and ``validation_list.txt`` name two of them, and the rest is for training.
Where both are missing, the rule by which they were made is used: the SHA-1 sum of the speaker's
name, taken modulo 2**27, as a share; the lowest tenth is for validation, the next one for test.
"""

import hashlib
import os
from pathlib import Path

from relu_book.datasets.archives import Archive, missing, read_or_fetch
from relu_book.datasets.dataset import DataIntegrityError, Dataset
from relu_book.datasets.files import data_root
from relu_book.datasets.parquet import read_parquet, split_files
from relu_book.datasets.samples import Samples, gather, in_files

#: Values a second, bits of a value, and values of a sample: a second.
RATE, BITS, LENGTH = 16_000, 16, 16_000

_ARCHIVE = Archive(
    data_set="speech_commands",
    name="speech_commands_v0.02.tar.gz",
    checksum="sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
    mirrors=(
        "https://storage.googleapis.com/download.tensorflow.org/data/",
        "http://download.tensorflow.org/data/",
    ),
    folder="SpeechCommands/speech_commands_v0.02",
    top="",
    size="2.4 GB",
)
_LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
_RECORDINGS = {"train": 84_843, "validation": 9_981, "test": 11_005}
_HASHES = 2**27


def load_speech_commands(
    split: str,
    *,
    root: str | os.PathLike | None = None,
    download: bool = False,
    seed: int = 0,
    per_class: int | None = None,
) -> Dataset:
    """Load Speech Commands; ``load`` describes what is common to all sets.

    Found are, in this order: the folder ``SpeechCommands/speech_commands_v0.02`` (as torchaudio
    has it), ``speech_commands_v0.02``, ``speech_commands`` and ``speech-commands`` with a folder a
    word, then the last two with ``train*.parquet``, ``validation*.parquet`` and ``test*.parquet``.
    Background noise is left out.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``, the published ones, which share no
            speaker; so there is no ``validation=``.
        root: Folder that holds one of the above.
        download: Whether to fetch the archive (2.4 GB) if files are missing or damaged.
        seed: Names the random choice of ``per_class``.
        per_class: Takes at most so many recordings of each word, at random.

    Returns:
        Images (n, 1, 16000) in [-1, 1); zeros follow a shorter recording. Of the whole set 84,843
        for training, 9,981 for validation, 11,005 for test; classes in alphabetical order.

    Raises:
        ValueError: A part outside its range.
        MemoryError: The sounds do not fit into memory.
        OSError: Files missing, damaged or out of reach; ``load`` lists which error says what.

    Cost: about 0.1 ms a recording, 10 s for the training set, and 8.2 GB for it for a moment, 5.4
    GB afterwards; ``per_class=500`` takes a fifth of that.

    Example:
        Needs the files, so it is not run here: ``load("speech_commands", "test")`` has 11 005.
    """

    def read() -> Dataset:
        names = (_ARCHIVE.folder, "speech_commands_v0.02", "speech_commands", "speech-commands")
        places = [data_root(root) / name for name in names]
        folder = next((place for place in places if _words(place)), None)
        if folder is not None:
            samples = _in_folder(folder, split)
        else:
            files = split_files(places[2:], split, _ARCHIVE.remedy)
            if not files:
                raise missing("speech_commands", places, _ARCHIVE.remedy)
            samples = read_parquet(files, _ARCHIVE.remedy)
        return gather(
            samples,
            "speech_commands",
            _ARCHIVE.remedy,
            seed=seed,
            per_class=per_class,
            kind="sound",
            length=LENGTH,
            rate=RATE,
        )

    return read_or_fetch(read, _ARCHIVE, root, download)


def split_of(name: str) -> str:
    """The split to which a recording belongs by the rule of the publisher.

    Args:
        name: Name of its file, ``<speaker>_nohash_<number>.wav``.

    Returns:
        ``"train"``, ``"validation"`` or ``"test"``; the same one for all files of a speaker.

    Cost: one SHA-1 sum.

    Example:
        >>> split_of("right/a69b9b3e_nohash_0.wav"), split_of("bb05582b_nohash_3.wav")
        ('validation', 'test')
    """
    speaker = name.rpartition("/")[2].partition("_nohash_")[0]
    number = int(hashlib.sha1(speaker.encode(), usedforsecurity=False).hexdigest(), 16)
    percent = number % _HASHES * (100 / (_HASHES - 1))
    return "validation" if percent < 10 else "test" if percent < 20 else "train"


def _words(folder: Path) -> list[str]:
    """The folders of recordings, but for ``_background_noise_``."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(
            entry.name for entry in entries if entry.is_dir() and entry.name[0] not in "_."
        )


def _in_folder(folder: Path, split: str) -> Samples:
    words = _words(folder)
    present = {}
    for label, word in enumerate(words):
        names = [path.name for path in (folder / word).iterdir() if path.suffix == ".wav"]
        if not names:
            raise FileNotFoundError(
                f"{folder / word} of the data set 'speech_commands' has no recordings: "
                f"{_ARCHIVE.remedy}"
            )
        present.update((f"{word}/{name}", label) for name in names if name[0] != ".")
    chosen = sorted(_division(folder, present)[split])
    if not chosen:
        raise DataIntegrityError(
            f"{folder} has no recordings for the split {split!r}: {_ARCHIVE.remedy}"
        )
    paths = [folder / name for name in chosen]
    return in_files(paths, [present[name] for name in chosen], tuple(words), "sound")


def _division(folder: Path, present: dict[str, int]) -> dict[str, set[str]]:
    """The recordings of each split, by the lists or, without them, by the rule."""
    lists = {split: folder / name for split, name in _LISTS.items()}
    there = [path for path in lists.values() if path.is_file()]
    if not there:
        division = {"train": set(), "validation": set(), "test": set()}
        for name in present:
            division[split_of(name)].add(name)
        return division
    division = {}
    for split, path in lists.items():
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} of the data set 'speech_commands' is missing while {there[0].name} is "
                f"there: {_ARCHIVE.remedy}"
            )
        division[split] = set(path.read_text("utf-8", "replace").split())
        if lacking := sorted(division[split] - present.keys()):
            raise FileNotFoundError(
                f"{folder / lacking[0]} of the data set 'speech_commands', which {path.name} "
                f"names, is missing: {_ARCHIVE.remedy}"
            )
    if both := sorted(division["validation"] & division["test"]):
        raise DataIntegrityError(
            f"{both[0]} is in both lists of {folder}, so one of them is altered: {_ARCHIVE.remedy}"
        )
    division["train"] = present.keys() - division["validation"] - division["test"]
    sizes = {split: len(division[split]) for split in _RECORDINGS}
    # A list that lost its end would quietly turn test recordings into training ones.
    if len(present) == sum(_RECORDINGS.values()) and sizes != _RECORDINGS:
        raise DataIntegrityError(
            f"the lists of {folder} divide its recordings into {sizes}, expected {_RECORDINGS}, so "
            f"one of them is truncated or altered: {_ARCHIVE.remedy}"
        )
    return division
