"""Prices that have a closed form: what the engine must give where the risks are this simple."""

import math

from offtake.errors import InputError

__all__ = ["annuity_price", "default_annuity_price", "redeployment_value"]

_ONE = 1e-15


def annuity_price(cost: float, rate: float, quarters: float, *, first: float = 0.0) -> float:
    """Return what must be paid at the start of each quarter to pay back a cost, nothing being uncertain.

    Parameters
    ----------
    cost
        Present value of what is to be paid back, at time 0.
    rate
        Yearly discount rate; quarter t counts (1 + rate)^(-t/4).
    quarters
        How many payments there are.
    first
        Quarter of the first payment.

    Raises
    ------
    InputError
        If there is no payment, or the rate is not above -100 %.

    Examples
    --------
    >>> round(annuity_price(100.0, 0.0, 20), 9)
    5.0
    """
    return default_annuity_price(cost, rate, 0.0, quarters, first=first)


def default_annuity_price(
    cost: float, rate: float, hazard: float, quarters: float, *, first: float = 0.0
) -> float:
    """Return the payment a quarter that pays back a cost on average if the payer fails at a constant rate.

    Nothing is paid from the quarter of the failure on, and nothing is recovered: the annuity of a risky
    payer in reduced form (Jarrow and Turnbull 1995), a payment of quarter t being made with probability
    exp(-hazard (t + 1) / 4).

    Parameters
    ----------
    cost, rate, quarters, first
        As in `annuity_price`.
    hazard
        Yearly intensity of failure.

    Examples
    --------
    >>> round(default_annuity_price(100.0, 0.0, 0.04, 20), 6)
    5.544331
    """
    if quarters < 1 or rate <= -1.0:
        message = f"an annuity needs at least one payment and a rate above -100 %, not {quarters} and {rate}"
        raise InputError(message)
    survival = math.exp(-hazard / 4.0)
    step = survival * (1.0 + rate) ** -0.25
    factor = step**first * survival
    factor *= _geometric(step, 0.0, quarters)
    return float(cost / factor)


def redeployment_value(
    spot: float, fall: float, rate: float, start: float, end: float, *, haircut: float = 0.0
) -> float:
    """Return the present value of renting out a MW from one quarter to another at an exponential spot price.

    Parameters
    ----------
    spot
        Price of a MW-quarter at time 0; at quarter t it is spot · exp(-fall t / 4).
    fall
        Yearly rate at which it falls.
    rate
        Yearly discount rate.
    start, end
        First quarter, and the quarter before which it ends.
    haircut
        Discount on spot.

    Examples
    --------
    >>> redeployment_value(2.0, 0.0, 0.0, 4, 8)
    8.0
    """
    step = math.exp(-fall / 4.0) * (1.0 + rate) ** -0.25
    return float(spot * (1.0 - haircut) * _geometric(step, start, end))


def _geometric(step: float, start: float, end: float) -> float:
    """Return the sum of step**t over the quarters from start to before end."""
    if abs(1.0 - step) < _ONE:
        return end - start
    return float((step**start - step**end) / (1.0 - step))
