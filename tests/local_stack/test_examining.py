"""`amiwatch doctor --stack`: a stack that is well, and what it says of one that is not."""

import json
from contextlib import contextmanager

import pytest

from .conftest import TWO_OPEN
from .rights import without

# What docs/reference/rights.md says that it reads, and the listings of the kinds that the stack watches.
READS = [
    "sts:GetCallerIdentity",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:PutItem",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "cloudformation:DescribeStackResources",
    "scheduler:GetSchedule",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionConcurrency",
    "lambda:GetEventSourceMapping",
    "sqs:GetQueueAttributes",
    "events:DescribeRule",
    "logs:FilterLogEvents",
    "ec2:DescribeStoreImageTasks",
    "ec2:DescribeBundleTasks",
    "ec2:DescribeImportSnapshotTasks",
    "ec2:DescribeImportImageTasks",
    "ec2:DescribeExportImageTasks",
    "ec2:DescribeExportTasks",
]
# What ministack asks for in place of GetFunctionConcurrency and GetEventSourceMapping.
MISTAKEN = ["lambda:PutFunctionConcurrency", "lambda:ListEventSourceMappings"]
STATEMENT = {"Effect": "Allow", "Action": READS + MISTAKEN, "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}


class Doctor:
    """Somebody with the rights of docs/reference/rights.md and no others, who examines a stack."""

    USER = "doctor"

    def __init__(self, cloud, amiwatch):
        self.iam = cloud.client("iam")
        self.iam.create_user(UserName=self.USER)
        key = self.iam.create_access_key(UserName=self.USER)["AccessKey"]
        self.keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        self.amiwatch = amiwatch
        self.permit(POLICY)

    def permit(self, policy):
        self.iam.put_user_policy(UserName=self.USER, PolicyName="reads", PolicyDocument=json.dumps(policy))

    @contextmanager
    def without(self, action):
        self.permit(without(POLICY, action))
        try:
            yield
        finally:
            self.permit(POLICY)

    def findings(self, driver):
        """The code it ends with, and all that it finds."""
        done = self.amiwatch("doctor", "--stack", driver.stack.name, "-o", "json", **self.keys)
        return done.returncode, json.loads(done.stdout)

    def examine(self, driver):
        """The code it ends with, and what is not well: the verdict, and what is said, by what was looked at."""
        code, findings = self.findings(driver)
        return code, {it["about"]: (it["verdict"], it["says"]) for it in findings if it["verdict"] != "ok"}


@pytest.fixture(scope="module")
def doctor(aws_here, amiwatch):
    return Doctor(aws_here, amiwatch)


@pytest.fixture(scope="module")
def polled(plain):
    """The stack of defaults after a poll: all that it lacks is somebody who listens."""
    plain.invoke().summary()
    return plain


def test_all_is_well_with_a_stack_that_polls(doctor, everything, told):
    code, bad = doctor.examine(everything)
    assert (code, bad) == (0, {})


def test_a_listing_that_is_denied_is_named(doctor, everything, told):
    with doctor.without("ec2:DescribeBundleTasks"):
        code, bad = doctor.examine(everything)
    assert code == 2
    verdict, says = bad[f"DescribeBundleTasks in {TWO_OPEN}"]
    assert verdict == "failed" and "UnauthorizedOperation" in says


def test_a_topic_to_which_nobody_listens_is_named(doctor, polled):
    code, bad = doctor.examine(polled)
    assert code == 2
    assert bad["topic"] == ("failed", "nobody is told: it has no confirmed subscription")


def test_a_schedule_that_rests_is_named(doctor, polled):
    polled.set_schedule("DISABLED")
    try:
        code, bad = doctor.examine(polled)
    finally:
        polled.set_schedule("ENABLED")
    assert code == 2
    assert ("failed", "is disabled: nothing is polled") in bad.values()


def test_a_function_that_may_not_run_is_named(doctor, polled):
    name = polled.stack.physical("Poller")
    functions = polled.client("lambda")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        code, bad = doctor.examine(polled)
    finally:
        functions.delete_function_concurrency(FunctionName=name)
    assert code == 2
    assert bad[f"function {name}"] == ("failed", "may not run: its reserved concurrency is 0")


def test_a_rule_that_is_disabled_is_named(doctor, everything, told):
    rule = everything.stack.physical("StoreRule")
    events = everything.client("events")
    events.disable_rule(Name=rule)
    try:
        code, bad = doctor.examine(everything)
    finally:
        events.enable_rule(Name=rule)
    assert code == 2
    verdict, says = bad[f"rule {rule}"]
    assert verdict == "failed" and says.startswith("is disabled")


@pytest.mark.parametrize("app", ["Slack", "Teams"])
def test_a_queue_that_nothing_leaves_is_named(doctor, everything, told, app):
    uuid = everything.stack.physical(f"{app}WebhookWaiting")
    functions = everything.client("lambda")
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    try:
        code, bad = doctor.examine(everything)
    finally:
        functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert code == 2
    verdict, says = bad[f"event source mapping of {app}"]
    assert verdict == "failed" and says.startswith("is Disabled")


@pytest.mark.parametrize("app", ["Slack", "Teams"])
def test_letters_of_an_app_are_counted_with_the_command_that_sends_them_again(doctor, everything, told, app):
    outputs = everything.stack.outputs
    queues = everything.client("sqs")
    url = outputs[f"{app}DeadLetterQueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="a letter")
    try:
        code, findings = doctor.findings(everything)
    finally:
        queues.purge_queue(QueueUrl=url)
    # Nothing else is wrong: a warning is no failure.
    assert code == 0
    [found] = [it for it in findings if it["about"] == f"dead letters of {app}"]
    assert (found["verdict"], found["says"]) == ("warning", "1 letter")
    source, destination = outputs[f"{app}DeadLetterQueueArn"], outputs[f"{app}QueueArn"]
    assert found["mend"].endswith(
        f"aws sqs start-message-move-task --source-arn {source} --destination-arn {destination}"
    )


def test_a_poll_that_was_given_up_is_counted(doctor, everything, told):
    queues = everything.client("sqs")
    url = everything.stack.outputs["DeadLetterQueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="a letter")
    try:
        code, bad = doctor.examine(everything)
    finally:
        queues.purge_queue(QueueUrl=url)
    assert (code, bad) == (0, {"dead letters of polls": ("warning", "1 letter")})


# The last one: nothing mends it.
def test_a_table_that_is_gone_is_named(doctor, polled):
    table = polled.stack.outputs["TableName"]
    polled.client("dynamodb").delete_table(TableName=table)
    code, findings = doctor.findings(polled)
    assert code == 2
    [found] = [it for it in findings if it["about"] == f"table {table}"]
    assert found["verdict"] == "failed" and "ResourceNotFound" in found["says"]
    assert f"list-backups --table-name {table}" in found["mend"] and "ExistingTable=NAME" in found["mend"]
