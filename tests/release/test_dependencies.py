"""docs/dependencies.md: every direct dependency with its reason, none that is gone, and how its costs are found."""

import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs/dependencies.md").read_text()
NOT_CALLED = "nothing calls it"


def loaded(path):
    """A program of Python without an ending, as a module; nothing is written beside it."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader = importlib.machinery.SourceFileLoader(path.name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path.name, loader))
    loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


dependencies = loaded(ROOT / "scripts/dependencies")


def rows(cells):
    """The rows of tables with so many columns, by the name in the first."""
    split = [line.strip("|").split("|") for line in PAGE.splitlines() if re.match(r"\| `[^`|]+` \|", line)]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in split if len(row) == cells}


def named():
    """The packages that the manifests name."""
    command = ("cargo", "metadata", "--no-deps", "--locked", "--format-version", "1")
    metadata = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return {dependency["name"] for package in metadata["packages"] for dependency in package["dependencies"]}


def pinned():
    """What the lists of Python packages and the package.json of pages name, and where."""
    found = {}
    for path in [*ROOT.glob("tests/requirements*.txt"), ROOT / "scripts/requirements.txt"]:
        # Where a list is made of a shorter one, that names what is asked for, and the list also what this brings along.
        asked = path.with_suffix(".in")
        text = asked.read_text() if asked.is_file() else path.read_text()
        for name in re.findall(r"^([\w-]+)(?:\[.*\])?(?:[=<]|$)", text, re.MULTILINE):
            found.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    for path in [ROOT / "src/cli/history/page/package.json", ROOT / "docs/pictures/package.json"]:
        for name in json.loads(path.read_text())["dependencies"]:
            found.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_each_direct_dependency_has_a_row_and_each_row_is_one():
    assert rows(6).keys() == named()


def test_no_package_has_two_rows():
    names = re.findall(r"^\| `([^`|]+)` \|", PAGE, re.MULTILINE)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(rows(6)))
def test_a_dependency_is_used_where_the_page_says_so(name):
    reason, where, kept_by, *_ = rows(6)[name]
    assert reason and re.search(r", 20[12]\d$|^this repository$", kept_by)
    if where == NOT_CALLED:
        return
    crate = re.compile(rf"\b{name.replace('-', '_')}\b")
    for place in re.findall(r"`([^`]+)`", where):
        path = ROOT / place
        files = path.rglob("*.rs") if path.is_dir() else [path]
        assert any(crate.search(file.read_text()) for file in files), f"{place} does not use {name}"


@pytest.mark.parametrize("name", [name for name, row in rows(6).items() if row[1] == NOT_CALLED])
def test_what_nothing_calls_is_not_called(name):
    crate = re.compile(rf"\b{name.replace('-', '_')}\b(?! *=)")
    for folder in ("src", "simulator/src", "tests/suite", "examples"):
        for path in (ROOT / folder).rglob("*.rs"):
            assert not crate.search(path.read_text()), path


def test_each_pinned_package_has_a_row_that_says_where():
    assert {name: set(re.findall(r"`([^`]+)`", where)) for name, (_, where) in rows(3).items()} == pinned()


PLACES = sorted(set(re.findall(r"`((?:src|simulator|tests|scripts|bench|docs)/[\w/.*-]+)`", PAGE)))


@pytest.mark.parametrize("place", PLACES)
def test_each_place_that_is_named_is_there(place):
    assert (ROOT / place).exists() or any(ROOT.glob(place))


def report(fresh, *units):
    rows = [{"name": name, "version": "1.0.0", "duration": duration} for name, duration in units]
    return f"<td>Fresh units:</td><td>{fresh}</td>\n<script>\nconst UNIT_DATA = {json.dumps(rows)};\nconst X = [];"


def test_times_are_added_up_by_package():
    text = report(0, ("a-b", 1.5), ("a-b", 2), ("c", 0.25))
    assert dependencies.times(text) == {"a_b": 3.5, "c": 0.25}


def test_times_of_a_build_that_was_done_in_part_are_refused():
    with pytest.raises(dependencies.Unusable, match="build in an empty target folder"):
        dependencies.times(report(3, ("a", 1)))


@pytest.mark.parametrize(
    ("symbol", "crate"),
    [
        ("tokio::runtime::park::Parker::park", "tokio"),
        ("<hyper::body::Incoming as core::fmt::Debug>::fmt", "hyper"),
        ("core::ptr::drop_in_place::<alloc::vec::Vec<aws_types::region::Region>>", "aws_types"),
        ("core::ptr::drop_in_place<serde_json::value::Value>", "serde_json"),
        ("<alloc::string::String as core::clone::Clone>::clone", "std"),
        ("std::io::time::thing", "std"),
        ("ring_core_0_17_14__aes_nohw_encrypt", "ring"),
        ("main", "other"),
    ],
)
def test_a_symbol_counts_for_the_crate_that_it_was_made_for(symbol, crate):
    assert dependencies.crate_of(symbol) == crate


def test_sizes_are_of_code_alone():
    lines = [f"0000000000001000 0000000000000010 t crate_{letter}::f" for letter in "abcdefghij"]
    lines += ["0000000000001000 0000000000000020 T crate_a::g", "0000000000001000 0000000000000400 r crate_a::TABLE"]
    lines.append("0000000000001000 t no_size::f")
    found = dependencies.sizes("\n".join(lines))
    assert found["crate_a"] == 0x30 and found["crate_b"] == 0x10 and "no_size" not in found


def test_a_program_without_symbols_is_refused():
    with pytest.raises(dependencies.Unusable, match="has no symbols"):
        dependencies.sizes("0000000000001000 0000000000000010 T main\n")


def test_a_dependency_costs_what_only_it_brings():
    names = {"me": "me", "x": "x", "y": "y-y", "only": "only", "both": "both"}
    needs = {"me": {"x", "y"}, "x": {"only", "both"}, "y": {"both"}, "only": set(), "both": set()}
    found = dependencies.costs({"x": 1, "only": 2, "both": 4, "y_y": 8}, names, needs, {"me"})
    assert found == {"x": (1, 3), "y-y": (8, 8)}


def test_the_page_gets_its_figures_and_keeps_its_words():
    once = dependencies.written(PAGE, -2, {"axum": (1.25, 12.5)}, dependencies.seconds)
    twice = dependencies.written(once, -1, {"jiff": (2048, 2048)}, dependencies.kilobytes)
    [axum] = [line for line in twice.splitlines() if line.startswith("| `axum` |")]
    [jiff] = [line for line in twice.splitlines() if line.startswith("| `jiff` |")]
    assert axum.split(" | ")[-2] == "1.2 s (12 s)" and jiff.endswith(" | 2 KiB |")
    # What has no figure loses an old one.
    assert jiff.split(" | ")[-2] == "–" and axum.endswith(" | – |")
    assert re.sub(r"(.* \| ).* \| .* \|", r"\1", axum) in PAGE
    marked = dependencies.marked(twice, "times", "Measured.")
    assert "<!-- times -->\nMeasured.\n<!-- /times -->" in marked
    assert len(marked.splitlines()) == len(PAGE.splitlines())
