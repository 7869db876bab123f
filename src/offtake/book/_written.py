"""A book as plain data: for people without what goes without saying, for the hash in canonical units."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from offtake.book._amount import Amount
from offtake.book._anatomy import field_names, ordered_fields
from offtake.book._clauses import Clause
from offtake.book._profile import Profile
from offtake.book._site import Gate
from offtake.calendar import Calendar, Quarter

__all__ = ["content_hash", "plain"]


def plain(value: Any) -> Any:
    """Return plain data that a person would write and that read back as an equal value.

    Fields that were left out stay out. A clause is written under its kind, by its main field alone where it
    has no other.

    Examples
    --------
    >>> plain(Quarter(2026, 1)), plain(Amount.read("18 months", "duration"))
    ('2026-Q1', '18 months')
    """
    if isinstance(value, Amount | Profile):
        return value.written()
    if isinstance(value, Calendar):
        return {"from": str(value.first), "to": str(value.last)}
    if isinstance(value, BaseModel):
        return _plain_record(value)
    if isinstance(value, Mapping):
        return {plain(key): _plain_named(key, each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, Quarter) else value


def _plain_named(name: Any, value: Any) -> Any:
    """Write one member of a mapping, clauses and gates in the short form that people use."""
    data = plain(value)
    if isinstance(value, Gate):
        return _short_gate(data)
    if not isinstance(value, Clause):
        return data
    if data.get("kind") == name:
        del data["kind"]
    main = value.main
    if main is None or data.keys() != {main}:
        return data
    # a mapping that shares a key with the clause would be taken for the clause itself
    own = {*type(value).model_fields, *field_names(type(value))}
    return data if isinstance(data[main], Mapping) and own & {str(key) for key in data[main]} else data[main]


def _short_gate(data: dict[str, Any]) -> Any:
    """Write a gate's duration without saying that it is one."""
    if data.keys() & {"sources", "assumed", "note"}:
        return data
    duration = data.pop("duration")
    if not isinstance(duration, Mapping):
        return {"duration": duration, **data} if data else duration
    return {**data, **duration}


def _plain_record(record: BaseModel) -> dict[str, Any]:
    data = {}
    for name, field in ordered_fields(type(record)):
        value = getattr(record, name)
        is_default = value == _defaults(type(record))[name]
        if value is not None and (name in record.model_fields_set or not is_default):
            data[field.alias or name] = plain(value)
    return data


@cache
def _defaults(kind: type[BaseModel]) -> dict[str, Any]:
    """Return the default of each field; one that is required has a default that nothing is equal to."""
    return {
        name: object() if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in kind.model_fields.items()
    }


def content_hash(record: BaseModel) -> str:
    """Return the SHA-256 of what a record says, in hexadecimal; equal records have equal hashes.

    Examples
    --------
    >>> from offtake.book._chip import Chip
    >>> one = Chip.model_validate({"vendor": "Quarry", "power": "1.4 kW"})
    >>> other = Chip.model_validate({"vendor": "Quarry", "power": "1400 W", "life": "5 years"})
    >>> content_hash(one) == content_hash(other)
    True
    """
    text = json.dumps(_canonical(record), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """Return JSON data in which every number is in its canonical unit and every default is left out."""
    if isinstance(value, Quarter | Calendar):
        return str(value)
    if isinstance(value, BaseModel):
        defaults = _defaults(type(value))
        said = {name: getattr(value, name) for name in type(value).model_fields}
        return {name: _canonical(each) for name, each in said.items() if each != defaults[name]}
    if hasattr(value, "__dataclass_fields__"):
        compared = (field.name for field in value.__dataclass_fields__.values() if field.compare)
        return {name: _canonical(getattr(value, name)) for name in compared}
    if isinstance(value, Mapping):
        return {str(key): _canonical(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    return value
