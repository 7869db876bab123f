"""`sensitivities`: what an outcome owes to every figure of a book, in one pass backwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from offtake.errors import InputError
from offtake.model import Model, Structure, compile  # noqa: A004 - the architecture's name for it
from offtake.results import VARIABLES
from offtake.simulate._observe import FANS
from offtake.simulate._simulate import _normals
from offtake.stress._figures import Figure, figures, parameters
from offtake.stress._gradient import BACKWARD, Aim, Numbers, backward, default_aim, look, numbers_of

if TYPE_CHECKING:
    import pandas as pd

    from offtake.book import Book

__all__ = ["Outcome", "Sensitivities", "Sensitivity", "Through", "sensitivities"]

Array = Any
Through = Literal["no", "partly", "only", "not compared"]
"""Whether a figure acts through a threshold, which a derivative does not see."""

_TOLERANCE = 0.02
_STEP = 0.25
_BEND = 0.2
_LEAST_BLOCKS = 4
_NOTHING = 1e-14


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
            best = one.effect if one.through in {"no", "not compared"} else one.difference * one.span
            note = {
                "no": "", "partly": ", partly through a threshold", "only": ", only through a threshold",
                "not compared": ", not compared with a difference",
            }[one.through]  # fmt: skip
            unit = "" if one.unit == "1" else f" {one.unit}"
            lines.append(
                f"  {best:+12,.4g} for {one.span:.3g}{unit} more of {one.label} "
                f"(now {one.value:,.4g}{note}{', at a bend' if one.bends else ''})"
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
    compared: int = 60,
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
        How many figures to move in all; each takes two runs.

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
    if paths < 1:
        message = f"at least one path is needed, not {paths}"
        raise InputError(message)
    model = compile(book, scenario)
    aim = _aim(model.structure, outcome, smooth)
    numbers = numbers_of(model)
    all_figures = figures(book, model, scenario)
    z = _normals(model, 0, paths, seed, "random")
    value, slopes, errors, extra = _derivatives(model, numbers, z, aim, all_figures)
    order = sorted(range(len(slopes)), key=lambda k: -abs(slopes[k] * all_figures[k].span))
    chosen = _to_compare(order, slopes, compared, count)
    differences = _differences(model, numbers, z, aim, {k: all_figures[k] for k in chosen})
    items = {k: _sensitivity(all_figures[k], slopes[k], errors[k], value, differences.get(k)) for k in order}
    ranked = sorted(items, key=lambda k: -_size(items[k]))
    return Sensitivities(
        outcome=outcome,
        unit="1" if outcome.variable == "default" else VARIABLES[outcome.variable].unit,
        value=value,
        top=tuple(items[k] for k in ranked[:count] if _size(items[k]) > 0.0),
        derivatives={**{f.label: s for f, s in zip(all_figures, slopes, strict=True)}, **extra},
        not_seen=tuple(
            one.label for k, one in items.items() if k not in differences and one.derivative == 0.0
        ),
        paths=paths,
        seed=seed,
        smooth=smooth,
    )


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
    if str(wanted) not in labels:
        message = f"there is no {dim} {wanted!r}; there are {', '.join(labels)}"
        raise InputError(message)
    return labels.index(str(wanted))


def _derivatives(
    model: Model, numbers: Numbers, z: Array, aim: Aim, all_figures: tuple[Figure, ...]
) -> tuple[float, list[float], list[float], dict[str, float]]:
    """Return mean, derivatives, their standard errors, and derivatives by parameters of distributions."""
    paths = len(z)
    total = 0.0
    blocks: list[list[float]] = []
    extra: dict[str, float] = {}
    for first in range(0, paths, BACKWARD):
        block = z[first : first + BACKWARD]
        real = len(block)
        weight = np.where(np.arange(BACKWARD) < real, 1.0, 0.0)
        block = np.concatenate([block, np.zeros((BACKWARD - real, z.shape[1]))])
        values, by_number, _ = backward(model, numbers, block, weight, aim)
        total += float(weight @ values)
        by_number = _on_host(by_number)
        blocks.append([figure.derivative(by_number) for figure in all_figures])
        for label, slope in parameters(model, by_number).items():
            extra[label] = extra.get(label, 0.0) + slope / paths
    table = np.array(blocks)
    slopes = table.sum(axis=0) / paths
    errors = np.full(len(slopes), np.nan)
    if len(blocks) >= _LEAST_BLOCKS:
        errors = (table / BACKWARD).std(axis=0, ddof=1) / np.sqrt(len(blocks))
    return total / paths, [float(s) for s in slopes], [float(e) for e in errors], extra


def _on_host(by_number: Numbers) -> Numbers:
    return Numbers(
        leaves={name: np.asarray(values) for name, values in by_number.leaves.items()},
        drivers=tuple(np.asarray(values) for values in by_number.drivers),
        **{name: np.asarray(getattr(by_number, name)) for name in Numbers._fields[2:]},
    )


def _to_compare(order: list[int], slopes: list[float], compared: int, count: int) -> list[int]:
    """Return which figures to move: those of largest effect, then those whose derivative is zero."""
    largest = [k for k in order if slopes[k] != 0.0][:count]
    blind = [k for k in order if slopes[k] == 0.0]
    return [*largest, *blind][:compared]


class _Difference(NamedTuple):
    """What really moving a figure did."""

    slope: float
    flipped: float
    bends: bool


def _differences(
    model: Model, numbers: Numbers, z: Array, aim: Aim, chosen: Mapping[int, Figure]
) -> dict[int, _Difference]:
    """Return what really moving some figures does, up and down with the same random numbers."""
    found: dict[int, _Difference] = {}
    here = float(look(model, numbers, z, aim).value.mean()) if chosen else 0.0
    for k, figure in chosen.items():
        step = _STEP * figure.span
        below_zero = figure.value >= 0.0 and figure.value < step and not figure.drawn
        low = -figure.value if below_zero else -step
        up, down = (look(model, figure.moved(numbers, change), z, aim) for change in (step, low))
        above, below = float(up.value.mean()), float(down.value.mean())
        slope = (above - below) / (step - low)
        rise, fall = (above - here) / step, (here - below) / -low if low < 0.0 else np.nan
        flipped = float((up.pattern != down.pattern).mean())
        apart = abs(rise - fall) > _BEND * max(abs(rise), abs(fall))
        found[k] = _Difference(slope, flipped, bool(apart and flipped == 0.0))
    return found


def _sensitivity(
    figure: Figure, slope: float, error: float, value: float, compared: _Difference | None
) -> Sensitivity:
    moved = compared if compared is not None else _Difference(np.nan, np.nan, bends=False)
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
    """Return what a figure does over its span: by its difference where thresholds matter."""
    steps = one.through in {"partly", "only"}
    return abs(one.difference * one.span) if steps else abs(one.effect)
