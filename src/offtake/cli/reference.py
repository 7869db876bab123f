"""The reference of the command line, made from the help of every command.

``python -m offtake.cli.reference docs/cli.md`` writes it again.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from offtake.cli._app import app

__all__ = ["commands", "reference"]

_WIDTH = 96

_HEAD = """# The command line

Made from the help of every command by `python -m offtake.cli.reference docs/cli.md`; a test holds it to that.

Results go to standard output; progress, remarks and errors go to standard error. `--json` prints results
for machines. `--debug` and `--quiet` may stand anywhere. Progress bars are left out where standard error is
no terminal, colours also where `NO_COLOR` is set. Compiled programs are kept in `$XDG_CACHE_HOME/offtake/jax`
(by default `~/.cache/offtake/jax`), so that a second run starts faster.
"""


def commands() -> Iterator[tuple[str, Any, Any]]:
    """Yield the name, the command and the context of every command, groups before what they hold.

    Examples
    --------
    >>> [name for name, _, _ in commands()][:3]
    ['offtake', 'offtake brief', 'offtake simulate']
    """
    root: Any = typer.main.get_command(app)
    yield from _below("offtake", root, None)


def _below(name: str, command: Any, parent: Any) -> Iterator[tuple[str, Any, Any]]:
    context = command.context_class(
        command,
        info_name=name.rpartition(" ")[2],
        parent=parent,
        terminal_width=_WIDTH,
        **command.context_settings,
    )
    yield name, command, context
    for each in getattr(command, "commands", {}).values():
        yield from _below(f"{name} {each.name}", each, context)


def reference() -> str:
    """Return the reference as Markdown: the help of every command under its name."""
    parts = [_HEAD]
    for name, command, context in commands():
        lines = [line.rstrip() for line in command.get_help(context).splitlines()]
        parts.append(f"## `{name}`\n\n```text\n" + "\n".join(lines) + "\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
