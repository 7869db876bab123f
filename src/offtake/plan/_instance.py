"""What a planning problem consists of, in plain arrays: the programme reads this and nothing else.

Axes: nodes N of the tree · steps M (a node's quarter) · contracts C · sources S · workloads W. Money is in
M USD, power in MW, work in effective MW; a quarter is the unit of time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "NEW",
    "OPENING",
    "Cash",
    "Contracts",
    "Exclusivities",
    "Instance",
    "Licences",
    "Limits",
    "Relation",
    "Sources",
    "Spot",
    "Tree",
    "What",
    "Workloads",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

OPENING: Final = "opening"
"""Name of the root of every tree: what is decided there is decided now."""

What = Literal["given", "offer", "build", "extension", "expansion", "termination", "match"]
Relation = Literal["none", "share", "all", "equal"]

NEW: Final[frozenset[str]] = frozenset({"offer", "build"})
"""What of these is a contract of its own; the others stand already or change one."""


@dataclass(frozen=True, eq=False)
class Tree:
    """The scenario tree. A node operates the quarters [first, last) and decides at the end of them.

    Node 0 is the root: it operates nothing and decides at the opening. A leaf decides nothing. Parents stand
    before their children. What a node's quarters hold is known when they are operated; what comes after
    them is not: decisions of a node are shared by all that follows from it.
    """

    names: tuple[str, ...]
    parent: IntArray
    """[N] -1 for the root"""
    probability: FloatArray
    """[N] of reaching the node; the children's add up to the parent's, the leaves' to 1."""
    first: IntArray
    last: IntArray
    """[N] quarters operated; a node's `first` is its parent's `last`, and a leaf's `last` the horizon."""
    step_node: IntArray
    step_quarter: IntArray
    step_before: IntArray
    """[M] node, quarter and preceding step (-1 at the opening) of each step; steps stand in order of node."""

    @property
    def leaves(self) -> IntArray:
        """Nodes without children."""
        return np.setdiff1d(np.arange(len(self.parent)), self.parent)

    def below(self, node: int) -> BoolArray:
        """Return which steps come after a node's decision, [M]."""
        inside = np.zeros(len(self.parent), dtype=bool)
        for n in range(len(self.parent)):
            inside[n] = self.parent[n] >= 0 and (self.parent[n] == node or inside[self.parent[n]])
        return inside[self.step_node]

    def path(self, leaf: int) -> list[int]:
        """Return the nodes from the root to a leaf."""
        nodes = [leaf]
        while self.parent[nodes[-1]] >= 0:
            nodes.append(int(self.parent[nodes[-1]]))
        return nodes[::-1]


@dataclass(frozen=True, eq=False)
class Contracts:
    """Rows of volume. What is given, what may be signed, and each option on them, is a row of its own.

    A row's volume v (MW) is decided at its node. Everything a row brings is v times its coefficients; those
    are 0 at steps that do not follow from its node. A termination is a row with the negated coefficients of
    what it ends, plus its fee.
    """

    entry: tuple[str, ...]
    """[C] deal or site of the book that the row comes from."""
    what: tuple[What, ...]
    node: IntArray
    """[C] node that decides; -1 for what is given."""
    start: IntArray
    """[C] quarters by which the row's schedule is shifted against the book's (start date in its window)."""
    least: FloatArray
    most: FloatArray
    """[C] v is 0 or within [least, most] MW; for what is given both are the volume."""
    whole: BoolArray
    """[C] whether v must be 0 or within [least, most] (a yes or no); else it is any number in [0, most]."""
    parent: IntArray
    """[C] row that an option belongs to, or -1."""
    relation: tuple[Relation, ...]
    """[C] share: v <= ratio·v_parent · all: v is 0 or ratio·v_parent · equal: v = ratio·v_parent."""
    ratio: FloatArray
    """[C]"""
    source: IntArray
    """[C] source to which the row's capacity goes, or -1 if it brings none."""
    once: IntArray
    """[C] rows with the same number (not -1) exclude each other along every path of the tree: an
    offer is signed once, with one start; a deal is ended once."""
    delivered: FloatArray
    """[C, M] effective MW for each MW of v."""
    fee: FloatArray
    """[C, M] M USD due for each MW of v whatever is used: reservation price, the take-or-pay floor of the
    usage price, prepayment less its credit, less late credits; chips, the rest of capex, power and running
    costs of own phases; the fee of a termination."""
    floor: FloatArray
    """[C, M] effective MW-quarters for each MW of v that the take-or-pay floor already pays for."""
    advance: FloatArray
    """[C, M] prepayment outstanding (paid and not yet credited) for each MW of v, M USD."""
    commitment: FloatArray
    """[C] M USD for each MW of v that signing binds the buyer to: reservation prices and take-or-pay
    floors over the whole term, at the expected prices; negative for what a termination saves."""
    contracted: FloatArray
    """[C, T] MW under contract by quarter of the calendar for each MW of v, whatever is delivered."""
    tail: FloatArray
    """[C, M] weight that continues a step's margin past the horizon, 0 but in the last year; see Instance."""

    @property
    def sold_at(self) -> IntArray:
        """[C] source of each row, that of the row it belongs to where it brings no capacity; -1 for none."""
        belongs = (self.source < 0) & (self.parent >= 0)
        return np.where(belongs, self.source[self.parent], self.source)


