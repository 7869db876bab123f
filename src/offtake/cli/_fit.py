"""`offtake fit`: a driver from a history."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from offtake.cli._options import AsJson
from offtake.cli._output import print_json, remark
from offtake.cli._settings import examples, settings_of
from offtake.errors import InputError

if TYPE_CHECKING:
    from offtake.drivers import Fit

__all__ = ["EXAMPLES", "fit"]

EXAMPLES = examples(
    "offtake fit users.csv --unit MW",
    "offtake fit rental.csv --model mean_reverting --name spot --unit USD/GPU-hour",
    "offtake fit users.csv --name users --unit MW --into mine.yaml",
)


def fit(
    ctx: typer.Context,
    history: Annotated[
        Path, typer.Argument(metavar="HISTORY.csv", help="A CSV file with the columns date and value.")
    ],
    model: Annotated[
        Literal["logistic", "gbm", "mean_reverting", "bass"], typer.Option(help="The process to fit.")
    ] = "logistic",
    name: Annotated[
        str | None, typer.Option(help="Name of the driver; by default that of the file.", show_default=False)
    ] = None,
    unit: Annotated[
        str, typer.Option(help="Unit of the values, such as MW; none for plain numbers.", show_default=False)
    ] = "",
    ceiling: Annotated[
        float | None, typer.Option(help="The ceiling, where it is known from elsewhere.", show_default=False)
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="A book's .yaml file in which to put the driver.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit a driver to a history and print its entry as a book writes it, with standard errors.

    With --into the entry is put into the book, in place of the driver of that name if there is one; the rest
    of the file stays as it is, comments included.
    """
    if not history.is_file():
        message = f"there is no file `{history}`. Check the path."
        raise InputError(message)
    from offtake.drivers import fit as fit_driver
    from offtake.drivers import read_history

    settings = settings_of(ctx)
    found = fit_driver(read_history(history), model, ceiling=ceiling)
    called = name or history.stem
    entry = found.entry(called, unit=unit, history=history.name)
    if into is not None:
        from offtake.cli._into import put_driver

        remark(settings, put_driver(into, called, entry, history))
    if as_json:
        print_json(_as_data(found, called, entry))
    else:
        typer.echo(_as_yaml(found, called, entry, unit))


def _as_data(found: "Fit", name: str, entry: dict[str, object]) -> dict[str, Any]:
    return {
        "name": name,
        "entry": entry,
        "model": found.model,
        "parameters": {key: float(value) for key, value in found.parameters.items()},
        "standard_errors": {key: float(value) for key, value in found.standard_errors.items()},
        "interval_95": {key: [float(end) for end in ends] for key, ends in found.interval.items()},
        "noise": float(found.noise),
        "residual_sd": float(found.residual_sd),
        "residuals": found.n,
        "method": found.method,
        "citation": found.citation,
    }


def _as_yaml(found: "Fit", name: str, entry: dict[str, object], unit: str) -> str:
    """Return the entry as YAML, with what is known of its precision in comments."""
    from offtake.io import to_yaml

    remarks = [f"{found.method}, {found.n} residuals"]
    for key, error in found.standard_errors.items():
        value = found.parameters.get(key, found.noise if key == "noise" else float("nan"))
        remarks.append(f"{key} {_number(key, value, unit)} ± {_number(key, error, unit)} (standard error)")
    for key, (low, high) in found.interval.items():
        remarks.append(f"{key} between {_number(key, low, unit)} and {_number(key, high, unit)} (95 %)")
    remarks.append(found.citation)
    text = to_yaml({"drivers": {name: entry}})
    return "".join(f"# {line}\n" for line in remarks) + text.rstrip()


def _number(key: str, value: float, unit: str) -> str:
    if key in {"growth", "p", "q", "noise"}:
        return f"{100 * value:.3g} %/year"
    if key == "half_life":
        return f"{12 * value:.3g} months"
    return f"{value:.4g} {unit}".rstrip()
