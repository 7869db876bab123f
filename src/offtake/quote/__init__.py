"""The provider's chair: at which price do the machines of a request pay back, and how much to accept."""

from offtake.quote._closed import annuity_price, default_annuity_price, redeployment_value
from offtake.quote._dataset import PAIRINGS, VARIABLES
from offtake.quote._grid import AXES, Axes, axes_of, price_grid
from offtake.quote._ground import Ground, ground
from offtake.quote._loan import MARGINS, Loan, grade_of
from offtake.quote._quote import quote
from offtake.quote._request import Asked
from offtake.quote._result import CITATIONS, Answer, Quote
from offtake.quote._terms import Terms
from offtake.quote._worth import Worth, worth

__all__ = [
    "AXES",
    "CITATIONS",
    "MARGINS",
    "PAIRINGS",
    "VARIABLES",
    "Answer",
    "Asked",
    "Axes",
    "Ground",
    "Loan",
    "Quote",
    "Terms",
    "Worth",
    "annuity_price",
    "axes_of",
    "default_annuity_price",
    "grade_of",
    "ground",
    "price_grid",
    "quote",
    "redeployment_value",
    "worth",
]
