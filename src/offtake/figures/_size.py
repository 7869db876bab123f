"""How large a party is: what it is to pay and to be paid under contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from offtake.trace import trace

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["Obligations", "obligations"]


class Obligations(NamedTuple):
    """What a party has under firm contracts over the calendar, M USD."""

    to_pay: float
    to_be_paid: float

    @property
    def gross(self) -> float:
        """Both together, nothing set off."""
        return self.to_pay + self.to_be_paid


def obligations(book: Book) -> dict[str, Obligations]:
    """Return what each party is to pay and to be paid under firm contracts, the largest gross sum first.

    It is what contracts make due between parties on the announced schedule, over the whole calendar.

    Examples
    --------
    >>> from offtake.book import Book
    >>> next(iter(obligations(Book.read("first-steps"))))
    'Lark Labs'
    """
    flows = trace(book, firm_only=True).flows
    found = {
        name: Obligations(
            sum(flow.total for flow in flows if flow.payer == name),
            sum(flow.total for flow in flows if flow.receiver == name),
        )
        for name in book.parties
    }
    return dict(sorted(found.items(), key=lambda item: -item[1].gross))
