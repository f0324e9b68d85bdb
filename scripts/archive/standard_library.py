"""The licences of Rust's standard library, from the pages that come with the toolchain."""

import html
import re
import subprocess
from functools import cache
from pathlib import Path

from . import ROOT, Refused

# What is compiled in Rust's own repository, which the page of the standard library has as a whole. compiler-builtins
# is there too, with licences of its own.
OWN = {
    "alloc", "compiler_builtins", "core", "panic_abort", "panic_unwind", "proc_macro", "profiler_builtins", "std",
    "std_detect", "sysroot", "test", "unwind",
}  # fmt: skip


@cache
def sysroot():
    command = ("rustc", "--print", "sysroot")
    return Path(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


def documents():
    """Where the toolchain keeps its own licences."""
    return sysroot() / "share/doc/rust"


def page():
    """The standard library and most packages in it, with all texts."""
    return (documents() / "COPYRIGHT-library.html").read_bytes()


def sections(text):
    """The packages of a page: name, version, licence and texts."""
    for section in text.split("<h3>📦 ")[1:]:
        name, version = re.match(r"([\w-]+?)-(\d[^<]*)</h3>", section).groups()
        licence = re.search(r"<b>License:</b> ([^<]*)</p>", section)[1]
        notices = re.findall(r"<pre>\n(.*?)\n\s*</pre>", section, re.DOTALL)
        yield name, version, licence, tuple(html.unescape(notice) for notice in notices)


def compiled(architectures):
    """The packages that the toolchain links into each program, by their files."""
    for architecture in architectures:
        folder = sysroot() / f"lib/rustlib/{architecture}-unknown-linux-gnu/lib"
        for path in folder.glob("lib*.rlib"):
            name = path.name.removeprefix("lib").rsplit("-", 1)[0]
            if name not in OWN and not name.startswith("rustc_std_workspace"):
                yield name


def unlisted(architectures):
    """Packages that the standard library contains and its page leaves out: those by which a panic finds the names in
    a backtrace. The page of the whole toolchain has them, in one version or another; the newest is taken."""
    listed = {name.replace("-", "_") for name, *_ in sections(page().decode())}
    wanted = set(compiled(architectures)) - listed
    found = {}
    for name, version, licence, notices in sections((documents() / "COPYRIGHT.html").read_text()):
        if name.replace("-", "_") in wanted and notices:
            order = tuple(int(number) for number in re.findall(r"\d+", version))
            found[name] = max(found.get(name, ((),)), (order, licence, notices))
    if missing := wanted - {name.replace("-", "_") for name in found}:
        raise Refused(f"Rust's standard library contains {', '.join(sorted(missing))}, and no licence is with it")
    return [
        (f"{name} of Rust's standard library", licence.replace("/", " OR "), notices)
        for name, (_, licence, notices) in sorted(found.items())
    ]
