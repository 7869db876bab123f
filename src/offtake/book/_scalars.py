"""The types of a book's fields: amounts and profiles of each dimension, names, quarters, sources.

Each is a pydantic type: it reads what a person writes, refuses what it cannot read with the reason and the
way to mend it, writes back plain data, and has a JSON Schema with its unit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from offtake.book._amount import Amount, source_ids
from offtake.book._distribution import KINDS, Distribution
from offtake.book._profile import Profile
from offtake.calendar import Calendar, DateError, Quarter
from offtake.units import DIMENSIONS, QuantityError

__all__ = [
    "Amount",
    "AnyAmount",
    "Calendar",
    "CapacityCost",
    "CapacityPrice",
    "CapacityPriceProfile",
    "ChipPower",
    "ChipPrice",
    "Count",
    "Distribution",
    "Duration",
    "EnergyPrice",
    "EnergyPriceProfile",
    "Index",
    "Money",
    "MoneyFlow",
    "MoneyFlowProfile",
    "Name",
    "Power",
    "PowerProfile",
    "Profile",
    "Quarter",
    "QuarterField",
    "Rate",
    "Ratio",
    "RatioProfile",
    "Share",
    "SharePrice",
    "ShareProfile",
    "Sources",
]

_PROVENANCE_SCHEMA: Final[Mapping[str, Any]] = {
    "sources": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "assumed": {"type": "string"},
    "range": {"type": "array", "minItems": 2, "maxItems": 2},
    "note": {"type": "string"},
}
_DISTRIBUTION_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        **{kind: {} for kind in KINDS},
        "unit": {"type": "string"},
        "cause": {"type": "string"},
        "correlation": {"type": ["number", "string"]},
        **_PROVENANCE_SCHEMA,
    },
    "oneOf": [{"required": [kind]} for kind in KINDS],
    "additionalProperties": False,
}
_WINDOW_SCHEMA: Final[Mapping[str, Any]] = {key: {"type": ["string", "integer"]} for key in ("from", "until")}


def _refusable(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Turn a refusal into the kind of error that pydantic collects, keeping what mends it."""

    def validate(data: Any) -> Any:
        try:
            return read(data)
        except (QuantityError, DateError) as error:
            kind, template = "refused", "{what}. {mend}"
            raise PydanticCustomError(kind, template, {"what": error.what, "mend": error.mend}) from None

    return validate


@dataclass(frozen=True, slots=True)
class AmountType:
    """The pydantic type of an amount of one dimension, or of any where it is None."""

    dimension: str | None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _refusable(lambda data: Amount.read(data, self.dimension)),
            serialization=core_schema.plain_serializer_function_ser_schema(Amount.written),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return _amount_schema(self.dimension)


@dataclass(frozen=True, slots=True)
class ProfileType:
    """The pydantic type of a profile of one dimension."""

    dimension: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _refusable(lambda data: Profile.read(data, self.dimension)),
            serialization=core_schema.plain_serializer_function_ser_schema(Profile.written),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        constant = _amount_schema(self.dimension)
        quantity = {"type": ["string", "number"]}
        path = {
            "path": {"type": "object", "additionalProperties": quantity, "minProperties": 1},
            "between": {"enum": ["linear", "held"]},
        }
        follow = {"driver": {"type": "string"}, "times": {"type": ["string", "number", "object"]}}
        forms = [
            _object({**each, **_WINDOW_SCHEMA, **_PROVENANCE_SCHEMA}, required)
            for each, required in ((path, "path"), (follow, "driver"))
        ]
        for form in constant["anyOf"]:
            if form["type"] == "object":
                form["properties"] = {**form["properties"], **_WINDOW_SCHEMA}
        return {**constant, "anyOf": [*constant["anyOf"], *forms]}


class _QuarterType:
    """The pydantic type of a quarter; a date means the quarter that contains it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _refusable(Quarter.containing),
            serialization=core_schema.plain_serializer_function_ser_schema(
                str, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        pattern = r"^\d{4}(-?[Qq][1-4]|-\d{2}(-\d{2})?)?$"
        text = {"type": "string", "pattern": pattern, "examples": ["2026-Q1"]}
        return {"anyOf": [text, {"type": "integer"}], "unit": "quarter"}


class _SourcesType:
    """The pydantic type of source ids: one, or a list."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _refusable(source_ids), serialization=core_schema.plain_serializer_function_ser_schema(list)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(_PROVENANCE_SCHEMA["sources"])


def _amount_schema(dimension: str | None) -> dict[str, Any]:
    """Return the JSON Schema of everything that is read as an amount of a dimension."""
    wanted = DIMENSIONS[dimension or "power"]
    text: dict[str, Any] = {"type": "string", "examples": [wanted.example]}
    bare: list[dict[str, Any]] = [{"type": "number"}] if wanted.bare or dimension is None else []
    value = {"anyOf": [*bare, text, dict(_DISTRIBUTION_SCHEMA)]}
    detailed = _object({"value": value, **_PROVENANCE_SCHEMA}, "value")
    unit = {} if dimension is None else {"unit": wanted.unit, "dimension": dimension}
    return {"anyOf": [*bare, text, dict(_DISTRIBUTION_SCHEMA), detailed], **unit}


def _object(properties: Mapping[str, Any], required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [required],
        "additionalProperties": False,
    }


def _text(data: Any) -> Any:
    """Let a number stand for a name: `chips: {300: ...}` is as good as `'300'`."""
    return str(data) if isinstance(data, int | float) and not isinstance(data, bool) else data


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), BeforeValidator(_text)]
Sources = Annotated[tuple[str, ...], _SourcesType]
QuarterField = Annotated[Quarter, _QuarterType]

AnyAmount = Annotated[Amount, AmountType(None)]
Money = Annotated[Amount, AmountType("money")]
Power = Annotated[Amount, AmountType("power")]
Share = Annotated[Amount, AmountType("share")]
Ratio = Annotated[Amount, AmountType("ratio")]
Index = Annotated[Amount, AmountType("index")]
Rate = Annotated[Amount, AmountType("rate")]
Duration = Annotated[Amount, AmountType("duration")]
MoneyFlow = Annotated[Amount, AmountType("money_flow")]
CapacityPrice = Annotated[Amount, AmountType("capacity_price")]
CapacityCost = Annotated[Amount, AmountType("capacity_cost")]
EnergyPrice = Annotated[Amount, AmountType("energy_price")]
ChipPower = Annotated[Amount, AmountType("chip_power")]
ChipPrice = Annotated[Amount, AmountType("chip_price")]
SharePrice = Annotated[Amount, AmountType("share_price")]
Count = Annotated[Amount, AmountType("count")]

MoneyFlowProfile = Annotated[Profile, ProfileType("money_flow")]
PowerProfile = Annotated[Profile, ProfileType("power")]
CapacityPriceProfile = Annotated[Profile, ProfileType("capacity_price")]
ShareProfile = Annotated[Profile, ProfileType("share")]
RatioProfile = Annotated[Profile, ProfileType("ratio")]
EnergyPriceProfile = Annotated[Profile, ProfileType("energy_price")]
