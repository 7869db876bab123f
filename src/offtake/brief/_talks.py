"""The negotiation of a page: the book's first one, and until when both of its parties would stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InfeasibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.negotiate import Negotiation, Stay

__all__ = ["Talked", "talked_of"]

_TREE: Final[dict[str, Any]] = {"futures": 500, "scenarios": 10}
_EVERY: Final = 4


@dataclass(frozen=True)
class Talked:
    """A negotiation of the book.

    Parameters
    ----------
    name, title
        What the book calls it.
    talks
        What was found.
    stay
        Until when both would go on; None where the two have no firm compute deal.
    seed
        Seed of both.
    """

    name: str
    title: str
    talks: Negotiation
    stay: Stay | None
    seed: int

    def python(self) -> tuple[str, ...]:
        """Return the Python that finds the same again."""
        settings = ", ".join(f"{key}={value}" for key, value in {**_TREE, "seed": self.seed}.items())
        lines = [f"talks = ot.negotiate(book, {self.name!r}, {settings})"]
        if self.stay is not None:
            seller, buyer = self.stay.parties
            lines += [
                "from offtake.negotiate import stay_or_leave",
                f"stay = stay_or_leave(book, {seller!r}, {buyer!r}, quarters={_EVERY}, {settings})",
            ]
        return tuple(lines)


def talked_of(
    book: Book, seed: int, progress: Callable[[str, int, int], None] | None = None
) -> Talked | None:
    """Return the book's first negotiation; None where it has none, or the buyer has no plan under it."""
    from offtake.negotiate import negotiate, stay_or_leave

    name = next(iter(book.negotiations), None)
    if name is None:
        return None
    entry = book.negotiations[name]
    title = entry.title or name

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(title, done, total)

    try:
        talks = negotiate(book, name, seed=seed, progress=report, **_TREE)
    except InfeasibleError:
        return None
    try:
        stay = stay_or_leave(book, *talks.parties, quarters=_EVERY, seed=seed, progress=report, **_TREE)
    except (InfeasibleError, InputError):
        stay = None
    return Talked(name, title, talks, stay, seed)
