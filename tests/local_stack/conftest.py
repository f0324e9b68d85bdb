"""One running AWS for all tests, with amiwatch in it as the template deploys it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from . import binaries, caller, cloud, deploying, template_copy
from .driving import Driver, Listener

# The Regions that the stack watches, each for what its tasks make a poll do: two open tasks below the window,
# one of them, and none.
TWO_OPEN, ONE_OPEN, NONE_OPEN = REGIONS = "us-east-1", "eu-west-1", "eu-central-1"
# Everything that a stack can have here; ministack has no Slack channel of Amazon Q Developer.
PARAMETERS = {
    "Kinds": "all",
    "Regions": ",".join(REGIONS),
    "Email": "ops@example.com",
    "EventBusName": "default",
    **{f"{app.capitalize()}WebhookParameter": name for app, name in cloud.WEBHOOK_PARAMETERS.items()},
}


def old(number):
    """A task that runs since long before the baseline, and through all tests."""
    return {"image_id": f"ami-01d0000000000000{number}", "bucket": "old", "start": "-5h", "duration": "2d"}


def ended(number, start="-2m"):
    return {"image_id": f"ami-0e{number:015}", "bucket": "ended", "start": start, "duration": "1m"}


SCENARIO = {
    # Short, so that a task that is started ends before the next poll.
    "settings": {"store_duration": "5s", "transfer_duration": "5s"},
    "places": [
        {"region": TWO_OPEN, "store_tasks": [old(1), old(2), ended(1)]},
        {"region": ONE_OPEN, "store_tasks": [old(3), ended(2)]},
        {"region": NONE_OPEN, "store_tasks": [ended(3), ended(4, "-20m")]},
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
    return Driver(aws_here, deploying.deploy(aws_here, "amiwatch", **PARAMETERS))


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
