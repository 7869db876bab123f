"""The normals that a book's futures are drawn from, by the labels of rule A1, and random values for them."""

from hypothesis import strategies as st
from pydantic import BaseModel

from offtake.book import Amount, Profile

NORMALS = st.floats(-3.0, 3.0, allow_nan=False).map(lambda x: round(x, 4))


def labels(book):
    """Every label that has a meaning in a book."""
    quarters = range(1, len(book.calendar))
    found = [f"driver/{name}/{t}" for name in book.drivers for t in quarters]
    found += [
        f"jump/{name}/{t}/{n}"
        for name, each in book.drivers.items()
        if each.jumps
        for t in quarters
        for n in (0, 1)
    ]
    causes = set(book.causes)
    for path, law in laws(book, ""):
        found.append(f"scalar/{path}")
        causes |= {law.cause} - {None}
    for name, deal in book.deals.items():
        causes |= {deal.cause} - {None}
        if deal.firmness in {"optional", "intended"}:
            found.append(f"deal/{name}")
    found += [f"hazard/{name}" for name, each in book.parties.items() if each.hazard.value > 0]
    return [*found, *(f"cause/{name}" for name in sorted(causes))]


def laws(value, path):
    """(dotted path, distribution) of every amount and profile that has one."""
    if isinstance(value, Amount | Profile):
        return [(path, value.distribution)] if value.distribution is not None else []
    if isinstance(value, BaseModel):
        pairs = [
            (field.alias or name, getattr(value, name)) for name, field in type(value).model_fields.items()
        ]
    elif isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, tuple):
        pairs = list(enumerate(value))
    else:
        pairs = []
    return [found for key, each in pairs for found in laws(each, f"{path}.{key}" if path else str(key))]


@st.composite
def draws_of(draw, book):
    """Normals of one future, rounded to four decimals so that no two sides of a threshold are one."""
    return {label: draw(NORMALS) for label in labels(book)}
