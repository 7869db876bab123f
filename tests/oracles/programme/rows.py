"""Columns and rows of a linear programme by name, handed to scipy: nothing clever."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

INFEASIBLE = 2


class Rows:
    """A programme to be maximised, written down one column and one row at a time."""

    def __init__(self):
        self.place = {}
        self.least, self.most, self.integer, self.gain = [], [], [], []
        self.row, self.column, self.weight = [], [], []
        self.low, self.high, self.named = [], [], []

    def column_of(self, name, least=0.0, most=np.inf, *, whole=False):
        """Add a column."""
        assert name not in self.place, name
        self.place[name] = len(self.least)
        self.least.append(least)
        self.most.append(most)
        self.integer.append(int(whole))
        self.gain.append(0.0)

    def has(self, name):
        """Whether there is such a column."""
        return name in self.place

    def worth(self, name, amount):
        """Add to what one unit of a column brings to the objective."""
        self.gain[self.place[name]] += amount

    def keep(self, name, terms, low=-np.inf, high=np.inf):
        """Add a row: low <= sum of weight · column <= high; a column may stand in it several times."""
        for weight, column in terms:
            if weight:
                self.row.append(len(self.low))
                self.column.append(self.place[column])
                self.weight.append(weight)
        self.low.append(low)
        self.high.append(high)
        self.named.append(name)

    def maximise(self):
        """Return the columns' values by name, or None if nothing satisfies the rows."""
        shape = (len(self.low), len(self.least))
        matrix = coo_array((self.weight, (self.row, self.column)), shape=shape).tocsr()
        found = milp(
            -np.array(self.gain),
            integrality=np.array(self.integer),
            bounds=Bounds(np.array(self.least), np.array(self.most)),
            constraints=LinearConstraint(matrix, self.low, self.high) if self.low else (),
            options={"mip_rel_gap": 1e-9},
        )
        if found.status == INFEASIBLE:
            return None
        assert found.status == 0, (found.status, found.message)
        return {name: float(found.x[at]) for name, at in self.place.items()}
