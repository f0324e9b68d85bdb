"""From the AWS CLI to the reader: a task ends, and is told everywhere, once."""

import json

import pytest

from .waiting import wait_for

STORED = "ami-0a11ce00000000001"
FAILED = "ami-0fa11ed0000000001"
REASON = "Failed to store the image: the bucket is gone."
# Two ticks of the schedule, and the time that a poll takes.
TWO_TICKS = 150
EVERYWHERE = ("topic", "bus", "mails", "slack", "teams")


class Heard:
    """All that has arrived, by where."""

    def __init__(self, aws_here, topic_queue, bus_queue):
        self.cloud = aws_here
        self.queues = {"topic": topic_queue, "bus": bus_queue}

    def everywhere(self, word):
        """What speaks of a word, as text."""
        queues = {name: [str(event) for event in queue.listen()] for name, queue in self.queues.items()}
        mails = [mail["Subject"] + "\n" + mail.get_content() for mail in self.cloud.mails.all]
        posts = {app: [str(post) for post in posts] for app, posts in self.cloud.webhooks.posts.items()}
        everything = {**queues, "mails": mails, **posts}
        assert set(everything) == set(EVERYWHERE)
        return {place: [text for text in texts if word in text] for place, texts in everything.items()}

    def counts(self, word):
        return {place: len(texts) for place, texts in self.everywhere(word).items()}

    def event(self, word):
        """The one event of the topic that speaks of a word."""
        [event] = [event for event in self.queues["topic"].listen() if word in str(event)]
        return event


@pytest.fixture(scope="module")
def heard(aws_here, topic_queue, bus_queue):
    return Heard(aws_here, topic_queue, bus_queue)


@pytest.fixture(scope="module")
def baseline(everything, heard):
    """The schedule's first poll, which nothing here invokes."""
    polls = wait_for("the schedule's first poll", everything.polls, 90, every=1)
    return polls[0]


@pytest.fixture(scope="module")
def told(everything, baseline, heard, aws, aws_here):
    """Three tasks that end after the baseline, told by the schedule's polls."""
    aws("ec2", "create-store-image-task", "--image-id", STORED, "--bucket", "my-bucket")
    aws_here.simulator.stores(
        {"image_id": FAILED, "bucket": "my-bucket", "duration": "5s", "end": "Failed", "reason": REASON}
    )
    imported = aws("ec2", "import-snapshot", "--disk-container", "Format=VMDK,Url=s3://disks/a.vmdk",
                   "--query", "ImportTaskId", "--output", "text").strip()  # fmt: skip
    words = {"stored": STORED, "failed": FAILED, "imported": imported}

    def counts():
        return {name: heard.counts(word) for name, word in words.items()}

    def all_told():
        return all(count for places in counts().values() for count in places.values())

    wait_for("the three endings", all_told, TWO_TICKS, every=1, seen=counts)
    return words


def test_the_first_poll_is_the_schedules_and_tells_nothing(baseline, heard):
    assert '"published":0' in baseline and '"failures":0' in baseline
    assert heard.counts("ended") == dict.fromkeys(EVERYWHERE, 0)


def test_a_stored_image_is_told_everywhere(told, heard):
    event = heard.event(STORED)
    assert event["source"] == "amiwatch" and event["detail-type"] == "EC2 AMI Store Task State Change"
    detail = event["detail"]
    assert (detail["outcome"], detail["bucket"], detail["failure"]) == ("completed", "my-bucket", None)
    # The simulator calls an AMI after its id: that it has a name shows that DescribeImages was allowed.
    assert detail["imageName"]


def test_a_failure_is_told_with_its_reason(told, heard):
    detail = heard.event(FAILED)["detail"]
    assert (detail["outcome"], detail["failure"]["message"]) == ("failed", REASON)
    for place, texts in heard.everywhere(FAILED).items():
        assert all(REASON in text for text in texts), f"{place} does not say why"


def test_an_import_is_told_where_all_kinds_are_watched(told, heard):
    event = heard.event(told["imported"])
    assert event["detail-type"] == "EC2 Snapshot Import Task State Change"
    assert event["detail"]["outcome"] == "completed"


def test_a_mail_is_words_and_goes_to_the_stacks_address(told, aws_here):
    [mail] = [mail for mail in aws_here.mails.all if STORED in mail["Subject"]]
    assert mail["To"] == "ops@example.com"
    assert mail["Subject"].startswith("Completed: AMI store")
    # Its own text, and not the event.
    assert "my-bucket" in mail.get_content() and not mail.get_content().startswith("{")


def test_each_ending_is_told_once(told, everything, heard):
    # Two more polls, which see the same tasks and have nothing to tell.
    for _ in range(2):
        assert everything.invoke().summary()["published"] == 0
    for word in told.values():
        assert heard.counts(word) == dict.fromkeys(EVERYWHERE, 1), word


def test_an_invocation_that_fails_ends_in_the_dead_letter_queue(everything):
    mistake = {"poll": {"regions": ["nowhere"]}}
    everything.invoke_later(mistake)
    sqs, queue = everything.client("sqs"), everything.stack.outputs["DeadLetterQueueUrl"]
    [message] = wait_for("a dead letter", lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), 30)
    letter = json.loads(message["Body"])
    assert letter["requestPayload"] == mistake
    assert letter["responsePayload"]["errorType"] == "InvalidRequest"
