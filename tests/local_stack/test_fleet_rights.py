"""Each right of a worker's role, and of a member's role, is needed. Of the poller's, those that it needs with many
accounts alone; the others are `test_rights.py`'s."""

import json
from contextlib import contextmanager
from itertools import count

import pytest

from . import template_copy
from .conftest import REGIONS, ended
from .deploying import MEMBER_ROLE
from .driving import denials, now
from .fleet import FLEET, HUB, NEAR, ROLE, message, moment
from .polls import Polls
from .rights import BY_LAMBDA, documents, granted, granted_by

WORKER = {action for function, action in granted(template_copy.read(**FLEET)) if function == "Worker"}
MEMBER = template_copy.read(MEMBER_ROLE, PollerRoleArn=f"arn:aws:iam::{HUB}:role/amiwatch-PollerRole-*")
MEMBERS_ROLE = granted_by(documents(MEMBER, "Member"))
# It is for `Regions=all`: see test_targets.py.
REGIONS_OF_ALL = "ec2:DescribeRegions"


class Works(Polls):
    """Polls of a worker, as its queue asks for them: of the hub's own account and of a member. One after another, so
    that one process does all of them."""

    ids = count(1)

    def poll(self):
        records = [
            {"messageId": str(next(self.ids)), "eventSource": "aws:sqs", "body": message(account, REGIONS, moment())}
            for account in (HUB, self.account)
        ]
        return self.driver.invoke("Worker", {"Records": records})

    def drive(self, since):
        # One to tell in the hub too.
        self.driver.cloud.simulator.stores(ended(next(self.numbers)))
        return super().drive(since)

    def is_well(self, _function="Worker"):
        answer = self.poll()
        assert not answer.failed and json.loads(answer.text) == {"batchItemFailures": []}, answer.text

    def begin(self):
        """Begins with a process that knows nothing, and brings it to where it knows what it will."""
        self.driver.restart("Worker")
        # What is open below the window is read by its name only by a warm function, and after the baseline.
        for _ in range(2):
            self.is_well()


@pytest.fixture(scope="module")
def works(fleet):
    fleet.set_schedule("DISABLED")
    fleet.wait_for_workers()
    fleet.hold(True)
    found = Works(fleet, NEAR)
    found.begin()
    yield found
    fleet.hold(False)


@contextmanager
def a_new_process(fleet, function):
    """A function that has no session of a role yet. After that one that remembers no refusal."""
    fleet.restart(function)
    try:
        yield
    finally:
        fleet.restart(function)


def test_the_roles_hold_what_the_templates_say_and_no_more(fleet):
    assert fleet.role("Worker").actions() == WORKER
    assert fleet.member(NEAR).actions() == MEMBERS_ROLE


@pytest.mark.parametrize("action", sorted(WORKER - BY_LAMBDA.keys() - {"sts:AssumeRole"}))
def test_a_right_that_a_worker_misses_is_noticed(fleet, works, action):
    since = now()
    with fleet.role("Worker").without(action):
        assert works.is_denied("Worker", since), f"nothing misses {action}: is it needed?"
    works.is_well()


@pytest.mark.parametrize("action", sorted(MEMBERS_ROLE - {REGIONS_OF_ALL}))
def test_a_right_that_a_members_role_misses_is_noticed(fleet, works, action):
    since = now()
    with fleet.member(NEAR).without(action):
        found = works.is_denied("Worker", since)
    assert found, f"nothing misses {action}: is it needed?"
    # It is the member's session to which it is denied.
    assert any(f"{NEAR}:assumed-role/{ROLE}/" in line for line in found), found
    works.is_well()


def test_a_worker_needs_the_right_to_assume_the_members_role(fleet, works):
    since = now()
    with a_new_process(fleet, "Worker"), fleet.role("Worker").without("sts:AssumeRole"):
        assert any(f"arn:aws:iam::{NEAR}:role/{ROLE}" in line for line in works.is_denied("Worker", since))
    works.begin()


def test_the_poller_needs_it_for_a_member_that_it_polls_itself(fleet, works):
    asked = {"poll": {"accounts": [NEAR]}}
    with a_new_process(fleet, "Poller"), fleet.role("Poller").without("sts:AssumeRole"):
        answer = fleet.invoke(payload=asked)
        assert answer.failed and f"arn:aws:iam::{NEAR}:role/{ROLE}" in answer.text and denials([answer.text])
    fleet.invoke(payload=asked).summary()


def test_the_poller_needs_the_right_to_send_to_the_workers_queue(fleet, works):
    with fleet.role("Poller").without("sqs:SendMessage"):
        answer = fleet.invoke()
        assert answer.failed and "SQS SendMessageBatch" in answer.text and denials([answer.text])
    assert not any(fleet.queued())


# The last one: it looks back.
def test_what_ended_while_rights_were_missing_is_told_once_by_its_account(fleet, works):
    for image in works.endings:
        assert [event["account"] for event in fleet.told(image)] == [NEAR], image
