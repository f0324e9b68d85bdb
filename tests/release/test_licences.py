"""The licences of all that is in the programs, each in full."""

import re
from pathlib import Path

import pytest
from archive import ARCHITECTURES, Refused, crates, licences, standard_library

APACHE, MIT = licences.standard("Apache-2.0"), "Copyright (c) 2026 Somebody\n\n" + licences.standard("MIT")


@pytest.fixture(scope="module")
def third_party(unpacked):
    return (unpacked / "licences/THIRD-PARTY.txt").read_text()


@pytest.fixture(scope="module")
def index(third_party):
    """The licence of each thing, by its name and version."""
    listed = third_party.split(licences.RULE)[0].split("\n\n")[1]
    return dict(line.split(": ", 1) for line in listed.splitlines())


@pytest.fixture(scope="module")
def texts(third_party):
    """The texts of each thing."""
    found = {}
    pieces = third_party.split(licences.RULE)[1:]
    for names, text in zip(pieces[::2], pieces[1::2], strict=True):
        for name in names.strip().splitlines():
            found.setdefault(name, []).append(text)
    return found


def test_everything_that_is_listed_has_its_text_and_nothing_else_has_one(index, texts):
    assert index.keys() == texts.keys()


def test_each_licence_is_there_in_full(index, texts):
    for name, licence in index.items():
        if not name.startswith(("SQLite", "start code of the GNU C Library")):
            assert licences.covered(licence, licences.full(texts[name])), f"{name}: {licence}"


def test_no_text_has_a_gap_that_its_holder_was_to_fill(third_party):
    assert "<copyright holders>" not in third_party and "<year>" not in third_party


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ring", "the fiat-crypto authors"),
        ("ring", "Permission is hereby granted, free of charge"),  # of once_cell, in it
        ("tracing-core", "Mathijs van de Nes"),
        ("vsimd", "Copyright (c) 2021 Nugine"),
        ("lambda_runtime", "David Calavera"),
        ("SQLite", "The author disclaims copyright to this source code."),
        ("echarts", "Mike Bostock"),
        ("zrender", "Baidu Inc."),
        ("tslib", "Microsoft Corporation"),
        ("addr2line", "Permission is hereby granted, free of charge"),
        ("compiler-builtins", "Rich Felker"),
        ("start code of the GNU C Library", "unlimited\npermission to link the compiled version"),
    ],
)
def test_what_others_took_from_others_is_named(texts, name, words):
    found = [text for holder, some in texts.items() if holder.split(" ")[0] == name or holder == name for text in some]
    assert any(words in text for text in found)


def test_each_package_of_the_standard_library_has_its_licence(unpacked, index):
    page = (unpacked / "licences/rust-standard-library.html").read_text()
    listed = {name for name, _, _, notices in standard_library.sections(page) if notices}
    listed |= {name.split(" ")[0] for name in index if name.endswith("of Rust's standard library")}
    compiled = set(standard_library.compiled(ARCHITECTURES))
    assert {"addr2line", "gimli", "hashbrown"} <= compiled
    assert compiled <= {name.replace("-", "_") for name in listed}


@pytest.mark.parametrize(
    ("expression", "is_covered"),
    [
        ("MIT", True),
        ("ISC", False),
        ("MIT OR ISC", True),
        ("ISC OR Apache-2.0 AND ISC", False),
        ("MIT AND Apache-2.0", True),
        ("MIT AND ISC", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", True),
        ("(MIT OR ISC) AND Unicode-3.0", False),
        ("(ISC OR MIT) AND Apache-2.0", True),
    ],
)
def test_an_expression_is_covered_by_the_texts_that_it_asks_for(expression, is_covered):
    assert licences.covered(expression, licences.full([MIT, APACHE])) == is_covered


def package(folder, licence, **files):
    for path, text in files.items():
        path = folder / path.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return crates.Crate("thing", "1.2.3", licence, ["A. Author"], folder, "checksum")


def test_a_licence_in_a_folder_counts_and_that_of_a_test_does_not(tmp_path):
    one = package(tmp_path, "MIT", src__LICENSE=MIT, tests__LICENSE=APACHE, LICENSES="see src")
    assert licences.texts(one) == ("see src", MIT)


def test_apaches_text_is_the_same_for_everybody(tmp_path):
    [text] = licences.texts(package(tmp_path, "MIT OR Apache-2.0"))
    assert text == f"The authors of thing: A. Author\n\n{APACHE}"


@pytest.mark.parametrize("files", [{}, {"LICENSE": "MIT, see the repository"}, {"LICENSE": APACHE}])
def test_a_package_whose_text_is_missing_is_refused(tmp_path, files):
    with pytest.raises(Refused, match=r"thing 1\.2\.3 is under MIT and brings no full text of it"):
        licences.texts(package(tmp_path, "MIT", **files))


def test_a_package_of_the_standard_library_without_a_licence_is_refused(monkeypatch):
    monkeypatch.setattr(standard_library, "compiled", lambda _: ["addr2line", "new_thing"])
    with pytest.raises(Refused, match="contains new_thing, and no licence is with it"):
        standard_library.unlisted(ARCHITECTURES)


def test_each_text_that_is_kept_is_used():
    named = {*licences.KEPT.values(), *re.findall(r'kept\("([^"]+)"\)', Path(licences.__file__).read_text())}
    assert named == {path.name for path in licences.TEXTS.iterdir()}
