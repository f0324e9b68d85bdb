"""bench/fleet: what a place costs, by how many places one function polls."""

from fleet_figures import figures
from fleet_stack import Fleet, places, polling

COLD = 3
WARM = 7
# With a share of a processor each takes seconds.
WARM_SHARED = 3


def sizes(options, folder, share):
    """All with TLS: that a function makes more connections is a part of what more places cost."""
    all_accounts = options.all_accounts
    wanted = []
    for size in options.sizes:
        regions = options.regions if size >= len(options.regions) else options.regions[:size]
        wanted.append((all_accounts[: max(1, size // len(regions))], regions))
    most = max(wanted, key=lambda one: len(one[0]))[0]
    fleet = Fleet(folder, places(most, options.regions), options.tasks, with_tls=True)
    fleet.take_baselines(most, options.regions)
    fleet.latency(options.latency)
    rows = []
    for accounts, regions in wanted:
        row = {"places": len(accounts) * len(regions), "accounts": len(accounts)}
        settings, count = polling(accounts, regions), row["places"]
        row["whole"] = measured(fleet, settings, count, None, COLD, WARM)
        if share:
            row["128 MB"] = measured(fleet, settings, count, share, COLD, WARM_SHARED)
        rows.append(row)
    fleet.end()
    return {"tasks": options.tasks, "latency_ms": options.latency, "rows": rows}


def measured(fleet, settings, count, group, times, warm_times):
    cold, peaks = [], []
    for number in range(times):
        function = fleet.function(settings, group)
        # One whose time runs out ends in an error.
        cold.append(function.invoke())
        if number == times - 1:
            warm = [function.invoke() for _ in range(warm_times)]
        peaks.append(function.peak_mib())
        function.end()
    # Each place that is begun reads the table.
    left = max(count - len(poll["spans"]) for poll in cold + warm)
    return {"cold": figures(cold), "warm": figures(warm), "peak_mib": max(peaks), "places_left": left}
