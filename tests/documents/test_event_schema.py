"""docs/reference/event.schema.json describes every event there is, and nothing else passes for one."""

import copy
import json
import re
import subprocess

import pytest
from programs import ACCOUNT, ROOT, environment
from jsonschema import Draft202012Validator

SCHEMA = json.loads((ROOT / "docs/reference/event.schema.json").read_text())
KINDS = ["store-image", "bundle", "import-snapshot", "import-image", "export-image", "export-instance"]
OUTCOMES = ["completed", "failed", "cancelled", "vanished", "stalled", "started", "blind", "seeing"]
CHECKER = Draft202012Validator.FORMAT_CHECKER


def closed():
    """The schema without its leave for later fields: a field that it does not describe is a fault."""
    schema = copy.deepcopy(SCHEMA)
    schema["unevaluatedProperties"] = False
    for name in [*KINDS, "target", "failure"]:
        schema["$defs"][name]["unevaluatedProperties"] = False
    return schema


def faults(event, schema=None):
    validator = Draft202012Validator(schema or closed(), format_checker=CHECKER)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(event)]


def events_in(text):
    """Every event that stands in a text as JSON, in whatever else."""
    decoder, start = json.JSONDecoder(), 0
    while (start := text.find("{", start)) >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except ValueError:
            start += 1
            continue
        found = list(inside(value))
        yield from found
        start = end if found else start + 1


def inside(value):
    if isinstance(value, dict) and value.get("source") == "amiwatch" and "detail" in value:
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from inside(one)
    elif isinstance(value, list):
        for one in value:
            yield from inside(one)
    elif isinstance(value, str) and "detail-type" in value:
        yield from events_in(value)


@pytest.fixture(scope="module")
def samples(binary):
    command = [binary, "render", "--channel", "event", "--output", "json"]
    rendered = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return [json.loads(one["text"]) for one in rendered]


def test_the_schema_is_one_of_its_draft():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


def test_the_samples_of_every_kind_and_outcome_are_valid(samples):
    seen = {(event["detail"]["kind"], event["detail"]["outcome"]) for event in samples}
    # EC2 says `failed` of a store or bundle task that somebody cancelled.
    never = {("store-image", "cancelled"), ("bundle", "cancelled")}
    assert seen == {(kind, outcome) for kind in KINDS for outcome in OUTCOMES} - never
    for event in samples:
        assert faults(event) == [], event


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        ("src/event/snapshots/*.snap", 2),
        ("src/render/snapshots/*event*.snap", 34),
        ("src/render/snapshots/*the_message_of_last_resort*.snap", 1),
        ("events/webhook-event.json", 1),
        ("tests/stored/*.json", 1),
        ("README.md", 1),
        ("docs/**/*.md", 1),
    ],
)
def test_what_is_shown_and_stored_elsewhere_is_valid(pattern, least):
    found = [(path, event) for path in ROOT.glob(pattern) for event in events_in(path.read_text())]
    assert len(found) >= least
    for path, event in found:
        assert faults(event) == [], path


def test_what_a_poll_tells_is_valid(binary, simulator, tmp_path):
    variables = environment(tmp_path, simulator.url)

    def poll():
        command = [binary, "poll", "--kind", "all", "--tell", "started", "--tell", "completed", "--tell", "failed"]
        command += ["--tell", "cancelled", "--account", ACCOUNT, "--state", str(tmp_path / "state.db"), "--output", "json"]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert poll() == []
    good = {"bucket": "my-bucket", "duration": "30s"}
    bad = {**good, "end": "Failed"}
    store = [{"image_id": "ami-0123456789abcdef0", **good}, {"image_id": "ami-0fedcba9876543210", **bad}]
    bundle = [{"instance_id": "i-12345678", "bundle_id": "bun-c1a540a8", **good}]
    bundle += [{"instance_id": "i-87654321", "bundle_id": "bun-c1a540a9", **bad}]
    disk = {"bucket": "my-bucket", "key": "root.vmdk"}
    target = {"bucket": "my-bucket", "prefix": "images/"}
    simulator.post(
        "/tasks",
        {
            "store_tasks": store,
            "bundle_tasks": bundle,
            "import_snapshot_tasks": [{"task_id": "import-snap-0a", "disk": disk, "duration": "30s"}],
            "import_image_tasks": [{"task_id": "import-ami-0b", "disks": [disk], "duration": "30s"}],
            "export_image_tasks": [
                {"task_id": "export-ami-0c", "image_id": "ami-12345678", "target": target, "duration": "30s", "end": "Cancelled"}
            ],
            "export_instance_tasks": [
                {"task_id": "export-i-0d", "instance_id": "i-12345678", "target": target, "duration": "30s", "end": "Expired"}
            ],
        },
    )
    started = poll()
    simulator.post("/advance", {"by": "1m"})
    ended = poll()
    assert [{event["detail"]["kind"] for event in events} for events in (started, ended)] == [set(KINDS)] * 2
    assert {event["detail"]["outcome"] for event in ended} == {"completed", "failed", "cancelled"}
    for event in started + ended:
        assert faults(event) == [], event


