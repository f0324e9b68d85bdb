"""The samples in events/ are what they claim to be."""

import copy
import hashlib
import json
import os
import subprocess

import pytest
import yaml
from moto.events.models import EventPattern
from template_reader import ROOT, Template

EVENTS = ROOT / "events"
STORED = {
    "version": "0",
    "id": "0b0b2f2e-5f0c-5d63-9d0e-6a4f6f1a3c11",
    "detail-type": "EC2 AMI Store Task State Change",
    "source": "amiwatch",
    "account": "123456789012",
    "time": "2026-11-22T00:40:10Z",
    "region": "us-east-1",
    "resources": [
        "arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0",
        "arn:aws:s3:::my-bucket/ami-0123456789abcdef0.bin",
    ],
    "detail": {
        "kind": "store-image",
        "outcome": "completed",
        "state": "Completed",
        "previousState": "InProgress",
        "imageId": "ami-0123456789abcdef0",
        "bucket": "my-bucket",
        "objectKey": "ami-0123456789abcdef0.bin",
        "progressPercent": 100,
        "startedAt": "2026-11-22T00:10:00.123Z",
        "observedAt": "2026-11-22T00:40:10.456Z",
        "durationSeconds": 1810,
        "failure": None,
        # The bus's envelope has an id, account and Region of its own.
        "id": "0b0b2f2e-5f0c-5d63-9d0e-6a4f6f1a3c11",
        "account": "123456789012",
        "region": "us-east-1",
    },
}


def read(name):
    return json.loads((EVENTS / name).read_text())


def changed(**detail):
    event = copy.deepcopy(STORED)
    event["detail"].update(detail)
    return event


def bundle():
    return STORED | {"detail-type": "EC2 Bundle Task State Change"}


class Reactions(Template):
    FILE = "events/reactions.yaml"


STATE_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:stored"
COPY = {"SourceBucket": "my-bucket", "DestinationBucket": "other-bucket", "DestinationRegion": "eu-west-1"}
RULES = {
    "StartStateMachine": Reactions(StateMachineArn=STATE_MACHINE),
    "CopyObject": Reactions(**COPY),
    "RestoreInAnotherRegion": Reactions(Restore="yes", **COPY),
}


def matching(event):
    """The names of the rules that take an event."""
    patterns = {name: reactions.properties(name)["EventPattern"] for name, reactions in RULES.items()}
    return [name for name, it in patterns.items() if EventPattern(json.dumps(it), it).matches_event(event)]


def sent(name, event):
    """What the one target of a rule gets of an event, as EventBridge makes it."""
    [target] = RULES[name].properties(name)["Targets"]
    transformer = target.get("InputTransformer")
    if transformer is None:
        return event
    template = transformer["InputTemplate"]
    for key, path in transformer["InputPathsMap"].items():
        value = event
        for step in path.removeprefix("$.").split("."):
            value = value[step]
        # In a text a value stands as it is, elsewhere as JSON.
        template = template.replace(f'"<{key}>-', f'"{value}-').replace(f'-<{key}>"', f'-{value}"')
        template = template.replace(f"<{key}>", json.dumps(value))
    return json.loads(template)


def test_each_part_is_made_only_where_it_is_asked_for():
    assert Reactions().made() == []
    for name, reactions in RULES.items():
        assert [other for other in RULES if reactions.has(other)] == [name]


def test_every_rule_takes_a_completed_store_and_nothing_foreign():
    assert matching(STORED) == list(RULES)
    assert matching(bundle()) == []
    assert matching(STORED | {"source": "aws.ec2"}) == []
    assert matching(changed(outcome="stalled")) == []
    assert matching(changed(outcome="started")) == []


def test_only_the_state_machine_starts_for_a_failure():
    assert matching(changed(outcome="failed", state="Failed")) == ["StartStateMachine"]


def test_nothing_is_copied_or_restored_without_an_object_key_or_from_another_bucket():
    assert matching(changed(objectKey=None)) == ["StartStateMachine"]
    assert matching(changed(bucket="another")) == ["StartStateMachine"]


def test_the_state_machine_gets_the_whole_event():
    assert sent("StartStateMachine", STORED)["detail"]["id"] == STORED["id"]


ALL = {"StateMachineArn": STATE_MACHINE, "Restore": "yes", **COPY}
TOPIC = "arn:aws:sns:us-east-1:123456789012:amiwatch-AlarmTopic"


def test_what_cannot_be_started_is_tried_for_hours_and_then_kept():
    for name, reactions in RULES.items():
        [target] = reactions.properties(name)["Targets"]
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 6 * 3600
        assert target["DeadLetterConfig"] == {"Arn": "<DeadLetters.Arn>"}
        allowed, refused = reactions.properties("DeadLettersPolicy")["PolicyDocument"]["Statement"]
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": [f"<{name}.Arn>"]}}
        assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_failed_copy_is_told_and_tried_once_more():
    reactions = Reactions(AlarmTopicArn=TOPIC, **ALL)
    watched = {}
    for name in reactions.made("AWS::CloudWatch::Alarm"):
        alarm = reactions.properties(name)
        assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]
        watched[alarm["MetricName"]] = alarm["Dimensions"][0]["Value"]
    assert watched == {"NumberOfMessagesSent": "<DeadLetters.QueueName>", "FailedBuilds": "<Copy>"}
    assert reactions.properties("Copy")["AutoRetryLimit"] == 1
    assert Reactions(**ALL).made("AWS::CloudWatch::Alarm") == []


