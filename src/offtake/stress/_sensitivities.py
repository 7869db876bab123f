"""`sensitivities`: what an outcome owes to every figure of a book, in one pass backwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from offtake.errors import InputError
from offtake.model import Structure, compile  # noqa: A004 - the architecture's name for it
from offtake.results import VARIABLES
from offtake.simulate._observe import FANS
from offtake.simulate._refusals import refuse_no_paths
from offtake.simulate._simulate import _normals
from offtake.spelling import refuse_unknown
from offtake.stress._figures import Figure, figures, parameters
from offtake.stress._gradient import BACKWARD, Aim, Numbers, backward, default_aim, numbers_of
from offtake.stress._thresholds import Difference, Mover, acting, difference

if TYPE_CHECKING:
    import pandas as pd

    from offtake.book import Book

__all__ = ["Outcome", "Sensitivities", "Sensitivity", "Through", "sensitivities"]

Array = Any
Through = Literal["no", "partly", "only", "not compared"]
"""Whether a figure acts through a threshold, which a derivative does not see."""

_TOLERANCE = 0.02
_LEAST_BLOCKS = 4
_NOTHING = 1e-14
_NAMED = 5
_PARTS = 10


@dataclass(frozen=True)
class Outcome:
    """A number that the results report, of which sensitivities are asked.

    Parameters
    ----------
    variable
        A variable of the results by its mean (`offtake.results.VARIABLES`), such as ``cash``,
        ``cumulative_burn``, ``total_energised`` or ``unserved``; or ``default``.
    of
        The party, workload, site, deal or phase; None where the variable has none.
    by
        The quarter or the year; None where the variable has none.

    Examples
    --------
    >>> print(Outcome("cash", "Lark Labs", "2028-Q4"))
    cash of Lark Labs in 2028-Q4
    """

    variable: str
    of: str | None = None
    by: str | int | None = None

    def __str__(self) -> str:
        return " ".join(
            [self.variable.replace("_", " "), *([f"of {self.of}"] if self.of else []),
             *([f"in {self.by}"] if self.by is not None else [])]
        )  # fmt: skip


@dataclass(frozen=True)
class Sensitivity:
    """How an outcome moves with one figure of the book.

    Parameters
    ----------
    label, unit, value
        Dotted path, unit and value of the figure (its median where it is drawn).
    derivative
        Change of the mean outcome for each unit of the figure, along futures in which nothing flips.
    error
        Standard error of the derivative over the futures; NaN if there are too few.
    span
        How far the figure may be off: half of its stated range or of the middle 90 % of its distribution,
        else a tenth of its value.
    effect
        Derivative times span: what being off by that much does.
    elasticity
        Per cent of the outcome for each per cent of the figure; NaN where the outcome is zero.
    difference
        Change of the mean outcome per unit when the figure is really moved, by a quarter of the span up and
        down with the same random numbers; NaN where that was not done.
    flipped
        Share of futures in which that flips something that happens or not.
    bends
        Whether raising it does not do the opposite of lowering it, because it stands where two regimes meet;
        the derivative is then one of those in between.
    through
        Whether the figure acts through a threshold: ``only`` if its derivative is zero and the difference
        is not, ``partly`` if the two differ and something flipped.
    """

    label: str
    unit: str
    value: float
    derivative: float
    error: float
    span: float
    effect: float
    elasticity: float
    difference: float
    flipped: float
    bends: bool
    through: Through

    @property
    def change(self) -> float:
        """What being off by the span does: by the difference where a threshold matters, else the effect."""
        return self.difference * self.span if self.through in {"partly", "only"} else self.effect


@dataclass(frozen=True)
class Sensitivities:
    """What an outcome owes to every figure of a book.

    Parameters
    ----------
    outcome, unit, value
        What was asked, its unit and its mean.
    top
        The figures that matter most, largest effect first.
    derivatives
        Derivative by every figure, by dotted path; a drawn figure is moved with its whole distribution, and
        the parameters of its distribution follow under its path.
    thresholds
        Figures whose derivative is zero and that act all the same, through a threshold: what being off by
        their span does, over the first 64 futures, by dotted path.
    not_seen
        Paths whose derivative is zero and that were not moved to see whether they act through a threshold.
    paths, seed, smooth
        The settings.
    citations
        Sources of the method.
    """

    outcome: Outcome
    unit: str
    value: float
    top: tuple[Sensitivity, ...]
    derivatives: Mapping[str, float]
    thresholds: Mapping[str, float]
    not_seen: tuple[str, ...]
    paths: int
    seed: int
    smooth: float
    citations: tuple[str, ...] = (
        "Glasserman, P. (2003). Monte Carlo methods in financial engineering, section 7.2. Springer.",
        "Griewank, A., and Walther, A. (2008). Evaluating derivatives. SIAM.",
    )

    def frame(self) -> "pd.DataFrame":
        """Return the figures that matter most as a table, one row each."""
        import pandas as pd

        return pd.DataFrame([vars(one) for one in self.top]).set_index("label")

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        lines = [f"{self.outcome}: {self.value:,.4g}{unit} on average"]
        for one in self.top:
            note = {
                "no": "", "partly": ", partly through a threshold", "only": ", only through a threshold",
                "not compared": ", not compared with a difference",
            }[one.through]  # fmt: skip
            unit = "" if one.unit == "1" else f" {one.unit}"
            lines.append(
                f"  {one.change:+12,.4g} for {one.span:.3g}{unit} more of {one.label} "
                f"(now {one.value:,.4g}{note}{', at a bend' if one.bends else ''})"
            )
        if self.thresholds:
            named = [*self.thresholds][:_NAMED] + ["..."] * (len(self.thresholds) > _NAMED)
            lines.append(
                f"  {len(self.thresholds)} figures without a derivative act only through a threshold: "
                f"{', '.join(named)}"
            )
        if self.not_seen:
            lines.append(
                f"  {len(self.not_seen)} figures have no effect but, it may be, through a threshold;"
                " they were not moved"
            )
        return "\n".join(lines)


def sensitivities(
    book: "Book",
    outcome: Outcome,
    *,
    paths: int = 1024,
    seed: int = 0,
    scenario: str | None = None,
    smooth: float = 0.0,
    count: int = 20,
    compared: int = 40,
    progress: Callable[[int, int], None] | None = None,
) -> Sensitivities:
    """Return what the mean of an outcome owes to every figure of a book.

    All derivatives come from one pass backwards through the simulator (pathwise, with the clearing of
    payments differentiated at its fixed point). Such a derivative is blind to what a figure does by making
    something happen or not: a default, an option used, a tranche, a deal in force. So the figures with the
    largest effects, and figures whose derivative is zero, are also really moved, and the gap is reported.

    Parameters
    ----------
    book
        The book.
    outcome
        What is asked.
    paths
        Number of futures.
    seed
        Seed of the futures, the same as in `offtake.simulate`.
    scenario
        One of the book's scenarios, or None.
    smooth
        For the outcome ``default``: M USD of liquidity over which it counts partly, so that the step has a
        derivative. Others need none.
    count
        How many figures to return in `top`.
    compared
        How many figures to move in every future; each takes two runs. With none, no figure is moved.
    progress
        Called with (steps done, steps in all).

    Raises
    ------
    InputError
        If the outcome is not one of the book's, or ``default`` is asked for without `smooth`.

    Examples
    --------
    >>> from offtake.book import Book
    >>> book = Book.from_data({
    ...     "book": "plank", "title": "One firm", "currency": "USD", "as_of": "2025-12-31",
    ...     "calendar": {"from": "2026-Q1", "to": "2026-Q4"},
    ...     "parties": {"Plank": {"cash": "300 M USD", "costs": "20 M USD/quarter"}},
    ... })
    >>> print(sensitivities(book, Outcome("cash", "Plank", "2026-Q4"), paths=64))
    cash of Plank in 2026-Q4: 220 M USD on average
               +30 for 30 M USD more of parties.Plank.cash (now 300)
                -8 for 2 M USD/quarter more of parties.Plank.costs (now 20)
                +4 for 1 M USD/quarter more of parties.Plank.income (now 0)
                -4 for 1 M USD/quarter more of parties.Plank.capital (now 0)
    """
    refuse_no_paths(paths)
    model = compile(book, scenario)
    aim = _aim(model.structure, outcome, smooth)
    z = _normals(model, 0, paths, seed, "random")
    mover = Mover(model, numbers_of(model), z, aim)
    known = figures(book, model, scenario)
    count_steps = _Steps(progress, -(-paths // BACKWARD) + _PARTS + compared)
    value, slopes, errors, extra = _derivatives(mover, known, count_steps)
    blind = [figure for figure, slope in zip(known, slopes, strict=True) if slope == 0.0]
    acts = acting(mover, blind, count_steps.part) if compared else {}
    order = sorted(range(len(known)), key=lambda k: -abs(slopes[k] * known[k].span))
    chosen = _to_compare(known, order, slopes, acts, compared, count)
    moved = _differences(mover, known, slopes, chosen, count_steps)
    items = {k: _sensitivity(known[k], slopes[k], errors[k], value, moved.get(k)) for k in order}
    ranked = sorted(items, key=lambda k: -_size(items[k]))
    return Sensitivities(
        outcome=outcome,
        unit="1" if outcome.variable == "default" else VARIABLES[outcome.variable].unit,
        value=value,
        top=tuple(items[k] for k in ranked[:count] if _size(items[k]) > 0.0),
        derivatives={**{f.label: s for f, s in zip(known, slopes, strict=True)}, **extra},
        thresholds=dict(sorted(acts.items(), key=lambda item: -abs(item[1]))),
        not_seen=() if compared else tuple(figure.label for figure in blind),
        paths=paths,
        seed=seed,
        smooth=smooth,
    )


class _Steps:
    """Counts the steps of a run: passes backwards, the search for thresholds in ten parts, figures moved."""

    def __init__(self, report: Callable[[int, int], None] | None, total: int) -> None:
        self.report, self.total, self.done, self.tenths = report, total, 0, 0

    def step(self, steps: int = 1) -> None:
        """Report that so many more steps are done."""
        self.done += steps
        if self.report is not None:
            self.report(min(self.done, self.total), self.total)

    def part(self, done: int, total: int) -> None:
        """Report how much of the search for thresholds is done."""
        tenths = _PARTS * done // total
        self.step(tenths - self.tenths)
        self.tenths = tenths


def _aim(fixed: Structure, outcome: Outcome, smooth: float) -> Aim:
    """Return the question as numbers."""
    if outcome.variable == "default":
        if smooth <= 0.0:
            message = (
                "a default is a step, which has no derivative; give the M USD of liquidity over which it "
                "is to count partly, such as smooth=50"
            )
            raise InputError(message)
        if outcome.of is None or outcome.by is None:
            message = "name the party and the quarter of the default"
            raise InputError(message)
        asked = default_aim(fixed, outcome.of, _place(fixed, "quarter", outcome.by))
        return asked._replace(default=np.float64(1.0), width=np.float64(smooth), distance=np.float64(0.0))
    if outcome.variable not in FANS:
        message = (
            f"{outcome.variable!r} has no mean that moves smoothly; there are default, {', '.join(FANS)}"
        )
        raise InputError(message)
    dims = VARIABLES[outcome.variable].dims[1:]
    weight = np.ones(())
    for dim in dims:
        asked_for = outcome.by if dim in {"quarter", "year"} else outcome.of
        size = len(_labels(fixed, dim))
        weight = np.multiply.outer(weight, np.arange(size) == _place(fixed, dim, asked_for))
    if outcome.of is not None and not set(dims) - {"quarter", "year"}:
        message = f"{outcome.variable} is of the whole book, not of {outcome.of}"
        raise InputError(message)
    nobody = default_aim(fixed, fixed.names.parties[0], 0)
    return nobody._replace(series={outcome.variable: weight.astype(float)}, distance=np.float64(0.0))


def _labels(fixed: Structure, dim: str) -> list[str]:
    """Return the labels of a dim, as text."""
    names = fixed.names
    if dim == "quarter":
        return [str(quarter) for quarter in fixed.calendar]
    if dim == "year":
        return list(dict.fromkeys(str(quarter.year) for quarter in fixed.calendar))
    plural = {"party": "parties"}.get(dim, f"{dim}s")
    return list(getattr(names, plural))


def _place(fixed: Structure, dim: str, wanted: str | int | None) -> int:
    labels = _labels(fixed, dim)
    if wanted is None:
        where = f"by which {dim}, as in {labels[-1]}" if dim in {"quarter", "year"} else f"of which {dim}"
        message = f"say {where}; there are {', '.join(labels)}"
        raise InputError(message)
    refuse_unknown(str(wanted), labels, dim)
    return labels.index(str(wanted))


def _derivatives(
    mover: Mover, known: Sequence[Figure], steps: _Steps
) -> tuple[float, list[float], list[float], dict[str, float]]:
    """Return mean, derivatives, their standard errors, and derivatives by parameters of distributions."""
    model, z = mover.model, mover.z
    paths = len(z)

    def one(first: int) -> tuple[float, list[float], dict[str, float]]:
        block = z[first : first + BACKWARD]
        weight = np.where(np.arange(BACKWARD) < len(block), 1.0, 0.0)
        block = np.concatenate([block, np.zeros((BACKWARD - len(block), z.shape[1]))])
        values, by_number, _ = backward(model, mover.numbers, block, weight, mover.aim)
        by_number = _on_host(by_number)
        steps.step()
        slopes = [figure.derivative(by_number) for figure in known]
        return float(weight @ values), slopes, parameters(model, by_number)

    # one after the other: two solves at once wait for each other for ever on a machine of two cores
    blocks = [one(first) for first in range(0, paths, BACKWARD)]
    table = np.array([slopes for _, slopes, _ in blocks])
    slopes = table.sum(axis=0) / paths
    errors = np.full(len(slopes), np.nan)
    if len(blocks) >= _LEAST_BLOCKS:
        errors = (table / BACKWARD).std(axis=0, ddof=1) / np.sqrt(len(blocks))
    extra = {label: sum(each[label] for _, _, each in blocks) / paths for label in blocks[0][2]}
    value = sum(each for each, _, _ in blocks) / paths
    return value, list(map(float, slopes)), list(map(float, errors)), extra


def _on_host(by_number: Numbers) -> Numbers:
    return Numbers(
        leaves={name: np.asarray(values) for name, values in by_number.leaves.items()},
        drivers=tuple(np.asarray(values) for values in by_number.drivers),
        **{name: np.asarray(getattr(by_number, name)) for name in Numbers._fields[2:]},
    )


def _to_compare(
    known: Sequence[Figure],
    order: list[int],
    slopes: list[float],
    acts: Mapping[str, float],
    compared: int,
    count: int,
) -> list[int]:
    """Return which figures to move: those of largest effect, then those that act without a derivative."""
    largest = [k for k in order if slopes[k] != 0.0][:count]
    blind = sorted((k for k in order if known[k].label in acts), key=lambda k: -abs(acts[known[k].label]))
    return [*largest, *blind][:compared]


def _differences(
    mover: Mover, known: Sequence[Figure], slopes: list[float], chosen: Sequence[int], steps: _Steps
) -> dict[int, Difference]:
    """Return what really moving some figures does, up and down with the same random numbers."""
    here = float(mover.look(mover.numbers).value.mean()) if chosen else 0.0
    found = {}
    for k in chosen:
        found[k] = difference(mover, known[k], here, blind=slopes[k] == 0.0)
        steps.step()
    steps.step(steps.total - steps.done)
    return found


def _sensitivity(
    figure: Figure, slope: float, error: float, value: float, compared: Difference | None
) -> Sensitivity:
    moved = compared if compared is not None else Difference(np.nan, np.nan, bends=False)
    return Sensitivity(
        label=figure.label,
        unit=figure.unit,
        value=figure.value,
        derivative=slope,
        error=error,
        span=figure.span,
        effect=slope * figure.span,
        elasticity=slope * figure.value / value if value != 0.0 else np.nan,
        difference=moved.slope,
        flipped=moved.flipped,
        bends=moved.bends,
        through=_through(slope, moved.slope, moved.flipped),
    )


def _through(slope: float, difference: float, flipped: float) -> Through:
    """Return whether a figure acts through a threshold."""
    if np.isnan(difference):
        return "not compared"
    largest = max(abs(slope), abs(difference))
    if flipped == 0.0 or abs(difference - slope) <= _TOLERANCE * largest:
        return "no"
    return "only" if abs(slope) <= _NOTHING * largest else "partly"


def _size(one: Sensitivity) -> float:
    """Return what a figure does over its span, up or down."""
    return abs(one.change)
