"""The licences of what is compiled into the programs, in one text."""

import html
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from . import ROOT, Refused, sbom, standard_library

TEXTS = Path(__file__).with_name("texts")
NAMES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
# What is called so and holds code.
CODE = {".rs", ".c", ".h", ".S", ".py", ".toml"}
# Parts of a package that are compiled into nothing.
UNUSED = {"benches", "examples", "fuzz", "tests"}
RULE = "=" * 100
# By what the full text of a licence is told from a mention of it.
WORDS = {
    "0BSD": r"distribute this software for any purpose with or without fee is hereby granted\. ",
    "Apache-2.0": r"TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION",
    "BSD-3-Clause": r"Redistribution and use in source and binary forms, with or without modification",
    "ISC": r"distribute this software for any purpose with or without fee is hereby granted, ",
    "LLVM-exception": r"LLVM Exceptions to the Apache 2\.0 License",
    "MIT": r"Permission is hereby granted, free of charge, to any person obtaining a copy",
    "Unicode-3.0": r"UNICODE LICENSE V3",
    "Zlib": r"This software is provided 'as-is', without any express or implied warranty",
}
# Texts of repositories whose packages bring none.
KEPT = {
    # https://github.com/Nugine/simd
    "base64-simd": "nugine-simd.txt",
    "vsimd": "nugine-simd.txt",
}


@dataclass(frozen=True)
class Part:
    """Something in the programs that has licences."""

    name: str
    licence: str
    texts: tuple


def standard(name):
    """A licence as it is for everybody: without the line that each holder fills in."""
    text = (standard_library.documents() / "licenses" / f"{name}.txt").read_text()
    return text.replace("Copyright (c) <year> <copyright holders>\n\n", "").strip()


def kept(name):
    return (TEXTS / name).read_text().strip()


def full(texts):
    """The licences whose full text is there, however its lines are broken and marked."""
    flat = [" ".join(re.sub(r"[*#]|//", " ", text).split()) for text in texts]
    return {name for name, words in WORDS.items() if any(re.search(words, text) for text in flat)}


def covered(expression, found):
    """Whether the texts that were found are enough for what an SPDX expression asks."""
    tokens = re.findall(r"[()]|[^\s()]+", expression)

    def either():
        held = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            held = both() or held
        return held

    def both():
        held = one()
        while tokens and tokens[0] in ("AND", "WITH"):
            tokens.pop(0)
            held = one() and held
        return held

    def one():
        token = tokens.pop(0)
        if token != "(":
            return token in found
        held = either()
        tokens.pop(0)
        return held

    return either()


def files(crate):
    """The licences in a package: beside its manifest, and beside code that it took from others."""
    found = []
    for path in crate.folder.rglob("*"):
        parts = path.relative_to(crate.folder).parts
        is_named_so = path.name.upper().startswith(NAMES) and path.suffix not in CODE
        if is_named_so and UNUSED.isdisjoint(parts) and path.is_file():
            found.append((len(parts), parts, path))
    return [path for _, _, path in sorted(found)]


def texts(crate):
    """The texts that a package brings, and what they leave out of its licence."""
    brought = [path.read_text(errors="replace") for path in files(crate)]
    if crate.name in KEPT:
        brought.append(kept(KEPT[crate.name]))
    # Apache's text names no holder, and is the same for everybody. Others want a line of the package's own.
    if not covered(crate.licence, full(brought)) and covered(crate.licence, full(brought) | {"Apache-2.0"}):
        authors = f"The authors of {crate.name}: {', '.join(crate.authors)}\n\n" if crate.authors else ""
        brought.append(authors + standard("Apache-2.0"))
    if not covered(crate.licence, full(brought)):
        raise Refused(
            f"{crate.name} {crate.version} is under {crate.licence} and brings no full text of it: "
            "put that of its repository into scripts/archive/texts, and its name into KEPT of licences.py"
        )
    return tuple(brought)


def of_packages(crates):
    for _, crate in sorted(crates.items()):
        if crate.checksum is not None:  # else this project's own: LICENSE-APACHE and LICENSE-MIT
            yield Part(f"{crate.name} {crate.version}", crate.licence, texts(crate))


def of_sqlite(crates):
    """SQLite has no licence, and says so at the head of each of its files."""
    crate, component = sbom.of_sqlite(crates)
    header = (crate.folder / "sqlite3/sqlite3.h").read_text()
    note = re.match(r"/\*\n(.*?)\n\*{3,}", header, re.DOTALL)[1]
    note = re.sub(r"^\*\* ?", "", note, flags=re.MULTILINE)
    yield Part(f"SQLite {component['version']}", "public domain", (note,))


def of_page():
    """What stands in the page of `amiwatch history --html`, which is in the command line. The page shows the same."""
    page = (ROOT / "src/cli/history/page.html").read_text()
    shown = re.search(r"<summary>Licences of what is inside</summary><pre>(.*?)</pre>", page, re.DOTALL)[1]
    for component in sbom.of_page():
        name = f"{component['name']} {component['version']}"
        yield Part(name, component["licenses"][0]["expression"], (html.unescape(shown),))


def of_toolchain(architectures):
    """What the compiler and the linker put in beside the packages."""
    yield from (Part(*part) for part in standard_library.unlisted(architectures))
    both = standard("Apache-2.0"), standard("LLVM-exception")
    own = kept("compiler-builtins.txt"), standard("MIT"), *both
    yield Part("compiler-builtins of Rust's standard library", "MIT AND Apache-2.0 WITH LLVM-exception", own)
    # zig brings LLVM's unwinder, code of its own, and what glibc has to be linked into each program.
    yield Part("LLVM libunwind and compiler-rt", "Apache-2.0 WITH LLVM-exception", both)
    yield Part("code of Zig", "MIT", ("Copyright (c) Zig contributors\n\n" + standard("MIT"),))
    yield Part(
        "start code of the GNU C Library",
        "LGPL-2.1-or-later, with permission to link it into any program",
        (kept("glibc-start.txt"),),
    )


def gathered(crates, architectures):
    """Each text once, under all that it is of."""
    holders = defaultdict(list)
    index = []
    for part in (*of_packages(crates), *of_sqlite(crates), *of_page(), *of_toolchain(architectures)):
        index.append(f"{part.name}: {part.licence}")
        for text in part.texts:
            holders["\n".join(line.rstrip() for line in text.strip().splitlines())].append(part.name)
    parts = [
        "What amiwatch's programs contain that others wrote, and its licences. Those of Rust's standard library are\n"
        "in rust-standard-library.html beside this file; what that page leaves out is here.",
        "\n".join(index),
    ]
    for text, names in holders.items():
        parts.append(f"{RULE}\n{chr(10).join(names)}\n{RULE}\n\n{text}")
    return "\n\n".join(parts) + "\n"
