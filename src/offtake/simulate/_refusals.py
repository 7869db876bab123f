"""What keeps a run from being made, or its result from being used."""

from offtake.errors import AuditError, InputError

__all__ = ["refuse_leak", "refuse_no_paths"]

_CLOSED = 1e-9


def refuse_no_paths(paths: int) -> None:
    """Refuse a run of no futures.

    Raises
    ------
    InputError
        If there are none.
    """
    if paths < 1:
        message = f"at least one path is needed, not {paths}"
        raise InputError(message)


def refuse_leak(worst: float) -> None:
    """Refuse a run in which money was created or lost.

    Parameters
    ----------
    worst
        What the worst future is off by, as a share of its flows.

    Raises
    ------
    AuditError
        If that is more than rounding.
    """
    if worst > _CLOSED:
        message = (
            f"money is not conserved: a future is off by {worst:.2e} of its flows; please report this book"
        )
        raise AuditError(message)
