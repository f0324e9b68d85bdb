"""The command line: `check` looks at built programs, `write` packages them."""

import argparse
import os
import sys
from pathlib import Path

from . import ARCHITECTURES, Refused, contents, fixed, programs


def arguments():
    parser = argparse.ArgumentParser(prog="archive", description="Looks at built programs, and packages them.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="whether programs may be released")
    check.add_argument("--glibc", metavar="VERSION", help="they must run with this version")
    check.add_argument("--no-path", action="append", default=[], metavar="PATH", help="they must not hold this path")
    write = commands.add_parser("write", help="write the archive")
    write.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    for command in (check, write):
        command.add_argument("--only", choices=ARCHITECTURES, metavar="ARCH")
        command.add_argument("binaries", type=Path, metavar="FOLDER", help="has ARCH/{poller,webhook,amiwatch}")
    return parser.parse_args()


def main():
    given = arguments()
    architectures = [given.only] if given.only else list(ARCHITECTURES)
    if given.command == "check":
        for architecture in architectures:
            programs.check(given.binaries, architecture, given.glibc, given.no_path)
        return
    epoch = int(os.environ["SOURCE_DATE_EPOCH"])
    name, files = contents.collect(given.binaries, architectures, epoch)
    path = given.out / f"{name}{f'-{given.only}' if given.only else ''}.tar.gz"
    given.out.mkdir(parents=True, exist_ok=True)
    fixed.write_tar(path, name, files, epoch)
    sums = path.with_name(path.name + ".sha256")
    sums.write_text(f"{fixed.sha256(path.read_bytes())}  {path.name}\n")
    print(path)


try:
    main()
except (Refused, OSError) as error:
    sys.exit(f"scripts/release: {error}")
