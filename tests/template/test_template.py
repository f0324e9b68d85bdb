"""What the linters let through: names that only AWS would refuse, and wiring that nothing would refuse."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from template_reader import ROOT, Template

AWS = botocore.session.get_session()
SLACK = {"SlackWorkspaceId": "T0123456789", "SlackChannelId": "C0123456789"}
WEBHOOKS = {"SlackWebhookParameter": "/amiwatch/slack", "TeamsWebhookParameter": "/amiwatch/teams"}
EVERYTHING = {
    "Kinds": "all",
    "Email": "a@example.com",
    "EventBusName": "default",
    "Regions": "us-east-1, eu-west-1",
    **SLACK,
    **WEBHOOKS,
}
# What tests/suite gives the functions.
ENVIRONMENTS = json.loads((ROOT / "tests/support/environments.json").read_text())
# The functions, with the folder of each one's code.
FUNCTIONS = {"Poller": "poller", "SlackWebhook": "webhook", "TeamsWebhook": "webhook"}


# Most actions are called as the operation is; these exist in IAM alone.
NOT_OPERATIONS = {"dynamodb": ["ConditionCheckItem"]}
# A transaction is permitted by what is in it, and has no action of its own.
IN_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def statements(template=None, role="PollerRole"):
    template = template or Template(**EVERYTHING)
    return [
        statement
        for policy in template.properties(role).get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def actions(statement):
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def granted(service, role="PollerRole"):
    names = (action.split(":") for statement in statements(role=role) for action in actions(statement))
    return {operation for prefix, operation in names if prefix == service}


def statement_for(action, template=None):
    [found] = [s for s in statements(template) if action in actions(s)]
    return found


def run(*command):
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def sources(folder="src"):
    """The Rust files below a folder, without their tests."""
    for path in sorted((ROOT / folder).rglob("*.rs")):
        yield path, path.read_text().split("#[cfg(test)]\nmod ")[0]


# The linters


@pytest.mark.parametrize("name", ["template.yaml", "events/reactions.yaml"])
def test_cfn_lint_finds_nothing(name):
    run(Path(sys.executable).with_name("cfn-lint"), name)


def test_sam_validate_finds_nothing():
    sam = os.environ.get("AMIWATCH_TEST_SAM") or shutil.which("sam")
    if sam is None:
        pytest.skip("the AWS SAM CLI is not installed; tests/run without 'fast' installs it")
    run(sam, "validate", "--lint", "--template-file", "template.yaml")


# What the function may do


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_action_exists(function):
    for statement in statements(role=f"{function}Role"):
        for action in actions(statement):
            service, operation = action.split(":")
            known = [*AWS.get_service_model(service).operation_names, *NOT_OPERATIONS.get(service, ())]
            assert operation in known, f"{action} is no action"


# Which function calls which services; a sink and a queue are granted on what they are given.
CALLS = {"Poller": ["dynamodb", "ec2", "sns", "events"], "SlackWebhook": ["ssm", "sqs"], "TeamsWebhook": ["ssm", "sqs"]}
CRATES = {"events": "eventbridge"}


@pytest.mark.parametrize(("function", "service"), [(f, s) for f, services in CALLS.items() for s in services])
def test_the_role_grants_the_calls_that_the_code_makes_and_no_other(function, service):
    crate = CRATES.get(service, service)
    operations = {xform_name(name): name for name in AWS.get_service_model(service).operation_names}
    files = [text for _, text in sources("src/aws") if f"aws_sdk_{crate}" in text]
    assert files, f"no file in src/aws uses aws_sdk_{crate}"
    calls = {call for text in files for call in re.findall(r"\.(\w+)\(\)", text)}
    needed = {operations[call] for call in calls & operations.keys()}
    if "TransactWriteItems" in needed:
        needed.remove("TransactWriteItems")
        built = {kind for text in files for kind in re.findall(r"\b(\w+)::builder\(\)", text)}
        needed |= {IN_A_TRANSACTION[kind] for kind in built & IN_A_TRANSACTION.keys()}
    assert granted(service, f"{function}Role") == needed


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_grants_nothing_of_other_services(function):
    services = {action.split(":")[0] for s in statements(role=f"{function}Role") for action in actions(s)}
    # The poller's queue is written to by Lambda, in the function's name.
    assert services == {*CALLS[function], "logs", "sqs"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_what_knows_no_resources_is_granted_on_all_of_them(function):
    for statement in statements(role=f"{function}Role"):
        if statement["Resource"] == "*":
            assert {action.split(":")[0] for action in actions(statement)} == {"ec2"}


def test_the_listings_are_granted_in_the_watched_regions_only():
    def regions(**parameters):
        statement = statement_for("ec2:DescribeStoreImageTasks", Template(**parameters))
        return statement["Condition"]["StringEquals"]["aws:RequestedRegion"]

    assert regions() == "us-east-1"
    assert regions(Regions="eu-west-1, eu-west-2") == ["eu-west-1", "eu-west-2"]


def test_a_bus_is_granted_only_where_there_is_one():
    assert not any("events:PutEvents" in actions(s) for s in statements(Template()))
    bus = statement_for("events:PutEvents", Template(EventBusName="ami-events"))["Resource"]
    assert bus == "arn:aws:events:us-east-1:123456789012:event-bus/ami-events"


def test_no_arn_names_a_partition():
    assert "arn:aws" not in (ROOT / "template.yaml").read_text()


# What the function is given


@pytest.mark.parametrize(("function", "folder"), FUNCTIONS.items())
def test_the_environment_is_what_the_configuration_reads(function, folder):
    given = Template(**WEBHOOKS).properties(function)["Environment"]["Variables"]
    text = (ROOT / f"src/functions/{folder}/config.rs").read_text().split("#[cfg(test)]\nmod ")[0]
    read = set(re.findall(r"\bAMIWATCH_[A-Z]+(?:_[A-Z]+)*\b", text))
    # In Lambda the account is in the function's ARN; the variable is for runtimes without one.
    assert set(given) == read - {"AMIWATCH_ACCOUNT"}


@pytest.mark.parametrize(("name", "function"), [("poller", "Poller"), ("slack", "SlackWebhook"), ("teams", "TeamsWebhook")])
def test_the_functions_are_tested_with_what_the_template_gives_them(name, function):
    assert Template(**WEBHOOKS).properties(function)["Environment"]["Variables"] == ENVIRONMENTS[name]


def test_the_environment_follows_the_parameters():
    def environment(**parameters):
        return Template(**parameters).properties("Poller")["Environment"]["Variables"]

    everything = environment(**EVERYTHING)
    assert everything["AMIWATCH_REGIONS"] == "us-east-1,eu-west-1"
    assert everything["AMIWATCH_CHAT"] == "true"
    assert everything["AMIWATCH_EVENT_BUS"] == "default"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_function_runs_on_what_lambda_knows(function):
    function = Template().properties(function)
    shapes = AWS.get_service_model("lambda").shape_for
    assert function["Runtime"] in shapes("Runtime").enum
    assert function["LoggingConfig"]["LogFormat"] in shapes("LogFormat").enum
    assert set(Template().raw["Parameters"]["Architecture"]["AllowedValues"]) <= set(shapes("Architecture").enum)


@pytest.mark.parametrize(("function", "folder"), FUNCTIONS.items())
def test_the_built_binary_is_one_of_the_package(function, folder):
    binary = Template().raw["Resources"][function]["Metadata"]["BuildProperties"]["Binary"]
    assert binary == folder
    assert f'\n[[bin]]\nname = "{binary}"\n' in (ROOT / "Cargo.toml").read_text()


# When it runs, and what happens when it fails


def schedule(**parameters):
    return Template(**parameters).properties("Poller")["Events"]["Schedule"]["Properties"]


def test_the_schedule_has_the_right_unit_for_every_allowed_value():
    allowed = Template().raw["Parameters"]["ScheduleMinutes"]
    for minutes in range(allowed["MinValue"], allowed["MaxValue"] + 1):
        unit = "minute" if minutes == 1 else "minutes"
        assert schedule(ScheduleMinutes=minutes)["ScheduleExpression"] == f"rate({minutes} {unit})"


def test_a_second_stack_in_the_region_gets_names_of_its_own():
    assert schedule()["OmitName"] is True
    # Names inside a resource, and the ones that a person reads.
    local = {"AttributeName", "PolicyName", "MetricName", "DisplayName"}
    template = Template(**EVERYTHING)
    for name, resource in template.raw["Resources"].items():
        for field, value in resource["Properties"].items():
            if field.endswith("Name") and field not in local:
                assert isinstance(value, dict), f"{name} has the same {field} in every stack"
                # Another resource of the stack, which carries a name of its own, or a name made of the stack's.
                of_the_stack = value.get("Ref") in template.raw["Resources"] or "amiwatch" in template.resolve(value)
                assert of_the_stack, f"{name} has the same {field} in every stack"


def test_a_failed_poll_ends_in_the_dead_letter_queue_whatever_failed():
    assert schedule()["DeadLetterConfig"]["Arn"] == "<DeadLetters.Arn>"
    failure = Template().properties("Poller")["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert failure["Destination"] == "<DeadLetters.Arn>"
    assert statement_for("sqs:SendMessage")["Resource"] == "<DeadLetters.Arn>"
    assert Template().raw["Resources"]["DeadLetters"]["Type"] == "AWS::SQS::Queue"
    assert Template().properties("DeadLetters")["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_a_poll_and_its_retries_never_list_faster_than_ec2_refills():
    refill_a_minute = 30
    attempts = 1 + Template().properties("Poller")["EventInvokeConfig"]["MaximumRetryAttempts"]
    most = Template().raw["Parameters"]["ListingCallsPerPoll"]["MaxValue"]
    assert attempts * most <= refill_a_minute


def test_a_hanging_poll_is_over_before_the_next():
    assert Template().properties("Poller")["Timeout"] < 60


def test_every_alarm_is_about_this_stack_and_told():
    raw = Template().raw["Resources"]
    alarms = [name for name in raw if raw[name]["Type"] == "AWS::CloudWatch::Alarm"]
    watched = set()
    for name in alarms:
        alarm = Template().properties(name)
        assert alarm["AlarmActions"] == ["<AlarmTopic>"]
        watched |= {dimension["Value"] for dimension in alarm["Dimensions"]}
    assert watched == {"<Poller>", "<DeadLetters.QueueName>", "<WebhookDeadLetters.QueueName>"}
    assert Template().properties("SilentAlarm")["Period"] > 60 * Template().raw["Parameters"]["ScheduleMinutes"]["MaxValue"]


# What it remembers


def test_the_table_has_the_keys_that_the_code_writes():
    table = Template().properties("Table")
    keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
    assert keys == {"HASH": "pk", "RANGE": "sk"}
    assert {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]} == {"pk": "S", "sk": "S"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    code = "".join(text for _, text in sources())
    for name in ("pk", "sk", "expires_at"):
        assert f'"{name}"' in code, f"no Rust file writes {name}"


# Who is told


def test_only_who_is_named_is_subscribed():
    optional = {name for name, resource in Template().raw["Resources"].items() if "Condition" in resource}
    assert {"EmailSubscription", "SlackChannel", "SlackWebhook", "TeamsWebhook"} <= optional
    assert not any(Template().has(name) for name in optional)
    assert all(Template(**EVERYTHING).has(name) for name in optional)
    assert Template(Email="a@example.com").properties("EmailSubscription") == {
        "TopicArn": "<Topic>",
        "Protocol": "email",
        "Endpoint": "a@example.com",
    }


def test_a_channel_without_its_workspace_is_refused():
    def accepted(**parameters):
        template = Template(**parameters)
        rules = template.raw["Rules"].values()
        return all(template.resolve(a["Assert"]) for rule in rules for a in rule["Assertions"])

    assert accepted()
    assert accepted(**SLACK)
    for name, value in SLACK.items():
        assert not accepted(**{name: value})


@pytest.mark.parametrize("app", ["Slack", "Teams"])
def test_a_webhook_function_is_subscribed_and_whatever_fails_ends_in_its_queue(app):
    template = Template(**{f"{app}WebhookParameter": f"/amiwatch/{app.lower()}"})
    function = template.properties(f"{app}Webhook")
    published = function["Events"]["Published"]["Properties"]
    assert published["Topic"] == "<Topic>"
    assert published["RedrivePolicy"] == {"deadLetterTargetArn": "<WebhookDeadLetters.Arn>"}
    failure = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert failure == {"Type": "SQS", "Destination": "<WebhookDeadLetters.Arn>"}
    [allowed] = template.properties("WebhookDeadLettersPolicy")["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": "<Topic>"}}
    url = next(s for s in statements(template, f"{app}WebhookRole") if "ssm:GetParameter" in actions(s))
    assert url["Resource"] == f"arn:aws:ssm:us-east-1:123456789012:parameter/amiwatch/{app.lower()}"
    other = {"Slack": "Teams", "Teams": "Slack"}[app]
    assert template.has("WebhookDeadLetters") and not template.has(f"{other}Webhook")


def test_a_webhooks_url_is_refused_where_its_parameters_name_is_asked_for():
    parameters = Template().raw["Parameters"]
    for name in WEBHOOKS:
        pattern = parameters[name]["AllowedPattern"]
        assert re.fullmatch(pattern, "/amiwatch/slack")
        assert not re.fullmatch(pattern, "https://hooks.slack.com/services/T0/B0/x")


def test_every_metric_counts_a_field_of_its_own():
    filters = [
        Template().properties(name)
        for name, resource in Template().raw["Resources"].items()
        if resource["Type"] == "AWS::Logs::MetricFilter"
    ]
    assert filters
    for one in filters:
        [metric] = one["MetricTransformations"]
        assert one["LogGroupName"] == "<PollerLog>"
        assert metric["MetricNamespace"] == "amiwatch/amiwatch"
        # tests/suite checks that the function logs the fields.
        assert one["FilterPattern"] == f"{{ {metric['MetricValue']} > 0 }}"
    values = [one["MetricTransformations"][0]["MetricValue"] for one in filters]
    assert len(set(values)) == len(values)


def test_nobody_gets_rights_from_the_chat_channel():
    template = Template(**EVERYTHING)
    assert template.properties("SlackChannel")["GuardrailPolicies"] == ["arn:aws:iam::aws:policy/AWSDenyAll"]
    assert set(template.properties("SlackRole")) == {"Description", "AssumeRolePolicyDocument"}


def test_every_default_is_an_allowed_value():
    for name, definition in Template().raw["Parameters"].items():
        default = definition["Default"]
        values = str(default).split(",") if definition["Type"] == "CommaDelimitedList" else [default]
        if "AllowedValues" in definition:
            assert set(values) <= set(definition["AllowedValues"]), name
        if "AllowedPattern" in definition:
            assert re.fullmatch(definition["AllowedPattern"], default), name
        assert definition["Description"], name


# Which listings it may call


@pytest.mark.parametrize(
    ("kinds", "listings"),
    [
        ("store-image,bundle", {"DescribeStoreImageTasks", "DescribeBundleTasks"}),
        ("import-snapshot", {"DescribeImportSnapshotTasks"}),
        ("import-image,export-image", {"DescribeImportImageTasks", "DescribeExportImageTasks"}),
        ("export-instance", {"DescribeExportTasks"}),
        (
            "all",
            {
                "DescribeStoreImageTasks",
                "DescribeBundleTasks",
                "DescribeImportSnapshotTasks",
                "DescribeImportImageTasks",
                "DescribeExportImageTasks",
                "DescribeExportTasks",
            },
        ),
    ],
)
def test_the_function_may_list_the_kinds_that_it_watches_and_no_others(kinds, listings):
    template = Template(Kinds=kinds, ImageNames="false")
    allowed = {action for statement in statements(template) for action in actions(statement)}
    assert {action for action in allowed if action.startswith("ec2:")} == {f"ec2:{name}" for name in listings}
    environment = template.properties("Poller")["Environment"]["Variables"]
    assert environment["AMIWATCH_KINDS"] == kinds


@pytest.mark.parametrize(
    ("kinds", "switch", "names"),
    [
        ("store-image,bundle", "true", True),
        ("export-image", "true", True),
        ("import-image", "true", True),
        ("all", "true", True),
        ("all", "false", False),
        # No AMI, no name.
        ("bundle,import-snapshot,export-instance", "true", False),
    ],
)
def test_the_function_may_ask_for_names_of_amis_only_where_it_does(kinds, switch, names):
    template = Template(Kinds=kinds, ImageNames=switch)
    allowed = {action for statement in statements(template) for action in actions(statement)}
    environment = template.properties("Poller")["Environment"]["Variables"]
    assert ("ec2:DescribeImages" in allowed) == names
    assert environment["AMIWATCH_IMAGE_NAMES"] == ("true" if names else "false")
