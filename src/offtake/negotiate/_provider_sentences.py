"""What a portfolio of providers says, in sentences that a finance chief would read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offtake.quote._sentences import money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from offtake.negotiate._providers import Portfolio

__all__ = ["group_in_words", "of_portfolio"]

_MOST: Final = 4


def of_portfolio(found: Portfolio) -> tuple[str, ...]:
    """Return what a portfolio says: what all bring, who gets how much of it, and whether that holds."""
    said = [_together(found), _shares(found), _verdict(found), *_lost(found), *_costly(found)]
    if not found.split.exact:
        said.append(
            f"The shares come from {found.split.orders} drawn orders of arrival; the largest of their "
            f"standard errors is {money(max(found.split.error.values()))}."
        )
    return tuple(said)


def _together(found: Portfolio) -> str:
    count = len(found.providers)
    who = (
        f"its {count} providers together are" if count > 1 else f"its only provider, {found.providers[0]}, is"
    )
    whom = "all of them" if count > 1 else "it"
    none = "none" if count > 1 else "it gone"
    return (
        f"To {found.buyer} {who} worth {money(found.together)}: its plan brings that much more with the "
        f"deals and offers of {whom}, at the prices that they name, than with {none}."
    )


def _shares(found: Portfolio) -> str:
    """Return the buyer's own share, and what each provider brings."""
    own, together = found.split[found.buyer], found.together
    part = f", {100 * own / together:.0f} % of it" if together > found.noise else ""
    spread = found.spread.get(found.buyer)
    between = "" if spread is None else f" ({money(spread.low)} to {money(spread.high)})"
    ranked = sorted(found.providers, key=lambda name: -found.split[name])
    told = [f"{name} {money(found.split[name])}" for name in ranked[:_MOST]]
    if len(ranked) > _MOST:
        others = sum(found.split[name] for name in ranked[_MOST:])
        told.append(f"{len(ranked) - _MOST} others {money(others)}")
    return (
        "Shared out by what each adds on average over all orders of arrival (the Shapley value), "
        f"{found.buyer} keeps {money(own)}{between}{part}, and its providers bring: {_listed(told)}."
    )


def _costly(found: Portfolio) -> list[str]:
    """Return who costs the buyer more than it brings."""
    who = [name for name, lost in found.last.items() if lost < -found.noise]
    return [
        f"With all others there, {name} costs {found.buyer} {money(-found.last[name])} more than it brings."
        for name in who
    ]


def _lost(found: Portfolio) -> list[str]:
    """Return whose loss would cost the most, and who could be done without."""
    last = found.last
    if len(last) < 2:  # noqa: PLR2004 - one is all there is
        return []
    most = max(last, key=lambda name: last[name])
    said = []
    if last[most] > found.noise:
        said.append(
            f"To lose {most} would cost the most: {money(last[most])}, all planned anew among the others."
        )
    idle = [name for name, lost in last.items() if abs(lost) <= found.noise]
    if idle:
        said.append(f"To lose {_listed(idle, 'or')} would cost nothing: the others take its place.")
    return said


def _verdict(found: Portfolio) -> str:
    """Return whether the split holds, and who would block it."""
    if found.holds:
        return "The split holds: no group of them, with the buyer or without, would do better by itself."
    if found.holds is None:
        return (
            f"Of the {len(found.worth)} groups looked at none would do better by itself; the others were not "
            "looked at, so that nobody can say that the split holds."
        )
    (group, gain), more = found.blocking[0], len(found.blocking) - 1
    would = f"{group_in_words(found, group)} would have {money(gain)} more by {_selves(group)}"
    others = "; one more group would do better, too" if more == 1 else ""
    others = f"; {more} more groups would do better, too" if more > 1 else others
    if found.could_hold is False:
        best = max(found.worth, key=lambda each: found.worth[each])
        extra = found.worth[best] - found.together
        return (
            f"No split would hold: {group_in_words(found, best | {found.buyer})} has {money(extra)} more to "
            f"share than all together. As shared out here, {would}{others}."
        )
    return f"The split does not hold: {would} than it gives them{others}.{_instead(found)}"


def _selves(group: frozenset[str]) -> str:
    return "itself" if len(group) == 1 else "themselves"


def _instead(found: Portfolio) -> str:
    """Return who would have to be content with less, if there is a split that holds."""
    if found.core is None or not found.could_hold:
        return ""
    less = {
        name: (found.split[name], found.core.nucleolus[name])
        for name in found.providers
        if found.split[name] > found.last[name] + found.noise
    }
    if not less:
        return ""
    told = [f"{name} has {money(gets)} in place of {money(has)}" for name, (has, gets) in less.items()]
    return f" In the split that leaves the least reason to go (the nucleolus), {_listed(told)}."


def group_in_words(found: Portfolio, group: frozenset[str]) -> str:
    """Return a group as people say it: by who is in it, or by who is not, whichever is shorter.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> found = SimpleNamespace(buyer="Lark", providers=("Wren", "Heron", "Finch"))
    >>> group_in_words(found, frozenset({"Lark", "Wren", "Heron"}))
    'Lark with all but Finch'
    >>> group_in_words(found, frozenset({"Lark", "Heron"})), group_in_words(found, frozenset({"Lark"}))
    ('Lark with Heron alone', 'Lark with none of them')
    >>> group_in_words(found, frozenset({"Wren"}))
    'Wren'
    """
    inside = [name for name in found.providers if name in group]
    outside = [name for name in found.providers if name not in group]
    if found.buyer not in group:
        return _listed(inside)
    if not inside:
        return f"{found.buyer} with none of them"
    if len(outside) < len(inside):
        return f"{found.buyer} with all but {_listed(outside)}" if outside else f"{found.buyer} with all"
    return f"{found.buyer} with {_listed(inside)} alone"


def _listed(names: Iterable[str], last: str = "and") -> str:
    every = list(names)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} {last} {every[-1]}"
