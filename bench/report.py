"""Figures as Markdown and SVG, put into docs/performance.md between markers."""

import hashlib
import os
import platform
import re
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from plot import plot
from stack import ROOT

PAGE = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/performance"


def put(section, text, path=PAGE):
    """Replaces what stands between the markers of a section."""
    page = path.read_text()
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{path} has no markers {begin} … {end}")
    path.write_text(pattern.sub(lambda _: f"{begin}\n{text.strip()}\n{end}", page))


def machine(command):
    """Where, when and of what the figures are."""
    with open("/proc/cpuinfo") as info:
        model = next((l.split(":")[1].strip() for l in info if l.startswith("model name")), "?")
    poller = Path(os.environ["AMIWATCH_POLLER"])
    built = os.environ.get("AMIWATCH_POLLER_VERSION")
    built = built or f"with sha256 {hashlib.sha256(poller.read_bytes()).hexdigest()[:12]}…"
    facts = [
        f"{datetime.now(timezone.utc):%Y-%m-%d}",
        f"{model}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]} "
        f"{platform.machine()}",
        f"amiwatch {built}",
        f"Python {platform.python_version()}, boto3 {version('boto3')}, moto {version('moto')}",
        f"`{command}`",
    ]
    return "; ".join(facts) + "."


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(ours, theirs):
    return "–" if not ours else f"1/{theirs / ours:,.0f}" if theirs >= ours else f"{ours / theirs:.1f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def calls(counted):
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))


def called(cases, step):
    return [
        [f"{case['old']:,}", case["open"], name, calls(case[step][name]["calls"])]
        for case in cases
        for name in ("amiwatch", "boto3")
    ]


def cost_rows(cases, step):
    rows = []
    for case in cases:
        if step not in case:
            continue
        ours, theirs = case[step]["amiwatch"], case[step]["boto3"]
        row = [f"{case['old']:,}", case["open"]]
        for key in ("processor_ms", "wall_ms"):
            row += [number(ours[key]), number(theirs[key])]
            if key == "processor_ms":
                row.append(ratio(ours[key], theirs[key]))
        row += [number(ours["received"] / 1024), number(theirs["received"] / 1024)]
        rows.append(row)
    return rows


def goals(starts, cases, busy, kinds, checks, package):
    """What the project asks of itself, and what this run found; the worst of the cases counts."""

    def worst(old, value):
        some = [value(case) for case in cases if case["old"] == old]
        return max(some) if some else None

    def against_boto3(figure):
        return lambda case: figure(case, "amiwatch") / figure(case, "boto3")

    def quiet(case, name):
        return case["quiet"][name]["processor_ms"]

    def memory(case, name):
        return case["memory"][name]

    def growth(least, most):
        by_open = {(case["old"], case["open"]): quiet(case, "amiwatch") for case in cases}
        some = [by_open[most, n] / ms for (old, n), ms in by_open.items() if old == least and (most, n) in by_open]
        return max(some) if some else None

    def against_first(figure):
        return busy["first"]["amiwatch"][figure] / busy["first"]["boto3"][figure]

    def listings(poll):
        return sum(count for name, count in poll["calls"].items() if name.startswith("Describe"))

    start = starts["amiwatch"]["processor_ms"] / starts["boto3"]["processor_ms"]
    mib = max(memory(case, "amiwatch") for case in cases) / 1024
    quiet_calls = {"DescribeStoreImageTasks": 1, "DescribeBundleTasks": 1, "Query": 1}
    other_calls = [case for case in cases if dict(case["quiet"]["amiwatch"]["calls"]) != quiet_calls]
    rows = [
        ("calls of each quiet poll", "1 of each listing, 1 Query, no write", len(other_calls) == 0, "all" if not other_calls else "not all"),
        ("quiet poll, processor time at 10,000 old tasks to that at 100", "≤ 1.2", growth(100, 10_000), None),
        ("start, processor time against boto3's", "≤ 1/60", start, 1 / 60),
        ("quiet poll, processor time against boto3's at 1,000 old tasks", "≤ 1/60", worst(1000, against_boto3(quiet)), 1 / 60),
        ("peak memory against boto3's at 1,000 old tasks", "≤ 1/6", worst(1000, against_boto3(memory)), 1 / 6),
        ("peak memory, of all cases the most", "< 20 MiB", mib, 20),
        ("daily check, listing calls of each poll on top of one for each 200 tasks", "≤ 1", max(beyond(check) for check in checks), 1),
        ("daily check, read units to those of reading each record once", "≤ 1.2", max(check["units"] / check["units_once"] for check in checks), None),
        ("daily check, peak memory, of all cases the most", "< 40 MiB", max(check["memory"] for check in checks) / 1024, 40),
        ("first poll of 1,000 running tasks, processor time against boto3's", "≤ 1/3", against_first("processor_ms"), 1 / 3),
        ("first poll of 1,000 running tasks, wall time against boto3's", "≤ 1", against_first("wall_ms"), 1),
        ("quiet poll, listings of six kinds to those of two", "≤ 3", listings(kinds["6 kinds"]) / listings(kinds["2 kinds"]), 3),
        ("deployment package (zip)", "< 3.5 MB", package["zip"] / 1e6, 3.5),
    ]
    shown = []
    for what, goal, found, bound in rows:
        if found is None:
            continue
        if isinstance(found, bool):
            shown.append([what, goal, bound, "yes" if found else "**no**"])
            continue
        text = ratio(found, 1) if goal.startswith("≤ 1/") else number(found)
        kept = found <= (1.2 if bound is None else bound)
        shown.append([what, goal, text, "yes" if kept else "**no**"])
    return table(["", "goal", "this run, its worst case", "kept"], shown)


