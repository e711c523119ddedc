"""Labelled pictures or sounds in parquet files, in the usual convention of such files.

Column ``image`` (or ``img``) or ``audio`` is a struct of ``bytes``, a whole picture or wav file,
and ``path``; column ``label`` (or ``fine_label``) holds whole numbers from 0. The names of the
classes are those that the schema states as Hugging Face's ``datasets`` writes them, else the
folders in ``path`` (``train/cat/0001.png``) where each class has one of its own, else the numbers.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from relu_book.datasets.dataset import DataIntegrityError, Dataset, reason
from relu_book.datasets.files import data_root
from relu_book.datasets.samples import Samples, gather

_SAMPLES = {"image": "picture", "img": "picture", "audio": "sound"}
_LABELS = ("label", "fine_label")


def load_parquet(
    paths: str | os.PathLike | Sequence[str | os.PathLike],
    split: str = "train",
    *,
    root: str | os.PathLike | None = None,
    validation: float | int = 0,
    seed: int = 0,
    per_class: int | None = None,
    size: int | None = None,
    length: int | None = None,
) -> Dataset:
    """Load pictures or sounds from parquet files; ``load`` takes the path of one file as a name.

    The files are one set together, and by default all of it is returned.

    Args:
        paths: A file or several of them, read in this order; relative to the working folder, else
            to the root of the data sets.
        split: ``"train"``, or ``"validation"`` for the part that ``validation`` cuts off. A test
            set is a file of its own.
        root: As in ``load``.
        validation: Number or share of the samples that are held out, by default none.
        seed: Names the random choices.
        per_class: Takes at most so many samples of each class, at random.
        size: Height and width that pictures are brought to (shorter side scaled, middle cut out);
            by default all must have the same.
        length: Number of values that sounds are brought to (zeros added or the end cut off); by
            default all must be equally long.

    Returns:
        Pictures (n, 1 or 3, height, width) in [0, 1] or sounds (n, 1, length) in [-1, 1), in the
        order of the files. One colour picture makes all of them coloured.

    Raises:
        FileNotFoundError: No such file.
        DataIntegrityError: A file is truncated, altered or not in the convention.
        ValueError: Samples that differ in size, or an option that makes no sense here.
        MemoryError: The samples do not fit into memory.
        ImportError: pyarrow or Pillow is not installed.

    Cost: 0.1 ms a small picture (8 s for 50 000 WebP files of 32 x 32), and 5 bytes a value for a
    moment, 4 afterwards. Only the rows that are wanted are decoded.

    Example:
        >>> import io, tempfile, pyarrow, pyarrow.parquet
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("L", (8, 8), 255).save(file, "PNG")
        >>> rows = [{"bytes": file.getvalue(), "path": f"{name}/0.png"} for name in ("cat", "dog")]
        >>> with tempfile.NamedTemporaryFile(suffix=".parquet") as place:
        ...     table = pyarrow.table({"image": rows, "label": [0, 1]})
        ...     pyarrow.parquet.write_table(table, place.name)
        ...     data = load_parquet(place.name)
        >>> data.images.shape, data.classes
        (torch.Size([2, 1, 8, 8]), ('cat', 'dog'))
    """
    if split == "test":
        raise ValueError(
            "a parquet file is one set and has no test split: load the file that holds the test set"
        )
    several = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    files = [_find(Path(path).expanduser(), root) for path in several]
    remedy = "get or write it anew"
    samples = read_parquet(files, remedy)
    name = " + ".join(str(path) for path in several)
    options = {"size": size} if samples.kind == "picture" else {"length": length}
    for option, value in (("size", size), ("length", length)):
        if value is not None and option not in options:
            raise ValueError(f"{option}= does not go with the {samples.kind}s that {name} holds")
    return gather(
        samples,
        name,
        remedy,
        split=split,
        validation=validation,
        seed=seed,
        per_class=per_class,
        **options,
    )


def split_files(folders: Sequence[Path], split: str, remedy: str) -> list[Path]:
    """The files of a split, ``train.parquet`` or ``train-0-of-3.parquet`` and so on.

    Args:
        folders: Where they may lie; the first folder that holds any is taken.
        split: What their names begin with.
        remedy: What to do about a missing file, for the message.

    Returns:
        In the order of their numbers; empty where no folder holds any.

    Raises:
        FileNotFoundError: Some of the numbered files are there and others are not.

    Cost: listing the folders.

    Example:
        >>> split_files([Path("nowhere")], "train", "look elsewhere")
        []
    """
    pattern = re.compile(rf"{split}(?:-(\d+)-of-(\d+))?\.parquet")
    for folder in folders:
        found = {}
        for path in folder.glob(f"{split}*.parquet"):
            if match := pattern.fullmatch(path.name):
                found[int(match[1] or 0), int(match[2] or 1)] = path
        if found:
            counts = {count for _, count in found}
            if len(counts) > 1:
                names = sorted(path.name for path in found.values())
                raise DataIntegrityError(
                    f"{folder} holds more than one division of {split!r} into files ({names}): "
                    f"keep one of them"
                )
            numbers = sorted(number for number, _ in found)
            # Counted from 0 or, if nothing is numbered so, from 1.
            count = counts.pop()
            wanted = range(1, count + 1) if count in numbers else range(count)
            if lacking := sorted(set(wanted) - set(numbers)):
                raise FileNotFoundError(
                    f"of the {count} files {split}-*-of-{count} in {folder} number {lacking[0]} "
                    f"is missing: {remedy}"
                )
            return [found[number, count] for number in numbers]
    return []


def read_parquet(files: list[Path], remedy: str) -> Samples:
    """Read everything but the samples.

    Args:
        files: Parquet files in the convention.
        remedy: What to do about a damaged one, for the message.

    Returns:
        The labels, and the samples in the order of the files.

    Raises:
        DataIntegrityError: A file is damaged or not in the convention.
        ImportError: pyarrow is not installed.

    Cost: milliseconds a file of some MB.

    Example:
        ``load_parquet`` shows its use.
    """
    rows, labels, names, columns, folders = [], [], [], [], {}
    for path in files:
        with _opened(path, remedy) as file:
            column, label = _columns(file, path)
            with _intact(path, remedy):
                part = file.read(columns=[label, f"{column}.path"])
            values = part[label].combine_chunks()
            if values.null_count or not _whole(values):
                raise DataIntegrityError(
                    f"{path} has labels that are no whole numbers from 0: {remedy}"
                )
            labels.append(values.to_numpy().astype(np.int64))
            names.append(_stated_classes(file, label))
            columns.append(column)
            rows.append(len(values))
            if names[-1] is None and part.num_columns > 1:
                for number, row in zip(labels[-1].tolist(), part[column].to_pylist(), strict=True):
                    place = PurePosixPath((row or {}).get("path") or "")
                    folders.setdefault(number, set()).add(place.parent.name)
    if len(set(columns)) > 1 or len(set(names)) > 1:
        raise DataIntegrityError(
            f"{files[0]} and the files after it differ in their column of samples or their class "
            f"names: {remedy}"
        )
    together = np.concatenate(labels)
    if not len(together):
        raise DataIntegrityError(f"{files[0]} has no rows: {remedy}")
    classes = names[0] or _folder_classes(folders)
    highest = int(together.max())
    if classes is not None and highest >= len(classes):
        raise DataIntegrityError(
            f"{files[0]} names {len(classes)} classes but has the label {highest}: {remedy}"
        )
    numbers = tuple(map(str, range(highest + 1)))
    contents = partial(_contents, files, rows, columns[0], remedy)
    return Samples(
        together, classes or numbers, contents, _SAMPLES[columns[0]], classes is not None
    )


def _contents(
    files: list[Path], counts: list[int], column: str, remedy: str, chosen: np.ndarray
) -> Iterator[tuple[str, bytes]]:
    """Place and content of the chosen rows, a few hundred in memory at a time."""
    wanted = np.zeros(sum(counts), dtype=bool)
    wanted[chosen] = True
    start = 0
    for path, count in zip(files, counts, strict=True):
        row = 0
        with _opened(path, remedy) as file:
            batches = file.iter_batches(batch_size=256, columns=[f"{column}.bytes"])
            while True:
                with _intact(path, remedy):
                    batch = next(batches, None)
                if batch is None:
                    break
                for content in batch.column(0).field(0):
                    if wanted[start + row]:
                        if not content.is_valid:
                            raise DataIntegrityError(
                                f"row {row} of {path} has no bytes: write the file with its "
                                f"samples in it"
                            )
                        yield f"row {row} of {path}", content.as_py()
                    row += 1
        if row != count:
            raise DataIntegrityError(f"{path} states {count} rows but has {row}: {remedy}")
        start += count


@contextlib.contextmanager
def _intact(path: Path, remedy: str) -> Iterator[None]:
    """Turn what pyarrow says about a damaged file into one sentence."""
    import pyarrow

    try:
        yield
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise DataIntegrityError(
            f"{path} is truncated, altered or no parquet file ({reason(error)}): {remedy}"
        ) from None


def _opened(path: Path, remedy: str):
    parquet = _pyarrow()
    with _intact(path, remedy):
        return parquet.ParquetFile(path, page_checksum_verification=True)


def _columns(file, path: Path) -> tuple[str, str]:
    import pyarrow

    schema = file.schema_arrow
    samples = [name for name in _SAMPLES if name in schema.names]
    labels = [name for name in _LABELS if name in schema.names]
    fields = schema.field(samples[0]).type if samples else None
    if not labels or not isinstance(fields, pyarrow.StructType) or _field(fields, "bytes") is None:
        raise DataIntegrityError(
            f"{path} has the columns {dict(zip(schema.names, map(str, schema.types), strict=True))}"
            f", but a struct 'image' or 'audio' with 'bytes' and 'path', and 'label', are expected"
        )
    return samples[0], labels[0]


def _field(fields, name: str):
    return next((fields[i] for i in range(fields.num_fields) if fields[i].name == name), None)


def _whole(values) -> bool:
    import pyarrow

    if not pyarrow.types.is_integer(values.type):
        return False
    numbers = values.to_numpy()
    return not len(numbers) or 0 <= int(numbers.min()) <= int(numbers.max()) < 2**31


def _stated_classes(file, label: str) -> tuple[str, ...] | None:
    """The class names in the metadata that Hugging Face's ``datasets`` writes."""
    text = (file.schema_arrow.metadata or {}).get(b"huggingface")
    try:
        names = json.loads(text)["info"]["features"][label]["names"] if text else None
    except (ValueError, KeyError, TypeError):
        return None
    return tuple(map(str, names)) if isinstance(names, list) else None


def _folder_classes(folders: dict[int, set[str]]) -> tuple[str, ...] | None:
    """The class names in the paths, where each class has one folder that no other class has."""
    if not folders or set(folders) != set(range(len(folders))):
        return None
    if any(len(names) > 1 for names in folders.values()):
        return None
    names = tuple(folders[number].copy().pop() for number in range(len(folders)))
    return names if len(set(names)) == len(names) and all(names) else None


def _find(path: Path, root: str | os.PathLike | None) -> Path:
    candidates = [path] if path.is_absolute() else [path, data_root(root) / path]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(
        f"there is no file {' nor '.join(map(str, candidates))}: give the path of a parquet file"
    )


def _pyarrow():
    try:
        import pyarrow.parquet
    except ImportError:
        raise ImportError(
            "parquet files are read by pyarrow, which is not installed: "
            "run `pip install pyarrow` or `pip install 'relu-book[lab]'`"
        ) from None
    return pyarrow.parquet
