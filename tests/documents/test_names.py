"""Files, tests and variables that the documents name are there."""

import re
import subprocess

import documented
import pytest
from programs import ROOT

CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
FILE = re.compile(r"\.(rs|py|yaml|json|md|sh|toml|txt|html|snap|service|svg|png)$")
TEST = re.compile(r"`([a-z0-9]+(?:_[a-z0-9]+){3,}_?…?)`")
DEFINED = re.compile(r"\b(?:fn|def) (\w+)")
VARIABLE = re.compile(r"\bAMIWATCH_[A-Z_]*[A-Z]")
# Of a reader's own.
OTHERS = {"10.0.0.0/8", "bin/python", "packaged.yaml", "docs/_site", "state.db", "amiwatch/state.db"}


@pytest.fixture(scope="module")
def files():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def texts():
    for name in documented.documents():
        # An archive has files of its own, and tests/release holds its README against them.
        if name != "scripts/archive/README.md":
            yield name, re.sub(r"```.*?```", "", (ROOT / name).read_text(), flags=re.DOTALL)


def paths(text):
    """What looks like a path of the repository: a file's name, or a folder of it."""
    for code in CODE.findall(text):
        if PATH.fullmatch(code) and (FILE.search(code) or "/" in code) and code not in OTHERS:
            yield code


def is_there(path, files):
    """A path may leave out the folders that the text has named before."""
    path = path.rstrip("/").removeprefix("../")
    return any(f"/{file}".endswith(f"/{path}") or f"/{path}/" in f"/{file}" for file in files)


def test_every_file_that_is_named_is_there(files):
    named = [(name, path) for name, text in texts() for path in paths(text)]
    assert len(named) > 150
    assert [one for one in named if not is_there(one[1], files)] == []


def test_every_test_that_is_named_is_there(files):
    defined = set()
    for file in files:
        if file.endswith((".rs", ".py")):
            defined |= set(DEFINED.findall((ROOT / file).read_text()))
    named = [(name, test) for name, text in texts() for test in TEST.findall(text)]
    assert len(named) > 100

    def exists(test):
        # A long name may be cut.
        return test in defined or (test.endswith("…") and any(one.startswith(test[:-1]) for one in defined))

    assert [one for one in named if not exists(one[1])] == []


def test_every_variable_that_is_named_is_read_somewhere(files):
    programs = [file for file in files if not file.endswith((".md", ".png")) and (ROOT / file).is_file()]
    read = {name for file in programs for name in VARIABLE.findall((ROOT / file).read_text())}
    named = {(name, variable) for name, text in texts() for variable in VARIABLE.findall(text)}
    assert len(named) > 30
    assert {one for one in named if one[1] not in read} == set()


def test_every_document_that_a_program_names_is_there(files):
    """Where an alarm, an error or a comment sends a reader."""
    programs = [file for file in files if file.endswith((".rs", ".py", ".yaml", ".toml", ".sh")) or "." not in file.split("/")[-1]]
    named = {
        (file, document)
        for file in programs
        if (ROOT / file).is_file() and not file.startswith("tests/documents/")
        for document in re.findall(r"\bdocs/[\w/.-]+\.(?:md|json|service)\b", (ROOT / file).read_text())
    }
    assert len(named) > 20
    # What the README is called in an archive.
    named.discard(("scripts/archive/documents.py", "docs/overview.md"))
    assert [one for one in named if one[1] not in files] == []


@pytest.mark.parametrize("path", ["src/event.rs", "tests/nowhere/", "poll/nothing.rs"])
def test_a_file_that_is_gone_is_missed(path, files):
    assert list(paths(f"see `{path}`")) == [path] and not is_there(path, files)
