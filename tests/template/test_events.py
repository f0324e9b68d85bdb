"""The samples in events/ are what they claim to be."""

import copy
import hashlib
import json

import pytest
from moto.events.models import EventPattern
from template_reader import ROOT

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


def matches(name, event):
    text = (EVENTS / name).read_text()
    return EventPattern(text, json.loads(text)).matches_event(event)


def changed(**detail):
    event = copy.deepcopy(STORED)
    event["detail"].update(detail)
    return event


def bundle():
    return STORED | {"detail-type": "EC2 Bundle Task State Change"}


PATTERNS = sorted(path.name for path in EVENTS.glob("rule-*.json"))


def test_there_are_patterns_to_check():
    assert PATTERNS


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_takes_a_completed_store_and_nothing_foreign(name):
    assert matches(name, STORED)
    assert not matches(name, bundle())
    assert not matches(name, STORED | {"source": "aws.ec2"})
    assert not matches(name, changed(outcome="stalled"))
    assert not matches(name, changed(outcome="started"))


def test_only_the_state_machine_starts_for_a_failure():
    failed = changed(outcome="failed", state="Failed")
    assert [name for name in PATTERNS if matches(name, failed)] == ["rule-start-step-functions.json"]


def test_nothing_is_copied_or_restored_without_an_object_key():
    keyless = changed(objectKey=None)
    assert [name for name in PATTERNS if matches(name, keyless)] == ["rule-start-step-functions.json"]


def test_a_restore_starts_from_one_region_only():
    assert not matches("rule-restore-in-another-region.json", changed(region="eu-west-1"))


def test_the_queue_record_has_the_checksum_of_its_body():
    for record in read("sqs-targets.json")["Records"]:
        assert json.loads(record["body"]).keys() == {"region", "kind"}
        # SQS's own checksum of a body; nothing here depends on it being hard to forge.
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.name)
def test_every_sample_is_one_json_object(path):
    assert isinstance(json.loads(path.read_text()), dict)
