"""Settings as they stand in a record, and whether a record still answers the settings of today.

A record holds all its settings as JSON. It is valid for the settings of today if every one that it
names has the value of today, and every one that it does not name, being newer, has its default.
Seeds are no settings: a record says which it has.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEEDS = "seeds"


def as_json(settings: Any) -> dict[str, Any]:
    """All settings but the seeds, by name, as JSON gives them back.

    Raises:
        TypeError: A value is none that JSON holds.
    """
    values = dataclasses.asdict(settings)
    values.pop(SEEDS, None)
    try:
        return json.loads(json.dumps(values, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"settings hold numbers, strings, booleans and tuples of them, but {settings!r} does "
            f"not: {error}"
        ) from error


def settings_hash(name: str, settings: Any) -> str:
    """SHA-256 of the experiment's name and the settings that differ from their defaults."""
    defaults = _defaults(settings)
    changed = {
        field: value
        for field, value in as_json(settings).items()
        if field not in defaults or defaults[field] != value
    }
    text = json.dumps([name, changed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def difference(recorded: Mapping[str, Any], settings: Any) -> str | None:
    """The first setting of a record that is not that of today, in words; None if it is valid."""
    today = as_json(settings)
    defaults = _defaults(settings)
    for field in recorded:
        if field not in today:
            return f"{field}={recorded[field]!r}, which is no setting any more"
        if recorded[field] != today[field]:
            return f"{field}={recorded[field]!r} instead of {today[field]!r}"
    for field in today:
        if field not in recorded and (field not in defaults or defaults[field] != today[field]):
            return f"no {field}, which is {today[field]!r} now"
    return None


def _defaults(settings: Any) -> dict[str, Any]:
    """The defaults of the fields that have one, as JSON gives them back."""
    found = {}
    for field in dataclasses.fields(settings):
        if field.default is not dataclasses.MISSING:
            found[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            found[field.name] = field.default_factory()
    plain = {
        name: dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value
        for name, value in found.items()
        if name != SEEDS
    }
    return json.loads(json.dumps(plain))
