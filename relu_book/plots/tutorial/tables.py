"""The table of data sets (thesis 2.1.1, table 2.1)."""

import html

from IPython.display import HTML

from relu_book.datasets import published_sizes
from relu_book.experiments.tutorial.data_sets import ELSEWHERE, TABLE


def data_set_table() -> HTML:
    """Table 2.1 beside the published numbers; what differs is bold."""
    head = (
        "data set",
        "sample",
        "printed: train / test",
        "classes",
        "published: train / validation / test",
        "classes",
        "elsewhere in the sources",
    )
    rows = []
    for name, (train, test, classes, sample) in TABLE.items():
        size = published_sizes()[name]
        # ImageNet's test labels are kept back; the source tests on the validation part.
        tested = size.validation if name == "imagenet" else size.test
        parts = [size.train, size.validation, size.test]
        rows.append(
            (
                name.replace("_", " "),
                sample,
                f"{_marked(train, _close(train, size.train))} / {_marked(test, test == tested)}",
                _marked(classes, classes == size.classes),
                " / ".join("–" if part is None else f"{part:,}" for part in parts),
                f"{size.classes:,}",
                html.escape(ELSEWHERE.get(name, "")),
            )
        )
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    titles = "".join(f"<th>{html.escape(title)}</th>" for title in head)
    return HTML(
        f'<table class="table"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'
    )


def _close(printed: int, published: int) -> bool:
    """Equal, or within a tenth where the source rounds."""
    return printed == published or (printed % 100_000 == 0 and abs(printed / published - 1) < 0.1)


def _marked(value: int, right: bool) -> str:
    return f"{value:,}" if right else f"<strong>{value:,}</strong>"
