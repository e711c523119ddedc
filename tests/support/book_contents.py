"""Which pages the book has, read from its table of contents."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def entries(node) -> list[str]:
    """Every file in a table of contents, in order."""
    if isinstance(node, list):
        return [name for item in node for name in entries(item)]
    own = [node[key] for key in ("root", "file") if key in node]
    inside = [node[key] for key in ("parts", "chapters", "sections") if key in node]
    return own + entries(inside)


CONTENTS = entries(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8")))
NOTEBOOKS = [name for name in CONTENTS if (ROOT / f"{name}.ipynb").is_file()]