def test_what_an_event_bus_gives_to_its_targets_is_valid(samples):
    for event in copy.deepcopy(samples):
        # EventBridge sets these itself, so amiwatch repeats its own in detail.
        event["detail"] |= {name: event[name] for name in ("id", "account", "region")}
        event |= {"id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "account": "999999999999", "region": "eu-west-1"}
        assert faults(event) == [], event


def changed(path, value):
    """A sample of which one part is another; a value that is `...` takes it out."""

    def change(event):
        *way, last = path
        for key in way:
            event = event[key]
        if value is ...:
            del event[last]
        else:
            event[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed(["id"], ...),
        changed(["id"], "5246a21c"),
        changed(["version"], "1"),
        changed(["source"], "aws.ec2"),
        changed(["detail-type"], "EC2 AMI State Change"),
        # Of another kind.
        changed(["detail-type"], "EC2 Bundle Task State Change"),
        changed(["account"], "12345678901"),
        changed(["account"], 123456789012),
        changed(["region"], "us-east"),
        changed(["time"], "2026-11-22 00:40:10"),
        changed(["time"], "2026-13-22T00:40:10Z"),
        changed(["resources"], ["ami-0123456789abcdef0"]),
        changed(["detail", "kind"], "image"),
        changed(["detail", "outcome"], "done"),
        changed(["detail", "outcome"], "cancelled"),
        changed(["detail", "outcome"], "blind"),
        changed(["detail", "state"], None),
        changed(["detail", "imageId"], "i-12345678"),
        changed(["detail", "imageId"], None),
        changed(["detail", "bucket"], ...),
        changed(["detail", "progressPercent"], 101),
        changed(["detail", "startedAt"], "2026-11-22T00:10:00"),
        changed(["detail", "observedAt"], None),
        changed(["detail", "durationSeconds"], -1),
        changed(["detail", "failure"], "no space"),
        changed(["detail", "failure"], {"message": "no space"}),
        changed(["detail", "task"], ...),
    ],
)
def test_a_broken_event_is_not_valid(samples, change):
    [event] = [one for one in samples if (one["detail"]["kind"], one["detail"]["outcome"]) == ("store-image", "completed")]
    event = copy.deepcopy(event)
    assert faults(event, SCHEMA) == []
    change(event)
    assert faults(event, SCHEMA) != []


def test_a_later_version_may_add_fields_but_none_goes_undescribed(samples):
    event = copy.deepcopy(samples[0])
    event["detail"]["colour"] = "blue"
    assert faults(event, SCHEMA) == []
    assert faults(event) != []


def test_every_field_has_a_description():
    def undescribed(name, schema, where):
        inner = schema.get("properties", {})
        for key, value in inner.items():
            said = value.get("description") or "$ref" in value or "const" in value or value.keys() == {"type"}
            if not said:
                yield f"{where}.{key}"

    missing = [one for name, schema in {"": SCHEMA, **SCHEMA["$defs"]}.items() for one in undescribed(name, schema, name)]
    assert missing == []


def test_the_reference_names_every_field_of_the_schema():
    text = (ROOT / "docs/reference/event.md").read_text()
    fields = {name for one in SCHEMA["$defs"].values() for name in one.get("properties", {})} | SCHEMA["properties"].keys()
    named = set(re.findall(r"[`\"]([\w-]+)[`\"]", text))
    assert fields - named == set()
