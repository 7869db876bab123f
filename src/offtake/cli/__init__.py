"""The command line: one command for each verb, and `book` for what concerns books themselves."""

from offtake.cli._app import app, main

__all__ = ["app", "main"]
