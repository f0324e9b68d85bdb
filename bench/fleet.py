"""bench/fleet: what many accounts cost, measured and computed, and docs/scale.md from it."""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import fleet_page
import fleet_stack
from fleet_dispatch import dispatches
from fleet_failures import failures
from fleet_poll import one_poll
from fleet_share import share
from fleet_sizes import sizes
from fleet_stack import accounts
from fleet_workers import every_account, workers
from regions import REGIONS
from report import machine

RESULTS = Path(__file__).resolve().parent.parent / "docs/scale"


def log(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


def parsed():
    arguments = argparse.ArgumentParser(description=__doc__)
    numbers = lambda text: [int(number) for number in text.split(",") if number]
    arguments.add_argument("--results", type=Path, default=RESULTS, help="the folder of results.json")
    arguments.add_argument("--render", action="store_true", help="measure nothing; write the page again")
    arguments.add_argument("--only", default="", help="measure these, and keep the others: poll,failures,…")
    arguments.add_argument("--dry", action="store_true", help="print the page, and do not write it")
    arguments.add_argument("--accounts", type=int, default=10, help="accounts of the one poll")
    arguments.add_argument("--fleet", type=int, default=1000, help="accounts of the whole fleet")
    arguments.add_argument("--regions", type=int, default=len(REGIONS), help="Regions of each")
    arguments.add_argument("--latency", type=int, default=50, help="ms that each call takes")
    # More than the 50 of the first page that a quiet poll asks for: more change nothing.
    arguments.add_argument("--tasks", type=int, default=60, help="ended tasks in each place")
    arguments.add_argument("--sizes", type=numbers, default=numbers("1,17,85,170,255,272,510,1003"))
    arguments.add_argument("--dispatch", type=numbers, default=numbers("100,1000,5000"))
    arguments.add_argument("--dispatch-all", type=int, default=1000, help="accounts with Regions `all`")
    arguments.add_argument("--workers-accounts", type=int, default=40, help="accounts a worker meets")
    options = arguments.parse_args()
    options.regions = REGIONS[: options.regions]
    options.all_accounts = accounts(options.fleet)
    options.accounts = accounts(options.accounts)
    return options


def measure(options, folder, group):
    """Each measure by its name."""
    poll = lambda tls: lambda: one_poll(options, folder, group, tls)
    return {
        "poll": poll(False),
        "poll_tls": poll(True),
        "failures": lambda: failures(options, folder),
        "sizes": lambda: sizes(options, folder, group),
        "dispatch": lambda: dispatches(options, folder, group),
        "workers": lambda: workers(options, folder, group),
        "every_account": lambda: every_account(options, folder),
    }


def measured(options, folder, group, results, file):
    options.results.mkdir(parents=True, exist_ok=True)
    for name, run in measure(options, folder, group).items():
        if options.only and name not in options.only.split(","):
            continue
        loads = [os.getloadavg()[0]]
        log(f"{name}, load {loads[0]:.1f}")
        results[name] = run()
        loads.append(os.getloadavg()[0])
        results[name] |= {"loads": loads, "machine": machine("bench/fleet")}
        file.write_text(json.dumps(results, indent=1) + "\n")


def main():
    options = parsed()
    file = options.results / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    if not options.render:
        # So that what was started ends, and the control group goes, also then.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        group = share()
        if not group:
            log("no control group can be made here: what takes a share of a processor is left out")
        try:
            with tempfile.TemporaryDirectory() as folder:
                measured(options, Path(folder), group, results, file)
        finally:
            fleet_stack.end_all()
            if group:
                group.end()
    fleet_page.write(results, options.dry)


if __name__ == "__main__":
    main()