@dataclass(frozen=True, eq=False)
class Sources:
    """Where capacity comes from: the rows of one deal (or of the own phases of one site) make one source."""

    entry: tuple[str, ...]
    provider: tuple[str, ...]
    """[S] party that sells; the buyer itself for own sites."""
    chip: tuple[str, ...]
    region: tuple[str, ...]
    """[S] empty if unknown."""
    vendor: tuple[str, ...]
    """[S] vendor of the chip; empty if unknown."""
    usage: FloatArray
    """[S, M] usage price of an effective MW-quarter above the take-or-pay floor, M USD."""
    resale: BoolArray
    """[S] whether what is not used may be rented out on spot."""
    efficiency: FloatArray
    """[S] effective MW for each MW delivered."""


@dataclass(frozen=True, eq=False)
class Workloads:
    """What the buyer needs compute for."""

    names: tuple[str, ...]
    demand: FloatArray
    """[W, M] effective MW asked for."""
    earns: FloatArray
    """[W, M] money from customers for each effective MW-quarter served, net of shares of revenue owed."""
    worth: FloatArray
    """[W, M] what serving is worth to the buyer beyond money: in the objective, not in cash."""
    penalty: FloatArray
    """[W] cash cost of each effective MW-quarter unserved."""
    duration: FloatArray
    """[W] share of the quarter in which the load runs: it multiplies money, not capacity."""
    critical: FloatArray
    """[W] share of demand that the loss of any one provider must leave served."""
    service: FloatArray
    """[W] least share of demand to be served at every step (0: none)."""
    defer: IntArray
    """[W] quarters for which demand may wait."""
    waiting_loss: FloatArray
    """[W] share of its yield that a quarter's waiting loses (the yearly share over four)."""
    placement: BoolArray
    """[W, S] where the workload's own rules let it run."""
    holders: tuple[str, ...]
    """[H] parties that hold an exclusivity at any step, whatever is signed."""
    bound: BoolArray
    """[H, W, M] whether the holder's exclusivity binds the workload."""

    def allowed(self, sources: Sources, gone: str | None = None) -> BoolArray:
        """Return where each workload may run at each step; a provider that is gone binds and gives nothing.

        Shape [W, S, M].
        """
        steps = self.demand.shape[1]
        free: BoolArray = np.repeat(self.placement[:, :, None], steps, axis=2)
        provider = np.array(sources.provider, dtype=object)
        for holder, bound in zip(self.holders, self.bound, strict=True):
            if holder != gone:
                free = free & (~bound[:, None, :] | (provider == holder)[None, :, None])
        present: BoolArray = provider != gone
        return free & present[None, :, None]


@dataclass(frozen=True, eq=False)
class Spot:
    """The spot market at each step."""

    buy: FloatArray
    sell: FloatArray
    """[M] price of an effective MW-quarter bought, and of a MW-quarter rented out (after the haircut)."""
    buy_depth: FloatArray
    sell_depth: FloatArray
    """[M] effective MW, MW; 0 without a market."""


@dataclass(frozen=True, eq=False)
class Cash:
    """The buyer's other money."""

    limited: bool
    """Whether outlays must fit into cash and funding at every step."""
    opening: float
    minimum: float
    other: FloatArray
    """[M] net money of the quarter that no decision changes: income, costs, capital, equity, debt service."""
    funding: FloatArray
    """[M] most that can be raised in the quarter, confidence included."""
    debt_share: float
    rate: FloatArray
    """[M] interest of a quarter on what was raised as debt."""
    shortfall: float | None = None
    """What each M USD below the minimum at a quarter's end counts as a cost; None: none may be short."""


