"""What the linters let through: names that only AWS would refuse, and wiring that nothing would refuse."""

import json
import re

import botocore.session
import pytest
from botocore import xform_name
from stacks import EVERYTHING, FUNCTIONS, WEBHOOKS, actions, environment, statement_for, statements
from template_reader import ROOT, Template

AWS = botocore.session.get_session()
# What tests/suite gives the functions.
ENVIRONMENTS = json.loads((ROOT / "tests/support/environments.json").read_text())
ROLES = [*FUNCTIONS, "Schedule"]

# Most actions are called as the operation is; these exist in IAM alone.
NOT_OPERATIONS = {"dynamodb": ["ConditionCheckItem"], "lambda": ["InvokeFunction"]}
# A transaction is permitted by what is in it, and has no action of its own.
IN_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def granted(service, role="PollerRole"):
    names = (action.split(":") for statement in statements(role=role) for action in actions(statement))
    return {operation for prefix, operation in names if prefix == service}


def sources(folder="src"):
    """The Rust files below a folder, without their tests."""
    for path in sorted((ROOT / folder).rglob("*.rs")):
        yield path, path.read_text().split("#[cfg(test)]\nmod ")[0]


# What the function may do


@pytest.mark.parametrize("role", ROLES)
def test_every_action_exists(role):
    for statement in statements(role=f"{role}Role"):
        for action in actions(statement):
            service, operation = action.split(":")
            known = [*AWS.get_service_model(service).operation_names, *NOT_OPERATIONS.get(service, ())]
            assert operation in known, f"{action} is no action"


# Which function calls which services. Sinks, queues and parameters are granted on what they are given, and
# tests/template/test_fleet.py has what only a fleet needs.
CALLS = {
    "Poller": ["dynamodb", "ec2", "sns", "events"],
    "Worker": ["dynamodb", "ec2", "sns", "events"],
    "SlackWebhook": ["ssm", "sqs"],
    "TeamsWebhook": ["ssm", "sqs"],
}
CRATES = {"events": "eventbridge"}
# What only a poll over many accounts calls.
OF_A_FLEET = {"parameters.rs", "targets_queue.rs", "roles.rs"}
# Lambda takes from the queue in the function's name.
TAKES = {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}


@pytest.mark.parametrize(("function", "service"), [(f, s) for f, services in CALLS.items() for s in services])
def test_the_role_grants_the_calls_that_the_code_makes_and_no_other(function, service):
    crate = CRATES.get(service, service)
    operations = {xform_name(name): name for name in AWS.get_service_model(service).operation_names}
    files = [
        text for path, text in sources("src/aws") if f"aws_sdk_{crate}" in text and path.name not in OF_A_FLEET
    ]
    assert files, f"no file in src/aws uses aws_sdk_{crate}"
    calls = {call for text in files for call in re.findall(r"\.(\w+)\(\)", text)}
    needed = {operations[call] for call in calls & operations.keys()}
    if "TransactWriteItems" in needed:
        needed.remove("TransactWriteItems")
        built = {kind for text in files for kind in re.findall(r"\b(\w+)::builder\(\)", text)}
        needed |= {IN_A_TRANSACTION[kind] for kind in built & IN_A_TRANSACTION.keys()}
    if service == "sqs":
        needed |= TAKES
    assert granted(service, f"{function}Role") == needed


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_grants_nothing_of_other_services(function):
    services = {action.split(":")[0] for s in statements(role=f"{function}Role") for action in actions(s)}
    # The poller's queue is written to by Lambda, in the function's name; kms is for the customer's key, and sts for
    # other accounts. tests/template/test_fleet.py has more about these.
    others = {"sts"} if FUNCTIONS[function] == "poller" else set()
    assert services == {*CALLS[function], "logs", "sqs", "kms"} | others


def test_the_schedule_may_start_the_function_and_keep_what_failed_and_nothing_else():
    granted = {action: s["Resource"] for s in statements(Template(), "ScheduleRole") for action in actions(s)}
    assert granted == {"lambda:InvokeFunction": "<Poller.Arn>", "sqs:SendMessage": "<DeadLetters.Arn>"}
    assert schedule()["RoleArn"] == "<ScheduleRole.Arn>"


@pytest.mark.parametrize("role", ROLES)
def test_only_what_knows_no_resources_is_granted_on_all_of_them(role):
    for statement in statements(role=f"{role}Role"):
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
    other = "arn:aws:events:us-east-1:210987654321:event-bus/central"
    assert statement_for("events:PutEvents", Template(EventBusName=other))["Resource"] == other
    assert environment(EventBusName=other)["AMIWATCH_EVENT_BUS"] == other


def test_no_arn_names_a_partition():
    assert "arn:aws" not in (ROOT / "template.yaml").read_text()


# What the function is given


@pytest.mark.parametrize(("function", "folder"), FUNCTIONS.items())
def test_the_environment_is_what_the_configuration_reads(function, folder):
    given = Template(FanOutAbove=100, **WEBHOOKS).properties(function)["Environment"]["Variables"]
    room = [ROOT / f"src/functions/{folder}/config.rs", *(ROOT / f"src/functions/{folder}/config").glob("*.rs")]
    text = "".join(path.read_text().split("#[cfg(test)]\nmod ")[0] for path in room if path.name != "tests.rs")
    read = set(re.findall(r"\bAMIWATCH_[A-Z]+(?:_[A-Z]+)*\b|\bAWS_USE_FIPS_ENDPOINT\b", text))
    # In Lambda the account is in the function's ARN; the variable is for runtimes without one.
    # A worker sends nothing to a queue.
    absent = {"AMIWATCH_QUEUE_URL", "AMIWATCH_FAN_OUT_ABOVE"} if function == "Worker" else set()
    assert set(given) == read - {"AMIWATCH_ACCOUNT"} - absent


