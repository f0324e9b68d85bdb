"""bench/fleet: what a place costs, by how many places one function polls."""

from fleet_figures import figures
from fleet_stack import Fleet, places, polling

# All sizes in turn, and that again, so that a slow moment of the machine hits all alike.
ROUNDS = 4
WARM = 3
# With a share of a processor each takes seconds.
ROUNDS_SHARED = 2
WARM_SHARED = 2


def sizes(options, folder, share):
    """All with TLS: that a function makes more connections is a part of what more places cost."""
    wanted = []
    for size in options.sizes:
        regions = options.regions if size >= len(options.regions) else options.regions[:size]
        wanted.append((options.all_accounts[: max(1, size // len(regions))], regions))
    most = max(wanted, key=lambda one: len(one[0]))[0]
    fleet = Fleet(folder, places(most, options.regions), options.tasks, with_tls=True)
    fleet.take_baselines(most, options.regions)
    fleet.latency(options.latency)
    rows = [
        {"places": len(accounts) * len(regions), "accounts": len(accounts)}
        for accounts, regions in wanted
    ]
    settings = [polling(*one) for one in wanted]
    measured(fleet, rows, settings, "whole", None, ROUNDS, WARM)
    if share:
        measured(fleet, rows, settings, "128 MB", share, ROUNDS_SHARED, WARM_SHARED)
    fleet.end()
    return {"tasks": options.tasks, "latency_ms": options.latency, "rows": rows}


def measured(fleet, rows, settings, processor, group, rounds, warm_times):
    polls = [{"cold": [], "warm": [], "peaks": []} for _ in rows]
    for _ in range(rounds):
        for one, some in zip(settings, polls, strict=True):
            function = fleet.function(one, group)
            # One whose time runs out ends in an error.
            some["cold"].append(function.invoke())
            some["warm"] += [function.invoke() for _ in range(warm_times)]
            some["peaks"].append(function.peak_mib())
            function.end()
    for row, some in zip(rows, polls, strict=True):
        # Each place that is begun reads the table.
        left = [row["places"] - len(poll["spans"]) for poll in some["cold"] + some["warm"]]
        row[processor] = {
            "cold": figures(some["cold"]),
            "warm": figures(some["warm"]),
            "peak_mib": max(some["peaks"]),
            "places_left": max(left),
        }
