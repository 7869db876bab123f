"""What `offtake negotiate --portfolio` prints: what each provider brings, and whether the split holds."""

import math
from typing import TYPE_CHECKING, Any

import typer

from offtake.cli._amounts import number, scale_of
from offtake.cli._output import TextTable, print_table

if TYPE_CHECKING:
    from offtake.negotiate import Portfolio

__all__ = ["portfolio_summary", "print_portfolio", "refuse_beside_portfolio"]


def refuse_beside_portfolio(given: dict[str, Any]) -> None:
    """Refuse options that say what two parties contest beside the one that asks about all providers."""
    named = [f"--{name.replace('_', '-').strip('-')}" for name, value in given.items() if value]
    if named:
        message = f"it looks at all providers of one buyer; leave out {', '.join(named)}"
        raise typer.BadParameter(message, param_hint="--portfolio")


def portfolio_summary(found: "Portfolio") -> dict[str, Any]:
    """Return a portfolio as plain data; money in M USD."""
    rows = _rows(found)

    def line(name: str) -> dict[str, Any]:
        names = ("shapley", "standard_error", "q05", "q95", "nucleolus")
        return {f"{each}_musd": rows[name][each] for each in names}

    return {
        "book": found.book,
        "hash": found.book_hash,
        "version": found.version,
        "settings": dict(found.settings) | {"orders": found.split.orders},
        "buyer": found.buyer,
        "together_musd": found.together,
        "with_none_musd": found.alone,
        "keeps": line(found.buyer),
        "providers": [
            {"party": name, "deals": list(found.deals[name])}
            | line(name)
            | {"lost_without_musd": found.last.get(name), "with_it_alone_musd": rows[name]["with_it_alone"]}
            for name in found.providers
        ],
        "holds": found.holds,
        "could_hold": found.could_hold,
        "blocking": [{"group": sorted(group), "gain_musd": gain} for group, gain in found.blocking],
        "groups": [
            {"providers": [name for name in found.providers if name in group], "worth_musd": worth}
            for group, worth in found.worth.items()
        ],
        "sentences": list(found.sentences),
        "assumptions": list(found.assumptions),
    }


def _rows(found: "Portfolio") -> dict[str, dict[str, Any]]:
    """Return what is told of each party."""
    return {
        row["party"]: {str(key): each for key, each in row.items()}
        for row in found.to_dataframe().to_dict("records")
    }


def print_portfolio(found: "Portfolio") -> None:
    """Print what each provider brings, the largest first, and the buyer's own share below."""
    ranked = sorted(found.providers, key=lambda name: -found.split[name])
    rows = _rows(found)
    scale, unit = scale_of([found.together, *(row["shapley"] for row in rows.values())])
    drawn = not found.split.exact
    lines = []
    for name in (*ranked, found.buyer):
        row = rows[name]
        kept = name == found.buyer
        cells = [f"{name} keeps" if kept else name, number(row["shapley"] / scale)]
        cells += [f"± {number(row['standard_error'] / scale)}"] if drawn else []
        cells += [
            f"{number(row['q05'] / scale)} to {number(row['q95'] / scale)}" if name in found.spread else ""
        ]
        cells += ["" if kept else _or_unknown(row[each], scale) for each in ("lost_without", "with_it_alone")]
        lines.append(cells)
    heads = ["", ">Shapley value", *([">error"] if drawn else []), ">5 % to 95 %", ">lost without it",
             ">with it alone"]  # fmt: skip
    title = (
        f"{found.book}: what each provider brings to {found.buyer} in {unit}, "
        f"{number(found.together / scale)} in all"
    )
    print_table(TextTable(title, heads, lines))


def _or_unknown(value: float, scale: float) -> str:
    return number(value / scale) if math.isfinite(value) else "not looked at"
