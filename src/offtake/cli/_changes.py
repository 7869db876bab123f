"""`--set PATH=VALUE`: new values for a book's fields, as several commands take them."""

from collections.abc import Iterable

import typer

__all__ = ["overrides"]

_AS_IN = {
    "--set": "PATH=VALUE, as in drivers.users.growth=10 %/year",
    "--over": "PATH=VALUES, as in base.take_or_pay=60 %,80 % or base.price=8..12 MUSD/MW/year",
    "--no-deal": "PATH=VALUE, as in deals.base=out",
}


def overrides(changes: Iterable[str], option: str = "--set") -> dict[str, str]:
    """Return the new value under each dotted path, given with an option of this name.

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
            message = f"`{change}` is no change: write {_AS_IN[option]}"
            raise typer.BadParameter(message, param_hint=option)
        found[path.strip()] = value.strip()
    return found
