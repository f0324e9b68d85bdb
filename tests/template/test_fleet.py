"""Many Regions and accounts: what the function may then do, and the queue from which many of them poll."""

import json

import pytest
from stacks import EVERYTHING, actions, environment, statement_for, statements
from template_reader import Template

MEMBERS = {"Accounts": "210987654321, 345678901234"}
TARGETS = {"TargetsParameter": "/amiwatch/targets"}
FAN_OUT = {"FanOutAbove": 100}
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/amiwatch/targets"


def granted(template, role):
    return {action for statement in statements(template, role) for action in actions(statement)}


# In every Region


def test_all_regions_are_listed_wherever_they_are():
    template = Template(Regions="all")
    assert environment(Regions="all")["AMIWATCH_REGIONS"] == "all"
    assert "Condition" not in statement_for("ec2:DescribeStoreImageTasks", template)
    assert "any Region" in template.properties("Listings")["Description"]


def test_the_regions_are_asked_for_at_home_and_only_where_they_are_not_named():
    for parameters in ({"Regions": "all"}, TARGETS):
        asked = statement_for("ec2:DescribeRegions", Template(**parameters))
        assert asked["Condition"] == {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    for parameters in ({}, {"Regions": "eu-west-1"}, MEMBERS, FAN_OUT):
        assert "ec2:DescribeRegions" not in granted(Template(**parameters), "PollerRole")


def test_all_is_no_region_beside_others():
    assert Template(Regions="all").accepted()
    assert Template(Regions="eu-west-1,us-east-1").accepted()
    assert not Template(Regions="all,us-east-1").accepted()
    assert not Template(Regions="us-east-1,all").accepted()


# In other accounts


def roles(template):
    return [name for name in ("PollerRole", "WorkerRole") if template.has(name)]


@pytest.mark.parametrize("fan_out", [{}, FAN_OUT])
def test_a_role_elsewhere_is_assumed_only_where_other_accounts_are_watched(fan_out):
    for parameters in ({}, {"Regions": "all"}, {"ExternalId": "ours"}):
        template = Template(**parameters, **fan_out)
        assert not any("sts:AssumeRole" in granted(template, role) for role in roles(template))
    template = Template(MemberRoleName="watcher", **MEMBERS, **fan_out)
    for role in roles(template):
        assumed = statement_for("sts:AssumeRole", template, role)
        assert assumed["Resource"] == "arn:aws:iam::*:role/watcher"
        assert assumed["Condition"] == {"StringEqualsIfExists": {"aws:ResourceAccount": ["210987654321", "345678901234"]}}
    template = Template(**TARGETS, **fan_out)
    for role in roles(template):
        # The document names them.
        assert "Condition" not in statement_for("sts:AssumeRole", template, role)


@pytest.mark.parametrize("fan_out", [{}, FAN_OUT])
def test_the_targets_parameter_is_read_and_no_other(fan_out):
    template = Template(**fan_out)
    assert not any("ssm" in action for role in roles(template) for action in granted(template, role))
    for role in roles(template):
        read = statement_for("ssm:GetParameter", Template(**TARGETS, **fan_out), role)
        assert (read["Action"], read["Resource"]) == ("ssm:GetParameter", PARAMETER)
        below = statement_for("ssm:GetParametersByPath", Template(TargetsParameter="/amiwatch/targets/", **fan_out), role)
        assert (below["Action"], below["Resource"]) == ("ssm:GetParametersByPath", [PARAMETER, f"{PARAMETER}/*"])


def test_what_a_document_names_may_be_listed_in_any_region():
    template = Template(Regions="eu-west-1", **TARGETS)
    assert "Condition" not in statement_for("ec2:DescribeStoreImageTasks", template)
    assert template.properties("Listings") != Template(Regions="eu-west-1").properties("Listings")


def test_accounts_are_named_in_one_place():
    assert Template(**MEMBERS).accepted()
    assert Template(**TARGETS).accepted()
    assert not Template(**MEMBERS, **TARGETS).accepted()


def test_about_200_accounts_fit_into_the_environment():
    accounts = ",".join(str(100000000000 + number) for number in range(200))
    for function in ("Poller", "Worker"):
        variables = environment(function, **EVERYTHING | {"Accounts": accounts})
        # Lambda's bound, with room for the ARNs that stand here as names.
        assert sum(len(name) + len(value) for name, value in variables.items()) < 4096 - 512


# By many functions at once


def test_nothing_of_the_fan_out_is_there_unless_it_is_asked_for():
    plain = set(Template(Alarms="all").made())
    made = {
        "Targets",
        "TargetsPolicy",
        "TargetsDeadLetters",
        "TargetsDeadLettersPolicy",
        "Worker",
        "WorkerRole",
        "TargetsDeadLettersAlarm",
        "TargetsWaitingAlarm",
        "WorkerErrorsAlarm",
        "WorkerThrottlesAlarm",
    }
    assert set(Template(Alarms="all", **FAN_OUT).made()) - plain == made
    assert not made & plain
    template = Template(Regions="all", **MEMBERS)
    assert not made & set(template.made())
    assert environment()["AMIWATCH_QUEUE_URL"] == "" and environment()["AMIWATCH_FAN_OUT_ABOVE"] == "0"
    for name in ("TargetsQueueUrl", "TargetsDeadLetterQueueUrl", "WorkerFunctionName", "WorkerRoleArn"):
        assert template.output(name) is None
        assert Template(**FAN_OUT).output(name)


def test_only_the_poller_sends_to_the_queue_and_only_workers_take_from_it():
    template = Template(**FAN_OUT)

    def may(role):
        return {a for s in statements(template, role) if s["Resource"] == "<Targets.Arn>" for a in actions(s)}

    assert may("PollerRole") == {"sqs:SendMessage"}
    assert may("WorkerRole") == {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert environment(**FAN_OUT)["AMIWATCH_QUEUE_URL"] == "<Targets>"
    assert environment(**FAN_OUT)["AMIWATCH_FAN_OUT_ABOVE"] == "100"
    # The queues' policies refuse plain HTTP, and let in nobody.
    for name in ("TargetsPolicy", "TargetsDeadLettersPolicy"):
        assert [s["Effect"] for s in template.properties(name)["PolicyDocument"]["Statement"]] == ["Deny"]


def test_a_worker_is_the_poller_without_the_queue():
    template = Template(**EVERYTHING)
    poller, worker = (template.properties(name) for name in ("Poller", "Worker"))
    for same in ("CodeUri", "Runtime", "Architectures", "MemorySize", "Timeout", "LoggingConfig"):
        assert worker[same] == poller[same]
    given = poller["Environment"]["Variables"]
    without = {name: value for name, value in given.items() if name not in ("AMIWATCH_QUEUE_URL", "AMIWATCH_FAN_OUT_ABOVE")}
    assert worker["Environment"]["Variables"] == without
    metadata = [template.raw["Resources"][name]["Metadata"]["BuildProperties"] for name in ("Poller", "Worker")]
    assert metadata[0] == metadata[1]
    assert template.raw["Resources"]["Worker"]["DependsOn"] == "Listings"


@pytest.mark.parametrize("parameters", [FAN_OUT, EVERYTHING, TARGETS | FAN_OUT, {"TargetsParameter": "/a/"} | FAN_OUT])
def test_a_worker_may_what_the_poller_may_but_for_the_queues(parameters):
    template = Template(**parameters)

    def without_queues(role):
        # A key's statement names queues beside other services.
        return [s for s in statements(template, role) if not any(a.startswith("sqs:") for a in actions(s))]

    assert without_queues("WorkerRole") == without_queues("PollerRole")
    assert template.properties("Listings")["Roles"] == ["<PollerRole>", "<WorkerRole>"]
    assert Template().properties("Listings")["Roles"] == ["<PollerRole>"]


def test_an_account_is_a_message_and_an_execution_by_itself():
    template = Template(Workers=50, **FAN_OUT)
    assert template.properties("Worker")["Events"] == {
        "Waiting": {
            "Type": "SQS",
            "Properties": {
                "Queue": "<Targets.Arn>",
                "BatchSize": 1,
                "ScalingConfig": {"MaximumConcurrency": "50"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        }
    }
    # Those bounds are Lambda's.
    workers = template.raw["Parameters"]["Workers"]
    assert (workers["MinValue"], workers["MaxValue"]) == (2, 1000)


def test_an_account_is_tried_three_times_and_then_kept_aside():
    template = Template(**FAN_OUT)
    queue = template.properties("Targets")
    assert queue["VisibilityTimeout"] == 6 * template.properties("Worker")["Timeout"]
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": "<TargetsDeadLetters.Arn>", "maxReceiveCount": 3}
    arn = "arn:aws:sqs:us-east-1:123456789012:" + queue["QueueName"]
    letters = template.properties("TargetsDeadLetters")
    assert letters["RedriveAllowPolicy"] == {"redrivePermission": "byQueue", "sourceQueueArns": [arn]}
    assert letters["MessageRetentionPeriod"] == 14 * 24 * 3600
    # Nothing that is fresh is lost, however long the interval is.
    assert queue["MessageRetentionPeriod"] >= 60 * max(template.raw["Parameters"]["ScheduleMinutes"]["AllowedValues"])


def test_an_account_that_is_tried_again_is_not_one_that_nobody_takes():
    template = Template(**FAN_OUT)
    queue = template.properties("Targets")
    waiting = template.properties("TargetsWaitingAlarm")
    tried = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    assert tried < waiting["Threshold"] < queue["MessageRetentionPeriod"]


def test_the_schedule_says_for_which_time_it_starts_a_poll():
    schedule = Template().properties("Poller")["Events"]["Schedule"]["Properties"]
    # EventBridge Scheduler puts the time in place of its keyword.
    assert json.loads(schedule["Input"]) == {"time": "<aws.scheduler.scheduled-time>"}
    for function in ("Poller", "Worker"):
        assert environment(function, ScheduleMinutes=5, **FAN_OUT)["AMIWATCH_SCHEDULE_MINUTES"] == "5"
