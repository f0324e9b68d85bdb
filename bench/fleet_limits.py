"""bench/fleet: which limit of AWS a growing fleet meets first, computed from what was measured.

A quota bounds how many workers may poll at the same time, or how many accounts there may be. All are defaults
of AWS for an account and Region.
"""

from fleet_bill import MINUTES, WORKERS

SECONDS = MINUTES * 60
# Of the function's 55 seconds; the last ten are kept for calls that are under way.
DISPATCH_S = 45
LAMBDA_MIB = 128

LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
EVENT_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"
STS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"
TABLE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
TABLE_QUOTA = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"


def limits(dispatches, all_regions, worker):
    """Rows: what, the quota, how it is used, workers at the same time and accounts at which it is met, source."""
    worker_s = worker["new"]["wall_ms"] / 1e3
    units = worker["new"]["read_units"]
    most = max(dispatches, key=lambda row: row["accounts"])
    least = min(dispatches, key=lambda row: row["accounts"])

    def at_once(workers):
        return workers, SECONDS * workers / worker_s

    def a_second(quota, each):
        """Each execution takes so much of a quota that refills by the second."""
        return at_once(quota * worker_s / each)

    # Seconds and memory grow by accounts.
    dispatch_s = most["128 MB"]["cold"]["wall_ms"] / 1e3
    memory = most["128 MB"]["peak_mib"] - least["128 MB"]["peak_mib"]
    memory /= most["accounts"] - least["accounts"] or 1
    room = LAMBDA_MIB - least["128 MB"]["peak_mib"]
    asked = all_regions or {}
    asked = asked["accounts"] * DISPATCH_S * 1e3 / asked["128 MB"]["cold"]["wall_ms"] if asked else None
    return [
        ("`Workers` as the template sets it", f"{WORKERS} at a time", *at_once(WORKERS), "`template.yaml`"),
        ("DynamoDB, a new table on demand", "12,000 read units a second", *a_second(12_000, units), TABLE),
        ("STS, where each execution assumes a role", "600 calls a second", *a_second(600, 1), STS),
        ("DynamoDB, a table on demand", "40,000 read units a second", *a_second(40_000, units), TABLE_QUOTA),
        ("Lambda, `Workers` at its most", "1,000 executions at a time", *at_once(1_000), LAMBDA),
        ("Lambda's event source", "1,250 at a time", *at_once(1_250), EVENT_SOURCE),
        ("SQS, messages that are being polled", "120,000 at a time", *at_once(120_000), SQS),
        ("the dispatcher's time", f"{DISPATCH_S} s", None, most["accounts"] * DISPATCH_S / dispatch_s, "this page"),
        ("the dispatcher's time, where the Regions are `all`", f"{DISPATCH_S} s", None, asked, "this page"),
        (
            "the dispatcher's memory",
            f"{LAMBDA_MIB} MiB",
            None,
            least["accounts"] + room / memory if memory > 0 else None,
            "this page",
        ),
        ("credentials that a process keeps", "20,000 accounts", None, 20_000, "`src/aws/roles.rs`"),
    ]
