"""The root command: what all commands share, and what becomes of errors."""

import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from offtake._version import __version__
from offtake.cli import _brief, _fit, _negotiate, _plan, _quote, _simulate, _story, _stress, _trace
from offtake.cli._book import app as book_app
from offtake.cli._settings import Settings, examples
from offtake.errors import OfftakeError

__all__ = ["app", "main"]

_INTERRUPTED = 130
_UNKNOWN_ERROR = 70
_ANYWHERE = ("--debug", "--quiet")

_ABOUT = """Plan, price and stress-test the sourcing of AI compute from many providers.

BOOK is the path of a .yaml file, an .xlsx file or a folder with a book.yaml, or the name of a shipped book.

Exit codes: 0 all is well, 1 there are findings, 2 something cannot be used as given, 3 no answer satisfies
all that was demanded, 70 an error in Offtake itself, 130 interrupted.
"""


class _Root(TyperGroup):
    """The group of all commands; it turns errors into one clear block and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Let the switches that all commands share stand anywhere."""
        end = args.index("--") if "--" in args else len(args)
        switches = [each for each in args[:end] if each in _ANYWHERE]
        rest = [each for each in args[:end] if each not in _ANYWHERE]
        return super().parse_args(ctx, [*switches, *rest, *args[end:]])

    def invoke(self, ctx: Any) -> Any:
        """Run a command and report what went wrong, with a traceback only if `--debug` is given."""
        try:
            return super().invoke(ctx)
        except (OfftakeError, OSError, KeyboardInterrupt) as error:
            if isinstance(error, BrokenPipeError) or ctx.params.get("debug"):
                raise
            raise typer.Exit(_report(error)) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if _is_usage(error) or ctx.params.get("debug"):
                raise
            raise typer.Exit(_report(error)) from None


app = typer.Typer(
    cls=_Root,
    help=_ABOUT,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "offtake brief -o brief.html",
        "offtake simulate first-steps --paths 2000",
        "offtake book new mine.yaml",
    ),
)
app.command("brief", short_help="Write one page on a book.", epilog=_brief.EXAMPLES)(_brief.brief)
app.command("simulate", short_help="Run many futures of a book.", epilog=_simulate.EXAMPLES)(
    _simulate.simulate
)
app.command("plan", short_help="Say which offers to sign.", epilog=_plan.EXAMPLES)(_plan.plan)
app.command("trace", short_help="Follow the money and what goes round.", epilog=_trace.EXAMPLES)(_trace.trace)
app.command("quote", short_help="Price a request so that its machines pay back.", epilog=_quote.EXAMPLES)(
    _quote.quote
)
app.command("stress", short_help="Change one thing and see who falls.", epilog=_stress.EXAMPLES)(
    _stress.stress
)
app.command("negotiate", short_help="See whether there is a deal.", epilog=_negotiate.EXAMPLES)(
    _negotiate.negotiate
)
app.command("story", short_help="Tell one future as dated events.", epilog=_story.EXAMPLES)(_story.story)
app.command("fit", short_help="Fit a driver to a history.", epilog=_fit.EXAMPLES)(_fit.fit)
app.add_typer(book_app, name="book")


@app.callback()
def _root(
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            is_eager=True,
            callback=lambda on: _version(on=on),
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Show no progress and no remarks, only results.")
    ] = False,
) -> None:
    del version
    ctx.obj = Settings(debug=debug, quiet=quiet)


def _version(*, on: bool) -> None:
    if on:
        typer.echo(f"offtake {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line on the arguments of this process and exit with its code."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(_report(KeyboardInterrupt()))


def _report(error: BaseException) -> int:
    """Print an error as one block and return the exit code that it calls for."""
    if isinstance(error, KeyboardInterrupt):
        typer.echo("offtake: interrupted; nothing was finished", err=True)
        return _INTERRUPTED
    mark = "offtake: error:"
    if not os.environ.get("NO_COLOR"):
        mark = typer.style(mark, fg="red", bold=True)
    if isinstance(error, OfftakeError):
        typer.echo(f"{mark} {_text(error)}", err=True)
        return error.exit_code
    if isinstance(error, OSError):
        what = f"`{error.filename}`: {error.strerror}" if error.filename is not None else str(error)
        typer.echo(f"{mark} {what}. Check the path, and that it may be read or written.", err=True)
        return 2
    last = traceback.extract_tb(error.__traceback__)[-1]
    typer.echo(
        f"{mark} Offtake itself failed: {type(error).__name__}: {error} ({last.name}, line {last.lineno}).\n"
        "Run the command again with --debug and report what it prints.",
        err=True,
    )
    return _UNKNOWN_ERROR


def _text(error: OfftakeError) -> str:
    text = str(error)
    return text if text.endswith((".", "!", "?", ":")) or "\n" in text else f"{text}."


def _is_usage(error: Exception) -> bool:
    """Return whether an error is one of Typer's own, which it reports itself."""
    return hasattr(error, "exit_code") and hasattr(error, "show")