@dataclass(frozen=True, eq=False)
class Limits:
    """What the buyer's policy asks beside money. None: no limit."""

    commitment: float | None = None
    """Most that new signings may commit at each node's decisions and all before it, M USD."""
    contracted_least: float | None = None
    contracted_most: float | None = None
    """Bounds on MW under contract in each quarter at every node (given contracts included)."""
    provider_share: float | None = None
    vendor_share: float | None = None
    region_share: float | None = None
    """Most of all delivered effective MW that one of them may hold at a step."""
    limits_from: int = 0
    """First quarter in which the three shares bind."""
    provider_cost: float = 0.0
    chip_family_cost: float = 0.0
    """M USD a quarter for each provider, and for each chip family, with capacity under contract."""
    cover_from: int | None = None
    """First quarter in which critical shares must survive the loss of any one provider; None: not asked."""
    cover_price: float | None = None
    """M USD for each effective MW-quarter of cover missing; None: none may be missing."""
    exposure: float | None = None
    """Most that may be prepaid and uncredited at one provider, M USD."""


@dataclass(frozen=True, eq=False)
class Licences:
    """Models that work may run on. Licences L on offer are signed at the opening, or not at all.

    The workloads of an instance stand as they are on the models that are held.
    """

    entry: tuple[str, ...]
    provider: tuple[str, ...]
    """[L] party that grants it; the buyer itself for models of its own."""
    fee: FloatArray
    """[L, M] M USD due if it is signed, whatever runs on it."""
    kept: FloatArray
    """[L, W, M] share of its yield that a workload keeps on it; 0 where the licence is not for it."""
    held: FloatArray
    """[W, M] the same on the best of what is held; 1 where a workload needs no models."""
    earns: FloatArray
    worth: FloatArray
    """[W, M] earnings and worth on the best models there are."""


@dataclass(frozen=True, eq=False)
class Exclusivities:
    """Exclusivities E that hang on a decision: each binds one workload if its row is signed and not ended.

    The workload then runs on nothing but what the provider of the row's source sells, or a party that
    matches the row (see `holders`). Those that bind whatever is decided stand in `Workloads.bound`.
    """

    row: IntArray
    workload: IntArray
    """[E]"""
    steps: BoolArray
    """[E, M] steps at which it binds, all of them after the row's decision."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One buyer's planning problem.

    The value of a step is discount · probability · (earnings + worth - penalties - fees - usage - spot
    bought + rented out - fixed costs - cover missing - cash missing). Where the terminal rule is
    ``continue``, a row's fees, and the earnings less usage price of what runs on its source, count
    (1 + tail) times.
    """

    buyer: str
    quarters: tuple[str, ...]
    """[T]"""
    tree: Tree
    contracts: Contracts
    sources: Sources
    workloads: Workloads
    spot: Spot
    cash: Cash
    limits: Limits
    discount: FloatArray
    """[T] present value of a M USD of each quarter."""
    terminal: Literal["continue", "nothing"] = "nothing"
    reduction: dict[str, float] = field(default_factory=dict)
    """What was lost in making the tree: distance, and largest differences of moments."""
    shows: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """[N] number of the future that each node shows; empty where the tree was not drawn."""
    licences: Licences | None = None
    """What may be signed of models; the programme knows nothing of it (see `with_licences`)."""
    exclusivities: Exclusivities | None = None
    """Those of what may be signed or ended; None where there are none."""

    @property
    def providers(self) -> tuple[str, ...]:
        """[P] who sells capacity to the buyer, in order of first appearance."""
        return tuple(name for name in dict.fromkeys(self.sources.provider) if name != self.buyer)

    def at_sources(self, coefficients: FloatArray, v: FloatArray) -> FloatArray:
        """Return what rows bring to sources at volumes v, [S, M]; coefficients are for each MW, [C, M]."""
        total = np.zeros((len(self.sources.entry), coefficients.shape[1]))
        rows = np.flatnonzero(self.contracts.source >= 0)
        np.add.at(total, self.contracts.source[rows], coefficients[rows] * v[rows, None])
        return total
