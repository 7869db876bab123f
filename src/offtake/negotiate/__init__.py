"""`negotiate`: both chairs of the table, and the bargaining games behind it."""

from offtake.negotiate._bargain import Bargain, kalai_smorodinsky, nash
from offtake.negotiate._clauses import ClausePair, ClauseValue
from offtake.negotiate._coalitions import Shapley, shapley
from offtake.negotiate._core import Core, core
from offtake.negotiate._frontier import pareto
from offtake.negotiate._moves import Move
from offtake.negotiate._negotiate import negotiate
from offtake.negotiate._negotiation import Negotiation
from offtake.negotiate._outcomes import Outcome, Side
from offtake.negotiate._prospect import Prospect, Spread, Value
from offtake.negotiate._providers import Portfolio, portfolio
from offtake.negotiate._reservation import ReservationPrice
from offtake.negotiate._search import Best
from offtake.negotiate._sentences import clause_sentences, move_sentences, reservation_sentence
from offtake.negotiate._stay import Keep, Stay, stay_or_leave
from offtake.negotiate._trades import Trade
from offtake.negotiate._votes import Verdict, Vote

__all__ = [
    "Bargain",
    "Best",
    "ClausePair",
    "ClauseValue",
    "Core",
    "Keep",
    "Move",
    "Negotiation",
    "Outcome",
    "Portfolio",
    "Prospect",
    "ReservationPrice",
    "Shapley",
    "Side",
    "Spread",
    "Stay",
    "Trade",
    "Value",
    "Verdict",
    "Vote",
    "clause_sentences",
    "core",
    "kalai_smorodinsky",
    "move_sentences",
    "nash",
    "negotiate",
    "pareto",
    "portfolio",
    "reservation_sentence",
    "shapley",
    "stay_or_leave",
]
