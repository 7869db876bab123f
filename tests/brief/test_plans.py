"""The plans of a page: whose are made, and why one is not."""

import importlib

import pytest
from distributed import Client

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
    assert told == [("plans", 1, 2), ("plans", 2, 2)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_plans_made_side_by_side_stand_in_their_places(monkeypatch):
    """What workers plan is what this process plans: its own, others', again and freed."""
    book = invented_book().replace({
        "policies": {"Lantern AI": {"cash": "free"}, "Prism Labs": {"cash": "limited"}},
        "workloads.own": {"buyer": "Prism Labs", "demand": "20 MW", "yield": "9 MUSD/MW/year"},
        "rights.only": {"kind": "exclusivity", "holder": "Prism Labs", "grantor": "Lantern AI",
                        "workloads": ["assistant"]},
    })  # fmt: skip
    engine = importlib.import_module("offtake.plan")

    def plan(book, buyer, **settings):
        return buyer, bool(settings["reopen"]), len(book.rights), settings["frontier"]

    monkeypatch.setattr(engine, "plan", plan)
    monkeypatch.setattr(engine, "yet_to_begin", lambda *_: ("deals.more",))
    here = plans_of(book, "Lantern AI", 0)
    assert here.chosen == ("Lantern AI", False, 1, 3)
    assert here.others == (("Prism Labs", False, 1, 0),)
    assert here.again == ("Lantern AI", True, 1, 0)
    assert here.freed == {"rights.only": ("Lantern AI", True, 0, 0)}
    with Client(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as client:
        assert plans_of(book, "Lantern AI", 0, client=client) == here
