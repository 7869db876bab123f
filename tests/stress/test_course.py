"""Courses that go on from where nobody has failed yet are those that begin at the opening."""

import numpy as np
import pytest

from offtake.drivers import standard_normals
from offtake.model import compile  # noqa: A004 - the architecture's name for it
from offtake.stress._course import Course, program
from stress.chain import chain, failing


@pytest.mark.parametrize("when", [2, 3])
def test_going_on_changes_no_digit(when):
    """From the quarter of the failure on, or from the opening: every number is the same."""
    model = compile(chain())
    z = standard_normals(3, 0, 4, len(model.draw_labels))
    whole = Course(program(model.structure, "jax"), model, z, np.ones(4))
    late = Course(program(model.structure, "jax"), model, z, np.ones(4))
    base, again = whole.run(np.full(9, np.inf)), late.run_once(2)
    fails = failing(model, "Tide", when)
    for name, value in whole.run(fails)._asdict().items():
        assert np.array_equal(value, getattr(late.run(fails), name)), name
        assert np.array_equal(getattr(base, name), getattr(again, name)), name


def test_an_earlier_failure_begins_at_the_opening():
    """A failure before the remembered quarter is run in full."""
    model = compile(chain())
    z = standard_normals(3, 0, 4, len(model.draw_labels))
    course = Course(program(model.structure, "jax"), model, z, np.ones(4))
    plain = Course(program(model.structure, "numpy"), model, z, np.ones(4))
    course.run_once(3)
    fails = failing(model, "Tide", 1)
    assert np.asarray(course.run(fails).wealth) == pytest.approx(plain.run(fails).wealth, abs=1e-9)
