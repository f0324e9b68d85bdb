"""bench/fleet: the tables and plots of what was computed from what was measured."""

import math

from bill import dollars
from fleet_bill import MINUTES, PARTS, POLLS, WORKERS, fan_out, one_function, waiting
from fleet_limits import SECONDS, limits
from fleet_share import SHARE
from plot import apart, plot
from report import number, table

# In turn: the table is read, then the kinds are listed at the same time.
CALLS_IN_TURN = 2
# The role is assumed before.
WORKER_CALLS_IN_TURN = 3
# Accounts of the fleet that is looked at most closely.
FLEET = 1000


def worker_of(results, tasks, accounts=None):
    """The worker as it runs on Lambda, with all Regions, by a document of so many accounts."""
    rows = [
        row
        for row in results["workers"]["rows"]
        if row["processor"] == "128 MB" and row["tls"] and bool(row["tasks"]) == tasks
    ]
    every = max((row["regions"] for row in rows), default=0)
    rows = [row for row in rows if row["regions"] == every]
    named = [row for row in rows if row["document"] == accounts]
    return (named or sorted(rows, key=lambda row: row["document"] != FLEET) or [None])[0]


def parts(results, at_once):
    worker = worker_of(results, True)
    if not worker:
        return ["Nothing: a share of a processor could not be measured."]
    return [
        *bound_parts(results["poll"], at_once),
        *month_parts(results, worker, worker_of(results, False)),
        *limit_parts(results, worker),
    ]


def bound_parts(poll, at_once):
    places, latency = poll["places"], poll["rows"][0]["latency_ms"]
    turns = math.ceil(places / at_once)
    waits = turns * CALLS_IN_TURN * latency
    processor = poll["rows"][0]["all"]["warm"]["processor_ms"]
    rows = [
        [f"waiting: {turns} turns of {at_once} places, each {CALLS_IN_TURN} calls of {latency} ms in turn", f"{waits:,.0f}"],
        ["a place alone waits", f"{CALLS_IN_TURN * latency:,.0f}"],
        ["processor time, a whole processor", number(processor)],
        [f"processor time at 128 MB, {SHARE:.1%} of a processor", number(processor / SHARE)],
    ]
    return [
        "### What bounds one poll",
        f"A warm poll of {places} places takes no less than the larger of what it waits and of its processor time. It has {at_once} places "
        "under way at the same time (`src/poll/limits.rs`).",
        table(["", "ms"], rows),
    ]


def month_parts(results, worker, empty):
    single = [row for row in results["sizes"]["rows"] if "128 MB" in row and not row["128 MB"]["places_left"]]
    fleets = [row for row in results["dispatch"]["rows"] if "128 MB" in row]
    columns = [(f"one function, {row['places']:,} places", one_function(row)) for row in single if row["places"] in (17, 170, 510)]
    columns += [(f"workers, {row['places']:,} places", fan_out(row, worker_of(results, True, row["accounts"]))) for row in fleets]
    main = next((row for row in fleets if row["accounts"] == FLEET), fleets[-1])
    columns.append((f"workers, {main['places']:,} places in which nothing is", fan_out(main, empty)))

    def line(name, of):
        return [name, *(of(bill) for _, bill in columns)]

    names = {"lambda": "Lambda", "scheduler": "EventBridge Scheduler", "queue": "SQS", "dynamodb": "DynamoDB reads", "logs": "CloudWatch Logs", "alarms": "CloudWatch alarms"}
    more = waiting(main["accounts"], WORKER_CALLS_IN_TURN * 50)
    return [
        f"### A month, at a poll every {MINUTES} minutes",
        "Where nothing is new, for a stack in us-east-1 on x86_64, with the prices of [cost](cost.md). Nothing is published, and nothing "
        "is written. All at 128 MB and with TLS. One function: every poll as a cold one, as its connections are closed by then. Workers: every account "
        f"is new to the process, and the first message of each of {WORKERS} workers in every poll is one of a new process. SQS: a "
        "message is received and deleted by itself, and Lambda asks an empty queue all the time.",
        table(
            ["", *(name for name, _ in columns)],
            [
                line("executions", lambda bill: f"{bill['executions']:,.0f}"),
                line("GB-seconds", lambda bill: f"{bill['gb_seconds']:,.0f}"),
                line("requests to SQS", lambda bill: f"{bill['requests']:,.0f}"),
                line("DynamoDB read units", lambda bill: f"{bill['reads']:,.0f}"),
                line("GB logged", lambda bill: f"{bill['logged']:.3f}"),
                *(line(names[part], lambda bill, part=part: dollars(bill[part])) for part in PARTS),
                line("**all, no free tier**", lambda bill: f"**{dollars(bill['all'])}**"),
                line("left with the free tiers that do not end", lambda bill: dollars(bill["left"])),
                line("cents a place", lambda bill: f"{100 * bill['all'] / bill['places']:.3f}"),
            ],
        ),
        f"For each 50 ms more that a call takes, {main['accounts']:,} accounts cost {dollars(more)} more: a worker waits for "
        f"{WORKER_CALLS_IN_TURN} calls in turn.",
        "![Dollars a month, by places](scale/cost.svg)",
        "![Cents a place and month, by places](scale/cost-a-place.svg)",
    ]


