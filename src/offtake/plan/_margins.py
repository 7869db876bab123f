"""What small changes of a book are worth to a plan: sooner, and one point more of take-or-pay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offtake.book import ComputeDeal, TakeOrPay
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.plan._result import Margin
from offtake.plan._shadow import difference

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.plan._instance import Instance
    from offtake.plan._session import Options
    from offtake.plan._solve import Solution

__all__ = ["margins", "one_point_more", "sooner"]

SOONER: Final = "every delay a quarter shorter"
_POINT: Final = 0.01


def margins(
    book: Book,
    solution: Solution,
    options: Options,
    lay_out: Callable[..., Instance],
) -> tuple[Margin, ...]:
    """Return what a quarter less of delay, and a point more of take-or-pay in every offer, are worth.

    Both are solved anew on the tree and the futures of the plan, so that nothing else differs.

    Parameters
    ----------
    book
        The book that was planned for.
    solution
        The plan's solution.
    options
        Of the solver.
    lay_out
        Takes a book, and a scenario of it or None, and returns the problem on the plan's futures.
    """
    made = []
    early = sooner(book)
    if early is not None:
        worth = difference(solution, lay_out(early, SOONER), options)
        made.append(Margin("every delay with a named cause a quarter shorter", worth))
    bound = one_point_more(book, solution.instance.buyer)
    if bound is not None:
        worth = difference(solution, lay_out(bound, None), options)
        made.append(Margin("a point more of take-or-pay in every offer", worth))
    return tuple(made)


def sooner(book: Book) -> Book | None:
    """Return the book with a scenario in which each cause delays a quarter less; None without causes."""
    causes = compile(book).names.causes
    if not causes:
        return None
    return book.replace(
        {f"scenarios.{SOONER}": {"set": {f"causes.{each}": "-1 quarters" for each in causes}}}
    )


def one_point_more(book: Book, buyer: str) -> Book | None:
    """Return the book with a point more of take-or-pay in every offer to the buyer; None without offers."""
    changes: dict[str, Any] = {}
    for name, deal in book.deals.items():
        if isinstance(deal, ComputeDeal) and deal.buyer == buyer and deal.firmness == "offered":
            for key, clause in deal.clauses.items():
                if isinstance(clause, TakeOrPay) and clause.share.distribution is None:
                    more = min(clause.share.value + _POINT, 1.0)
                    changes[f"deals.{name}.clauses.{key}"] = f"{100 * more:.12g} %"
    return book.replace(changes) if changes else None
