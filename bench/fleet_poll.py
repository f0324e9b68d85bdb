"""bench/fleet: one poll of some accounts in all Regions against a poll of one place alone."""

from fleet_figures import figures
from fleet_stack import Fleet, places, polling

COLD = 5
WARM = 9


def one_poll(options, folder, share, with_tls):
    """Cold and warm polls of all places, and of one of them; with a whole processor and with a share."""
    fleet = Fleet(folder, places(options.accounts, options.regions), options.tasks, with_tls)
    fleet.take_baselines(options.accounts, options.regions)
    fleet.latency(options.latency)
    settings = polling(options.accounts, options.regions)
    alone = {"poll": {"accounts": options.accounts[:1], "regions": options.regions[:1]}}
    rows = []
    for processor, group in (("whole", None), ("128 MB", share)):
        if processor != "whole" and not share:
            continue
        row = {"processor": processor, "tls": with_tls, "latency_ms": options.latency}
        for name, payload in (("all", {"poll": {}}), ("alone", alone)):
            cold, warm, peaks = [], [], []
            for number in range(COLD):
                function = fleet.function(settings, group)
                cold.append(function.well(payload))
                if number == COLD - 1:
                    warm = [function.well(payload) for _ in range(WARM)]
                peaks.append(function.peak_mib())
                function.end()
            row[name] = {"cold": figures(cold), "warm": figures(warm), "peak_mib": max(peaks)}
        rows.append(row)
    fleet.end()
    return {"places": len(options.accounts) * len(options.regions), "rows": rows}
