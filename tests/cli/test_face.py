"""What all commands share: help, exit codes, errors, caches, lightness and the reference."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import offtake
from offtake import AuditError, InfeasibleError, InputError
from offtake.book import Book
from offtake.cli import _app
from offtake.cli._output import progress_bar
from offtake.cli._settings import Settings, enable_jax_cache
from offtake.cli.reference import commands, reference

ROOT = Path(__file__).parents[2]
COMMANDS = [pytest.param(command, context, id=name) for name, command, context in commands()]
HEAVY = (
    "jax",
    "pandas",
    "plotly",
    "pydantic",
    "xarray",
    "scipy",
    "numpy",
    "yaml",
    "rich.console",
    "rich.table",
)
ENGINES = ("offtake.simulate", "offtake.plan", "offtake.quote", "offtake.stress", "offtake.negotiate")


@pytest.mark.parametrize(("command", "context"), COMMANDS)
def test_every_command_explains_itself(command, context):
    """Each command has a first line, two to five examples that name it, and a word on every option."""
    text = command.get_help(context)
    examples = [line.split() for line in text.partition("Examples:")[2].splitlines() if line.strip()]
    assert 2 <= len(examples) <= 5
    assert all(
        example[: len(context.command_path.split())] == context.command_path.split() for example in examples
    )
    assert (command.help or "").strip().splitlines()[0].endswith(".")
    assert [each.name for each in command.params if not each.help] == []


def test_examples_name_commands_and_options_that_exist():
    """Each example of the help can be parsed by the command that it names."""
    import shlex

    known = {name: (command, context) for name, command, context in commands()}
    for command, context in known.values():
        for line in command.get_help(context).partition("Examples:")[2].splitlines():
            words = shlex.split(line)
            path = max(
                (name for name in known if words[: len(name.split())] == name.split()), key=len, default=None
            )
            if path is not None:
                target, at = known[path]
                rest = words[len(path.split()) :]
                assert not hasattr(target, "commands") or rest == []
                target.parse_args(target.context_class(target, parent=at.parent), rest)


def test_the_reference_is_current():
    """docs/cli.md is what the help says today; `python -m offtake.cli.reference docs/cli.md` writes it."""
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == reference()


def test_the_version_is_told(run):
    """--version prints the version of the package and nothing else."""
    assert run("--version").stdout == f"offtake {offtake.__version__}\n"


def test_a_mistyped_command_is_guessed(run):
    """A command that is not there is exit code 2 and the nearest is named, also below `book`."""
    for words, meant in ((["simulat"], "simulate"), (["book", "chek"], "check")):
        refused = run(*words)
        assert refused.exit_code == 2
        assert f"Did you mean '{meant}'" in refused.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (InputError("it cannot be used"), 2, "it cannot be used."),
        (InfeasibleError("nothing fits"), 3, "nothing fits."),
        (AuditError("money is lost"), 1, "money is lost."),
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "x.yaml"), 2, "`x.yaml`: Permission denied."),
        (ZeroDivisionError("by nought"), 70, "Offtake itself failed: ZeroDivisionError: by nought"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_errors_are_one_block_with_their_exit_code(run, monkeypatch, error, code, words):
    """Each class of error has its exit code; nobody sees a traceback who has not asked for one."""

    def fail(_source):
        raise error

    monkeypatch.setattr(Book, "read", fail)
    failed = run("book", "show", "first-steps")
    assert failed.exit_code == code
    assert words in failed.stderr
    assert failed.stdout == ""
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(("wish", "coloured"), [("1", False), ("", True)])
def test_colours_can_be_switched_off(folder, monkeypatch, wish, coloured):
    """An error is red on a terminal, unless NO_COLOR is set."""
    monkeypatch.setenv("NO_COLOR", wish)
    failed = CliRunner().invoke(_app.app, ["simulate", "none.yaml"], color=True)
    assert ("\x1b[" in failed.stderr) is coloured


@pytest.mark.parametrize("place", [0, 3])
def test_debug_shows_where_an_error_came_from(run, monkeypatch, place):
    """--debug lets an error through, wherever it stands."""
    error = InputError("it cannot be used")

    def fail(_source):
        raise error

    monkeypatch.setattr(Book, "read", fail)
    words = ["book", "show", "first-steps"]
    failed = run(*words[:place], "--debug", *words[place:])
    assert failed.exception is error


def test_quiet_may_stand_anywhere(run, folder):
    """--quiet after the command leaves remarks out, and a name after -- is no switch."""
    assert run("book", "new", "one.yaml", "--quiet").stderr == ""
    assert run("--quiet", "book", "new", "two.yaml").stderr == ""
    assert "`--quiet` is no name of a YAML file" in run("book", "new", "--", "--quiet").stderr


def test_an_interrupt_outside_any_command_is_told(monkeypatch, capsys):
    """Ctrl-C before a command has begun ends with code 130 and a line too."""

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(_app, "app", interrupted)
    with pytest.raises(SystemExit) as left:
        _app.main()
    assert left.value.code == 130
    assert "interrupted" in capsys.readouterr().err


def test_compiled_programs_are_kept_in_the_users_cache(monkeypatch, tmp_path):
    """The folder is the user's own choice, else that of XDG, else below ~/.cache, if it can be made."""
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "mine")
    enable_jax_cache()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == "mine"
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    enable_jax_cache()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == str(tmp_path / "xdg" / "offtake" / "jax")
    assert (tmp_path / "xdg" / "offtake" / "jax").is_dir()
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative, which the standard tells to ignore")
    monkeypatch.setenv("HOME", str(tmp_path))
    enable_jax_cache()
    assert (tmp_path / ".cache" / "offtake" / "jax").is_dir()
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    enable_jax_cache()
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ


