"""What is left of a book without some of a buyer's providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from offtake.book import Book

__all__ = ["Rest"]

_UNREAD: Final = ("facts", "negotiations", "requests", "tree", "scenarios")
_BINDING: Final = ("exclusivity", "first_refusal")


class Rest:
    """What is left of a book without some of a buyer's providers.

    Their offers and deals are taken out, except where other entries name one: that one stays and never comes
    into force, so that what is built under it is not built. Their exclusivities and first refusals over the
    buyer end. So does what the buyer's policy asks for against the loss of a provider.

    Raises
    ------
    BookError
        If the book cannot do without them.
    """

    def __init__(self, book: Book, buyer: str, deals: Mapping[str, tuple[str, ...]]) -> None:
        unread: dict[str, Any] = {name: {} for name in _UNREAD if getattr(book, name)}
        self._covered = buyer in book.policies and book.policies[buyer].cover is not None
        if self._covered:
            unread[f"policies.{buyer}.cover"] = None
        self.book = book.replace(unread) if unread else book
        self._buyer = buyer
        self._seller = {deal: name for name, each in deals.items() for deal in each}
        self._named = _texts(self.book.to_data()) & set(self._seller)
        self._holder = {
            name: right.holder
            for name, right in book.rights.items()
            if right.grantor == buyer and right.holder in deals and right.kind in _BINDING and not right.ended
        }
        self._bare = self._without_any()

    def _without_any(self) -> Book:
        changes: dict[str, Any] = {f"deals.{deal}": None for deal in self._seller if deal not in self._named}
        changes |= {f"deals.{deal}.firmness": "intended" for deal in self._named}
        changes |= {f"deals.{deal}.likelihood": "0 %" for deal in self._named}
        changes |= {f"rights.{name}.ended": True for name in self._holder}
        return self.book.replace(changes)

    def only(self, group: frozenset[str]) -> Book:
        """Return the book with only a group of the providers.

        What nobody names is missed by nobody: since the book can do without all of them, it can do without
        some, and need not be checked again.
        """
        parts: dict[str, dict[str, Any]] = {}
        for section, owners in (("deals", self._seller), ("rights", self._holder)):
            sources = {
                name: self.book if owners.get(name) is None or owners[name] in group else self._bare
                for name in getattr(self.book, section)
            }
            parts[section] = {
                name: getattr(source, section)[name]
                for name, source in sources.items()
                if name in getattr(source, section)
            }
        return self.book.model_copy(update=parts)

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is assumed about a provider that is gone, in sentences."""
        said = [
            "A provider that is gone sells and offers nothing; all other deals stay, at their prices.",
        ]
        held = sorted(set(self._holder.values()))
        if held:
            said.append(
                f"What {' and '.join(held)} {'has' if len(held) == 1 else 'have'} in exclusivity or first "
                f"refusal over {self._buyer} is free in groups without the holder."
            )
        if self._covered:
            said.append(
                f"What the policy of {self._buyer} asks for against the loss of a provider is left out: the "
                "groups differ in just that."
            )
        if self._named:
            named = ", ".join(sorted(self._named))
            alone = len(self._named) == 1
            stays = (
                "is named by other entries: it stays" if alone else "are named by other entries: they stay"
            )
            said.append(f"{named} {stays} in the book without the seller, but never in force.")
        return tuple(said)


def _texts(data: Any) -> set[str]:
    """Return every text of plain data that is not a key."""
    if isinstance(data, Mapping):
        return set().union(*map(_texts, data.values()))
    if isinstance(data, list | tuple):
        return set().union(*map(_texts, data))
    return {data} if isinstance(data, str) else set()
