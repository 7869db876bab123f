"""Records that nobody can change, mappings included."""

from types import MappingProxyType

__all__ = ["freeze"]


def freeze(record: object, *names: str) -> None:
    """Make mappings of a frozen record read-only, each a copy of what was given.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> record = SimpleNamespace(settings={"seed": 7})
    >>> freeze(record, "settings")
    >>> record.settings["seed"] = 8
    Traceback (most recent call last):
        ...
    TypeError: 'mappingproxy' object does not support item assignment
    """
    for name in names:
        object.__setattr__(record, name, MappingProxyType(dict(getattr(record, name))))
