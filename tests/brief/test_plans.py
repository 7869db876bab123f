"""The plans of a page: whose are made, and why one is not."""

import importlib

from figures.pretend import invented_book
from offtake.brief._plans import plans_of
from offtake.errors import InfeasibleError


def test_who_cannot_plan_is_kept_with_the_reason(monkeypatch):
    """A party whose plan fails is kept with the words of the error, and the others still plan."""
    book = invented_book().replace({
        "policies": {"Lantern AI": {"cash": "free"}, "Prism Labs": {"cash": "limited"}},
        "workloads.own": {"buyer": "Prism Labs", "demand": "20 MW", "yield": "9 MUSD/MW/year"},
    })  # fmt: skip
    made, engine = object(), importlib.import_module("offtake.plan")

    def plan(book, buyer, **settings):
        if buyer == "Prism Labs":
            message = "no plan satisfies its policy"
            raise InfeasibleError(message)
        return made

    monkeypatch.setattr(engine, "plan", plan)
    monkeypatch.setattr(engine, "yet_to_begin", lambda *_: ())
    told = []
    found = plans_of(book, "Lantern AI", 0, lambda *each: told.append(each))
    assert found.chosen is made
    assert found.others == ()
    assert found.refused == {"Prism Labs": "no plan satisfies its policy"}
    assert [each[0] for each in told] == ["plan of Lantern AI", "plan of Prism Labs"]
