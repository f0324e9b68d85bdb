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


def comparison(starts, cases, package, write):
    ours, theirs = starts["amiwatch"], starts["boto3"]
    mib = 1 << 20
    parts = [machine(" ".join(["bench/run", *sys.argv[1:]]))]
    parts += [
        f"The function's binary: {package['binary'] / mib:.2f} MiB; its deployment package (zip): "
        f"{package['zip'] / 1e6:.2f} MB.",
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
        f"Nothing new. The median of {cases[0]['quiet']['amiwatch']['polls']}.",
        table(COST_HEAD, cost_rows(cases, "quiet")),
    ]
    rows = [
        [f"{case['old']:,}", case["open"], name, calls(case["quiet"][name]["calls"])]
        for case in cases
        for name in ("amiwatch", "boto3")
    ]
    parts += [
        table(["old tasks", "open", "function", "calls of a quiet poll"], rows),
        "![Processor time of a quiet poll](performance/quiet-processor.svg)",
        "### The first polls, until the baseline is done",
        "All of them together.",
        table(
            [*COST_HEAD, "polls", "boto3"],
            [
                [*row, case["first"]["amiwatch"]["polls"], case["first"]["boto3"]["polls"]]
                for row, case in zip(cost_rows(cases, "first"), cases, strict=True)
            ],
        ),
        "![Processor time of the first polls](performance/first-processor.svg)",
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
