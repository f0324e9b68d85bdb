"""Every parameter does something, and takes what it should."""

import json
import re

import pytest
from stacks import EVERYTHING, KEY, WEBHOOKS, environment, statement_for
from template_reader import ROOT, Template


def in_environment(variable):
    return lambda template: template.properties("Poller")["Environment"]["Variables"][variable]


def of(resource, *path):
    def look(template):
        value = template.properties(resource)
        for step in path:
            value = value.get(step) if isinstance(value, dict) else value[step]
        return value

    return look


def has(resource):
    return lambda template: template.has(resource)


SCHEDULE = ("Poller", "Events", "Schedule", "Properties")
# What a parameter needs beside it to have its effect.
BESIDE = {"Workers": {"FanOutAbove": 100}}
# For each parameter: a value, where to look, and what is there then. tests/template has more about most of them.
EFFECTS = {
    "Email": ("a@example.com", has("EmailSubscription"), True),
    "SlackWebhookParameter": ("/amiwatch/slack", has("SlackWebhook"), True),
    "TeamsWebhookParameter": ("/amiwatch/teams", has("TeamsWebhook"), True),
    "EventBusName": ("ami-events", in_environment("AMIWATCH_EVENT_BUS"), "ami-events"),
    "Chat": ("true", in_environment("AMIWATCH_CHAT"), "true"),
    "Regions": ("eu-west-1, us-gov-west-1", in_environment("AMIWATCH_REGIONS"), "eu-west-1,us-gov-west-1"),
    "Kinds": ("bundle", in_environment("AMIWATCH_KINDS"), "bundle"),
    "Tell": ("failed,stalled", in_environment("AMIWATCH_TELL"), "failed,stalled"),
    "StalledAfterMinutes": (60, in_environment("AMIWATCH_STALLED_AFTER_MINUTES"), "60"),
    "ImageNames": ("false", in_environment("AMIWATCH_IMAGE_NAMES"), "false"),
    "StoreBuckets": ("my-bucket", has("StoreRule"), True),
    "Accounts": ("210987654321, 345678901234", in_environment("AMIWATCH_ACCOUNTS"), "210987654321,345678901234"),
    "TargetsParameter": (
        "/amiwatch/targets",
        in_environment("AMIWATCH_TARGETS_PARAMETER"),
        "/amiwatch/targets",
    ),
    "MemberRoleName": ("watcher", in_environment("AMIWATCH_ROLE_NAME"), "watcher"),
    "ExternalId": ("amiwatch-of-ours", in_environment("AMIWATCH_EXTERNAL_ID"), "amiwatch-of-ours"),
    "ScheduleMinutes": (5, of(*SCHEDULE, "ScheduleExpression"), "rate(5 minutes)"),
    "Paused": ("true", of(*SCHEDULE, "State"), "DISABLED"),
    "ListingCallsPerPoll": (4, in_environment("AMIWATCH_LISTING_CALLS"), "4"),
    "ReservedConcurrency": (2, of("Poller", "ReservedConcurrentExecutions"), "2"),
    "FanOutAbove": (100, in_environment("AMIWATCH_QUEUE_URL"), "<Targets>"),
    "Workers": (
        50,
        of("Worker", "Events", "Waiting", "Properties", "ScalingConfig"),
        {"MaximumConcurrency": "50"},
    ),
    "Architecture": ("arm64", of("Poller", "Architectures"), ["arm64"]),
    "LogLevel": ("DEBUG", of("Poller", "LoggingConfig", "ApplicationLogLevel"), "DEBUG"),
    "LogRetentionDays": (90, of("PollerLog", "RetentionInDays"), "90"),
    "Alarms": ("none", lambda template: template.made("AWS::CloudWatch::Alarm"), []),
    "AlarmEmail": ("b@example.com", has("AlarmEmailSubscription"), True),
    "AlarmTopicArn": (
        "arn:aws:sns:us-east-1:123456789012:ours",
        of("FailingAlarm", "AlarmActions"),
        ["arn:aws:sns:us-east-1:123456789012:ours"],
    ),
    "Dashboard": ("true", has("Dashboards"), True),
    "KeepDays": (400, in_environment("AMIWATCH_KEEP_DAYS"), "400"),
    "ExistingTable": ("an-older-one", in_environment("AMIWATCH_TABLE"), "an-older-one"),
    "DeletionProtection": ("true", of("Table", "DeletionProtectionEnabled"), True),
    "PointInTimeRecovery": (
        "true",
        of("Table", "PointInTimeRecoverySpecification"),
        {"PointInTimeRecoveryEnabled": True},
    ),
    "KmsKeyArn": (KEY, of("Topic", "KmsMasterKeyId"), KEY),
    "UseFipsEndpoints": ("true", in_environment("AWS_USE_FIPS_ENDPOINT"), "true"),
    "PermissionsBoundary": (
        "arn:aws:iam::123456789012:policy/bound",
        of("PollerRole", "PermissionsBoundary"),
        "arn:aws:iam::123456789012:policy/bound",
    ),
}


def test_every_parameter_has_its_effect_tested():
    assert list(EFFECTS) == list(Template().raw["Parameters"])


@pytest.mark.parametrize("name", EFFECTS)
def test_a_parameter_has_its_effect(name):
    value, look, expected = EFFECTS[name]
    beside = BESIDE.get(name, {})
    assert look(Template(**beside)) != expected
    template = Template(**beside, **{name: value})
    assert template.accepted()
    assert look(template) == expected
    definition = template.raw["Parameters"][name]
    values = template.parameters[name] if isinstance(template.parameters[name], list) else [template.parameters[name]]
    if "AllowedValues" in definition:
        assert set(values) <= {str(allowed) for allowed in definition["AllowedValues"]}
    if "AllowedPattern" in definition:
        assert all(re.fullmatch(definition["AllowedPattern"], one) for one in values)