def test_the_log_of_the_copies_goes_with_the_stack():
    reactions = Reactions(**ALL)
    assert reactions.raw["Resources"]["CopyLog"]["DeletionPolicy"] == "Delete"
    assert reactions.properties("Copy")["LogsConfig"]["CloudWatchLogs"]["GroupName"] == "<CopyLog>"
    rights = [s for p in reactions.properties("CopyRole")["Policies"] for s in p["PolicyDocument"]["Statement"]]
    [log] = [s for s in rights if "logs:PutLogEvents" in s["Action"]]
    # Else CodeBuild makes the group itself.
    assert (log["Action"], log["Resource"]) == (["logs:CreateLogStream", "logs:PutLogEvents"], "<CopyLog.Arn>")


KEYS = {
    "SourceKeyArn": ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/source"),
    "DestinationKeyArn": (["kms:Decrypt", "kms:GenerateDataKey"], "arn:aws:kms:eu-west-1:123456789012:key/copy"),
    "SnapshotKeyArn": (
        [
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
        ],
        "arn:aws:kms:eu-west-1:123456789012:key/snapshots",
    ),
}


@pytest.mark.parametrize("parameter", KEYS)
def test_encrypted_buckets_and_snapshots_need_their_key_only(parameter):
    rights, key = KEYS[parameter]
    policies = Reactions(**ALL, **{parameter: key}).properties("CopyRole")["Policies"]
    statements = [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]
    assert [(s["Action"], s["Resource"]) for s in statements if "kms" in str(s["Action"])] == [(rights, key)]


def test_every_role_is_bound_and_trusts_one_account():
    bound = "arn:aws:iam::123456789012:policy/bound"
    reactions = Reactions(PermissionsBoundary=bound, **ALL)
    for name in reactions.made("AWS::IAM::Role"):
        role = reactions.properties(name)
        assert role["PermissionsBoundary"] == bound
        [trust] = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def run_build(name, event, folder):
    """The arguments of each `aws` that the build runs for an event."""
    project = RULES[name].properties("Copy")
    variables = {it["Name"]: it["Value"] for it in project["Environment"]["EnvironmentVariables"]}
    given = {it["name"]: it["value"] for it in sent(name, event)["environmentVariablesOverride"]}
    assert given.keys() <= variables.keys()
    aws = folder / "aws"
    aws.write_text('#!/bin/sh\nfor argument; do printf "%s\\0" "$argument"; done >>"$CALLS"; echo >>"$CALLS"\n')
    aws.chmod(0o755)
    calls = folder / "calls"
    environment = variables | given | {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls)}
    for command in yaml.safe_load(project["Source"]["BuildSpec"])["phases"]["build"]["commands"]:
        subprocess.run(["sh", "-c", command], env=environment, cwd=folder, check=True)
    return [line.split("\0")[:-1] for line in calls.read_text().splitlines()]


def test_the_build_copies_and_restores_also_where_the_key_is_hostile(tmp_path):
    key = "ami-0 $(touch made) `touch made`.bin"
    hostile = changed(objectKey=key)
    # fmt: off
    copy = [
        "s3", "cp", f"s3://my-bucket/{key}", f"s3://other-bucket/{key}",
        "--source-region", "us-east-1", "--region", "eu-west-1", "--no-progress",
    ]
    restore = [
        "ec2", "create-restore-image-task", "--bucket", "other-bucket", "--object-key", key,
        "--name", "ami-0123456789abcdef0-" + STORED["id"], "--region", "eu-west-1",
    ]
    # fmt: on
    for name, expected in {"CopyObject": [copy], "RestoreInAnotherRegion": [copy, restore]}.items():
        folder = tmp_path / name
        folder.mkdir()
        assert run_build(name, hostile, folder) == expected
        assert sorted(path.name for path in folder.iterdir()) == ["aws", "calls"]


@pytest.mark.parametrize("name", ["sqs-targets.json", "webhook-event.json", "webhook-alarm.json"])
def test_a_queue_record_has_the_checksum_of_its_body(name):
    for record in read(name)["Records"]:
        # SQS's own checksum of a body; nothing here depends on it being hard to forge.
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()


def test_the_records_hold_a_target_an_event_and_an_alarm():
    [target] = read("sqs-targets.json")["Records"]
    assert json.loads(target["body"]).keys() == {"region", "kind"}
    [event] = read("webhook-event.json")["Records"]
    assert json.loads(event["body"])["source"] == "amiwatch"
    [alarm] = read("webhook-alarm.json")["Records"]
    assert json.loads(alarm["body"])["AlarmName"].startswith("amiwatch-FailingAlarm")


def test_the_sample_of_a_stored_object_is_what_the_rule_sends():
    [target] = Template(StoreBuckets="my-bucket").properties("StoreRule")["Targets"]
    asked = target["InputTransformer"]["InputTemplate"]
    for name, value in {"region": "us-east-1", "key": "ami-0123456789abcdef0.bin", "bucket": "my-bucket"}.items():
        asked = asked.replace(f"<{name}>", json.dumps(value))
    [record] = read("stored-object.json")["Records"]
    assert json.loads(asked) == json.loads(record["body"])


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.name)
def test_every_sample_is_one_json_object(path):
    assert isinstance(json.loads(path.read_text()), dict)
