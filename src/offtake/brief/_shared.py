"""The providers of a page: what each brings to the party in focus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InfeasibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.negotiate import Portfolio

__all__ = ["Shared", "shared_of"]

_FUTURES: Final = 500
_ORDERS: Final = 6
_WHOLE: Final = 6
_PLANS: Final = 256
_SCENARIOS: Final = (4, 12)


@dataclass(frozen=True)
class Shared:
    """What the providers of a buyer bring to it.

    Parameters
    ----------
    buyer
        The buyer.
    portfolio
        What each brings; None where that is not known.
    why
        Why not, in the words of the error; empty where it is known.
    """

    buyer: str
    portfolio: Portfolio | None
    why: str = ""

    def python(self) -> tuple[str, ...]:
        """Return the Python that finds the same again."""
        found = self.portfolio
        if found is None:
            return ()
        orders = "" if found.split.exact else f"orders={found.split.orders}, "
        settings = ", ".join(f"{name}={found.settings[name]}" for name in ("futures", "scenarios", "seed"))
        return (
            "from offtake.negotiate import portfolio",
            f"shared = portfolio(book, {self.buyer!r}, {orders}{settings})",
        )


def shared_of(
    book: Book,
    buyer: str,
    seed: int,
    progress: Callable[[str, int, int], None] | None = None,
    client: Any = None,
) -> Shared:
    """Return what the providers of a buyer bring to it.

    Each group of providers is a plan: the more groups there are, the fewer scenarios each is planned over.

    Parameters
    ----------
    book
        The book.
    buyer
        The buyer.
    seed
        Seed of the futures.
    progress
        Called with what is being done, groups valued and groups in all.
    client
        A `dask.distributed` client that values the groups side by side, or None.
    """
    from offtake.negotiate import portfolio

    sellers = {
        deal.creditor for deal in book.deals.values() if deal.kind == "compute" and deal.debtor == buyer
    }
    whole = len(sellers) <= _WHOLE
    groups = 2 ** len(sellers) if whole else _ORDERS * len(sellers)
    least, most = _SCENARIOS
    about = f"providers of {buyer}"
    try:
        found = portfolio(
            book,
            buyer,
            orders=None if whole else _ORDERS,
            futures=_FUTURES,
            scenarios=min(most, max(least, _PLANS // groups)),
            seed=seed,
            client=client,
            progress=None if progress is None else lambda done, total: progress(about, done, total),
        )
    except (InfeasibleError, InputError) as error:
        return Shared(buyer, None, str(error))
    return Shared(buyer, found)
