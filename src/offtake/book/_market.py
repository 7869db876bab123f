"""The spot market for compute, and what money costs."""

from __future__ import annotations

from offtake.book._entry import Entry, entry_field
from offtake.book._scalars import Amount, Name, Power, Rate, Share


class Market(Entry):
    """The spot market on which shortfalls are bought and idle machines are rented out."""

    spot: Name | None = entry_field(
        "Driver of the spot price; default: the driver called `spot`, if there is one.", default=None
    )
    chip: Name | None = entry_field(
        "Reference chip of the spot price when it is per GPU-hour; default: the book's only chip.",
        default=None,
    )
    confidence: Name | None = entry_field(
        "Driver of external confidence; default: the driver called `confidence`, if there is one.",
        default=None,
    )
    buy_depth: Power = entry_field(
        "Most that one buyer can buy on spot in a quarter, in effective MW.",
        unit="MW",
        default=Amount(0.0, "power"),
    )
    sell_depth: Power = entry_field(
        "Most idle capacity that one party can rent out on spot in a quarter.",
        unit="MW",
        default=Amount(0.0, "power"),
    )
    haircut: Share = entry_field(
        "Discount on spot when idle machines are rented out.", unit="1", default=Amount(0.3, "share")
    )
    base_rate: Rate = entry_field(
        "Risk-free interest a year: floor of funding rates.", unit="1/year", default=Amount(0.04, "rate")
    )
    discount_rate: Rate = entry_field(
        "Yearly rate at which present values are taken.", unit="1/year", default=Amount(0.08, "rate")
    )
