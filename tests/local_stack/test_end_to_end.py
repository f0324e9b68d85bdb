"""From the AWS CLI to the reader: a task ends, and is told everywhere, once."""

import json

from .conftest import AFTER, AT_ONCE, BEFORE, FAILED, REASON, STORED
from .waiting import wait_for

# What is asked of the way over the bucket, in seconds.
SOON = 10
# From one poll of the schedule to the next, and the time that a poll takes.
A_TICK = 75


def test_the_first_poll_is_the_schedules_and_tells_nothing(baseline, heard):
    assert (baseline["published"], baseline["failures"]) == (0, 0)
    assert not any(heard.counts("ami-0e0").values())


def test_a_stored_object_is_told_within_seconds(at_once):
    for image, (seconds, polls) in at_once.items():
        print(f"{image}: {seconds:.1f} seconds after its object; polls: {[poll['message'] for poll in polls]}")
        assert seconds < SOON
        # Of the store tasks of one Region: the schedule polls all kinds in all Regions.
        assert {poll["targets"] for poll in polls} == {1}


def test_a_store_that_ec2_still_calls_running_is_listed_again(at_once):
    _, polls = at_once[BEFORE]
    assert [poll["published"] for poll in polls[:-1]] == [0] * (len(polls) - 1) and len(polls) > 1
    _, polls = at_once[AFTER]
    assert len(polls) == 1


def test_what_has_no_object_is_told_by_the_schedules_next_poll(at_once, told):
    for name, (_, seconds) in told.items():
        print(f"{name}: {seconds:.1f} seconds after its end")
        assert seconds < A_TICK
    assert told["stored"][1] > max(seconds for seconds, _ in at_once.values())


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
    word, _ = told["imported"]
    event = heard.event(word)
    assert event["detail-type"] == "EC2 Snapshot Import Task State Change"
    assert event["detail"]["outcome"] == "completed"


def test_a_mail_is_words_and_goes_to_the_stacks_address(told, aws_here):
    [mail] = [mail for mail in aws_here.mails.all if STORED in mail["Subject"]]
    assert mail["To"] == "ops@example.com"
    assert mail["Subject"].startswith("Completed: AMI store")
    # Its own text, and not the event.
    assert "my-bucket" in mail.get_content() and not mail.get_content().startswith("{")


def test_each_ending_is_told_once(at_once, told, everything, heard, aws_here):
    # An object once more, as of a copy, and two more polls of everything. They have nothing to tell.
    polls = len(everything.polls())
    aws_here.store_object(AT_ONCE, f"{AFTER}.bin")
    wait_for("the poll of the object", lambda: everything.polls()[polls:], 20)
    for _ in range(2):
        assert everything.invoke().summary()["published"] == 0
    for word in (*at_once, *(word for word, _ in told.values())):
        assert heard.counts(word) == dict.fromkeys(heard.PLACES, 1), word


def test_an_invocation_that_fails_ends_in_the_dead_letter_queue(everything):
    mistake = {"poll": {"regions": ["nowhere"]}}
    everything.invoke_later(mistake)
    sqs, queue = everything.client("sqs"), everything.stack.outputs["DeadLetterQueueUrl"]
    [message] = wait_for("a dead letter", lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), 30)
    # A stack that is well has none.
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    letter = json.loads(message["Body"])
    assert letter["requestPayload"] == mistake
    assert letter["responsePayload"]["errorType"] == "InvalidRequest"
