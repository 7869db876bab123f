"""What a negotiation says, in sentences that both sides' finance chiefs would read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offtake.negotiate._terms import KEEP, OUT
from offtake.quote._sentences import money, power, yearly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from offtake.negotiate._clauses import ClauseValue
    from offtake.negotiate._moves import Move
    from offtake.negotiate._negotiation import Negotiation
    from offtake.negotiate._outcomes import Outcome, Side
    from offtake.negotiate._prospect import Spread
    from offtake.negotiate._refusal import Matching
    from offtake.negotiate._reservation import ReservationPrice
    from offtake.negotiate._search import Best
    from offtake.negotiate._stay import Keep, Stay
    from offtake.negotiate._trades import Trade

__all__ = [
    "clause_sentences",
    "move_sentences",
    "named",
    "no_deal_in_words",
    "of_stay",
    "of_talks",
    "reservation_sentence",
    "settled",
    "within",
]

_EXACT = 1e-6
_SAID = {"true": "{}", "yes": "{}", "false": "not {}", "no": "not {}"}
_UNPRICED = frozenset({"most_favoured", "intellectual_property"})


def named(path: str) -> str:
    """Return a path as people say it: the entry and what of it.

    Examples
    --------
    >>> named("deals.base.clauses.first_refusal"), named("rights.parity"), named("base.price")
    ('first refusal (base)', 'parity', 'price (base)')
    """
    section, _, rest = path.partition(".")
    if section == "rights" and rest:
        return rest.replace("-", " ").replace(".", " ")
    entry, _, field = (rest if section == "deals" else path).partition(".")
    field = field.removeprefix("clauses.").replace("_", " ").replace(".", " ")
    return f"{field} ({entry})" if field else entry


def settled(terms: Mapping[str, str]) -> str:
    """Return a settlement in words.

    Examples
    --------
    >>> settled({"base.price": "9 MUSD/MW/year", "swap": "more volume"})
    'price (base) 9 MUSD/MW/year; swap: more volume'
    """
    parts = [f"{named(name)} {label}" if "." in name else f"{name}: {label}" for name, label in terms.items()]
    return "; ".join(parts)


def no_deal_in_words(deals: Sequence[str], changes: Mapping[str, Any] | None) -> str:
    """Return what there is without an agreement.

    Examples
    --------
    >>> no_deal_in_words(["base", "more"], None), no_deal_in_words([], None)
    ('the book without base and more', 'the book as it stands')
    >>> ended = {"rights.parity.ended": "no", "rights.parity.until": "2030-Q4"}
    >>> no_deal_in_words(["base"], {"deals.base": "out", **ended})
    'the book without base, with parity not ended and until 2030-Q4'
    >>> no_deal_in_words(["base"], {"base.price": "12 MUSD/MW/year"})
    'the book with price (base) 12 MUSD/MW/year'
    """
    changes = dict.fromkeys(deals, OUT) if changes is None else changes
    gone = [named(path) for path, value in changes.items() if value is None or value == OUT]
    of_rights: dict[str, list[str]] = {}
    others = []
    for path, value in changes.items():
        section, _, rest = path.partition(".")
        right, _, field = rest.partition(".")
        if value is None or value in (OUT, KEEP):
            continue
        if section == "rights" and field:
            said = field.replace("_", " ")
            told = _SAID.get(str(value).casefold(), "{} {}").format(said, value)
            of_rights.setdefault(named(f"rights.{right}"), []).append(told)
        else:
            others.append(f"{named(path)} {value}")
    others += [f"{right} {' and '.join(said)}" for right, said in of_rights.items()]
    parts = [f"without {' and '.join(gone)}"] if gone else []
    parts += [f"with {', '.join(others)}"] if others else []
    return f"the book {', '.join(parts) or 'as it stands'}"


def within(value: Spread) -> str:
    """Return a mean with the range of nine futures in ten.

    Examples
    --------
    >>> from offtake.negotiate import Spread
    >>> within(Spread(12.0, -3.0, 40.0)), within(Spread(0.0, 0.0, 0.0))
    ('12.0 M USD (−3.0 M USD to 40.0 M USD)', 'nothing')
    """
    if max(abs(value.mean), abs(value.low), abs(value.high)) < _EXACT:
        return "nothing"
    return f"{money(value.mean)} ({money(value.low)} to {money(value.high)})"


def of_talks(talks: Negotiation) -> tuple[str, ...]:
    """Return what a negotiation says, each number with its spread."""
    found = [_zone(talks)]
    if talks.actual is not None:
        found.append(_stands(talks.actual))
    if talks.zone:
        found.append(_bargains(talks))
    found += [] if talks.reservation is None else [reservation_sentence(talks.reservation)]
    found += [] if talks.beside is None else [_beside(talks)]
    found += [] if talks.passed is None else [_passed(talks.parties, talks.passed)]
    found += [_vetoes(talks)] if talks.vetoes else []
    found += [_trade(talks.parties, trade) for trade in talks.trades[:2]]
    found += [*move_sentences(talks), *clause_sentences(talks)]
    found += [_pairs(talks)] if talks.pairs else []
    if talks.best is not None:
        found.append(_boxes(talks.best))
    elif talks.settings.get("boxed"):
        found.append("Within the boxes no terms were found that help both.")
    return tuple(found)


def _boxes(best: Best) -> str:
    """Return the best terms within boxes, and how far to trust that there are none better."""
    told = (
        f"Within the boxes no better terms are promised than {settled(best.outcome.terms)}: what was "
        f"interpolated exceeds what was found by {_percent(best.gap)}, over {best.looked_at} outcomes"
    )
    if best.missed is not None:
        told += (
            f"; of each left out in turn the others gave its score to within {_percent(best.missed)} of "
            "that of the best"
        )
    if best.margin is None or best.margin > 1.0:
        return f"{told}; gains change too fast between them to say how much better others could be."
    return (
        f"{told}. By an estimate, not a proof, none are better by more than {_percent(best.margin)}: if "
        "gains change no faster elsewhere than between these."
    )


def _percent(share: float) -> str:
    return f"{float(f'{100 * share:.2g}'):g} %" if share > _EXACT else "0 %"


def _zone(talks: Negotiation) -> str:
    seller, buyer = talks.parties
    if not talks.zone:
        alone = [sum(each.of(party).verdict.accepts for each in talks.outcomes) for party in talks.parties]
        return (
            f"{seller} and {buyer} have no deal here: of {len(talks.outcomes)} settlements {seller} would "
            f"accept {alone[0]} and {buyer} {alone[1]}, and none leaves one better off and the other no "
            f"worse than without a deal ({talks.no_deal})."
        )
    return (
        f"There is a deal: {len(talks.zone)} of {len(talks.outcomes)} settlements are better for both "
        f"{seller} and {buyer} than none ({talks.no_deal})."
    )


def _stands(outcome: Outcome) -> str:
    verb = "lies within" if outcome.agreed else "lies outside"
    sides = " and ".join(f"{within(side.gain)} to {side.party}" for side in outcome.sides)
    text = f"What the book has {verb} the zone of agreement: over no deal it is worth {sides}"
    stops = [f"{who} of {side.party}" for side in outcome.sides for who in side.verdict.vetoes]
    refuses = [side.party for side in outcome.sides if side.utility < 0]
    if refuses:
        text += f"; weighed by its stakeholders {' and '.join(refuses)} would refuse"
    if stops:
        text += f"; {' and '.join(stops)} would use a veto"
    return f"{text}."


def _bargains(talks: Negotiation) -> str:
    assert talks.nash is not None  # noqa: S101 - a zone of agreement has a bargain
    assert talks.kalai_smorodinsky is not None  # noqa: S101 - the same
    first = f"Splitting the gain as Nash would means {settled(talks.nash.terms)} ({_gains(talks.nash.sides)})"
    if talks.kalai_smorodinsky is talks.nash:
        return f"{first}; Kalai and Smorodinsky pick the same."
    other = talks.kalai_smorodinsky
    return f"{first}; as Kalai and Smorodinsky would, {settled(other.terms)} ({_gains(other.sides)})."


def reservation_sentence(prices: tuple[ReservationPrice, ReservationPrice]) -> str:
    """Return both reservation prices in words, and whether any price lies between them.

    Examples
    --------
    >>> from offtake.negotiate import ReservationPrice
    >>> prices = ReservationPrice("A", 9, 8, 10), ReservationPrice("B", 12, 13, 10)
    >>> reservation_sentence(prices).split(": ")[1]
    'any price between is a deal.'
    """
    seller, buyer = prices
    ask = _limit(seller, "more", "from {} on")
    bid = _limit(buyer, "less", "up to {}")
    if seller.accepts != seller.accepts or buyer.accepts != buyer.accepts:
        verdict = "no price alone makes it a deal"
    elif seller.accepts <= buyer.accepts:
        verdict = "any price between is a deal"
    else:
        apart = yearly((seller.accepts - buyer.accepts) / 4)
        verdict = f"{apart} lie between them, and no price alone makes it a deal"
    told = f"All else as the book has it ({yearly(seller.now / 4)}), {ask} and {bid.removesuffix(',')}"
    return f"{told}: {verdict}."


def _limit(price: ReservationPrice, side: str, mean: str) -> str:
    if price.accepts != price.accepts:
        told = f"{price.party} would accept no price from a tenth to five times that"
    elif price.every:
        furthest = "down to a tenth" if side == "more" else "up to five times"
        told = f"{price.party} would accept every price looked at, {furthest} of that,"
    else:
        told = f"{price.party} would accept {yearly(price.accepts / 4)} or {side}"
    if price.on_average != price.on_average:
        return told
    return f"{told} (on average it gains {mean.format(f'{price.on_average:.2f}')})"


def _gains(sides: tuple[Side, Side]) -> str:
    return ", ".join(f"{side.party} {money(side.gain.mean)}" for side in sides)


def _beside(talks: Negotiation) -> str:
    """Return what the buyer signs elsewhere: what rights over its offers are worth hangs on it."""
    assert talks.beside is not None  # noqa: S101 - asked for only where it is known
    having, lacking = (
        " and ".join(f"{entry} ({power(mw)})" for entry, mw in signed) or "none of its other offers"
        for signed in talks.beside
    )
    buyer = talks.parties[1]
    if having == lacking:
        return f"With what the book has and without a deal alike {buyer} would sign {having}."
    return f"With what the book has {buyer} would sign {having}; without a deal, {lacking}."


def _passed(parties: tuple[str, str], matching: Matching) -> str:
    offers = " and ".join(f"{entry} ({power(mw)})" for entry, mw in matching.offers)
    does = "would match" if matching.gain >= 0.0 else "would let pass"
    return (
        f"Without a deal {parties[0]} {does} under its first refusal what {parties[1]} would sign of "
        f"{offers}: to match it would bring {money(matching.gain)} on average."
    )


def _vetoes(talks: Negotiation) -> str:
    stops = [f"{who} of {party} stops {count}" for (party, who), count in talks.vetoes.items()]
    return f"Of the settlements that both parties would gain by, the veto of {', of '.join(stops)}."


def _trade(parties: tuple[str, str], trade: Trade) -> str:
    """Return a trade that helps both, in words."""
    gives = [
        f"{party} gives {_changes(changes)}"
        for party, changes in zip(parties, trade.given, strict=True)
        if changes
    ]
    what = " and ".join(gives) or "they settle on"
    if trade.loose:
        what += f"{', with' if gives else ''} {_changes(trade.loose)}"
    gains = " and ".join(
        f"{party} gains {money(gain)}" for party, gain in zip(parties, trade.gains, strict=True)
    )
    return f"A trade would help both: {what}; {gains}, as their stakeholders weigh it."


def _changes(changes: tuple[tuple[str, str, str], ...]) -> str:
    return ", ".join(f"{named(name)} from {before} to {after}" for name, before, after in changes)


def move_sentences(talks: Negotiation) -> tuple[str, ...]:
    """Return what changing one term alone does, a sentence for each change."""
    return tuple(_move(talks.parties, each) for each in talks.moves)


def _move(parties: tuple[str, str], move: Move) -> str:
    told = " and ".join(
        f"{within(value)} to {party}" for party, value in zip(parties, move.values, strict=True)
    )
    start = "From what the book has" if move.start == "actual" else "From no deal"
    term = named(move.term) if "." in move.term else move.term
    return f"{start}, to change {term} alone to {move.label} is worth {told}."


def clause_sentences(talks: Negotiation) -> tuple[str, ...]:
    """Return a sentence for each clause that is worth something, and one for all that are not."""
    idle = [each for each in talks.clauses if all(max(map(abs, _ends(v))) < _EXACT for v in each.values)]
    told = [_clause(talks.parties, each) for each in talks.clauses if each not in idle]
    unpriced = [each for each in idle if each.kind in _UNPRICED]
    without_effect = [each for each in idle if each not in unpriced]
    if without_effect:
        listed = ", ".join(_of(each.path) for each in without_effect)
        told.append(f"To take out any of these alone changes nothing for either: {listed}.")
    if unpriced:
        listed = ", ".join(_of(each.path) for each in unpriced)
        told.append(f"Not valued, as no money of the book hangs on them: {listed}.")
    return tuple(told)


def _ends(value: Spread) -> tuple[float, float, float]:
    return value.mean, value.low, value.high


def _clause(parties: tuple[str, str], clause: ClauseValue) -> str:
    """Return what a clause is worth to each side, in words."""
    told = " and ".join(
        f"{within(value)} to {party}" for party, value in zip(parties, clause.values, strict=True)
    )
    return f"{_of(clause.path)[:1].upper()}{_of(clause.path)[1:]} is worth {told}."


def _of(path: str) -> str:
    _, _, rest = path.partition(".")
    name, _, clause = rest.partition(".clauses.")
    return f"{clause.replace('_', ' ')} of {name}" if clause else f"right {name}"


def _pairs(talks: Negotiation) -> str:
    most = max(talks.pairs, key=lambda pair: max(map(abs, pair.interaction)))
    first, second = (named(path) for path in most.paths)
    told = " and ".join(
        f"{money(each)} to {party}" for party, each in zip(talks.parties, most.interaction, strict=True)
    )
    return f"Taken out together, {first} and {second} differ from the sum of both by {told}."


def of_stay(stay: Stay) -> tuple[str, ...]:
    """Return what a stay-or-leave curve says."""
    found = []
    if not stay.until:
        found.append(f"One of the two would rather part at once, in {stay.quarters[0]}.")
    elif any(stay.leaves):
        found.append(f"Both would rather go on than part up to {stay.until}.")
    else:
        found.append(f"Both would rather go on than part in every quarter looked at, up to {stay.until}.")
    for place, party in enumerate(stay.parties):
        keep, quarter = stay.keeps[place], stay.leaves[place]
        opening = within(stay.values[place][0])
        if keep is None or not quarter:
            found.append(
                f"{party} never gains by parting; to part in {stay.quarters[0]} would cost it {opening}."
            )
            continue
        value = stay.values[place][stay.quarters.index(quarter)]
        found.append(
            f"{party} would first gain by parting in {quarter}: going on is worth {within(value)} to it; "
            f"{_keep(keep)} would keep it."
        )
    if any(stay.leaves) and not any(
        free for quarter, free in zip(stay.quarters, stay.free, strict=True) if quarter in stay.leaves
    ):
        found.append("No contract gives either a right to leave then: it would have to be let go.")
    return tuple(found)


def _keep(keep: Keep) -> str:
    if keep.change != keep.change:
        return "no price of what is left"
    kind = "a price cut" if keep.change < 0 else "a price rise"
    return f"{kind} of {yearly(abs(keep.change) / 4)} ({100 * abs(keep.share):.0f} %) from then on"
