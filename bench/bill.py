"""bench/bill: what a month costs, from what quiet polls of 1 and of 17 Regions do."""

import argparse
import statistics
import tempfile

import report
from regions import REGIONS
from stack import ACCOUNTS, REGION, ROOT, Stack

POLLS = 15
DAYS = 30
MEMORY_GB = 128 / 1024
# At 128 MB: the share of a processor that a function gets.
PROCESSOR_SHARE = 14

# us-east-1, x86_64, in dollars.
GB_SECOND = 0.0000166667
INVOCATION = 0.20e-6
SCHEDULE = 1.00e-6
READ_UNIT = 0.125e-6
WRITE_UNIT = 0.625e-6
PUBLISH = 0.50e-6
LOG_GB = 0.50
# For each metric that an alarm looks at.
ALARM = 0.10
# Those of the essential alarms, without a webhook. tests/template counts them.
ALARM_METRICS = 6
# What Lambda itself logs of an invocation that went well: nothing, with SystemLogLevel WARN.
PLATFORM_LOG_BYTES = 0
# CloudWatch Logs counts so many for each line on top of its own.
LOG_LINE_BYTES = 26


def quiet(regions, old, folder):
    """The median of quiet polls, with the bytes that a Query reads and that a poll logs."""
    stack = Stack(old, 1, folder)
    for region in set(regions) - {REGION}:
        place = {
            "account": ACCOUNTS["amiwatch"],
            "region": region,
            "generate": [{"count": old, "bucket": "backup", "newest": "-2h", "every": "4m"}],
        }
        stack.admin("POST", "/tasks", place)
    function = stack.function("amiwatch", AMIWATCH_REGIONS=",".join(regions))
    while function.poll()["baseline"]:
        stack.advance("60s")
    logged = function.log.stat().st_size
    polls = []
    for _ in range(POLLS):
        stack.advance("60s")
        polls.append(function.poll())
    logged = (function.log.stat().st_size - logged) / POLLS
    function.end()
    stack.end()
    queries = polls[-1]["calls"]["Query"]
    if queries != len(regions) or "PutItem" in polls[-1]["calls"]:
        raise SystemExit(f"this is no quiet poll: {polls[-1]['calls']}")
    return {
        "processor_ms": statistics.median(poll["processor_ms"] for poll in polls),
        "calls": polls[-1]["calls"],
        "read_units": polls[-1]["units"]["Query"],
        "log_bytes": logged + LOG_LINE_BYTES + PLATFORM_LOG_BYTES,
    }


def bill(poll, minutes):
    polls = DAYS * 24 * 60 // minutes
    billed_s = poll["processor_ms"] * PROCESSOR_SHARE / 1000
    gb_seconds = polls * billed_s * MEMORY_GB
    logged = polls * poll["log_bytes"] / 1e9
    reads = polls * poll["read_units"]
    return {
        "polls": polls,
        "billed_ms": billed_s * 1000,
        "gb_seconds": gb_seconds,
        "reads": reads,
        "logged": logged,
        "lambda": gb_seconds * GB_SECOND + polls * INVOCATION,
        "scheduler": polls * SCHEDULE,
        "dynamodb": reads * READ_UNIT,
        "logs": logged * LOG_GB,
        "alarms": ALARM_METRICS * ALARM,
        # In a month, for each 100 ms that a poll waits for answers.
        "wait": polls * 0.1 * MEMORY_GB * GB_SECOND,
    }


PARTS = ("lambda", "scheduler", "dynamodb", "logs", "alarms")


def dollars(value):
    return f"${value:.2f}" if value >= 0.1 else f"${value:.4f}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--old", type=int, default=1000, help="old ended tasks in each Region")
    arguments.add_argument("--dry", action="store_true", help="print, and write no file")
    options = arguments.parse_args()
    columns, counts = [], []
    for regions in (REGIONS[:1], REGIONS):
        with tempfile.TemporaryDirectory() as folder:
            poll = quiet(regions, options.old, folder)
        counts.append((len(regions), poll))
        columns += [(len(regions), minutes, bill(poll, minutes)) for minutes in (1, 5)]
    head = ["", *(f"{regions} Region{'s' * (regions > 1)}, every {minutes} min" for regions, minutes, _ in columns)]
    bills = [one for _, _, one in columns]

    def row(name, of):
        return [name, *(of(one) for one in bills)]

    text = "\n\n".join(
        [
            report.machine("bench/bill"),
            report.table(
                ["a quiet poll", *(f"{regions} Region{'s' * (regions > 1)}" for regions, _ in counts)],
                [
                    ["processor ms", *(f"{poll['processor_ms']:.2f}" for _, poll in counts)],
                    ["calls", *(report.calls(poll["calls"]) for _, poll in counts)],
                    ["DynamoDB read units", *(poll["read_units"] for _, poll in counts)],
                    ["bytes logged", *(f"{poll['log_bytes']:,.0f}" for _, poll in counts)],
                ],
            ),
            report.table(
                head,
                [
                    row("polls a month", lambda one: f"{one['polls']:,}"),
                    row("billed ms a poll, without waiting", lambda one: f"{one['billed_ms']:.0f}"),
                    row("GB-seconds", lambda one: f"{one['gb_seconds']:,.0f}"),
                    row("DynamoDB read units", lambda one: f"{one['reads']:,}"),
                    row("GB logged", lambda one: f"{one['logged']:.3f}"),
                    row("Lambda", lambda one: dollars(one["lambda"])),
                    row("EventBridge Scheduler", lambda one: dollars(one["scheduler"])),
                    row("DynamoDB reads", lambda one: dollars(one["dynamodb"])),
                    row("CloudWatch Logs", lambda one: dollars(one["logs"])),
                    row(f"{ALARM_METRICS} CloudWatch alarms", lambda one: dollars(one["alarms"])),
                    row("**all, no free tier**", lambda one: f"**{dollars(sum(one[p] for p in PARTS))}**"),
                    row(
                        "left with the free tiers that do not end",
                        lambda one: dollars(one["dynamodb"]),
                    ),
                    row("and for each 100 ms of waiting a poll", lambda one: dollars(one["wait"])),
                ],
            ),
        ]
    )
    print(text) if options.dry else report.put("bench/bill", text, ROOT / "docs/cost.md")


if __name__ == "__main__":
    main()
