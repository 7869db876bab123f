"""Arguments and options that several commands take."""

from typing import Annotated, Literal

import typer

__all__ = ["AsJson", "BookArgument", "Engine", "NewValues", "Paths", "Scenario", "Seed", "ShippedBook"]

BookArgument = Annotated[str, typer.Argument(metavar="BOOK", help="The book: a path or a shipped name.")]

ShippedBook = Annotated[
    str | None,
    typer.Argument(metavar="BOOK", help="The book; by default the shipped one.", show_default=False),
]

Scenario = Annotated[
    str | None,
    typer.Option(help="One of the book's scenarios; by default the book as it stands.", show_default=False),
]

NewValues = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="A new value; may be repeated.", show_default=False),
]

Paths = Annotated[int, typer.Option(metavar="N", help="Number of futures.", min=1)]

Seed = Annotated[int, typer.Option(metavar="N", help="Seed of the futures.")]

Engine = Annotated[
    Literal["jax", "numpy"],
    typer.Option(help="jax compiles first and then runs fast; numpy starts at once."),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
