"""`offtake book`: write, check, show, compare and convert books."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offtake.cli import _book_facts, _book_show
from offtake.cli._options import AsJson, BookArgument
from offtake.cli._output import print_json, remark
from offtake.cli._refusals import refuse_taken
from offtake.cli._settings import examples, settings_of
from offtake.errors import BookError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from offtake.book import Book
    from offtake.errors import Problem

__all__ = ["app"]

_STARTER = Path(__file__).parent / "starter.yaml"

app = typer.Typer(
    help="Write, check, show, compare and convert books.",
    rich_markup_mode=None,
    no_args_is_help=True,
    epilog=examples(
        "offtake book new mine.yaml", "offtake book check mine.yaml", "offtake book show mine.yaml deals"
    ),
)


@app.command(
    short_help="Write a small, commented book to begin with.",
    epilog=examples("offtake book new mine.yaml", "offtake book new lab/book.yaml --force"),
)
def new(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="NAME.yaml", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a small, commented book to begin with; it passes `offtake book check`."""
    if path.suffix not in (".yaml", ".yml"):
        message = f"`{path}` is no name of a YAML file. Write one such as `{path.stem or 'mine'}.yaml`."
        raise InputError(message)
    refuse_taken(path, force=force)
    if not path.parent.is_dir():
        message = f"there is no folder `{path.parent}`. Make it first."
        raise InputError(message)
    name = path.resolve().parent.name if path.stem == "book" else path.stem
    path.write_text(_STARTER.read_text(encoding="utf-8").replace("NAME", name), encoding="utf-8")
    remark(settings_of(ctx), f"wrote {path}; next: offtake book check {path}")


@app.command(
    short_help="Print all that is wrong or doubtful about a book.",
    epilog=examples("offtake book check mine.yaml", "offtake book check first-steps --json"),
)
def check(
    ctx: typer.Context,
    book: BookArgument,
    as_json: AsJson = False,
) -> None:
    """Print everything that is wrong or doubtful about a book, each with its file and line.

    Exit code 2 if there are errors, 1 if there are only warnings, 0 if there is nothing to say. A stated
    figure that the book does not reproduce is a warning.
    """
    from offtake.book import Book

    problems: Sequence[Problem]
    try:
        problems = _problems(Book.read(book))
    except BookError as error:
        problems = error.problems
    if as_json:
        print_json([_as_data(problem) for problem in problems])
    else:
        for problem in problems:
            typer.echo(str(problem))
    errors = sum(problem.severity == "error" for problem in problems)
    remark(settings_of(ctx), _verdict(errors, len(problems) - errors))
    raise typer.Exit(2 if errors else 1 if problems else 0)


app.command("show", short_help="Show what a book holds.", epilog=_book_show.EXAMPLES)(_book_show.show)
app.command(
    "facts", short_help="Compare stated figures with what a book gives.", epilog=_book_facts.EXAMPLES
)(_book_facts.facts)


@app.command(
    short_help="Print the JSON Schema of a book.",
    epilog=examples("offtake book schema -o book.schema.json", "offtake book schema"),
)
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to a file instead.", show_default=False)
    ] = None,
) -> None:
    """Print the JSON Schema of a book, for editors that complete and check as one types."""
    import json

    from offtake.book import Book

    text = json.dumps(Book.json_schema(), indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(f"{text}\n", encoding="utf-8")


@app.command(
    short_help="Write a book in another form.",
    epilog=examples(
        "offtake book convert mine.yaml mine.xlsx",
        "offtake book convert mine.xlsx mine",
        "offtake book convert first-steps copy.yaml",
    ),
)
def convert(
    ctx: typer.Context,
    source: BookArgument,
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="A .yaml file, an .xlsx file, or else a folder.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """Write a book in another form; comments of YAML files are not kept, everything else is."""
    from offtake.book import Book

    refuse_taken(target, force=force)
    book = Book.read(source)
    book.write(target)
    remark(settings_of(ctx), f"wrote {target}")


@app.command(
    short_help="Print what two books say differently.",
    epilog=examples(
        "offtake book diff mine.yaml yours.yaml", "offtake book diff first-steps mine.yaml --json"
    ),
)
def diff(
    ctx: typer.Context,
    before: Annotated[str, typer.Argument(metavar="BOOK", help="One book: a path or a shipped name.")],
    after: Annotated[str, typer.Argument(metavar="OTHER", help="The other book.")],
    as_json: AsJson = False,
) -> None:
    """Print what two books say differently; units as written make no difference.

    Exit code 1 if they differ, 0 if not.
    """
    from offtake.book import Book

    changes = Book.read(before).diff(Book.read(after))
    if as_json:
        print_json([{"path": each.path, "before": each.before, "after": each.after} for each in changes])
    else:
        for each in changes:
            typer.echo(str(each))
    remark(settings_of(ctx), f"{len(changes)} differences" if changes else "no difference")
    raise typer.Exit(1 if changes else 0)


def _problems(book: "Book") -> "list[Problem]":
    """Return every problem of a book that can be read, its facts included."""
    from offtake import facts

    wrong = facts.check(book)
    found = [*book.check(), *wrong]
    if not wrong:
        found += _disagreements(book)
    return sorted(found, key=lambda problem: (problem.file, problem.line or 0))


def _disagreements(book: "Book") -> "Iterable[Problem]":
    from offtake import facts

    for row in facts.evaluate(book).disagreeing:
        what = f"stated is {row.stated}, the book gives {row.computed}"
        mend = "Correct one of them, or widen `tolerance` and say `why`"
        yield book.problem_at(("facts", row.name), what, mend, "warning")


def _as_data(problem: "Problem") -> dict[str, Any]:
    names = ("file", "line", "entry", "what", "mend", "severity")
    return {name: getattr(problem, name) for name in names}


def _verdict(errors: int, warnings: int) -> str:
    counts = [
        f"{number} {noun}{'s' if number > 1 else ''}"
        for number, noun in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    return " and ".join(counts) or "nothing to mend"
