"""What the documents and the lock promise is so."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

import offtake

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def read(name):
    """Return the text of a document of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def verbs():
    """Return the verbs of the README's table and what the table says of each."""
    return dict(re.findall(r"^\| `(\w+)` \| .* \| (.+?) \|$", read("README.md"), re.MULTILINE))


def normal(name):
    """Return the name of a package as an index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_readme_says_which_verbs_work():
    """A verb is marked as working if and only if it can be had from the package."""
    assert len(verbs()) == 8
    assert verbs() == {verb: "yes" if verb in offtake.__all__ else "not yet" for verb in verbs()}


def test_the_first_screen_has_the_two_commands():
    """A reader meets both commands without scrolling."""
    screen = "\n".join(read("README.md").splitlines()[:24])
    assert "make brief" in screen
    assert "make test" in screen


def test_every_make_command_in_the_documents_exists():
    """Each command shown to a reader is a target of the Makefile with a line in the menu."""
    targets = set(re.findall(r"^(\w+):.*##", read("Makefile"), re.MULTILINE))
    shown = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"(?:^|`)make (\w+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"brief", "test"} <= shown <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(document):
    """No relative link of a document is broken."""
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_changelog_is_of_this_version():
    """The newest entry of the changelog is the version of the package."""
    newest = re.search(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert newest
    assert newest[1] == offtake.__version__


def test_every_decision_is_listed():
    """The list of decisions names each file and no other."""
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", read("docs/decisions/README.md"))
    assert listed == sorted(path.name for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_the_lock_holds_no_address():
    """Where the files come from is the affair of the machine that installs them."""
    assert "://" not in LOCK
    assert not re.search(r"^\s*--(?!hash=)", LOCK, re.MULTILINE)


def test_the_lock_is_exact_and_hashed():
    """Each package stands once, with one version and at least one hash."""
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    names = [re.match(r"[a-z0-9-]+(?===[\w.]+( ;.*)? \\\n)", entry) for entry in entries]
    assert all(names)
    assert len({name[0] for name in names}) == len(entries)
    assert all(
        re.fullmatch(r".+(\s+--hash=sha256:[0-9a-f]{64}( \\)?)+", entry, re.DOTALL) for entry in entries
    )


def test_every_dependency_is_locked():
    """What the project asks for, to run and to be developed, is locked; peers to compare with are not."""
    groups = [group for name, group in PROJECT["dependency-groups"].items() if name != "peers"]
    asked = [*PROJECT["project"]["dependencies"], *chain(*groups)]
    names = {normal(re.match(r"[\w.-]+", requirement)[0]) for requirement in asked}
    assert names <= set(re.findall(r"^([a-z0-9-]+)==", LOCK, re.MULTILINE))
