"""Plan, price and stress-test the sourcing of AI compute from many providers.

The public API is flat: ``import offtake as ot``, then ``ot.Book.read(...)``, ``ot.simulate(...)`` and so on.
A name is loaded when it is first used, so that ``import offtake`` stays light.

A verb shares its name with the package that holds it. ``offtake.simulate`` is the verb, in whatever order
things are imported; the rest of the package is reached by ``from offtake.simulate import ...``.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from offtake._version import __version__

if TYPE_CHECKING:
    from offtake.book import Book
    from offtake.brief import brief
    from offtake.drivers import fit
    from offtake.errors import (
        AuditError,
        BookError,
        InfeasibleError,
        InputError,
        OfftakeError,
        Problem,
        UnitError,
    )
    from offtake.negotiate import Negotiation, negotiate
    from offtake.plan import CVaR, Plan, plan
    from offtake.quote import Quote, quote
    from offtake.results import Simulation
    from offtake.simulate import simulate
    from offtake.stress import Story, Stress, story, stress
    from offtake.trace import Trace, trace

__all__ = [
    "AuditError",
    "Book",
    "BookError",
    "CVaR",
    "InfeasibleError",
    "InputError",
    "Negotiation",
    "OfftakeError",
    "Plan",
    "Problem",
    "Quote",
    "Simulation",
    "Story",
    "Stress",
    "Trace",
    "UnitError",
    "__version__",
    "brief",
    "fit",
    "negotiate",
    "plan",
    "quote",
    "simulate",
    "story",
    "stress",
    "trace",
]

_HOMES = {
    "AuditError": "offtake.errors",
    "Book": "offtake.book",
    "BookError": "offtake.errors",
    "CVaR": "offtake.plan",
    "InfeasibleError": "offtake.errors",
    "InputError": "offtake.errors",
    "Negotiation": "offtake.negotiate",
    "OfftakeError": "offtake.errors",
    "Plan": "offtake.plan",
    "Problem": "offtake.errors",
    "Quote": "offtake.quote",
    "Simulation": "offtake.results",
    "Trace": "offtake.trace",
    "Story": "offtake.stress",
    "Stress": "offtake.stress",
    "UnitError": "offtake.errors",
    "brief": "offtake.brief",
    "fit": "offtake.drivers",
    "plan": "offtake.plan",
    "negotiate": "offtake.negotiate",
    "quote": "offtake.quote",
    "simulate": "offtake.simulate",
    "story": "offtake.stress",
    "stress": "offtake.stress",
    "trace": "offtake.trace",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(home), name)
    setattr(sys.modules[__name__], name, value)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Face(ModuleType):
    """A module that keeps a verb in place when the package of the same name is imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and _HOMES.get(name) == value.__name__:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
