"""What each clause makes due in a quarter, as array functions over any leading axes.

This is the one implementation of the terms: `simulate`, `quote` and `negotiate` use it, and the linear form
in `plan` is proved equal to it. Money is in M USD, power in MW, prices in M USD per MW-quarter.
"""

from typing import Any

from offtake.units import QUARTER_HOURS

__all__ = [
    "advance_credit",
    "compute_fee",
    "escalation",
    "late_credit",
    "loan_repayment",
    "power_bill",
    "released_advance",
    "termination_due",
    "tranche_total",
]

Array = Any

_DAYS = 91.25
_AT_ONCE = 1e-9


def escalation(xp: Any, t: Array, first: Array, rate: Array) -> Array:
    """Return the factor of a yearly escalator, stepped on each anniversary of the first delivery owed.

    Parameters
    ----------
    xp
        ``numpy`` or ``jax.numpy``.
    t, first
        Quarter, and time of the first delivery owed.
    rate
        Step a year.

    Examples
    --------
    >>> import numpy as np
    >>> [float(escalation(np, t, 1.0, 0.03)) for t in (0.0, 4.0, 5.0)]
    [1.0, 1.0, 1.03]
    """
    return (1.0 + rate) ** xp.floor(xp.maximum(t - first, 0.0) / 4.0)


def compute_fee(
    xp: Any, usage: Array, reservation: Array, delivered: Array, used: Array, take_or_pay: Array
) -> Array:
    """Return the fee of a quarter before credits: reservation on what is delivered, usage on what is used.

    What is used counts as at least the take-or-pay share of what is delivered; nothing is due for what was
    not delivered.

    Examples
    --------
    >>> import numpy as np
    >>> float(compute_fee(np, 3.0, 0.5, 60.0, 30.0, 0.8)), float(compute_fee(np, 3.0, 0.5, 60.0, 60.0, 0.8))
    (174.0, 210.0)
    """
    return reservation * delivered + usage * xp.maximum(used, take_or_pay * delivered)


def released_advance(xp: Any, t: Array, advance: Array, start: Array, end: Array) -> Array:
    """Return how much of prepayments has become creditable by the end of quarter t, evenly from start to end.

    Parameters
    ----------
    advance
        Prepaid on each piece, [..., P].
    start, end
        When crediting starts and ends, [..., P]; infinite where the piece is never delivered.

    Examples
    --------
    >>> import numpy as np
    >>> released_advance(np, 9.0, np.array([100.0]), np.array([8.0]), np.array([16.0])).tolist()
    [25.0]
    """
    length = xp.where(xp.isfinite(start), end - start, 1.0)
    begun = xp.where(xp.isfinite(start), start, 0.0)
    gone = t + 1.0 - begun
    even = xp.clip(gone / xp.where(length < _AT_ONCE, 1.0, length), 0.0, 1.0)
    at_once = xp.where(gone >= length, 1.0, 0.0)
    share = xp.where(length < _AT_ONCE, at_once, even)
    return advance * xp.where(xp.isfinite(start), share, 0.0)


def advance_credit(xp: Any, fee: Array, released: Array, prepaid: Array, credited: Array) -> Array:
    """Return the credit against a fee: what is released and was prepaid, less what was credited before.

    Examples
    --------
    >>> import numpy as np
    >>> float(advance_credit(np, 40.0, 25.0, 100.0, 10.0))
    15.0
    """
    return xp.minimum(fee, xp.maximum(xp.minimum(released, prepaid) - credited, 0.0))


def late_credit(xp: Any, per_day: Array, price: Array, late: Array, limit: Array, given: Array) -> Array:
    """Return what the seller owes for a quarter's lateness, up to what is left of the cap.

    Parameters
    ----------
    per_day
        Share of the late capacity's quarterly fee for each day.
    price
        Fee of a MW-quarter.
    late
        MW late in the quarter.
    limit, given
        The cap in money, and what was given before.

    Examples
    --------
    >>> import numpy as np
    >>> float(late_credit(np, 0.003, 2.0, 10.0, 5.0, 0.0)), float(late_credit(np, 0.003, 2.0, 10.0, 9.0, 0.0))
    (5.0, 5.475)
    """
    return xp.maximum(xp.minimum(per_day * _DAYS * price * late, limit - given), 0.0)


def termination_due(xp: Any, share: Array, price: Array, left: Array) -> Array:
    """Return the fee to end a deal: a share of the fees left, `left` in MW-quarters.

    Examples
    --------
    >>> import numpy as np
    >>> float(termination_due(np, 0.25, 2.0, 40.0))
    20.0
    """
    return share * price * xp.maximum(left, 0.0)


def tranche_total(xp: Any, amount: Array, each: Array, cap: Array, power: Array) -> Array:
    """Return all tranches that an energised power has released, up to the cap.

    Examples
    --------
    >>> import numpy as np
    >>> [float(tranche_total(np, 500.0, 30.0, 1500.0, power)) for power in (75.0, 120.0)]
    [1000.0, 1500.0]
    """
    return xp.minimum(cap, amount * xp.floor(power / each + 1e-9))


def loan_repayment(xp: Any, shape: str, outstanding: Array, rate: Array, left: Array) -> Array:
    """Return the principal due in a quarter within the repayment window, `left` quarters including this one.

    Parameters
    ----------
    shape
        ``bullet``, ``straight`` or ``annuity``.
    outstanding, rate
        Principal at the quarter's start, and interest a year.

    Examples
    --------
    >>> import numpy as np
    >>> [float(loan_repayment(np, shape, 100.0, 0.0, 4.0)) for shape in ("bullet", "straight", "annuity")]
    [0.0, 25.0, 25.0]
    """
    if shape == "bullet":
        return xp.where(left <= 1.0, outstanding, 0.0)
    if shape == "straight":
        return outstanding / xp.maximum(left, 1.0)
    quarterly = rate / 4.0
    growth = (1.0 + quarterly) ** xp.maximum(left, 1.0) - 1.0
    level = outstanding * quarterly / xp.where(growth > 0.0, growth, 1.0)
    return xp.where(growth > 0.0, level, outstanding / xp.maximum(left, 1.0))


def power_bill(xp: Any, price: Array, minimum: Array, contracted: Array, drawn: Array) -> Array:
    """Return a quarter's electricity bill: energy drawn, at least the minimum share of what is contracted.

    Parameters
    ----------
    price
        USD per MWh.
    contracted, drawn
        MW contracted and drawn on average.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(power_bill(np, 50.0, 0.85, 100.0, 60.0)), 4)
    9.3075
    """
    return price * QUARTER_HOURS / 1e6 * xp.maximum(minimum * contracted, drawn)
