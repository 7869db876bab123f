"""The provider's chair: at which price do the machines of a request pay back, and how much to accept."""

from offtake.quote._closed import annuity_price, default_annuity_price, redeployment_value
from offtake.quote._ground import Ground, ground
from offtake.quote._request import Asked
from offtake.quote._terms import Terms
from offtake.quote._worth import Worth, worth

__all__ = [
    "Asked",
    "Ground",
    "Terms",
    "Worth",
    "annuity_price",
    "default_annuity_price",
    "ground",
    "redeployment_value",
    "worth",
]
