"""`--set PATH=VALUE`: new values for a book's fields, as several commands take them."""

from collections.abc import Iterable

import typer

__all__ = ["overrides"]


def overrides(changes: Iterable[str]) -> dict[str, str]:
    """Return the new value under each dotted path.

    Raises
    ------
    typer.BadParameter
        If one has no path or no value.

    Examples
    --------
    >>> overrides(["drivers.users.growth=10 %/year"])
    {'drivers.users.growth': '10 %/year'}
    """
    found = {}
    for change in changes:
        path, sign, value = change.partition("=")
        if not sign or not path.strip() or not value.strip():
            message = f"`{change}` is no change: write PATH=VALUE, as in drivers.users.growth=10 %/year"
            raise typer.BadParameter(message, param_hint="--set")
        found[path.strip()] = value.strip()
    return found
