"""The licences of what is compiled into the programs, in one text."""

import subprocess
from collections import defaultdict
from pathlib import Path

from . import ROOT, Refused

NAMES = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
RULE = "=" * 100
# What the linker puts in: zig brings LLVM's unwinder, and code of its own.
LINKED = (
    ("LLVM libunwind and compiler-rt", ("Apache-2.0", "LLVM-exception")),
    ("code of Zig, copyright (c) Zig contributors", ("MIT",)),
)


def rust_documents():
    """Where the toolchain keeps its own licences."""
    sysroot = subprocess.run(
        ("rustc", "--print", "sysroot"), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    return Path(sysroot) / "share/doc/rust"


def of_rust():
    """What the standard library contains, with all texts: a page that comes with the toolchain."""
    return (rust_documents() / "COPYRIGHT-library.html").read_bytes()


def standard(name):
    return (rust_documents() / "licenses" / f"{name}.txt").read_text()


def files(crate):
    found = [path for path in crate.folder.iterdir() if path.is_file() and path.name.upper().startswith(NAMES)]
    return sorted(found, key=lambda path: path.name)


def texts(crate):
    """The texts that a package brings. Where it brings none, the one that its licence has for everybody."""
    if brought := [path.read_text(errors="replace") for path in files(crate)]:
        return brought
    alternatives = crate.licence.split(" OR ")
    for name in ("Apache-2.0", "MIT"):
        if name in alternatives:
            authors = ", ".join(crate.authors) or f"the authors of {crate.name}"
            return [f"Copyright (c) {authors}\n\n{standard(name)}"]
    raise Refused(f"{crate.name} {crate.version} is under {crate.licence} and brings no text of it")


def gathered(crates):
    """Each text once, under the packages that it is of."""
    holders = defaultdict(list)
    index = []
    for key, crate in sorted(crates.items()):
        if crate.checksum is None:
            continue  # this project's own: LICENSE-APACHE and LICENSE-MIT
        index.append(f"{crate.name} {crate.version}: {crate.licence}")
        for text in texts(crate):
            holders["\n".join(line.rstrip() for line in text.strip().splitlines())].append(" ".join(key))
    for what, names in LINKED:
        index.append(f"{what}: {' WITH '.join(names)}")
        holders["\n\n".join(standard(name).strip() for name in names)].append(what)
    parts = [
        "What amiwatch's programs contain that others wrote, and its licences. The licences of Rust's standard library\n"
        "are in rust-standard-library.html beside this file; those of the chart library in the page of\n"
        "`amiwatch history --html` are in each such page. SQLite is in the public domain.",
        "\n".join(index),
    ]
    for text, names in holders.items():
        parts.append(f"{RULE}\n{chr(10).join(names)}\n{RULE}\n\n{text}")
    return "\n\n".join(parts) + "\n"