def beyond(check):
    """Calls of each poll that listing every task once does not need. The last page is not full."""
    needed = check["old"] // 200 + 1
    return (check["calls"]["DescribeStoreImageTasks"] - needed) / check["polls"]


def check_rows(checks):
    return [
        [
            f"{check['old']:,}" + (", order distrusted" if check["distrusted"] else ""),
            check["polls"],
            f"{check['calls']['DescribeStoreImageTasks']:,}",
            check["calls"]["Query"],
            f"{check['units']:,}",
            f"{check['units_once']:,.0f}",
            check["calls"]["PutItem"],
            number(check["processor_ms"]),
            number(check["most_ms"]),
            number(check["memory_before"] / 1024),
            number(check["memory"] / 1024),
        ]
        for check in checks
    ]


CHECK_HEAD = [
    "old tasks",
    "polls",
    "listing calls",
    "queries",
    "read units",
    "of each record once",
    "writes",
    "processor ms",
    "most in a poll",
    "MiB before",
    "peak MiB",
]


def spread(cases):
    quiet = [case["quiet"]["amiwatch"] for case in cases]
    least = min(one["least_ms"] / one["processor_ms"] for one in quiet) - 1
    most = max(one["most_ms"] / one["processor_ms"] for one in quiet) - 1
    return f"between {least:+.0%} and {most:+.0%}"


COST_HEAD = [
    "old tasks",
    "open",
    "processor ms",
    "boto3",
    "ratio",
    "wall ms",
    "boto3",
    "KiB received",
    "boto3",
]


