"""bench/run: amiwatch's function against a boto3 function, in turn, on the same machine."""

import argparse
import io
import os
import statistics
import tempfile
import time
import zipfile
from collections import Counter

import report
from daily_check import daily_check
from kinds import kinds_case
from little_table import LittleTable
from stack import ACCOUNTS, Stack

STARTS = 11
ENDINGS = 10


def log(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


def median_of(polls):
    """The median of each figure; the calls of the poll in the middle."""
    middle = sorted(polls, key=lambda poll: poll["processor_ms"])[len(polls) // 2]
    figures = {
        key: statistics.median(poll[key] for poll in polls)
        for key in ("processor_ms", "wall_ms", "received")
    }
    return figures | {
        "calls": middle["calls"],
        "bytes": middle["bytes"],
        "refused": sum((Counter(poll["refused"]) for poll in polls), Counter()),
        "polls": len(polls),
        "least_ms": min(poll["processor_ms"] for poll in polls),
        "most_ms": max(poll["processor_ms"] for poll in polls),
    }


def sum_of(polls):
    total = {key: sum(p[key] for p in polls) for key in ("processor_ms", "wall_ms", "received")}
    for kind in ("calls", "bytes", "refused"):
        total[kind] = sum((Counter(poll[kind]) for poll in polls), Counter())
    return total | {"polls": len(polls)}


def measure_starts(folder):
    """The start alone, in turn; the first of each fills the page cache and is left out."""
    stack = Stack(0, 0, folder)
    starts = {name: [] for name in ACCOUNTS}
    for _ in range(STARTS + 1):
        for name in ACCOUNTS:
            function = stack.function(name)
            starts[name].append(function.start | {"memory": function.function.peak_memory_kib()})
            function.end()
    stack.end()
    return {
        name: {key: statistics.median(one[key] for one in some[1:]) for key in some[0]}
        for name, some in starts.items()
    }


def first_polls(stack, functions, seconds):
    """Each polls until its baseline is done."""
    result = {}
    for name, function in functions.items():
        polls = []
        while True:
            poll = function.poll()
            stack.advance(seconds)
            if not poll["baseline"]:
                # This one is the warm-up of the quiet polls.
                break
            polls.append(poll)
        result[name] = sum_of(polls)
    return result


def in_turn(stack, functions, times, seconds, before=None):
    polls = {name: [] for name in functions}
    for _ in range(times):
        if before:
            before()
        for name, function in functions.items():
            polls[name].append(function.poll())
        stack.advance(seconds)
    return polls


def check_quiet(polls):
    writes = {"PutItem", "BatchWriteItem", "TransactWriteItems", "UpdateItem", "Publish"}
    for name, some in polls.items():
        for poll in some:
            if writes & set(poll["calls"]):
                raise SystemExit(f"a quiet poll of {name} wrote: {poll['calls']}")


def case(old, open_tasks, quiet_polls, folder):
    """All steps with so many old tasks and so many open ones."""
    # The boto3 function lists all: 51 pages need more than what a minute refills.
    seconds = "120s" if old >= 6000 else "60s"
    stack = Stack(old, open_tasks, folder)
    functions = {name: stack.function(name) for name in ACCOUNTS}
    result = {"old": old, "open": open_tasks, "advance": seconds}
    result["first"] = first_polls(stack, functions, seconds)
    quiet = in_turn(stack, functions, quiet_polls, seconds)
    check_quiet(quiet)
    result["quiet"] = {name: median_of(polls) for name, polls in quiet.items()}
    if open_tasks == ENDINGS:
        ended = {name: [] for name in functions}
        for repeat in range(3):
            if repeat:
                stack.open_tasks(ENDINGS)
                in_turn(stack, functions, 1, seconds)
            stack.end_tasks()
            for name, polls in in_turn(stack, functions, 1, seconds).items():
                ended[name] += polls
                published = polls[0]["calls"].get("Publish")
                if published != ENDINGS:
                    raise SystemExit(f"{name} published {published} of {ENDINGS} endings")
        result["endings"] = {name: median_of(polls) for name, polls in ended.items()}
    result["memory"] = {name: one.function.peak_memory_kib() for name, one in functions.items()}
    for function in functions.values():
        function.end()
    stack.end()
    for name in ACCOUNTS:
        quiet = result["quiet"][name]
        log(
            f"  {name}: first {result['first'][name]['processor_ms']:.1f} ms, quiet "
            f"{quiet['processor_ms']:.2f} ms {dict(quiet['calls'])}, {result['memory'][name]} KiB"
        )
    return result


def busy_case(open_tasks, folder):
    """The first polls where all that is listed runs."""
    stack = Stack(0, open_tasks, folder)
    # moto copies the whole table for each transaction, which the wall time would show.
    functions = {name: stack.function(name, dynamodb=LittleTable().url) for name in ACCOUNTS}
    first = first_polls(stack, functions, "60s")
    for function in functions.values():
        function.end()
    stack.end()
    return {"old": 0, "open": open_tasks, "first": first}


def zip_bytes(binary):
    """The size of the deployment package: the binary, deflated."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        package.write(binary, "bootstrap")
    return len(packed.getvalue())


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--old", default="100,1000,10000", help="numbers of old ended tasks")
    arguments.add_argument("--open", default="1,10", help="numbers of open tasks")
    arguments.add_argument("--quiet", type=int, default=11, help="quiet polls in each case")
    arguments.add_argument("--busy", type=int, default=1000, help="running tasks of the busy case")
    arguments.add_argument("--check", default="1000,10000,50000", help="old tasks of the daily checks")
    arguments.add_argument("--dry", action="store_true", help="print, and write no file")
    options = arguments.parse_args()
    numbers = [
        [int(number) for number in text.split(",")]
        for text in (options.old, options.open, options.check)
    ]
    loads = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder:
        log("starts")
        starts = measure_starts(folder)
        for name, start in starts.items():
            log(f"  {name}: {start['processor_ms']:.2f} ms, {start['memory']} KiB")
        cases = []
        for old in numbers[0]:
            for open_tasks in numbers[1]:
                log(f"{old} old tasks, {open_tasks} open")
                cases.append(case(old, open_tasks, options.quiet, folder))
        log(f"{options.busy} running tasks")
        busy = busy_case(options.busy, folder)
        log("six kinds")
        kinds = kinds_case(1000, ENDINGS, options.quiet, folder, in_turn, median_of)
        checks = []
        sizes = numbers[2]
        for old, distrusted in [(old, False) for old in sizes] + [(sizes[len(sizes) // 2], True)]:
            log(f"a check of {old} old tasks" + (", the order distrusted" if distrusted else ""))
            checks.append(daily_check(old, folder, distrusted))
            log(f"  {checks[-1]['polls']} polls, {checks[-1]['units']} units, {checks[-1]['memory']} KiB")
    poller = os.environ["AMIWATCH_POLLER"]
    package = {"binary": os.path.getsize(poller), "zip": zip_bytes(poller)}
    loads.append(os.getloadavg()[0])
    report.comparison(starts, cases, busy, kinds, checks, package, loads, write=not options.dry)


if __name__ == "__main__":
    main()
