"""What a webhook refused is posted once it is mended: by the command of docs/operations/recovery.md."""

import json

import pytest

from . import ROOT
from .waiting import wait_for

RECORD = json.loads((ROOT / "events" / "webhook-event.json").read_text())["Records"][0]
IMAGE = "ami-0edd1ce0000000001"
EVENT = RECORD["body"].replace("ami-0123456789abcdef0", IMAGE)


@pytest.fixture
def letters(everything):
    """The letters about the image in an app's dead-letter queue. They stay there."""

    def of(app):
        url = everything.stack.outputs[f"{app}DeadLetterQueueUrl"]
        found = everything.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
        )
        return [letter for letter in found.get("Messages", []) if IMAGE in letter["Body"]]

    return of


@pytest.mark.parametrize("app", ["Slack", "Teams"])
def test_a_refused_event_is_posted_after_one_command(app, everything, aws_here, aws, letters):
    outputs = everything.stack.outputs
    posts = aws_here.webhooks.posts[app.lower()]
    aws_here.webhooks.gone = True
    try:
        # What the topic would hand to the queue.
        queue = everything.stack.physical(f"{app}Queue")
        everything.client("sqs").send_message(QueueUrl=queue, MessageBody=EVENT)
        [letter] = wait_for("a dead letter", lambda: letters(app), 30)
    finally:
        aws_here.webhooks.gone = False
    # The body is the event itself, which is why it can be moved back.
    assert letter["Body"] == EVENT
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes["refusedBy"] == app.lower() and "404" in attributes["reason"]
    assert not any(IMAGE in str(post) for post in posts)

    source, destination = outputs[f"{app}DeadLetterQueueArn"], outputs[f"{app}QueueArn"]
    aws("sqs", "start-message-move-task", "--source-arn", source, "--destination-arn", destination)
    wait_for("the post", lambda: any(IMAGE in str(post) for post in posts), 30)
    assert letters(app) == []
