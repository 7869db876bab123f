"""What a quote rests on, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.quote._ground import Ground

__all__ = ["assumptions"]


def assumptions(base: Ground, book: Book) -> tuple[str, ...]:
    """Return what a quote of a request in a book rests on."""
    asked, market = base.asked, book.market
    built = "are not built if the buyer fails before work on them begins" if asked.to_build else "are built"
    worth = (
        f"Money counts at {100 * market.discount_rate.value:g} % a year; machines live {asked.life / 4:g} "
        f"years and are then worth {100 * asked.residual:g} % of the price of their chips; they {built}."
    )
    apart = (
        "The buyer's futures are those of the book as it stands, without this deal: neither what it would "
        "pay nor what it would earn with the machines changes when it fails, but where it has signed."
    )
    pays = (
        "The buyer uses the machines for work that finds no place in what it has; it pays in full until the "
        "shortfall that ends in its default, and nothing after it."
    )
    depth = book.parties[asked.seller].sell_depth or market.sell_depth
    gone = (
        f"Once the buyer is gone, {asked.seller}'s own workloads take what they lack, which counts at spot; "
        f"the rest is rented out at spot less {100 * market.haircut.value:g} %, up to "
        f"{depth.value:,.0f} MW less what {asked.seller} rents out already; what is left is idle."
    )
    later = (
        f"After {book.calendar.last} the spot price goes on by its own process, the buyer fails as often as "
        "before, and what both need and rent out stays as it was."
    )
    found = [worth, apart, pays, gone, later, f"{asked.seller} itself does not fail."]
    if asked.left_out:
        found.append(f"Not priced: {', '.join(asked.left_out)}.")
    return tuple(found)
