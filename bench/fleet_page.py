"""bench/fleet: docs/scale.md and its plots from the results. No figure there is written by hand."""

import re

import fleet_computed
import fleet_measured
from report import put, table
from stack import ROOT

PAGE = ROOT / "docs/scale.md"
PLOTS = ROOT / "docs/scale"


def places_at_once():
    """How many places a poll has under way, as the function has it."""
    source = (ROOT / "src/poll/limits.rs").read_text()
    return int(re.search(r"places_at_once: (\d+),", source)[1])


def write(results, dry=False):
    parts = [
        # More than one where not all was measured at the same time.
        *dict.fromkeys(one["machine"] for one in results.values()),
        loads(results),
        fleet_measured.goals(results),
        "## Measured",
        *fleet_measured.parts(results),
        "## Computed",
        *fleet_computed.parts(results, places_at_once()),
    ]
    text = "\n\n".join(parts)
    if dry:
        print(text)
        return
    PLOTS.mkdir(exist_ok=True)
    put("bench/fleet", text, PAGE)
    for name, plot in {**fleet_measured.plots(results), **fleet_computed.plots(results)}.items():
        (PLOTS / f"{name}.svg").write_text(plot)
    print(f"written: {PAGE} and {PLOTS}")


def loads(results):
    rows = [
        [name.replace("_", " "), *(f"{load:.1f}" for load in one["loads"])]
        for name, one in results.items()
    ]
    words = (
        "Load average, this command included, when each measure began and when it ended. Where it is more than 2, "
        "other programs ran beside it: ratios hold, times are too long."
    )
    return words + "\n\n" + table(["measure", "began", "ended"], rows)
