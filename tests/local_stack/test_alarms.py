"""Alarms reach whoever is told. ministack's own have no states, so CloudWatch's messages are sent by hand."""

import json

import pytest

from . import ROOT
from .waiting import wait_for

RECORD = json.loads((ROOT / "events" / "webhook-alarm.json").read_text())["Records"][0]
ALARM = json.loads(RECORD["body"])


@pytest.fixture(scope="module")
def ring(everything):
    """Sends what CloudWatch sends when an alarm begins."""

    def publish(name):
        message = json.dumps({**ALARM, "AlarmName": name})
        topic = everything.stack.outputs["AlarmTopicArn"]
        everything.client("sns").publish(TopicArn=topic, Subject=f'ALARM: "{name}"', Message=message)

    return publish


@pytest.fixture(scope="module")
def posts(aws_here):
    def about(name):
        return {app: [str(p) for p in posts if name in str(p)] for app, posts in aws_here.webhooks.posts.items()}

    return about


def test_an_alarm_is_posted_and_mailed(ring, posts, aws_here):
    name = "amiwatch-FailingAlarm-1"
    ring(name)
    wait_for("the alarm's posts", lambda: all(posts(name).values()), 30, seen=lambda: posts(name))
    for app, texts in posts(name).items():
        [text] = texts
        # In the app's own form, with the reason, and not CloudWatch's JSON.
        assert "Threshold Crossed" in text and "AlarmConfigurationUpdatedTimestamp" not in text, app
    [mail] = [mail for mail in aws_here.mails.all if name in mail["Subject"]]
    assert mail["To"] == "on-call@example.com"


@pytest.mark.parametrize(("about", "other"), [("slack", "teams"), ("teams", "slack")])
def test_an_alarm_about_an_app_is_posted_to_the_other_one_only(ring, posts, about, other):
    name = f"amiwatch-{about.capitalize()}DeadLettersAlarm-1"
    ring(name)
    wait_for(f"a post to {other}", lambda: posts(name)[other], 30)
    assert posts(name)[about] == []
