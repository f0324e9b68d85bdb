"""bench/fleet: a worker polls the Regions of one account, as a message asks for them."""

import json
from datetime import datetime, timezone

from fleet_document import PATH, document
from fleet_figures import figures
from fleet_stack import Fleet, accounts, places

KINDS = ["store-image", "bundle"]
COLD = 3


def message(account, regions):
    """An invocation by the queue, of this moment."""
    tick = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"account": account, "regions": regions, "kinds": KINDS, "tick": tick}
    record = {"messageId": account, "eventSource": "aws:sqs", "body": json.dumps(body)}
    return {"Records": [record]}


def workers(options, folder, share):
    """Cold, by accounts that the process meets for the first time, and by those that it knows."""
    rows = []
    polled = accounts(options.workers_accounts)
    for with_tls, tasks in ((False, options.tasks), (True, options.tasks), (True, 0)):
        place = folder / f"workers-{with_tls}-{tasks}"
        place.mkdir()
        fleet = Fleet(place, places(polled, options.regions), tasks, with_tls)
        # All of the fleet are in the document, also where this process meets only some.
        fleet.aws_admin("parameters", document(options.all_accounts, options.regions))
        fleet.take_baselines(polled, options.regions)
        fleet.latency(options.latency)
        for processor, group in (("whole", None), ("128 MB", share)):
            if processor == "whole" or share:
                for regions in counts(options, processor, with_tls, tasks):
                    row = {"tls": with_tls, "tasks": tasks, "processor": processor, "regions": regions}
                    row |= measured(fleet, polled, options.regions[:regions], group)
                    rows.append(row)
        fleet.end()
    return {
        "latency_ms": options.latency,
        "accounts": len(options.all_accounts),
        "met": len(polled),
        "rows": rows,
    }


def counts(options, processor, with_tls, tasks):
    """The wall time by Regions is of the function as it runs on Lambda."""
    every = len(options.regions)
    as_on_lambda = processor == "128 MB" and with_tls and tasks
    return sorted({1, min(4, every), min(8, every), every}) if as_on_lambda else [every]


def measured(fleet, polled, regions, group):
    settings = {"AMIWATCH_TARGETS_PARAMETER": PATH}
    cold, peaks = [], []
    for number in range(COLD):
        function = fleet.function(settings, group)
        cold.append(function.well(message(polled[number], regions)))
        if number == COLD - 1:
            met = [account for account in polled if account != polled[number]]
            new = [function.well(message(account, regions)) for account in met]
            again = [function.well(message(account, regions)) for account in met]
        peaks.append(function.peak_mib())
        start = function.start
        function.end()
    for one in cold + new + again:
        if one["answer"]["batchItemFailures"]:
            raise SystemExit(f"a worker failed: {function.log.read_text()[-2000:]}")
        if one["calls"]["Query"] != len(regions):
            raise SystemExit(f"a worker dropped what it was to poll: {one['calls']}")
    return {
        "cold": figures(cold),
        "new": figures(new),
        "again": figures(again),
        "peak_mib": max(peaks),
        "start_ms": round(start["processor_ms"], 3),
    }


def every_account(options, folder):
    """The memory of one worker that meets all accounts of the fleet, one after another."""
    place = folder / "every-account"
    place.mkdir()
    fleet = Fleet(place, [], 0)
    fleet.aws_admin("parameters", document(options.all_accounts, options.regions))
    function = fleet.function({"AMIWATCH_TARGETS_PARAMETER": PATH})
    rows = [{"messages": 0, "mib": function.peak_mib()}]
    count = len(options.all_accounts)
    marks = {1, 10, 15, 50, 100, 250, 500, 750, count}
    for number, account in enumerate(options.all_accounts, 1):
        function.well(message(account, options.regions))
        if number in marks:
            rows.append({"messages": number, "mib": round(function.peak_mib(), 2)})
    function.end()
    fleet.end()
    return {"rows": rows}
