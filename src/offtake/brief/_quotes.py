"""The prices of a page: each request of the book, or why it has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from offtake.errors import InfeasibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.quote import Quote

__all__ = ["Priced", "Quotes", "quotes_of"]

_MOST: Final = 8


@dataclass(frozen=True)
class Priced:
    """A request of the book.

    Parameters
    ----------
    name, title
        What the book calls it.
    seller, buyer
        Who is asked, and who asks.
    quote
        Its price; None where there is none.
    why
        Why there is none, in the words of the error; empty where there is one.
    """

    name: str
    title: str
    seller: str
    buyer: str
    quote: Quote | None
    why: str = ""


@dataclass(frozen=True)
class Quotes:
    """The requests of a page.

    Parameters
    ----------
    requests
        Those that were priced, or were to be, in book order.
    left_out
        Names of those that the page has no room for.
    """

    requests: tuple[Priced, ...]
    left_out: tuple[str, ...] = ()

    def python(self) -> tuple[str, ...]:
        """Return the Python that prices them again."""
        found = [each.quote for each in self.requests if each.quote is not None]
        names = [each.name for each in self.requests if each.quote is not None]
        lines = [
            f"quotes[{name!r}] = ot.quote(book, request={quote.request!r}, provider={quote.provider!r}, "
            f"buyer={quote.buyer!r}, paths={quote.paths}, seed={quote.seed})"
            for name, quote in zip(names, found, strict=True)
        ]
        return ("quotes = {}", *lines) if lines else ()


def quotes_of(
    book: Book,
    paths: int,
    seed: int,
    engine: Literal["jax", "numpy"],
    progress: Callable[[str, int, int], None] | None = None,
) -> Quotes | None:
    """Return the price of each request of a book, as many as a page has room for; None where it has none."""
    if not book.requests:
        return None
    names = list(book.requests)
    priced = tuple(_priced(book, name, paths, seed, engine, progress) for name in names[:_MOST])
    return Quotes(priced, tuple(names[_MOST:]))


def _priced(
    book: Book,
    name: str,
    paths: int,
    seed: int,
    engine: Literal["jax", "numpy"],
    progress: Callable[[str, int, int], None] | None,
) -> Priced:
    from offtake.quote import quote

    entry = book.requests[name]
    told = (name, entry.title or name, entry.seller, entry.buyer)
    report = None if progress is None else lambda done, total: progress(f"price of {name}", done, total)
    try:
        found = quote(book, request=name, paths=paths, seed=seed, engine=engine, progress=report)
    except (InfeasibleError, InputError) as error:
        return Priced(*told, None, str(error))
    return Priced(*told, found)
