"""One running AWS for all tests, with amiwatch in it as the template deploys it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from . import binaries, caller, cloud, deploying, template_copy
from .driving import Driver, Heard, Listener
from .fleet import FLEET, MEMBERS, NEAR, Fleet
from .waiting import wait_for

# The Regions that the stack watches, each for what its tasks make a poll do: two open tasks below the window,
# one of them, and none.
TWO_OPEN, ONE_OPEN, NONE_OPEN = REGIONS = "us-east-1", "eu-west-1", "eu-central-1"
# The bucket whose objects start a poll at once.
AT_ONCE = "at-once"
BOUNDARY = "bound"
# Everything that a stack can have here. ministack has no Slack channel of Amazon Q Developer, and encrypts nothing,
# so a key would change nothing.
PARAMETERS = {
    "Kinds": "all",
    "Regions": ",".join(REGIONS),
    "Email": "ops@example.com",
    "AlarmEmail": "on-call@example.com",
    "EventBusName": "default",
    "StoreBuckets": AT_ONCE,
    "Alarms": "all",
    "Dashboard": "true",
    "KeepDays": "90",
    "DeletionProtection": "true",
    "PointInTimeRecovery": "true",
    "ReservedConcurrency": "5",
    "PermissionsBoundary": f"arn:aws:iam::{caller.ACCOUNT}:policy/{BOUNDARY}",
    **{f"{app.capitalize()}WebhookParameter": name for app, name in cloud.WEBHOOK_PARAMETERS.items()},
}

STORED = "ami-0a11ce00000000001"
FAILED = "ami-0fa11ed0000000001"
REASON = "Failed to store the image: the bucket is gone."
# Their objects are there when EC2 has said that they are completed, and before.
AFTER, BEFORE = "ami-0a7070ce000000001", "ami-0a7070ce000000002"
# How long before, in seconds: the function lists again after one, and after two more.
TOO_EARLY = 2
# Two ticks of the schedule, and the time that a poll takes.
TWO_TICKS = 150


def old(number):
    """A task that runs since long before the baseline, and through all tests."""
    return {"image_id": f"ami-01d0000000000000{number}", "bucket": "old", "start": "-5h", "duration": "2d"}


def ended(number, start="-2m"):
    return {"image_id": f"ami-0e{number:015}", "bucket": "ended", "start": start, "duration": "1m"}


SCENARIO = {
    # Short, so that a task that is started ends before the next poll.
    "settings": {"store_duration": "5s", "transfer_duration": "5s"},
    "places": [
        {"account": account, "region": region, "store_tasks": tasks}
        # A member too: its tasks make a worker's poll do the same.
        for account in (caller.ACCOUNT, NEAR)
        for region, tasks in (
            (TWO_OPEN, [old(1), old(2), ended(1)]),
            (ONE_OPEN, [old(3), ended(2)]),
            (NONE_OPEN, [ended(3), ended(4, "-20m")]),
        )
    ],
}


@pytest.fixture(scope="session")
def programs():
    return binaries.find(os.environ.get("AMIWATCH_LOCAL_BINARIES"))


@pytest.fixture(scope="session")
def aws_here(programs, tmp_path_factory):
    """The running AWS. Its simulator does not throttle: the tests poll more often than a schedule does."""
    with cloud.running(tmp_path_factory.mktemp("cloud"), programs, SCENARIO, ["--throttle", "off"]) as running:
        yield running


@pytest.fixture(scope="session")
def everything(aws_here):
    """The stack with all that it can have."""
    services = ["dynamodb", "ec2", "events", "lambda", "logs", "sns", "sqs", "ssm"]
    statement = {"Effect": "Allow", "Action": [f"{service}:*" for service in services], "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    aws_here.client("iam").create_policy(PolicyName=BOUNDARY, PolicyDocument=json.dumps(document))
    return Driver(aws_here, deploying.deploy(aws_here, "amiwatch", **PARAMETERS))


@pytest.fixture(scope="session")
def plain(aws_here, everything):
    """A stack with nothing but the defaults. After the other one, whose schedule goes on meanwhile."""
    stack = deploying.deploy(aws_here, "plain")
    yield Driver(aws_here, stack)
    stack.delete()


@pytest.fixture(scope="session")
def fleet(aws_here):
    """A stack that polls two other accounts too, by workers. All have had their first poll."""
    stack = deploying.deploy(aws_here, "fleet", **FLEET, Regions=",".join(REGIONS))
    topic_queue = aws_here.subscribe_queue(stack.outputs["TopicArn"], "fleet-listener")
    found = Fleet(aws_here, stack, Listener(aws_here.client("sqs"), topic_queue))
    for account in MEMBERS:
        found.let_in(account)
    found.work()
    return found


@pytest.fixture(scope="session")
def template():
    return template_copy.read(**PARAMETERS)


@pytest.fixture(scope="session")
def topic_queue(aws_here, everything):
    """A queue behind the topic."""
    url = aws_here.subscribe_queue(everything.stack.outputs["TopicArn"], "listener")
    return Listener(aws_here.client("sqs"), url)


@pytest.fixture(scope="session")
def bus_queue(aws_here, everything):
    """A queue behind the event bus."""
    events = aws_here.client("events")
    rule = events.put_rule(Name="amiwatch", EventPattern='{"source": ["amiwatch"]}')["RuleArn"]
    url, arn = aws_here.queue("bus", "events.amazonaws.com", rule)
    events.put_targets(Rule="amiwatch", Targets=[{"Id": "queue", "Arn": arn}])
    return Listener(aws_here.client("sqs"), url)


@pytest.fixture(scope="session")
def heard(aws_here, topic_queue, bus_queue):
    return Heard(aws_here, topic_queue, bus_queue)


@pytest.fixture(scope="session")
def baseline(everything, heard):
    """The schedule's first poll, which nothing here invokes."""
    polls = wait_for("the schedule's first poll", everything.polls, 90, every=1)
    return polls[0]


