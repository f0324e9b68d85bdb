"""bench/fleet: the scheduled function sends what is to be polled, of a document in Parameter Store."""

import json
import statistics

from fleet_document import PATH, document
from fleet_figures import figures
from fleet_stack import HOME, HUB, Fleet, accounts

COLD = 3
WARM = 5
SETTINGS = {
    "AMIWATCH_TARGETS_PARAMETER": PATH,
    "AMIWATCH_QUEUE_URL": f"https://sqs.{HOME}.amazonaws.com/{HUB}/targets",
    # So that few accounts are dispatched too.
    "AMIWATCH_FAN_OUT_ABOVE": "1",
}


def dispatches(options, folder, share):
    fleet = Fleet(folder, [], 0)
    rows = []
    for count in options.dispatch:
        rows.append(dispatched(fleet, options, count, options.regions, share))
    every = None
    if options.dispatch_all:
        every = dispatched(fleet, options, options.dispatch_all, "all", share)
    fleet.end()
    return {"latency_ms": options.latency, "rows": rows, "all_regions": every}


def dispatched(fleet, options, count, regions, share):
    wanted = accounts(count)
    values = document(wanted, regions)
    fleet.aws_admin("parameters", values)
    if regions == "all":
        for account in wanted:
            enabled = {"account": account, "regions": options.regions}
            fleet.sim_admin("POST", "/accounts", enabled)
    fleet.latency(options.latency)
    row = {
        "accounts": count,
        "places": count * len(options.regions),
        "parameters": len(values),
        "document_bytes": sum(map(len, values.values())),
    }
    for processor, group in (("whole", None), ("128 MB", share)):
        if processor != "whole" and not share:
            continue
        cold, warm, peaks = [], [], []
        for number in range(COLD):
            function = fleet.function(SETTINGS, group)
            cold.append(sent(fleet, function, row))
            if number == COLD - 1:
                warm = [sent(fleet, function, row) for _ in range(WARM)]
            peaks.append(function.peak_mib())
            function.end()
        row[processor] = {"cold": figures(cold), "warm": figures(warm), "peak_mib": max(peaks)}
    row["start_ms"] = round(function.start["processor_ms"], 3)
    row["messages"] = messages(cold[-1]["sent"])
    return row


def sent(fleet, function, row):
    """A dispatch, whose messages name each place once."""
    fleet.aws_admin("messages")
    invocation = function.well()
    invocation["sent"] = fleet.aws_admin("messages")
    requests, refused = invocation["sent"]["requests"], invocation["sent"]["refused"]
    bodies = [json.loads(body) for bodies in requests for body in bodies]
    named = [(body["account"], region) for body in bodies for region in body["regions"]]
    if refused or len(named) != row["places"] or len(set(named)) != row["places"]:
        raise SystemExit(f"{len(set(named))} of {row['places']} places are in the queue: {refused[:3]}")
    return invocation


def messages(sent):
    sizes = [len(body.encode()) for bodies in sent["requests"] for body in bodies]
    return {
        "requests": len(sent["requests"]),
        "messages": len(sizes),
        "bytes": round(statistics.mean(sizes), 1),
        "bytes_most": max(sizes),
        "request_bytes_most": max(sum(map(len, bodies)) for bodies in sent["requests"]),
    }