def test_progress_is_for_terminals(monkeypatch):
    """A bar is drawn on a terminal; elsewhere, and for the quiet, nothing is written."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for settings, error, drawn in (
        (Settings(), Terminal(), True),
        (Settings(quiet=True), Terminal(), False),
        (Settings(), io.StringIO(), False),
    ):
        monkeypatch.setattr(sys, "stderr", error)
        monkeypatch.setenv("TERM", "xterm")
        with progress_bar(settings, "futures") as step:
            step(1, 2)
        assert bool(error.getvalue()) is drawn


def python(code):
    """Return what a fresh interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "src", check=True, capture_output=True, text=True
    )


def test_the_command_line_is_light():
    """Importing it loads no library that only some commands need."""
    loaded = python("import sys, offtake.cli; print(*sys.modules)").stdout.split()
    assert "typer" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_help_is_light():
    """`offtake --help` is written without a library that only some commands need, nor an engine."""
    code = "import sys; sys.argv = ['offtake', '--help']; from offtake.cli import main"
    done = python(f"{code}\ntry: main()\nfinally: print('loaded', *sys.modules)").stdout
    shown, _, loaded = done.rpartition("loaded ")
    assert "simulate" in shown
    assert [name for name in (*HEAVY, *ENGINES) if name in loaded.split()] == []


def test_a_closed_pipe_is_no_error():
    """Output that nobody reads to its end, as with head, shows no traceback."""
    code = "import sys; sys.argv = ['offtake', 'book', 'schema']; from offtake.cli import main; main()"
    command = f'{sys.executable} -c "{code}" | head -c 20'
    done = subprocess.run(["sh", "-c", command], cwd=ROOT / "src", check=True, capture_output=True, text=True)
    assert (len(done.stdout), done.stderr) == (20, "")


def test_the_entry_point_is_the_main_function():
    """The script that is installed calls what is tested here."""
    import tomllib

    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts == {"offtake": "offtake.cli:main"}
    assert isinstance(_app.app, typer.Typer)
