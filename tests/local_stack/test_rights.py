"""Each right of each role is needed: without it something fails, and says so; given back, nothing is lost."""

import json

import pytest

from . import template_copy
from .conftest import PARAMETERS
from .driving import denials, now
from .polls import Polls
from .rights import BY_LAMBDA, binary, functions, granted
from .waiting import wait_for

TEMPLATE = template_copy.read(**PARAMETERS)
RIGHTS = granted(TEMPLATE)

# Rights of which nothing here can see that they are gone, by function and action, each with the reason.
NOT_SEEN = {
    **{(name, action): reason for name, _ in functions(TEMPLATE) for action, reason in BY_LAMBDA.items()},
    ("Poller", "sqs:SendMessage"): "Lambda sends to the dead-letter queue in the function's name, after its "
    "retries; ministack does not ask the role for it",
}
SEEN = [right for right in RIGHTS if right not in NOT_SEEN]


class Posts:
    """Messages to the functions behind the webhooks."""

    def __init__(self, everything, topic_queue):
        self.everything = everything
        self.topic_queue = topic_queue

    def publish(self):
        """The last event once more, as amiwatch publishes it."""
        event = json.dumps(self.topic_queue.listen()[-1])
        self.everything.client("sns").publish(TopicArn=self.everything.stack.outputs["TopicArn"], Message=event)

    def is_denied(self, function, since):
        webhooks = self.everything.cloud.webhooks
        # What a webhook refuses makes the function look for its URL again, and then keep the message.
        webhooks.gone = True
        try:
            self.publish()
            return wait_for("a denial in the log", lambda: denials(self.everything.log(function, since)), 20)
        finally:
            webhooks.gone = False

    def is_well(self, function):
        app = TEMPLATE.properties(function)["Environment"]["Variables"]["AMIWATCH_WEBHOOK"]
        posts = self.everything.cloud.webhooks.posts[app]
        before = len(posts)
        self.publish()
        wait_for(f"a post to {app}", lambda: len(posts) > before, 20)


@pytest.fixture(scope="module")
def polls(everything):
    return Polls(everything)


@pytest.fixture(scope="module")
def drivers(everything, polls, topic_queue):
    """What drives a function, by the program that it runs."""
    everything.set_schedule("DISABLED")
    # What is open below the window is read by its name only by a warm function, and after the baseline.
    for _ in range(2):
        everything.invoke().summary()
    return {"poller": polls, "webhook": Posts(everything, topic_queue)}


@pytest.mark.parametrize("function", [name for name, _ in functions(TEMPLATE)])
def test_a_role_holds_what_the_template_says_and_no_more(everything, function):
    assert everything.role(function).actions() == {action for name, action in RIGHTS if name == function}


def test_what_the_boundary_forbids_is_denied_whatever_the_role_allows(everything, drivers):
    # The stack was deployed with a boundary that allows what it does.
    iam, since = everything.client("iam"), now()
    boundary = PARAMETERS["PermissionsBoundary"]
    role = everything.role("Poller").name
    other = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=other)
    try:
        assert drivers["poller"].is_denied("Poller", since)
    finally:
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
    drivers["poller"].is_well("Poller")


def test_each_right_that_is_not_seen_to_is_one_that_is_granted():
    assert NOT_SEEN.keys() <= set(RIGHTS)


@pytest.mark.parametrize(("function", "action"), SEEN)
def test_a_right_that_is_missing_is_noticed(everything, drivers, function, action):
    driver = drivers[binary(TEMPLATE, function)]
    since = now()
    with everything.role(function).without(action):
        assert driver.is_denied(function, since), f"nothing misses {action}: is it needed?"
    driver.is_well(function)


def test_what_ended_while_rights_were_missing_is_told_once(drivers, polls, topic_queue):
    told = [event["detail"].get("imageId") for event in topic_queue.listen()]
    # The events that were published again by hand are among them.
    times = {image: told.count(image) for image in polls.endings[:-1]}
    assert times == dict.fromkeys(polls.endings[:-1], 1)
