"""What is kept of some invocations that are alike."""

import statistics


def figures(invocations):
    """The median of each figure; the calls of the one in the middle."""
    middle = sorted(invocations, key=lambda one: one["processor_ms"])[len(invocations) // 2]

    def median(of):
        return round(statistics.median(of(one) for one in invocations), 3)

    walls = [one["wall_ms"] for one in invocations]
    return {
        "invocations": len(invocations),
        "wall_ms": median(lambda one: one["wall_ms"]),
        "wall_least_ms": round(min(walls), 3),
        "wall_most_ms": round(max(walls), 3),
        "processor_ms": median(lambda one: one["processor_ms"]),
        # From a place's first call to its last answer: the place that took longest.
        "slowest_place_ms": median(slowest_place_ms),
        "calls": dict(sorted(middle["calls"].items())),
        "connections": sum(middle["connections"].values()),
        "read_units": middle["read_units"],
        "write_units": middle["write_units"],
        "log_bytes": median(lambda one: one["logged"]),
    }


def slowest_place_ms(invocation):
    return max((last - first for first, last in invocation["spans"].values()), default=0) * 1e3
