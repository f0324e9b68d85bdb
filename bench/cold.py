"""bench/cold: the first poll of a new process against the ones that follow it, without and with TLS."""

import argparse
import statistics
import tempfile

import report
from certificate import Certificate
from stack import ACCOUNTS, Stack

FOLLOWING = 4


def measure(options, with_tls, folder):
    """A row for each function."""
    stack = Stack(options.old, 1, folder, Certificate(folder) if with_tls else None)
    functions = {name: stack.function(name) for name in ACCOUNTS}
    figures = {name: {"start": [], "first": [], "following": []} for name in ACCOUNTS}
    for function in functions.values():
        while function.poll()["baseline"]:
            stack.advance("60s")
    for _ in range(options.repeats):
        for name, function in functions.items():
            function.again()
            figures[name]["start"].append(function.start["processor_ms"])
            for index in range(1 + FOLLOWING):
                stack.advance("60s")
                poll = function.poll()
                figures[name]["following" if index else "first"].append(poll)
    for function in functions.values():
        function.end()
    stack.end()
    return [row(name, with_tls, figures[name]) for name in ACCOUNTS]


def row(name, with_tls, figures):
    def median(step, key):
        return report.number(statistics.median(poll[key] for poll in figures[step]))

    return [
        name,
        "yes" if with_tls else "no",
        report.number(statistics.median(figures["start"])),
        median("first", "processor_ms"),
        median("following", "processor_ms"),
        median("first", "wall_ms"),
        median("following", "wall_ms"),
    ]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--old", type=int, default=1000, help="number of old ended tasks")
    arguments.add_argument("--repeats", type=int, default=11, help="new processes of each function")
    arguments.add_argument("--dry", action="store_true", help="print, and write no file")
    options = arguments.parse_args()
    rows = []
    for with_tls in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(options, with_tls, folder)
    head = [
        "function", "TLS", "start, processor ms", "first poll, processor ms",
        "following, processor ms", "first poll, wall ms", "following, wall ms",
    ]  # fmt: skip
    text = "\n\n".join(
        [
            report.machine("bench/cold"),
            f"A quiet poll at {options.old:,} old tasks; medians of {options.repeats} processes of "
            f"each function, the following polls of {FOLLOWING} in each.",
            report.table(head, rows),
        ]
    )
    print(text) if options.dry else report.put("bench/cold", text)


if __name__ == "__main__":
    main()