def test_parameters_of_all_functions_reach_the_others_too():
    template = Template(Architecture="arm64", LogLevel="DEBUG", LogRetentionDays=90, FanOutAbove=100, **WEBHOOKS)
    for function in ("Worker", "SlackWebhook", "TeamsWebhook"):
        assert template.properties(function)["Architectures"] == ["arm64"]
        assert template.properties(function)["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"
    assert template.properties("WebhookLog")["RetentionInDays"] == "90"


def test_no_log_level_hides_the_line_that_the_metrics_are_counted_from():
    # It is logged at INFO, and so is what a webhook took.
    assert Template().raw["Parameters"]["LogLevel"]["AllowedValues"] == ["TRACE", "DEBUG", "INFO"]


def test_every_default_is_an_allowed_value():
    for name, definition in Template().raw["Parameters"].items():
        default = definition["Default"]
        values = str(default).split(",") if definition["Type"] == "CommaDelimitedList" else [default]
        if "AllowedValues" in definition:
            assert set(values) <= set(definition["AllowedValues"]), name
        if "AllowedPattern" in definition:
            assert re.fullmatch(definition["AllowedPattern"], default), name
        assert definition["Description"], name


REGIONS = (
    "us-east-1 ap-southeast-7 mx-central-1 il-central-1 us-gov-west-1 us-gov-east-1 cn-north-1 cn-northwest-1 "
    "us-iso-east-1 us-isob-east-1 us-isof-south-1 eu-isoe-west-1 eusc-de-east-1"
)


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("Regions", ["all", *REGIONS.split()], ["US-EAST-1", "us-east", "us-east-1a", "us_east_1", "every", "us east 1"]),
        ("Accounts", ["123456789012", "000000000001"], ["12345678901", "1234-5678-9012", "all", "prod"]),
        (
            "TargetsParameter",
            ["/targets", "/amiwatch/targets", "/amiwatch/targets/"],
            ["targets", "/", "//", "/amiwatch//targets", "/amiwatch/*", "arn:aws:ssm:us-east-1:123456789012:parameter/t"],
        ),
        ("ExternalId", ["a1", "of:us/2026@x"], ["a", "with a space"]),
        ("StoreBuckets", ["my-bucket", "a.b.c"], ["My-Bucket", "s3://my-bucket", "ab", "arn:aws:s3:::my-bucket"]),
        (
            "EventBusName",
            ["default", "arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/central"],
            ["a bus", "arn:aws:events:us-east-1:123456789012:rule/x"],
        ),
        ("KmsKeyArn", [KEY], ["alias/mine", "0a1b2c3d", KEY.replace("key/", "alias/")]),
        (
            "PermissionsBoundary",
            ["arn:aws:iam::123456789012:policy/bound", "arn:aws:iam::aws:policy/PowerUserAccess"],
            ["bound", "arn:aws:iam::123456789012:role/bound"],
        ),
        ("AlarmTopicArn", ["arn:aws-cn:sns:cn-north-1:123456789012:a"], ["a", "arn:aws:sns:us-east-1:123456789012:a.fifo"]),
        ("ExistingTable", ["amiwatch-Table-1X"], ["arn:aws:dynamodb:us-east-1:123456789012:table/x", "ab"]),
        ("AlarmEmail", ["a@example.com"], ["a", "a@b c"]),
    ],
)
def test_a_pattern_takes_what_it_should(name, taken, refused):
    pattern = Template().raw["Parameters"][name]["AllowedPattern"]
    assert re.fullmatch(pattern, "")
    assert [value for value in taken if not re.fullmatch(pattern, value)] == []
    assert [value for value in refused if re.fullmatch(pattern, value)] == []


def test_the_groups_of_the_console_hold_each_parameter_once():
    groups = Template().raw["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert [name for group in groups for name in group["Parameters"]] == list(Template().raw["Parameters"])


def test_the_reference_has_each_parameter_with_its_default():
    table = (ROOT / "docs/reference/configuration.md").read_text().split("| parameter of `template.yaml` |")[1].split("\n\n")[0]
    for name, definition in Template().raw["Parameters"].items():
        [row] = [line for line in table.splitlines() if line.startswith(f"| `{name}` |")]
        default = str(definition["Default"])
        shown = row.split("|")[2].strip()
        assert shown.strip("`") == default or (default == "" and shown in ("empty", "the stack's")), name


def test_a_reserved_concurrency_is_left_out_where_none_is_asked_for():
    assert "ReservedConcurrentExecutions" not in Template().properties("Poller")
    # Zero stops it, as is sometimes wanted.
    assert Template(ReservedConcurrency=0).properties("Poller")["ReservedConcurrentExecutions"] == "0"


def test_everything_at_once_is_accepted():
    assert Template(**EVERYTHING).accepted()
    assert json.dumps(environment(**EVERYTHING))
    assert statement_for("sns:Publish")["Resource"] == "<Topic>"


def test_the_serverless_application_repository_is_told_the_version_of_the_package():
    about = Template().raw["Metadata"]["AWS::ServerlessRepo::Application"]
    version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    assert about["SemanticVersion"] == version
    # The Repository's own bounds.
    assert len(about["Description"]) <= 256
    assert len(about["Labels"]) <= 10
    # As `sam deploy` would upload these at every deployment, and miss them where the template stands alone.
    assert not {"LicenseUrl", "ReadmeUrl"} & set(about)
