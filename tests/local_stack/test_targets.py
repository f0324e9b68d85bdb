"""A document in Parameter Store says what is polled, with all Regions of each account, and workers poll it."""

import json

import pytest

from . import deploying, template_copy
from .conftest import REGIONS
from .driving import Listener, denials, now
from .fleet import FLEET, HUB, NEAR, Fleet
from .rights import granted
from .waiting import wait_for

PARAMETER, ROLE, EXTERNAL_ID = "/fleet/targets", "amiwatch-documented", "documented"
DOCUMENT = {
    "targets": [
        {"accounts": [HUB], "regions": "all", "kinds": ["store-image"]},
        {"accounts": [NEAR], "regions": "all", "kinds": ["store-image"], "externalId": EXTERNAL_ID},
    ]
}
# What the accounts have enabled: all Regions that the tests know, and fewer.
ENABLED = {HUB: list(REGIONS), NEAR: list(REGIONS[:2])}
PARAMETERS = {"TargetsParameter": PARAMETER, "MemberRoleName": ROLE, "FanOutAbove": "1"}
FIRST, LATER = "ami-0d0c0000000000001", "ami-0d0c0000000000002"

# The rights that it takes beyond those of a stack with Accounts, by function.
RIGHTS = set(granted(template_copy.read(**PARAMETERS))) - set(granted(template_copy.read(**FLEET)))
# One policy permits the listings to both functions, and the worker is told its Regions.
NOT_NEEDED = {("Worker", "ec2:DescribeRegions")}


@pytest.fixture(scope="module")
def documented(aws_here):
    for account, regions in ENABLED.items():
        aws_here.simulator.admin("POST", "/accounts", {"account": account, "regions": regions})
    aws_here.client("ssm").put_parameter(Name=PARAMETER, Type="String", Value=json.dumps(DOCUMENT))
    stack = deploying.deploy(aws_here, "documented", **PARAMETERS)
    queue = aws_here.subscribe_queue(stack.outputs["TopicArn"], "documented-listener")
    found = Fleet(aws_here, stack, Listener(aws_here.client("sqs"), queue), ROLE, EXTERNAL_ID)
    # Before its first tick.
    found.set_schedule("DISABLED")
    found.let_in(NEAR)
    found.work()
    yield found
    stack.delete()


def test_what_the_document_names_is_dispatched_and_an_ending_there_told_once(documented):
    documented.ends(FIRST, NEAR, "eu-west-1")
    answer = documented.dispatch()
    # Of one kind, where the stack's Kinds are two.
    assert answer == {"dispatchedTargets": sum(map(len, ENABLED.values())), "dispatchedMessages": len(ENABLED)}
    documented.wait_for_workers()
    documented.work()
    assert [(event["account"], event["region"]) for event in documented.told(FIRST)] == [(NEAR, "eu-west-1")]


def test_it_takes_no_other_rights_than_are_tested_here():
    functions = {("Poller", "ssm:GetParameter"), ("Worker", "ssm:GetParameter"), ("Poller", "ec2:DescribeRegions")}
    assert functions | NOT_NEEDED == RIGHTS


@pytest.mark.parametrize("action", ["ssm:GetParameter", "ec2:DescribeRegions"])
def test_a_right_that_the_poller_misses_is_noticed(documented, action):
    # It keeps what it has read for a while.
    documented.restart("Poller")
    with documented.role("Poller").without(action):
        answer = documented.invoke()
    assert answer.failed and denials([answer.text]), f"nothing misses {action}: is it needed?"
    documented.wait_for_workers()
    documented.work()


def test_a_member_that_does_not_say_its_regions_fails_alone(documented):
    documented.restart("Poller")
    since = now()
    with documented.member(NEAR).without("ec2:DescribeRegions"):
        answer = documented.invoke()
    assert answer.failed and denials([answer.text])
    assert f"{NEAR}: its Regions cannot be found out" in answer.text and f"{HUB}: its" not in answer.text
    documented.wait_for_workers()
    [dispatched] = [json.loads(line) for line in documented.logged('"message":"Dispatched ', since)]
    assert dispatched["dispatched_targets"] == len(ENABLED[HUB])
    documented.work()


def test_a_worker_needs_the_document_too(documented):
    documented.ends(LATER, NEAR)
    documented.restart("Worker")
    since = now()
    try:
        with documented.role("Worker").without("ssm:GetParameter"):
            documented.dispatch()
            found = wait_for(
                "all to be denied",
                lambda: len(again := documented.logged("will be delivered again", since)) == len(ENABLED) and again,
                30,
            )
    finally:
        documented.client("sqs").purge_queue(QueueUrl=documented.stack.outputs["TargetsQueueUrl"])
    assert all(PARAMETER in line for line in denials(found)) and len(denials(found)) == len(found)
    documented.work()
    assert [event["account"] for event in documented.told(LATER)] == [NEAR]