def comparison(starts, cases, busy, kinds, checks, package, loads, write):
    ours, theirs = starts["amiwatch"], starts["boto3"]
    mib = 1 << 20
    parts = [machine(" ".join(["bench/run", *sys.argv[1:]]))]
    parts += [
        f"Load average, this command included: {loads[0]:.1f} when it began, {loads[1]:.1f} when it ended. Where "
        "that is more than 2, other programs ran beside it: the ratios hold, the milliseconds are too high.",
        f"The function's binary: {package['binary'] / mib:.2f} MiB; its deployment package (zip): "
        f"{package['zip'] / 1e6:.2f} MB.",
        goals(starts, cases, busy, kinds, checks, package),
        "### Start",
        "From the start of the process to its first request for an invocation; median of 11.",
        table(
            ["", "amiwatch", "boto3", "ratio"],
            [
                ["processor ms"]
                + [number(one["processor_ms"]) for one in (ours, theirs)]
                + [ratio(ours["processor_ms"], theirs["processor_ms"])],
                ["wall ms"]
                + [number(one["wall_ms"]) for one in (ours, theirs)]
                + [ratio(ours["wall_ms"], theirs["wall_ms"])],
                ["peak memory, MiB"]
                + [number(one["memory"] / 1024) for one in (ours, theirs)]
                + [ratio(ours["memory"], theirs["memory"])],
            ],
        ),
        "### A quiet poll",
        f"Nothing new. The median of {cases[0]['quiet']['amiwatch']['polls']}. The processor time of a poll "
        f"of amiwatch lay {spread(cases)} around its median.",
        table(COST_HEAD, cost_rows(cases, "quiet")),
    ]
    parts += [
        table(["old tasks", "open", "function", "calls of a quiet poll"], called(cases, "quiet")),
        "![Processor time of a quiet poll](performance/quiet-processor.svg)",
        "### A quiet poll of six kinds",
        "1,000 old store tasks, 10 that run, and 20 ended tasks of each kind of import and export. One more "
        "listing for each more kind, and no other call; one read of the table serves all.",
        table(
            ["kinds", "ms", "least", "most", "KB received", "calls"],
            [
                [
                    name,
                    number(one["processor_ms"]),
                    number(one["least_ms"]),
                    number(one["most_ms"]),
                    number(one["received"] / 1000),
                    calls(one["calls"]),
                ]
                for name, one in kinds.items()
            ],
        ),
        "### The first polls, until the baseline is done",
        "All of them together.",
        table(
            [*COST_HEAD, "polls", "boto3"],
            [
                [*row, case["first"]["amiwatch"]["polls"], case["first"]["boto3"]["polls"]]
                for row, case in zip(cost_rows(cases, "first"), cases, strict=True)
            ],
        ),
        table(["old tasks", "open", "function", "calls of the first polls"], called(cases, "first")),
        "![Processor time of the first polls](performance/first-processor.svg)",
        f"### A first poll of {busy['open']:,} running tasks",
        "Each gets a record of its own: amiwatch writes them in transactions of 99, each on the condition that "
        "none is there and that no other poll has moved the ledger; the boto3 function writes batches of 25 "
        "without a condition.",
        table([*COST_HEAD, "polls", "boto3"], [
            [*row, busy["first"]["amiwatch"]["polls"], busy["first"]["boto3"]["polls"]]
            for row in cost_rows([busy], "first")
        ]),
        table(["old tasks", "open", "function", "calls of the first polls"], called([busy], "first")),
        "### A daily check",
        "All polls from the one in which it is due until it ends. Every old task has a record.",
        table(CHECK_HEAD, check_rows(checks)),
        "### A poll that sees 10 tasks end",
        "The median of 3.",
        table(COST_HEAD, cost_rows(cases, "endings")),
    ]
    ended = [case for case in cases if "endings" in case]
    rows = [
        [f"{case['old']:,}", name, calls(case["endings"][name]["calls"])]
        for case in ended
        for name in ("amiwatch", "boto3")
    ]
    parts += [
        table(["old tasks", "function", "calls of a poll with 10 endings"], rows),
        "### Peak memory",
        "Of the process, over all steps.",
        table(
            ["old tasks", "open", "amiwatch MiB", "boto3 MiB", "ratio"],
            [
                [
                    f"{case['old']:,}",
                    case["open"],
                    number(case["memory"]["amiwatch"] / 1024),
                    number(case["memory"]["boto3"] / 1024),
                    ratio(case["memory"]["amiwatch"], case["memory"]["boto3"]),
                ]
                for case in cases
            ],
        ),
        "![Peak memory](performance/memory.svg)",
    ]
    refused = [
        f"{sum(case[step][name]['refused'].values())} calls of the {name} function in the step "
        f"\"{step}\" with {case['old']:,} old tasks"
        for case in cases
        for step in ("first", "quiet", "endings")
        for name in ("amiwatch", "boto3")
        if step in case and case[step][name]["refused"]
    ]
    refused += [
        f"{sum(check['refused'].values())} calls in the daily check of {check['old']:,} old tasks"
        for check in checks
        if check["refused"]
    ]
    parts.append(
        "Throttled, and tried again by the SDK: " + "; ".join(refused) + "."
        if refused
        else "No call was throttled."
    )
    text = "\n\n".join(parts)
    if not write:
        print(text)
        return
    put("bench/run", text)
    PLOTS.mkdir(exist_ok=True)
    last = max(case["open"] for case in cases)
    shown = [case for case in cases if case["open"] == last]
    for name, title, value in (
        ("quiet-processor", "Processor time of a quiet poll, ms", lambda c, n: c["quiet"][n]["processor_ms"]),
        ("first-processor", "Processor time of the first polls, ms", lambda c, n: c["first"][n]["processor_ms"]),
        ("memory", "Peak memory, MiB", lambda c, n: c["memory"][n] / 1024),
    ):
        series = {n: [(c["old"], value(c, n)) for c in shown] for n in ("amiwatch", "boto3")}
        (PLOTS / f"{name}.svg").write_text(plot(title, "old ended tasks", series))
    print(f"written: {PAGE} and {PLOTS}")
