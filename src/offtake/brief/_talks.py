"""The negotiations of a page: each one's zone of agreement, and until when both of its parties would stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offtake.errors import InfeasibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from offtake.book import Book
    from offtake.negotiate import Negotiation, Stay

__all__ = ["Talked", "Talks", "talks_of"]

# as the verb has it by default, so that page and command say the same
_TREE: Final[dict[str, Any]] = {"futures": 1000, "scenarios": 12}
_EVERY: Final = 4
_MOST: Final = 4


@dataclass(frozen=True)
class Talked:
    """A negotiation of the book.

    Parameters
    ----------
    name, title
        What the book calls it.
    parties
        The two at the table: the seller first, where something was found.
    talks
        What was found; None where nothing was.
    why
        Why nothing was, in the words of the error; empty where something was.
    stay
        Until when both would go on; None where that was not found.
    why_not_stay
        Why that was not found, in the words of the error; empty where it was.
    seed
        Seed of both.
    """

    name: str
    title: str
    parties: tuple[str, str]
    talks: Negotiation | None
    stay: Stay | None
    seed: int
    why: str = ""
    why_not_stay: str = ""

    def python(self) -> tuple[str, ...]:
        """Return the Python that finds the same again."""
        settings = ", ".join(f"{key}={value}" for key, value in {**_TREE, "seed": self.seed}.items())
        lines = []
        if self.talks is not None:
            lines.append(f"talks[{self.name!r}] = ot.negotiate(book, {self.name!r}, {settings})")
        if self.stay is not None:
            seller, buyer = self.stay.parties
            lines.append(
                f"stays[{self.name!r}] = stay_or_leave("
                f"book, {seller!r}, {buyer!r}, quarters={_EVERY}, {settings})"
            )
        return tuple(lines)


@dataclass(frozen=True)
class Talks:
    """The negotiations of a page.

    Parameters
    ----------
    negotiations
        Those that were looked at, in book order.
    left_out
        Names of those that the page has no room for.
    """

    negotiations: tuple[Talked, ...]
    left_out: tuple[str, ...] = ()

    def python(self) -> tuple[str, ...]:
        """Return the Python that finds the same again."""
        lines = [line for each in self.negotiations for line in each.python()]
        if not lines:
            return ()
        return "from offtake.negotiate import stay_or_leave", "talks, stays = {}, {}", *lines


def talks_of(
    book: Book,
    seed: int,
    progress: Callable[[str, int, int], None] | None = None,
    client: Any = None,
) -> Talks | None:
    """Return the negotiations of a book, as many as a page has room for; None where it has none.

    With a `dask.distributed` client, what is settled is valued side by side.
    """
    if not book.negotiations:
        return None
    names = list(book.negotiations)
    stays: dict[tuple[str, str], Stay | str] = {}
    talked = tuple(_talked(book, name, seed, stays, progress, client) for name in names[:_MOST])
    return Talks(talked, tuple(names[_MOST:]))


def _talked(
    book: Book,
    name: str,
    seed: int,
    stays: dict[tuple[str, str], Stay | str],
    progress: Callable[[str, int, int], None] | None,
    client: Any,
) -> Talked:
    """Return what is found in a negotiation; the curve of two parties is found once for all their tables."""
    from offtake.negotiate import negotiate, stay_or_leave

    entry = book.negotiations[name]
    title, pair = entry.title or name, (entry.parties[0], entry.parties[1])

    def report(what: str) -> Callable[[int, int], None] | None:
        return None if progress is None else lambda done, total: progress(what, done, total)

    try:
        talks = negotiate(book, name, seed=seed, client=client, progress=report(title), **_TREE)
    except (InfeasibleError, InputError) as error:
        return Talked(name, title, pair, None, None, seed, str(error), str(error))
    if talks.parties not in stays:
        about = f"{title}: stay or leave"
        try:
            stays[talks.parties] = stay_or_leave(
                book,
                *talks.parties,
                quarters=_EVERY,
                seed=seed,
                client=client,
                progress=report(about),
                **_TREE,
            )
        except (InfeasibleError, InputError) as error:
            stays[talks.parties] = str(error)
    stay = stays[talks.parties]
    if isinstance(stay, str):
        return Talked(name, title, talks.parties, talks, None, seed, why_not_stay=stay)
    return Talked(name, title, talks.parties, talks, stay, seed)
