"""What every entry of a book shares: strictness, provenance, and fields that explain themselves."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from offtake.book._scalars import Sources


def entry_field(meaning: str, *, unit: str = "-", default: Any = ..., **options: Any) -> Any:
    """Return a pydantic field that carries its meaning and its unit.

    Parameters
    ----------
    meaning : str
        One sentence for docs, JSON Schema and form labels.
    unit : str
        The canonical unit (`M USD`, `MW`, `quarter`, ...), or `-` for text and choices.
    default : Any
        The default; left out, the field must be given.
    options : Any
        Passed on to `pydantic.Field` (`alias`, `min_length`, ...).

    Examples
    --------
    >>> entry_field("Cash at the opening.", unit="M USD", default=0.0).description
    'Cash at the opening.'
    """
    return Field(default, description=meaning, json_schema_extra={"unit": unit}, **options)


def one_or_many(data: Any) -> Any:
    """Return what stands where a list of names is asked for, one name as a list of it.

    Examples
    --------
    >>> one_or_many("lark"), one_or_many(["lark", "heron"])
    (['lark'], ['lark', 'heron'])
    """
    return [data] if isinstance(data, str) else data


class Record(BaseModel):
    """A frozen, strict record: a field that it does not know is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True
    )


class Entry(Record):
    """A record that says where its figures come from."""

    sources: Sources = entry_field("Ids of the sources that give this entry's figures.", default=())
    assumed: str | None = entry_field(
        "Why figures that no source gives were chosen so; empty when every figure has a source.", default=None
    )
    note: str | None = entry_field("Anything a reader should know: a conflict, a caveat.", default=None)
