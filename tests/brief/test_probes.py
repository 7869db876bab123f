"""The most probable failure of a page: by a quarter at which something has to move."""

import importlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from figures.pretend import invented_book, pretend
from figures.probes import pretend_failure, pretend_slopes
from offtake.brief import compose
from offtake.brief._probes import Probes, probe
from offtake.errors import InfeasibleError


@pytest.fixture(scope="module")
def book():
    """The invented book."""
    return invented_book()


@pytest.fixture
def asked(monkeypatch):
    """Put stand-ins in the place of the engine; return distances by quarter and the quarters asked for."""
    engine = importlib.import_module("offtake.stress")
    seen = SimpleNamespace(betas={}, quarters=[])

    def reverse_stress(book, party, by, **settings):
        seen.quarters.append(by)
        if seen.betas[by] is None:
            message = "no such move is found"
            raise InfeasibleError(message)
        settings = {name: settings[name] for name in ("paths", "seed")}
        return replace(pretend_failure(book, party, by).found, beta=seen.betas[by], settings=settings)

    def default_probability(book, found, **settings):
        return pretend_failure(book, found.party, found.by).short

    monkeypatch.setattr(engine, "reverse_stress", reverse_stress)
    monkeypatch.setattr(engine, "default_probability", default_probability)
    monkeypatch.setattr(
        engine, "rare_quarter", lambda *_, **__: SimpleNamespace(by_end=0.2, quarter="2028-Q4")
    )
    monkeypatch.setattr(engine, "sensitivities", lambda *_, **__: pretend_slopes())
    return seen


@pytest.mark.parametrize(
    ("betas", "by", "near"),
    [
        ({"2028-Q4": 1.4}, "2028-Q4", []),
        ({"2028-Q4": 0.0, "2028-Q3": -0.5, "2028-Q2": 1.2}, "2028-Q2", ["2028-Q4", "2028-Q3"]),
        ({"2028-Q4": 0.05, "2028-Q3": None}, "2028-Q4", []),
        (dict.fromkeys(("2028-Q4", "2028-Q3", "2028-Q2", "2028-Q1"), 0.0), "2028-Q1",
         ["2028-Q4", "2028-Q3", "2028-Q2"]),
    ],
)  # fmt: skip
def test_a_quarter_is_sought_at_which_something_has_to_move(book, asked, betas, by, near):
    """Earlier quarters are asked about while next to nothing has to move, and as long as a move is found."""
    asked.betas = betas
    failure = probe(book, pretend(book), 64, 5).failure
    assert failure.found.by == by
    assert failure.found.beta == betas[by]
    assert failure.found.settings == {"paths": 64, "seed": 5}
    assert [each.by for each in failure.near] == near
    assert asked.quarters == list(betas)


def test_the_page_says_by_when_next_to_nothing_has_to_move(book):
    """Quarters that were passed over stand on the page, with what is enough by then."""
    failure = pretend_failure(book)
    later = replace(failure.found, by="2029-Q1", beta=0.0, moves=failure.found.moves[1:2])
    sure = replace(failure.found, by="2029-Q2", beta=-0.3)

    def points(*near):
        probes = Probes(replace(failure, near=near), pretend_slopes())
        page = compose(book, pretend(book), probes=probes)
        section = next(each for each in page.context.sections if each.key == "stress-reverse")
        return " ".join("".join(part.text for part in sentence) for sentence in section.points)

    told = points(sure, later)
    assert "By 2029-Q1, it is enough that harrow-more comes about, all else as in the median future" in told
    assert "2029-Q2" not in told
    assert "By 2029-Q2, the median future itself fails; so the quarter before is asked about." in points(sure)
    assert "in at most 5 % of futures and by which something has to move." in told
    assert "in at most 5 % of futures." in points()
    assert "asked about" not in points()
