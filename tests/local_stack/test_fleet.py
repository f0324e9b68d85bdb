"""Fan-out with members: the schedule sends accounts to a queue, workers poll them by their roles. With IAM enforced.

ministack leaves `<aws.scheduler.scheduled-time>` in the schedule's payload as it is. What stands there in AWS is given
by hand.
"""

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from . import caller
from .conftest import REGIONS, TWO_TICKS
from .driving import now
from .fleet import EXTERNAL_ID, FAR, HUB, KINDS, MEMBERS, NEAR, message, moment
from .waiting import wait_for

# In seconds: long enough for a worker, and short for three tries.
SOON_AGAIN = 3
EVERYWHERE = [HUB, *MEMBERS]
BY_SCHEDULE, IN_NEAR, IN_FAR, GIVEN_UP = (f"ami-0f1ee7000000000{number:02}" for number in range(4))


@pytest.fixture(scope="module")
def by_schedule(fleet):
    """An ending in another account and Region, told without anything being invoked here. The schedule rests then."""
    fleet.set_schedule("ENABLED")
    since = now()
    fleet.cloud.simulator.stores({"image_id": BY_SCHEDULE, "bucket": "fleet"}, account=NEAR, region="eu-west-1")
    wait_for(
        "the event", lambda: fleet.told(BY_SCHEDULE), TWO_TICKS, every=0.5, seen=lambda: fleet.log("Worker", since)
    )
    fleet.set_schedule("DISABLED")
    fleet.wait_for_workers()
    return since


@pytest.fixture
def by_hand(fleet, by_schedule):
    """The fleet where nothing is dispatched but by hand."""
    return fleet


def test_an_ending_in_another_account_is_told_by_the_schedule_the_queue_and_a_worker(fleet, by_schedule):
    [event] = fleet.told(BY_SCHEDULE)
    assert (event["account"], event["region"]) == (NEAR, "eu-west-1")
    assert (event["detail"]["outcome"], event["detail"]["bucket"]) == ("completed", "fleet")
    # The simulator calls an AMI after its id: the member's role may ask for names.
    assert event["detail"]["imageName"]
    dispatched = [json.loads(line) for line in fleet.logged("Dispatched ", by_schedule)]
    assert dispatched
    for line in dispatched:
        assert (line["dispatched_messages"], line["failures"]) == (len(EVERYWHERE), 0)
    polled = [json.loads(line) for line in fleet.logged('"message":"Polled ', by_schedule)]
    assert len(polled) == len(dispatched) * len(EVERYWHERE)
    assert {line["targets"] for line in polled} == {len(REGIONS) * len(KINDS)}
    assert sum(line["failures"] for line in polled) == 0


def test_the_scheduled_function_itself_lists_nothing(by_hand):
    since, before = now(), {account: len(by_hand.calls(account)) for account in MEMBERS}
    # As AWS says it: in whole seconds.
    due = moment().split(".")[0] + "Z"
    by_hand.restart("Worker")
    by_hand.hold(True)
    try:
        answer = by_hand.dispatch({"time": due})
        assert answer == {
            "dispatchedTargets": len(EVERYWHERE) * len(REGIONS) * len(KINDS),
            "dispatchedMessages": len(EVERYWHERE),
        }
        queue = by_hand.stack.outputs["TargetsQueueUrl"]
        found = by_hand.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        bodies = [json.loads(it["Body"]) for it in found["Messages"]]
        assert sorted(body["account"] for body in bodies) == sorted(EVERYWHERE)
        for body in bodies:
            assert (sorted(body["regions"]), body["kinds"]) == (sorted(REGIONS), KINDS)
        # Not the time that the schedule names, by which a message could be overtaken before it is sent.
        [tick] = {body["tick"] for body in bodies}
        seconds = len("2026-11-26T12:00:00")
        assert due[:seconds] <= tick[:seconds] <= moment()[:seconds]
        assert {account: len(by_hand.calls(account)) for account in MEMBERS} == before
        assert by_hand.logged('"message":"Polled ', since) == []
    finally:
        by_hand.hold(False)
    by_hand.wait_for_workers()
    assert len(by_hand.logged('"message":"Polled ', since)) == len(EVERYWHERE)
    for account in MEMBERS:
        assert {call["region"] for call in by_hand.calls(account)[before[account] :]} == set(REGIONS)