@pytest.mark.parametrize(
    ("name", "function", "parameters"),
    [
        ("poller", "Poller", {}),
        ("worker", "Worker", {"FanOutAbove": 100}),
        ("slack", "SlackWebhook", WEBHOOKS),
        ("teams", "TeamsWebhook", WEBHOOKS),
    ],
)
def test_the_functions_are_tested_with_what_the_template_gives_them(name, function, parameters):
    assert environment(function, **parameters) == ENVIRONMENTS[name]


def test_the_environment_follows_the_parameters():
    everything = environment(**EVERYTHING)
    assert everything["AMIWATCH_REGIONS"] == "us-east-1,eu-west-1"
    assert everything["AMIWATCH_CHAT"] == "true"
    assert everything["AMIWATCH_EVENT_BUS"] == "default"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_function_runs_on_what_lambda_knows(function):
    function = Template(**EVERYTHING).properties(function)
    shapes = AWS.get_service_model("lambda").shape_for
    assert function["Runtime"] in shapes("Runtime").enum
    logging = function["LoggingConfig"]
    # The metrics are counted from fields, which only JSON has.
    assert logging["LogFormat"] == "JSON" and "JSON" in shapes("LogFormat").enum
    assert logging["SystemLogLevel"] in shapes("SystemLogLevel").enum
    assert set(Template().raw["Parameters"]["LogLevel"]["AllowedValues"]) <= set(shapes("ApplicationLogLevel").enum)
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
    for minutes in Template().raw["Parameters"]["ScheduleMinutes"]["AllowedValues"]:
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
                # Another resource of the stack, which carries a name of its own, or a name made of the stack's.
                of_the_stack = isinstance(value, dict) and value.get("Ref") in template.raw["Resources"]
                assert of_the_stack or "AWS::Stack" in str(value), f"{name} has the same {field} in every stack"


def test_only_the_dashboard_shares_its_names_with_other_regions():
    assert "us-east-1" in Template(Dashboard="true").properties("Dashboards")["DashboardName"]


def test_a_failed_poll_ends_in_the_dead_letter_queue_whatever_failed():
    assert schedule()["DeadLetterConfig"]["Arn"] == "<DeadLetters.Arn>"
    failure = Template().properties("Poller")["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert failure["Destination"] == "<DeadLetters.Arn>"
    assert statement_for("sqs:SendMessage", Template())["Resource"] == "<DeadLetters.Arn>"
    assert Template().raw["Resources"]["DeadLetters"]["Type"] == "AWS::SQS::Queue"
    assert Template().properties("DeadLetters")["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_a_poll_and_its_retries_never_list_faster_than_ec2_refills():
    refill_a_minute = 30
    attempts = 1 + Template().properties("Poller")["EventInvokeConfig"]["MaximumRetryAttempts"]
    most = Template().raw["Parameters"]["ListingCallsPerPoll"]["MaxValue"]
    assert attempts * most <= refill_a_minute


def test_a_hanging_poll_is_over_before_the_next():
    assert Template().properties("Poller")["Timeout"] < 60


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


def test_the_table_stays_when_the_stack_goes_or_replaces_it():
    resource = Template().raw["Resources"]["Table"]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_function_uses_the_table_that_it_is_given_and_no_other():
    template = Template(ExistingTable="an-older-one")
    assert template.made("AWS::DynamoDB::Table") == []
    assert environment(ExistingTable="an-older-one")["AMIWATCH_TABLE"] == "an-older-one"
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/an-older-one"
    assert statement_for("dynamodb:Query", template)["Resource"] == table
    assert statement_for("dynamodb:Query", Template())["Resource"] == "<Table.Arn>"
    assert template.output("TableName") == "an-older-one"


def test_only_the_stacks_own_table_is_protected():
    assert Template(ExistingTable="an-older-one").accepted()
    assert Template(DeletionProtection="true", PointInTimeRecovery="true").accepted()
    for name in ("DeletionProtection", "PointInTimeRecovery"):
        assert not Template(ExistingTable="an-older-one", **{name: "true"}).accepted()


# Which listings it may call


def test_the_listings_are_permitted_before_the_function_asks_and_until_it_has_stopped():
    assert Template().raw["Resources"]["Poller"]["DependsOn"] == "Listings"
    # CloudFormation replaces a policy whose description changes: the new one is made first, the old one goes last.
    changes = [{}, {"Regions": "eu-west-1"}, {"Regions": "all"}, {"Kinds": "store-image"}, {"ImageNames": "false"}]
    policies = [Template(**some).properties("Listings") for some in changes]
    assert len({policy["Description"] for policy in policies}) == len(policies)
    assert len({json.dumps(policy["PolicyDocument"]) for policy in policies}) == len(policies)
    assert not any("ec2" in str(p["PolicyDocument"]) for p in Template().properties("PollerRole")["Policies"])


def test_every_region_fits_into_the_description():
    regions = ",".join(f"ap-southeast-{number}" for number in range(10, 50))
    kinds = ",".join(Template().raw["Parameters"]["Kinds"]["AllowedValues"][:-1])
    assert len(Template(Regions=regions, Kinds=kinds).properties("Listings")["Description"]) < 1000

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