@pytest.fixture(scope="session")
def at_once(aws_here, everything, baseline, heard):
    """Two stores to a bucket whose objects start polls: for each the seconds from its object to its event, and what
    polled meanwhile. Just after a poll of the schedule, so that its next one is far away."""
    aws_here.events_of(AT_ONCE)
    found = {}
    for image, is_late in ((AFTER, True), (BEFORE, False)):
        polls = len(everything.polls())
        aws_here.simulator.stores({"image_id": image, "bucket": AT_ONCE, "duration": f"{TOO_EARLY}s"})
        if is_late:
            wait_for("EC2 to call it completed", lambda image=image: aws_here.store_state(image) == "Completed", 30)
        aws_here.store_object(AT_ONCE, f"{image}.bin")
        since = time.monotonic()
        wait_for(f"the event of {image}", lambda image=image: heard.is_everywhere(image), TWO_TICKS)
        found[image] = time.monotonic() - since, everything.polls()[polls:]
    return found


@pytest.fixture(scope="session")
def told(at_once, heard, aws, aws_here):
    """Three tasks of which no object tells, told by the schedule's polls; for each its word, and the seconds from its
    end to its event."""
    aws("ec2", "create-store-image-task", "--image-id", STORED, "--bucket", "my-bucket")
    aws_here.simulator.stores(
        {"image_id": FAILED, "bucket": "my-bucket", "duration": "5s", "end": "Failed", "reason": REASON}
    )
    imported = aws("ec2", "import-snapshot", "--disk-container", "Format=VMDK,Url=s3://disks/a.vmdk",
                   "--query", "ImportTaskId", "--output", "text").strip()  # fmt: skip
    # As long as each task runs.
    end = time.monotonic() + 5
    words = {"stored": STORED, "failed": FAILED, "imported": imported}
    seconds = {}

    def counts():
        return {name: heard.counts(word) for name, word in words.items()}

    def all_told():
        for name, places in counts().items():
            if name not in seconds and all(places.values()):
                seconds[name] = time.monotonic() - end
        return len(seconds) == len(words)

    wait_for("the three endings", all_told, TWO_TICKS, every=0.5, seen=counts)
    return {name: (word, seconds[name]) for name, word in words.items()}


@pytest.fixture(scope="session")
def aws(aws_here):
    """Runs the AWS CLI."""

    def run(*arguments):
        command = [Path(sys.executable).with_name("aws"), "--endpoint-url", aws_here.endpoint, *arguments]
        done = subprocess.run(
            command, env=caller.environment(aws_here.endpoint), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def amiwatch(aws_here):
    """Runs amiwatch's command line, as the account's root user or with other keys."""

    def run(*arguments, **keys):
        environment = caller.environment(aws_here.endpoint, NO_COLOR="1", **keys)
        return subprocess.run(
            [aws_here.binaries.amiwatch, *arguments],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run
