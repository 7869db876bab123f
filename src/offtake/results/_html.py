"""What a notebook shows of a run."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offtake.results._simulation import Simulation

__all__ = ["summary"]


def summary(runs: Simulation) -> str:
    """Return an HTML summary of a run: what made it, and the variables that it holds."""
    made = {
        "book": f"{runs.book} ({runs.book_hash[:12]})",
        "futures": f"{runs.paths:,}",
        "seed": str(runs.seed),
        **{str(name): str(value) for name, value in runs.settings.items()},
        "quantiles": f"within {runs.quantile_error:.1%}" if runs.quantile_error else "exact",
        "identities hold to": ", ".join(f"{name} {worst:.0e}" for name, worst in runs.audit.items()),
        "version": runs.version,
    }
    head = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in made.items())
    rows = "".join(
        f"<tr><td><code>{escape(str(name))}</code></td><td>{escape(' × '.join(map(str, array.dims)))}</td>"
        f"<td>{escape(str(array.attrs['units']))}</td><td>{escape(str(array.attrs['long_name']))}</td></tr>"
        for name, array in runs.dataset.data_vars.items()
    )
    return (
        f"<div><strong>Simulation</strong><table>{head}</table>"
        f"<details><summary>{len(runs.dataset.data_vars)} variables</summary><table>"
        f"<tr><th>variable</th><th>dims</th><th>unit</th><th>meaning</th></tr>{rows}</table></details></div>"
    )