def test_a_wrong_external_id_is_that_accounts_failure_alone(by_hand):
    by_hand.let_in(FAR, "theirs")
    # A worker that has a session of the role keeps it for an hour.
    by_hand.restart("Worker")
    by_hand.ends(IN_NEAR, NEAR)
    by_hand.ends(IN_FAR, FAR)
    since = now()
    try:
        by_hand.dispatch()
        again = wait_for("a denial", lambda: by_hand.logged("will be delivered again", since), 30)
        wait_for("the other account's event", lambda: by_hand.told(IN_NEAR), 30)
        wait_for("the other accounts' workers", lambda: by_hand.queued() == [0, 1], 30, seen=by_hand.queued)
    finally:
        by_hand.let_in(FAR)
        by_hand.client("sqs").purge_queue(QueueUrl=by_hand.stack.outputs["TargetsQueueUrl"])
        by_hand.restart("Worker")
    [line] = again
    for words in (FAR, f"arn:aws:iam::{FAR}:role/amiwatch-member", "AccessDenied"):
        assert words in line
    failures = [line for line in by_hand.log("Worker", since) if '"level":"ERROR"' in line]
    assert failures and not any(other in line for line in failures for other in (f"{NEAR}/", f"{HUB}/"))
    assert by_hand.told(IN_FAR) == []
    # With the right one again, what ended meanwhile is told, once.
    by_hand.work()
    wait_for("its event", lambda: by_hand.told(IN_FAR), 30)


def test_nobody_else_in_the_hub_may_assume_a_members_role(fleet):
    iam = fleet.client("iam")
    iam.create_user(UserName="passer-by")
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="passer-by", PolicyName="assume", PolicyDocument=policy)
    key = iam.create_access_key(UserName="passer-by")["AccessKey"]
    sts = boto3.client(
        "sts", endpoint_url=fleet.cloud.endpoint, region_name=caller.REGION,
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
    )  # fmt: skip
    assert sts.get_caller_identity()["Account"] == HUB
    role = f"arn:aws:iam::{NEAR}:role/amiwatch-member"
    # By the trust: the user's own policy would allow it.
    denied = f"user/passer-by is not authorized to perform: sts:AssumeRole on resource: {role}$"
    with pytest.raises(ClientError, match=denied):
        sts.assume_role(RoleArn=role, RoleSessionName="passer-by", ExternalId=EXTERNAL_ID)


def test_an_account_whose_worker_fails_three_times_is_a_dead_letter_and_holds_up_no_other(by_hand):
    sqs, queue = by_hand.client("sqs"), by_hand.stack.outputs["TargetsQueueUrl"]
    dead = by_hand.stack.outputs["TargetsDeadLetterQueueUrl"]
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    # Warm workers, which are quicker than the queue.
    by_hand.work()
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(SOON_AGAIN)})
    by_hand.ends(GIVEN_UP, FAR)
    since = now()
    try:
        with by_hand.member(FAR).without("ec2:DescribeStoreImageTasks"):
            by_hand.dispatch()
            [letter] = wait_for("a dead letter", lambda: sqs.receive_message(QueueUrl=dead).get("Messages"), 45)
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
    assert json.loads(letter["Body"])["account"] == FAR
    tries = by_hand.logged("will be delivered again", since)
    assert len(tries) == 3 and all("UnauthorizedOperation" in line and FAR in line for line in tries)
    by_hand.wait_for_workers()
    assert by_hand.queued("TargetsDeadLetters") == [0, 0] and by_hand.told(GIVEN_UP) == []
    # It needs no redrive.
    by_hand.work()
    wait_for("its event", lambda: by_hand.told(GIVEN_UP), 30)


def test_a_message_that_a_later_tick_has_overtaken_is_dropped(by_hand):
    since, before = now(), len(by_hand.calls(FAR))
    queue = by_hand.stack.outputs["TargetsQueueUrl"]
    # As old as the schedule's interval.
    by_hand.client("sqs").send_message(QueueUrl=queue, MessageBody=message(FAR, ["us-east-1"], moment(-60)))
    by_hand.wait_for_workers()
    [line] = by_hand.logged("is dropped: a newer tick has asked for the same", since)
    assert FAR in line
    assert len(by_hand.calls(FAR)) == before


# The last one, after all that was dispatched.
def test_each_ending_in_each_account_is_told_once(by_hand):
    by_hand.work()
    for image, account in ((BY_SCHEDULE, NEAR), (IN_NEAR, NEAR), (IN_FAR, FAR), (GIVEN_UP, FAR)):
        assert [event["account"] for event in by_hand.told(image)] == [account], image
