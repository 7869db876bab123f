"""What all commands share: their settings, how examples are shown, where caches and shipped data are."""

import os
from dataclasses import dataclass
from pathlib import Path

import typer

__all__ = ["Settings", "default_book", "enable_jax_cache", "examples", "settings_of"]

_DEFAULT_BOOK = Path(__file__).parent.parent / "books" / "default.txt"
_JAX_CACHE = "JAX_COMPILATION_CACHE_DIR"


@dataclass(frozen=True, slots=True)
class Settings:
    """What was said before the command.

    Parameters
    ----------
    debug
        Whether errors show their traceback.
    quiet
        Whether progress and remarks are left out.
    """

    debug: bool = False
    quiet: bool = False


def settings_of(ctx: typer.Context) -> Settings:
    """Return the settings of a command's context."""
    return ctx.obj if isinstance(ctx.obj, Settings) else Settings()


def examples(*lines: str) -> str:
    """Return the examples at the end of a command's help, each on a line of its own."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def default_book() -> str:
    """Return the name of the shipped book that is taken where none is named."""
    return _DEFAULT_BOOK.read_text(encoding="utf-8").strip()


def enable_jax_cache() -> None:
    """Keep compiled programs between runs in the user's cache folder; do without where that cannot be made.

    It must be called before JAX is first imported. A folder that the user chose for JAX is left as it is.
    """
    if _JAX_CACHE in os.environ:
        return
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".cache"
        folder = base / "offtake" / "jax"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return
    os.environ[_JAX_CACHE] = str(folder)
