"""Made-up tasks, as `amiwatch history -o json` prints them."""

from datetime import datetime, timedelta, timezone
from random import Random

START = datetime(2026, 10, 23, tzinfo=timezone.utc)


def at(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def task(hours: float = 0, seconds: int | None = 1800, **changes) -> dict:
    """A store that began so many hours after START; without seconds it still runs."""
    began = START + timedelta(hours=hours)
    ended = None if seconds is None else at(began + timedelta(seconds=seconds))
    return {
        "account": "123456789012",
        "region": "us-east-1",
        "kind": "store-image",
        "task": "ami-0123456789abcdef0",
        "imageId": "ami-0123456789abcdef0",
        "bucket": "images",
        "state": "Completed" if ended else "InProgress",
        "outcome": "completed" if ended else None,
        "agedOut": False,
        "beganAt": at(began),
        "firstSeenAt": at(began + timedelta(seconds=30)),
        "endedAt": ended,
        "durationSeconds": seconds,
        "reason": None,
        "told": [],
        "untold": [],
    } | changes


def told(outcome: str, hours: float, sink: str = "topic") -> dict:
    time = at(START + timedelta(hours=hours))
    return {"outcome": outcome, "observedAt": time, "sinks": {sink: time}}


def untimed(hours: float, **changes) -> dict:
    """An import: EC2 gives no start, so it begins when it was first seen and has no duration."""
    seen = at(START + timedelta(hours=hours))
    kind = {"kind": "import-snapshot", "imageId": None, "bucket": None}
    return task(hours, firstSeenAt=seen, durationSeconds=None, **kind | changes)


def month() -> list[dict]:
    """Every way in which a task can stand."""
    return [
        task(10, 1810, task="ami-a", imageId="ami-a"),
        task(30, 2400, task="ami-a", imageId="ami-a", bucket="copies", region="eu-west-1"),
        task(50, 3000, task="ami-a", imageId="ami-a"),
        task(70, 4000, task="ami-b", imageId="ami-b"),
        task(90, 600, task="ami-b", imageId="ami-b", outcome="failed", reason="AccessDenied: no"),
        task(110, 900, task="bun-1", imageId=None, kind="bundle", outcome="failed"),
        untimed(200, task="import-snap-1"),
        untimed(250, task="import-snap-2", outcome="cancelled", reason="user requested cancellation"),
        task(300, 60, task="ami-c", imageId="ami-c", outcome="vanished", durationSeconds=None),
        task(330, 60, task="ami-d", imageId="ami-d", outcome=None, agedOut=True, durationSeconds=None),
        task(400, None, task="ami-e", imageId="ami-e", told=[told("stalled", 404)]),
        task(719, None, task="ami-f", imageId="ami-f"),
        # It had ended before it was first seen.
        task(5, 1000, task="ami-g", imageId="ami-g", durationSeconds=None, firstSeenAt="2026-10-23T05:16:40Z"),
    ]


def many(count: int) -> list[dict]:
    """A busy month; the same for the same count."""
    random = Random(count)
    return [
        task(
            random.uniform(0, 715),
            random.randrange(300, 7200),
            task=f"ami-{index:017x}",
            imageId=f"ami-{index % 400:017x}",
            bucket=f"bucket-{index % 30}",
            kind=random.choice(["store-image", "bundle", "import-image"]),
            outcome=random.choice(["completed"] * 8 + ["failed", "cancelled"]),
        )
        for index in range(count)
    ]
