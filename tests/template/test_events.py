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
    made = [name for name in RULES if Reactions().has(name)]
    assert made == []
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


def test_the_queue_record_has_the_checksum_of_its_body():
    for record in read("sqs-targets.json")["Records"]:
        assert json.loads(record["body"]).keys() == {"region", "kind"}
        # SQS's own checksum of a body; nothing here depends on it being hard to forge.
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.name)
def test_every_sample_is_one_json_object(path):
    assert isinstance(json.loads(path.read_text()), dict)
