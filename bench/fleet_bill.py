"""bench/fleet: what a month of a fleet costs, computed from what was measured."""

import re

from bill import (
    ALARM,
    ALARM_METRICS,
    DAYS,
    GB_SECOND,
    INVOCATION,
    LOG_GB,
    LOG_LINE_BYTES,
    MEMORY_GB,
    READ_UNIT,
    SCHEDULE,
)
from stack import ROOT

MINUTES = 5
POLLS = DAYS * 24 * 60 // MINUTES
# us-east-1, in dollars. https://aws.amazon.com/sqs/pricing/
QUEUE_REQUEST = 0.40e-6
# A message that is not sent in a batch of its own: it is received and deleted. Lambda may do either for several
# messages at once, so that this is the most.
REQUESTS_A_MESSAGE = 2
# Lambda asks an empty queue too: five pollers, each of them every 20 seconds.
EMPTY_RECEIVES = 5 * DAYS * 24 * 60 * 60 // 20
# What FanOutAbove adds to the essential alarms.
FAN_OUT_ALARM_METRICS = 3
WORKERS = int(
    re.search(r"\n  Workers:\n    Type: Number\n    Default: (\d+)", (ROOT / "template.yaml").read_text())[1]
)
PARTS = ("lambda", "scheduler", "queue", "dynamodb", "logs", "alarms")
# A month, and for good: Lambda's GB-seconds and requests, SQS's requests, GB of logs, metrics of alarms.
FREE = {"gb_seconds": 400_000, "executions": 1e6, "requests": 1e6, "logged": 5, "metrics": 10}


def one_function(row):
    """A function that polls all itself. Every poll counts as one of a new process: its connections are closed by then."""
    poll = row["128 MB"]["cold"]
    return priced(
        places=row["places"],
        executions=POLLS,
        billed_s=POLLS * poll["wall_ms"] / 1e3,
        reads=POLLS * poll["read_units"],
        logged=POLLS * (poll["log_bytes"] + LOG_LINE_BYTES),
        requests=0,
        metrics=ALARM_METRICS,
    )


def fan_out(dispatch, worker):
    """A dispatcher, and a message for each account that a worker takes.

    Of a worker each first message of a poll counts as one of a new process: its connections are closed by then.
    All others count as those of accounts that it has not met.
    """
    accounts = dispatch["accounts"]
    dispatcher = dispatch["128 MB"]["cold"]
    first = min(accounts, WORKERS)
    worker_ms = first * (worker["cold"]["wall_ms"] + worker["start_ms"])
    worker_ms += (accounts - first) * worker["new"]["wall_ms"]
    messages, requests = (dispatch["messages"][name] for name in ("messages", "requests"))
    logged = dispatcher["log_bytes"] + LOG_LINE_BYTES
    logged += messages * (worker["new"]["log_bytes"] + LOG_LINE_BYTES)
    return priced(
        places=dispatch["places"],
        executions=POLLS * (1 + messages),
        billed_s=POLLS * (dispatcher["wall_ms"] + worker_ms) / 1e3,
        reads=POLLS * messages * worker["new"]["read_units"],
        logged=POLLS * logged,
        requests=POLLS * (requests + REQUESTS_A_MESSAGE * messages) + EMPTY_RECEIVES,
        metrics=ALARM_METRICS + FAN_OUT_ALARM_METRICS,
    )


def priced(places, executions, billed_s, reads, logged, requests, metrics):
    used = {
        "places": places,
        "executions": executions,
        "gb_seconds": billed_s * MEMORY_GB,
        "reads": reads,
        "logged": logged / 1e9,
        "requests": requests,
        "metrics": metrics,
    }
    all_of_it = used | dollars(used)
    left = {name: max(0, used[name] - FREE.get(name, 0)) for name in used}
    return all_of_it | {"left": sum(dollars(left)[part] for part in PARTS[:1] + PARTS[2:])}


def dollars(used):
    parts = {
        "lambda": used["gb_seconds"] * GB_SECOND + used["executions"] * INVOCATION,
        "scheduler": POLLS * SCHEDULE,
        "queue": used["requests"] * QUEUE_REQUEST,
        "dynamodb": used["reads"] * READ_UNIT,
        "logs": used["logged"] * LOG_GB,
        "alarms": used["metrics"] * ALARM,
    }
    return parts | {"all": sum(parts.values())}


def waiting(accounts, milliseconds):
    """In a month, where each execution of a worker takes so much longer."""
    return POLLS * accounts * milliseconds / 1e3 * MEMORY_GB * GB_SECOND
