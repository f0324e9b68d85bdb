"""bench/fleet: a worker polls the Regions of one account, as a message asks for them."""

import json
import statistics
from datetime import datetime, timezone

from fleet_document import PATH, document
from fleet_figures import figures
from fleet_stack import Fleet, accounts, places

KINDS = ["store-image", "bundle"]
# All cases in turn, and that again, so that a slow moment of the machine hits all alike.
ROUNDS = 3


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
        fleet.take_baselines(polled, options.regions)
        fleet.latency(options.latency)
        cases = [
            {"tls": with_tls, "tasks": tasks} | case for case in wanted(options, share, with_tls, tasks)
        ]
        rows += measured(fleet, options, cases, polled, share)
        fleet.end()
    return {"latency_ms": options.latency, "met": len(polled), "rounds": ROUNDS, "rows": rows}


def wanted(options, share, with_tls, tasks):
    """By Regions and by the size of the document as the function runs on Lambda; else what all have."""
    every, fleet = len(options.regions), len(options.all_accounts)
    main = {"regions": every, "document": fleet}
    cases = [main | {"processor": "whole"}]
    if share:
        cases.append(main | {"processor": "128 MB"})
        if with_tls and tasks:
            fewer = sorted({1, min(4, every), min(8, every)} - {every})
            cases += [main | {"processor": "128 MB", "regions": count} for count in fewer]
            sizes = sorted(set(options.dispatch) - {fleet})
            cases += [main | {"processor": "128 MB", "document": size} for size in sizes]
    return cases


def measured(fleet, options, cases, polled, share):
    """The cases' figures. Each round meets accounts of its own."""
    some = [{"cold": [], "new": [], "again": [], "peaks": [], "start": []} for _ in cases]
    for number in range(ROUNDS):
        first, *met = polled[number::ROUNDS]
        for case, kept in zip(cases, some, strict=True):
            regions = options.regions[: case["regions"]]
            # The accounts that are polled are among those of the document.
            named = polled + [one for one in accounts(case["document"]) if one not in set(polled)]
            values = document(named[: max(case["document"], len(polled))], options.regions)
            fleet.aws_admin("parameters", values)
            group = share if case["processor"] != "whole" else None
            function = fleet.function({"AMIWATCH_TARGETS_PARAMETER": PATH}, group)
            kept["cold"].append(worked(function, first, regions))
            kept["new"] += [worked(function, account, regions) for account in met]
            kept["again"] += [worked(function, account, regions) for account in met]
            kept["peaks"].append(function.peak_mib())
            kept["start"].append(function.start["processor_ms"])
            function.end()
    return [
        case
        | {step: figures(kept[step]) for step in ("cold", "new", "again")}
        | {"peak_mib": max(kept["peaks"]), "start_ms": round(statistics.median(kept["start"]), 3)}
        for case, kept in zip(cases, some, strict=True)
    ]


def worked(function, account, regions):
    """A message that the worker neither drops nor gives back."""
    one = function.well(message(account, regions))
    if one["answer"]["batchItemFailures"] or one["calls"]["Query"] != len(regions):
        raise SystemExit(f"a worker failed or dropped its message: {function.log.read_text()[-2000:]}")
    return one


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
