"""Each right of each role is needed: without it something fails, and says so; given back, nothing is lost."""

import json
from itertools import count

import pytest

from . import template_copy
from .conftest import NONE_OPEN, PARAMETERS, ended
from .driving import denials, now
from .rights import binary, functions, granted
from .waiting import wait_for

TEMPLATE = template_copy.read(**PARAMETERS)
RIGHTS = granted(TEMPLATE)

# Rights of which nothing here can see that they are gone, by function and action, each with the reason.
LOGS = "Lambda writes the log in the function's name; ministack does not ask the role for it"
TAKES = "Lambda takes the queue's messages in the function's name; ministack does not ask the role for it"
BY_LAMBDA = {
    "logs:CreateLogStream": LOGS,
    "logs:PutLogEvents": LOGS,
    "sqs:ReceiveMessage": TAKES,
    "sqs:DeleteMessage": TAKES,
    "sqs:GetQueueAttributes": TAKES,
}
NOT_SEEN = {
    **{(name, action): reason for name, _ in functions(TEMPLATE) for action, reason in BY_LAMBDA.items()},
    ("Poller", "sqs:SendMessage"): "Lambda sends to the dead-letter queue in the function's name, after its "
    "retries; ministack does not ask the role for it",
}
SEEN = [right for right in RIGHTS if right not in NOT_SEEN]

# So many first sights are saved in transactions.
MANY = 12


class Polls:
    """Polls by hand, with everything to do that a poll may have to do."""

    numbers = count(100)

    def __init__(self, everything):
        self.everything = everything
        self.endings = []

    def drive(self, since):
        """One ending to tell, many first sights, and in a Region of its own a first listing. That there are one
        or more open tasks far below in the listing is the scenario's doing."""
        number = next(self.numbers)
        self.everything.forget(NONE_OPEN)
        ending = ended(number)
        self.endings.append(ending["image_id"])
        # The id is of the hour, as it were: no two polls see the same.
        sights = [f"ami-0{number:08x}{one:08x}" for one in range(MANY)]
        running = [{"image_id": image, "bucket": "new", "duration": "2d"} for image in sights]
        self.everything.cloud.simulator.stores(ending, *running)
        answer = self.everything.invoke()
        return [answer.text, *self.everything.log("Poller", since)]

    def is_denied(self, _function, since):
        return denials(self.drive(since))

    def is_well(self, _function):
        self.everything.invoke().summary()


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
