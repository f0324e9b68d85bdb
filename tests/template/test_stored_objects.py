"""What the object of a completed store starts: the rule, its queue, and the poll of the one store."""

import json

import pytest
from stacks import statements
from template_reader import Template

STORED = {
    "version": "0",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": "123456789012",
    "region": "us-east-1",
    "detail": {"bucket": {"name": "my-bucket"}, "object": {"key": "ami-0123456789abcdef0.bin"}},
}


def test_the_rule_takes_the_objects_of_stored_amis_in_the_named_buckets():
    pattern = Template(StoreBuckets="my-bucket, other-bucket").properties("StoreRule")["EventPattern"]
    assert pattern == {
        "source": [STORED["source"]],
        "detail-type": [STORED["detail-type"]],
        "detail": {
            "bucket": {"name": ["my-bucket", "other-bucket"]},
            "object": {"key": [{"wildcard": "ami-*.bin"}]},
        },
    }


@pytest.mark.parametrize("key", ["ami-0123456789abcdef0.bin", 'ami-"}, "kinds": ["all.bin'])
def test_the_rule_asks_for_a_poll_of_the_one_store(key):
    [target] = Template(StoreBuckets="my-bucket").properties("StoreRule")["Targets"]
    transformer = target["InputTransformer"]
    event = STORED | {"detail": STORED["detail"] | {"object": {"key": key}}}
    asked = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value = event
        for step in path.removeprefix("$.").split("."):
            value = value[step]
        # EventBridge writes a value outside of quotes as JSON.
        asked = asked.replace(f"<{name}>", json.dumps(value))
    assert json.loads(asked) == {
        "region": "us-east-1",
        "kind": "store-image",
        "stored": {"objectKey": key, "bucket": "my-bucket"},
    }


def test_only_the_rule_may_fill_the_queue_and_what_it_cannot_hand_over_is_kept():
    template = Template(StoreBuckets="my-bucket")
    [may_fill, _] = template.properties("StoredObjectsPolicy")["PolicyDocument"]["Statement"]
    assert may_fill["Principal"] == {"Service": "events.amazonaws.com"}
    assert may_fill["Condition"] == {"ArnEquals": {"aws:SourceArn": "<StoreRule.Arn>"}}
    [target] = template.properties("StoreRule")["Targets"]
    assert target["Arn"] == "<StoredObjects.Arn>"
    assert target["DeadLetterConfig"] == {"Arn": "<DeadLetters.Arn>"}
    allowed = template.properties("DeadLettersPolicy")["PolicyDocument"]["Statement"][0]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": "<StoreRule.Arn>"}}


def test_many_objects_at_once_start_few_polls():
    template = Template(StoreBuckets="my-bucket")
    mapping = template.properties("StoredObjectsStartPolls")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    # Lambda takes more than ten messages of a queue together only if it may wait for them.
    assert mapping["BatchSize"] > 10 and mapping["MaximumBatchingWindowInSeconds"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = template.properties("StoredObjects")
    assert queue["VisibilityTimeout"] == 6 * template.properties("Poller")["Timeout"]
    statements = template.properties("PollerRole")["Policies"][0]["PolicyDocument"]["Statement"]
    [may_take] = [it for it in statements if it and it["Sid"] == "TakeStoredObjects"]
    assert may_take["Resource"] == "<StoredObjects.Arn>"


def test_there_is_a_rule_only_for_buckets_of_watched_stores():
    assert not Template().has("StoreRule")
    assert Template(StoreBuckets="my-bucket", Kinds="all").has("StoreRule")
    assert not Template(StoreBuckets="my-bucket", Kinds="bundle").has("StoreRule")
