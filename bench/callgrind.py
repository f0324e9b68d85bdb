"""bench/profile: the instructions of the function's start and of a quiet poll, by callgrind."""

import argparse
import os
import re
import subprocess
import tempfile
from pathlib import Path

import report
from stack import Stack

POLLS = 5


def dump(function, folder, hint):
    """Writes what was counted since the last dump, and counts from zero again."""
    pid = str(function.function.process.pid)
    known = set(folder.glob("callgrind.out*"))
    subprocess.run(
        ["callgrind_control", f"--dump={hint}", pid],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    new = sorted(p for p in set(folder.glob("callgrind.out*")) - known if p.stat().st_size)
    if not new:
        raise SystemExit("callgrind_control made no dump: see whether valgrind is whole")
    return new[-1]


def total(path):
    found = re.search(r"^(?:totals|summary): (\d+)", path.read_text(errors="replace"), re.MULTILINE)
    return int(found.group(1))


def shorten(name):
    name = re.sub(r"^[^:]*:(?=\S)", "", name.replace("???:", "", 1), count=0)
    name = re.sub(r"\s*\[[^\]]*\]$", "", re.sub(r"'\d+", "", name))
    return name if len(name) < 110 else name[:107] + "…"


def top(path, divisor, count, inclusive):
    """The functions with the most instructions."""
    text = subprocess.run(
        [
            "callgrind_annotate",
            f"--inclusive={'yes' if inclusive else 'no'}",
            "--threshold=99",
            str(path),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    rows = []
    for line in text.splitlines():
        found = re.match(r"\s*([\d,]+) \([ \d.]+%\)\s+(\S.*)$", line)
        if found and "PROGRAM TOTALS" not in line:
            name = shorten(found.group(2))
            if name and not name.startswith("0x") and all(name != row[0] for row in rows):
                rows.append((name, int(found.group(1).replace(",", "")) / divisor))
    return rows[:count]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--old", type=int, default=1000, help="number of old ended tasks")
    arguments.add_argument("--top", type=int, default=25, help="how many functions")
    arguments.add_argument("--self", action="store_true", help="without what a function calls")
    arguments.add_argument("--dry", action="store_true", help="print, and write no file")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out")
        stack = Stack(options.old, 1, folder)
        function = stack.function("amiwatch", prefix)
        start = dump(function, folder, "start")
        function.poll()
        function.poll()
        dump(function, folder, "first")
        for _ in range(POLLS):
            stack.advance("60s")
            poll = function.poll()
        quiet = dump(function, folder, "quiet")
        lines = [
            report.machine("bench/profile"),
            f"Start: {total(start) / 1e6:.2f} million instructions. A quiet poll at "
            f"{options.old:,} old tasks: {total(quiet) / POLLS / 1e6:.2f} million "
            f"({report.calls(poll['calls'])}).",
        ]
        for title, path, divisor in (("start", start, 1), ("a quiet poll", quiet, POLLS)):
            rows = top(path, divisor, options.top, not options.self)
            if rows:
                lines.append(f"Of {title}, in thousands of instructions, with all that they call:")
                lines.append(
                    report.table(
                        ["function", "thousands"],
                        [(f"`{name}`", f"{count / 1e3:,.0f}") for name, count in rows],
                    )
                )
        function.end()
        stack.end()
    text = "\n\n".join(lines)
    print(text) if options.dry else report.put("bench/profile", text)


if __name__ == "__main__":
    main()
