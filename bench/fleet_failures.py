"""bench/fleet: what two targets that fail cost the others in the same poll."""

import json
import statistics

from fleet_stack import Fleet, places, polling

REPEATS = 5


def failures(options, folder):
    """Polls of new processes: without a fault, and with a role that is denied and a Region that fails."""
    fleet = Fleet(folder, places(options.accounts, options.regions), options.tasks)
    fleet.take_baselines(options.accounts, options.regions)
    settings = polling(options.accounts, options.regions)
    denied = {"kind": "denied", "action": "AssumeRole", "account": options.accounts[0]}
    region = {"account": options.accounts[1], "region": options.regions[1]}
    cases = {
        "none": [],
        "a denied role, and a Region that answers 503": [
            denied,
            region | {"kind": "service-unavailable"},
        ],
        "a denied role, and a Region that does not answer": [
            denied,
            region | {"kind": "slow", "by": "60s"},
        ],
    }
    failing = {f"{region['account']}#{region['region']}"} | {
        f"{options.accounts[0]}#{name}" for name in options.regions
    }
    rows = []
    for name, faults in cases.items():
        polls = []
        for _ in range(REPEATS):
            fleet.latency(options.latency)
            for fault in faults:
                fleet.fault(**fault)
            function = fleet.function(settings)
            polls.append(function.invoke())
            polls[-1]["summary"] = summary_of(function.log)
            function.end()
        rows.append({"fails": name} | row(polls, failing, options))
    fleet.end()
    return {"places": len(options.accounts) * len(options.regions), "latency_ms": options.latency, "rows": rows}


def row(polls, failing, options):
    def others(poll):
        return [place for place in poll["spans"] if place not in failing]

    def done_ms(poll):
        return max(poll["spans"][place][1] for place in others(poll)) * 1e3

    def listed(poll):
        return sum(poll["listed"][place] == 2 for place in others(poll))

    return {
        "outcomes": sorted({poll["outcome"] for poll in polls}),
        "wall_ms": round(statistics.median(poll["wall_ms"] for poll in polls), 3),
        # When the last of the other places had its last answer, after the invocation.
        "others_done_ms": round(statistics.median(map(done_ms, polls)), 3),
        "others": len(options.accounts) * len(options.regions) - len(failing),
        "others_listed": min(map(listed, polls)),
        "failures": statistics.median(poll["summary"]["failures"] for poll in polls),
        "refused": dict(polls[0]["refused"]),
    }


def summary_of(log):
    """The line of the log that sums a poll up."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return next(line for line in reversed(lines) if "listing_calls" in line and "targets" in line)
