"""The records of a book as types: which record stands where, and what fields it has."""

import functools
import inspect
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

__all__ = [
    "field_names",
    "find_field",
    "inner_type",
    "kind_of",
    "ordered_fields",
    "record_at",
    "records",
    "step",
]


def inner_type(annotation: Any) -> Any:
    """Return a type without its annotations and without None.

    Examples
    --------
    >>> inner_type(Annotated[int, "always"] | None)
    <class 'int'>
    """
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        members = _members(annotation)
        if len(members) == 1 and members[0] is not annotation:
            annotation = members[0]
            continue
        return annotation


def _members(annotation: Any) -> list[Any]:
    """Return the members of a union without None; a type that is no union is its only member."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return [annotation]
    return [each for each in get_args(annotation) if each is not type(None)]


def kind_of(record: type[BaseModel]) -> str | None:
    """Return what a record's `kind` must say, or None where it has none or several."""
    field = record.model_fields.get("kind")
    if field is None or get_origin(field.annotation) is not Literal:
        return None
    choices = get_args(field.annotation)
    return str(choices[0]) if len(choices) == 1 else None


def step(annotation: Any, key: str | int) -> Any:
    """Return the type of what stands under a key, or None if nothing can stand there.

    A key may also be the `kind` that picks one record of a union, as in the locations of pydantic.
    """
    annotation = inner_type(annotation)
    members = _members(annotation)
    if len(members) > 1:
        return next(
            (each for each in members if _is_record(inner_type(each)) and kind_of(inner_type(each)) == key),
            None,
        )
    if _is_record(annotation):
        field = find_field(annotation, str(key))
        return None if field is None else field.annotation
    if get_origin(annotation) is dict and key != "[key]":
        return get_args(annotation)[1]
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0]
    return None


def record_at(root: type[BaseModel], location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Return the record at a location as pydantic gives it, or None if no record stands there."""
    annotation: Any = root
    for key in location:
        annotation = step(annotation, key)
        if annotation is None:
            return None
    found = inner_type(annotation)
    return found if _is_record(found) else None


def find_field(record: type[BaseModel], key: str) -> FieldInfo | None:
    """Return a field by its name or its alias."""
    if key in record.model_fields:
        return record.model_fields[key]
    return next((field for field in record.model_fields.values() if field.alias == key), None)


def field_names(record: type[BaseModel]) -> list[str]:
    """Return the names of a record's fields as people write them."""
    return [field.alias or name for name, field in ordered_fields(record)]


@functools.cache
def ordered_fields(record: type[BaseModel]) -> tuple[tuple[str, FieldInfo], ...]:
    """Return a record's fields in the order of writing: kind, its own, those it shares, provenance."""
    classes = [each for each in record.__mro__ if issubclass(each, BaseModel) and each is not BaseModel]
    names = [name for each in classes for name in inspect.get_annotations(each)]
    last = [name for name in ("sources", "assumed", "note") if name in record.model_fields]
    first = [name for name in ("kind",) if name in record.model_fields]
    ordered = dict.fromkeys([*first, *(name for name in names if name in record.model_fields)])
    names = [*(name for name in ordered if name not in last), *last]
    return tuple((name, record.model_fields[name]) for name in names)


def records(root: Any) -> Iterator[type[BaseModel]]:
    """Yield every record that can stand in a book, each once, in the order in which fields name them."""
    seen: set[Any] = set()
    waiting = [root]
    while waiting:
        annotation = inner_type(waiting.pop(0))
        if _is_record(annotation):
            if annotation in seen:
                continue
            seen.add(annotation)
            yield annotation
            waiting += [field.annotation for field in annotation.model_fields.values()]
        else:
            waiting += [each for each in get_args(annotation) if not isinstance(each, str)]


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
