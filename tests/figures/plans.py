"""Plans of the invented book: small trees, with its contracts asked again."""

from dataclasses import replace
from functools import cache

from offtake.brief._plans import Plans
from offtake.plan import Fresh, plan

LAB = "Lantern AI"
FEW = {"scenarios": 2, "futures": 8, "prices": False}


def pretend_plans(book):
    """Return what a page shows of plans: the laboratory's, with its contracts asked again, and another's."""
    chosen, again = _made(_Held(book))
    other = replace(again, buyer="Meridian Cloud", fresh=None, frontier=())
    return Plans(LAB, chosen, "", again, {}, (other,), 0)


class _Held:
    """A book that is the same as any other of the same hash."""

    def __init__(self, book):
        self.book = book

    def __eq__(self, other):
        return self.book.hash == other.book.hash

    def __hash__(self):
        return hash(self.book.hash)


@cache
def _made(held):
    critical = held.book.replace({"workloads.assistant.critical": "60 %"})
    again = plan(critical, LAB, **FEW, reopen="all", bounds=True)
    chosen = plan(critical, LAB, **FEW, reopen="all", bounds=True, frontier=3)
    return replace(chosen, fresh=Fresh(512, 7, 900.0, 150.0, 1_100.0, 4_000.0, 300.0, 250.0)), again