def limit_parts(results, worker):
    fleets = [row for row in results["dispatch"]["rows"] if "128 MB" in row]
    worker_s = worker["new"]["wall_ms"] / 1e3
    main = next((row for row in fleets if row["accounts"] == FLEET), fleets[-1])
    accounts = main["accounts"]
    # The least first: those without a number of accounts are met last.
    rows = sorted(limits(fleets, results["dispatch"]["all_regions"], worker), key=lambda row: row[3] or math.inf)
    shown = [
        [what, quota, f"{workers:,.0f}" if workers else "", f"{count:,.0f}" if count else "", f"[source]({source})" if source.startswith("http") else source]
        for what, quota, workers, count, source in rows
    ]
    logged = fan_out(main, worker)["logged"]
    return [
        "### Which limit comes first",
        f"A worker takes {number(worker_s)} s for an account and {worker['new']['read_units']:g} read units. {accounts:,} accounts take {WORKERS} workers "
        f"{number(accounts * worker_s / WORKERS)} s of the {SECONDS} between two polls, and are {number(accounts * worker_s / SECONDS)} executions at a "
        "time on average. A limit is met at so many workers at the same time, or so many accounts that are polled "
        f"every {MINUTES} minutes.",
        table(["limit", "", "workers at a time", "accounts", "of"], shown),
        "EC2 counts calls by account and Region, so more accounts use up no more of it. CloudWatch Logs has no limit that this volume comes "
        f"near: {accounts:,} accounts log {number(logged)} GB a month, {number(logged * 1e6 / DAYS_S)} kB a second.",
    ]


DAYS_S = POLLS * SECONDS


def plots(results):
    worker = worker_of(results, True)
    if not worker:
        return {}
    single = [row for row in results["sizes"]["rows"] if "128 MB" in row and not row["128 MB"]["places_left"]]
    bills = {
        "one function": [one_function(row) for row in single],
        "workers": [fan_out(row, worker_of(results, True, row["accounts"])) for row in results["dispatch"]["rows"]],
    }

    def series(of):
        return {name: apart([(bill["places"], of(bill)) for bill in some]) for name, some in bills.items()}

    return {
        "cost": plot(f"Dollars a month, every {MINUTES} minutes", "places", series(lambda bill: bill["all"]), label=dollars_short),
        "cost-a-place": plot(
            f"Cents a place and month without the alarms, every {MINUTES} minutes",
            "places",
            series(lambda bill: 100 * (bill["all"] - bill["alarms"]) / bill["places"]),
            label=lambda value: f"{value:.2f}",
        ),
    }


def dollars_short(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
