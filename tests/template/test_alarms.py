"""Metrics, the alarms on them, the dashboard, and the manual of both."""

import json
import re

import pytest
from stacks import APPS, EVERYTHING, WEBHOOKS, combinations
from template_reader import ROOT, Template

NAMESPACE = "amiwatch/amiwatch"
MANUAL = (ROOT / "docs/operations/alarms.md").read_text()
OF_THE_LOG = (ROOT / "docs/operations/log.md").read_text()
# What AWS counts by itself, of which a stack shows or watches some. From AWS's manuals.
OF_AWS = {
    "AWS/Events": {"InvocationsFailedToBeSentToDlq"},
    "AWS/Lambda": {"DestinationDeliveryFailures", "Duration", "Errors", "Invocations", "Throttles"},
    "AWS/SNS": {
        "NumberOfMessagesPublished",
        "NumberOfNotificationsDelivered",
        "NumberOfNotificationsFailed",
        "NumberOfNotificationsFailedToRedriveToDlq",
    },
    "AWS/SQS": {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
        "NumberOfMessagesSent",
    },
    "AWS/Scheduler": {"InvocationsFailedToBeSentToDeadLetterCount"},
}
ESSENTIAL = ["FailingAlarm", "SilentAlarm", "UntoldAlarm", "BlindAlarm", "DeadLettersAlarm", "UndeliveredAlarm"]


def filters(template=None):
    template = template or Template()
    return [template.properties(name) for name in template.made("AWS::Logs::MetricFilter")]


def counted():
    """The metrics that the log gives: names with their dimensions."""
    transformations = [one["MetricTransformations"][0] for one in filters()]
    return {(it["MetricName"], tuple(sorted(d["Key"] for d in it.get("Dimensions", [])))) for it in transformations}


def alarms(**parameters):
    template = Template(**parameters)
    return {name: template.properties(name) for name in template.made("AWS::CloudWatch::Alarm")}


def looks_at(alarm):
    """The metrics of an alarm, each as (namespace, name, dimensions, period)."""
    if "Metrics" not in alarm:
        dimensions = {d["Name"]: d["Value"] for d in alarm.get("Dimensions", [])}
        return [(alarm["Namespace"], alarm["MetricName"], dimensions, alarm["Period"])]
    stats = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    return [
        (
            stat["Metric"]["Namespace"],
            stat["Metric"]["MetricName"],
            {d["Name"]: d["Value"] for d in stat["Metric"]["Dimensions"]},
            stat["Period"],
        )
        for stat in stats
    ]


# Metrics


def test_every_metric_counts_a_field_of_its_own_and_only_where_there_is_something():
    for one in filters():
        [metric] = one["MetricTransformations"]
        assert one["LogGroupName"] == "<PollerLog>"
        assert metric["MetricNamespace"] == NAMESPACE
        assert metric["Unit"] in ("Count", "Seconds")
        # A filter with dimensions must not have one, and a zero in each minute would cost.
        assert "DefaultValue" not in metric
        # tests/suite checks that the function logs the fields.
        asked = f"{metric['MetricValue']} > {1 if metric['MetricName'] == 'ListingCalls' else 0}"
        if "Dimensions" in metric:
            # CloudWatch Logs takes values from fields that are in the pattern.
            there = [f"({dimension['Value']} = *)" for dimension in metric["Dimensions"]]
            asked = " && ".join(there if metric["MetricName"] == "Endings" else [f"({asked})", *there])
        assert one["FilterPattern"] == f"{{ {asked} }}"
    values = [one["MetricTransformations"][0]["MetricValue"] for one in filters()]
    assert len(set(values)) == len(values)


def test_a_metric_of_a_target_has_its_region_and_kind():
    for one in filters():
        [metric] = one["MetricTransformations"]
        dimensions = {d["Key"]: d["Value"] for d in metric.get("Dimensions", [])}
        # CloudWatch Logs takes three.
        assert len(dimensions) <= 3
        if metric["MetricValue"].startswith("$.target_"):
            assert dimensions == {"Region": "$.target_region", "Kind": "$.target_kind"}
        elif metric["MetricName"] == "Endings":
            assert dimensions == {"Outcome": "$.told_outcome", "Kind": "$.told_kind", "Region": "$.told_region"}
        else:
            assert dimensions == {}


def test_the_manual_has_every_metric():
    section = OF_THE_LOG.split("\n## Metrics\n")[1].split("\n## ")[0]
    for name, _ in counted():
        assert f"`{name}`" in section, name


# Alarms


def test_an_alarm_looks_at_what_there_is():
    for template in combinations():
        for name in template.made("AWS::CloudWatch::Alarm"):
            for namespace, metric, dimensions, _ in looks_at(template.properties(name)):
                if namespace == NAMESPACE:
                    assert (metric, tuple(sorted(dimensions))) in counted(), name
                else:
                    assert metric in OF_AWS[namespace], name
                    assert all(value.startswith("<") for value in dimensions.values()), name


def test_essential_alarms_are_few_and_none_are_none():
    assert list(alarms()) == ESSENTIAL
    assert list(alarms(Alarms="none", **WEBHOOKS)) == []
    of_slack = alarms(SlackWebhookParameter="/amiwatch/slack")
    assert list(of_slack) == [*ESSENTIAL, "SlackDeadLettersAlarm", "SlackWaitingAlarm"]
    of_all = set(alarms(Alarms="all", **WEBHOOKS)) - set(alarms(**WEBHOOKS))
    of_app = ["ErrorsAlarm", "ThrottlesAlarm", "OldestAlarm", "GivenUpAlarm"]
    lost = {"LettersLostAlarm", "ScheduleLettersLostAlarm", "RedriveFailedAlarm"}
    assert of_all == lost | {app + name for app in APPS for name in of_app}
    assert "RuleLettersLostAlarm" in alarms(Alarms="all", StoreBuckets="my-bucket")
    of_workers = ["TargetsDeadLettersAlarm", "TargetsWaitingAlarm"]
    assert list(alarms(FanOutAbove=100)) == [*ESSENTIAL, *of_workers]
    of_all = set(alarms(Alarms="all", FanOutAbove=100)) - set(alarms(Alarms="all"))
    assert of_all == {*of_workers, "WorkerErrorsAlarm", "WorkerThrottlesAlarm"}
    assert alarms(Alarms="none", FanOutAbove=100) == {}


def test_the_bill_counts_what_the_alarms_look_at():
    # CloudWatch bills each metric of an alarm. docs/cost.md has the same numbers, by bench/bill.
    def metrics(**parameters):
        return sum(len(looks_at(alarm)) for alarm in alarms(**parameters).values())

    slack = {"SlackWebhookParameter": "/amiwatch/slack"}
    counts = [metrics(), metrics(**slack), metrics(**WEBHOOKS), metrics(Alarms="all"), metrics(Alarms="all", **WEBHOOKS)]
    assert counts == [6, 8, 10, 8, 23]
    assert f"ALARM_METRICS = {counts[0]}\n" in (ROOT / "bench/bill.py").read_text()
    text = (ROOT / "docs/cost.md").read_text()
    more = [metrics(Alarms=level, FanOutAbove=100) - metrics(Alarms=level) for level in ("essential", "all")]
    assert more == [3, 5] and "`FanOutAbove` adds three to `essential` and five to `all`." in text
    for count in counts:
        assert f"| {count} | ${count / 10:.2f} |" in text


@pytest.mark.parametrize("own", [True, False])
def test_every_alarm_tells_of_its_begin_and_its_end_and_where_to_read_on(own):
    given = {} if own else {"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:ours"}
    topic = ["<AlarmTopic>"] if own else ["arn:aws:sns:us-east-1:123456789012:ours"]
    for name, alarm in alarms(**EVERYTHING | given).items():
        assert alarm["AlarmActions"] == topic
        assert alarm["OKActions"] == topic
        sections = re.findall(r"docs/operations/alarms\.md#(\w+)$", alarm["AlarmDescription"])
        assert sections == [name.lower()]
        # GitHub makes the anchor out of the title.
        assert f"\n## {name}\n" in MANUAL


def test_the_alarms_reach_whoever_is_told():
    def mailed(**parameters):
        template = Template(**parameters)
        return template.has("AlarmEmailSubscription") and template.properties("AlarmEmailSubscription")["Endpoint"]

    assert mailed(Email="a@example.com") == "a@example.com"
    assert mailed(AlarmEmail="b@example.com") == "b@example.com"
    assert mailed(Email="a@example.com", AlarmEmail="b@example.com") == "b@example.com"
    assert not mailed(Email="a@example.com", Alarms="none")
    ours = "arn:aws:sns:us-east-1:123456789012:ours"
    template = Template(Email="a@example.com", AlarmTopicArn=ours, **WEBHOOKS)
    assert not any("AlarmTopic" in str(template.properties(name)) for name in template.made("AWS::SNS::Subscription"))
    assert not template.has("AlarmTopic")
    assert template.output("AlarmTopicArn") == ours
    assert not Template(AlarmEmail="b@example.com", AlarmTopicArn=ours).accepted()
    for app in APPS:
        assert Template(**{f"{app}WebhookParameter": "/x"}).has(f"{app}AlarmSubscription")


def test_a_poll_and_its_retry_count_together_over_the_edge_of_a_period():
    alarm = alarms()["FailingAlarm"]
    # A poll of 55 s that began at the end of a minute fails in the next but one, and its retry a minute later.
    span = 1 + -(-(59 + Template().properties("Poller")["Timeout"] + 60) // 60)
    assert alarm["Period"] == 60
    assert alarm["EvaluationPeriods"] >= span
    assert alarm["DatapointsToAlarm"] == 2
    assert alarm["Threshold"] == 1


@pytest.mark.parametrize("minutes", Template().raw["Parameters"]["ScheduleMinutes"]["AllowedValues"])
def test_silence_is_three_polls_without_a_good_one(minutes):
    alarm = alarms(ScheduleMinutes=minutes)["SilentAlarm"]
    # Lambda counts 0 or 1 for each invocation: where the least is 1, none went well.
    assert looks_at(alarm) == [("AWS/Lambda", "Errors", {"FunctionName": "<Poller>"}, 60 * minutes)]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Minimum", 1)
    assert alarm["EvaluationPeriods"] == alarm["DatapointsToAlarm"] == 3
    # Quiet where it was just made, and told where the data end.
    assert alarm["TreatMissingData"] == "missing"
    assert alarm["InsufficientDataActions"] == alarm["AlarmActions"]


@pytest.mark.parametrize("minutes", Template().raw["Parameters"]["ScheduleMinutes"]["AllowedValues"])
def test_what_each_poll_reports_does_not_look_mended_between_two(minutes):
    made = alarms(ScheduleMinutes=minutes)
    for name in ("UntoldAlarm", "BlindAlarm"):
        [(_, _, _, period)] = looks_at(made[name])
        assert period >= 2 * 60 * minutes
    for alarm in made.values():
        # CloudWatch takes multiples of a minute, and a day at most, or a week where a period is an hour or more.
        for *_, period in looks_at(alarm):
            assert period % 60 == 0
            assert period * alarm["EvaluationPeriods"] <= (7 if period >= 3600 else 1) * 24 * 3600


def test_a_pause_is_no_silence():
    assert alarms()["SilentAlarm"]["ActionsEnabled"] is True
    assert alarms(Paused="true")["SilentAlarm"]["ActionsEnabled"] is False


def test_an_old_dead_letter_hides_no_new_one():
    made = alarms(Alarms="all", **WEBHOOKS)
    for prefix in ("", *APPS):
        # What arrives: what is there would keep the alarm standing.
        [(_, metric, dimensions, _)] = looks_at(made[f"{prefix}DeadLettersAlarm"])
        assert (metric, dimensions) == ("NumberOfMessagesSent", {"QueueName": f"<{prefix}DeadLetters.QueueName>"})
    made |= alarms(FanOutAbove=100)
    for alarm, queue in {
        "SlackGivenUpAlarm": "SlackDeadLetters",
        "TeamsGivenUpAlarm": "TeamsDeadLetters",
        "TargetsDeadLettersAlarm": "TargetsDeadLetters",
    }.items():
        # SQS does not count as sent what it moves itself.
        alarm = made[alarm]
        assert alarm["Metrics"][0]["Expression"] == "IF(DIFF(FILL(visible, 0) + FILL(hidden, 0)) > 0, 1, 0)"
        assert {str(dimensions) for _, _, dimensions, _ in looks_at(alarm)} == {
            str({"QueueName": f"<{queue}.QueueName>"})
        }


def test_the_events_of_a_webhook_are_known_to_wait_before_they_are_given_up():
    template = Template(Alarms="all", **WEBHOOKS)
    for app in APPS:
        queue = template.properties(f"{app}Queue")
        given_up_after = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
        waiting = template.properties(f"{app}WaitingAlarm")
        for told_after in (60 * waiting["DatapointsToAlarm"], template.properties(f"{app}OldestAlarm")["Threshold"]):
            # Twice tried, and long before.
            assert 2 * queue["VisibilityTimeout"] < told_after < given_up_after / 10


def test_the_essential_alarms_need_no_expressions():
    # Local stand-ins for CloudFormation do not take them, and each costs by its metrics.
    assert not any("Metrics" in alarm for alarm in alarms(**WEBHOOKS).values())


# The dashboard


def dashboard(template):
    return json.loads(template.properties("Dashboards")["DashboardBody"])["widgets"]


def shown(template):
    """What each metric widget shows: (namespace, name, dimensions) in its rows, and searches."""
    for widget in dashboard(template):
        if widget["type"] == "metric":
            for row in widget["properties"]["metrics"]:
                if "expression" in row[0]:
                    yield row[0]["expression"]
                else:
                    plain = [part for part in row if isinstance(part, str)]
                    yield plain[0], plain[1], dict(zip(plain[2::2], plain[3::2], strict=True))


def test_there_is_a_dashboard_only_on_request():
    assert Template().made("AWS::CloudWatch::Dashboard") == []
    assert Template(Dashboard="true").made("AWS::CloudWatch::Dashboard") == ["Dashboards"]
    assert Template(Dashboard="true").output("DashboardName") == "<Dashboards>"


def test_the_dashboard_is_json_and_shows_what_there_is():
    number = 0
    for template in combinations():
        if not template.has("Dashboards"):
            continue
        number += 1
        for one in shown(template):
            if isinstance(one, str):
                [(dimensions, name)] = re.findall(r'SEARCH\(\'{"amiwatch/amiwatch",([\w,]+)} MetricName="(\w+)"', one)
                assert (name, tuple(dimensions.split(","))) in counted(), one
            elif one[0] == NAMESPACE:
                assert (one[1], ()) in counted(), one
            else:
                assert one[1] in OF_AWS[one[0]], one
                assert all(value.startswith("<") for value in one[2].values()), one
        for widget in dashboard(template):
            if widget["type"] == "alarm":
                made = [f"<{name}.Arn>" for name in template.made("AWS::CloudWatch::Alarm")]
                assert set(widget["properties"]["alarms"]) <= set(made)
            if widget["type"] == "log":
                assert widget["properties"]["query"].startswith("SOURCE '<PollerLog>' | ")
            # CloudWatch's grid is 24 wide.
            assert widget["width"] <= 24
    assert number > 10


def test_the_dashboard_shows_every_metric_of_the_log():
    seen = set()
    for one in shown(Template(**EVERYTHING)):
        if isinstance(one, str):
            seen |= set(re.findall(r'MetricName="(\w+)"', one))
        elif one[0] == NAMESPACE:
            seen.add(one[1])
    # Curiosities of EC2's listing: they cost calls, and nobody is called for them.
    assert {name for name, _ in counted()} - seen == {"TasksListedLate", "TasksOutOfOrder"}


def test_the_dashboard_shows_every_outcome_that_can_be_told():
    expressions = " ".join(one for one in shown(Template(Dashboard="true")) if isinstance(one, str))
    outcomes = Template().raw["Parameters"]["Tell"]["AllowedValues"]
    assert re.findall(r'Outcome="(\w+)"', expressions) == outcomes


def test_every_essential_alarm_is_on_the_dashboard():
    template = Template(Dashboard="true", FanOutAbove=100, **WEBHOOKS)
    widgets = [widget for widget in dashboard(template) if widget["type"] == "alarm"]
    shown = [arn for widget in widgets for arn in widget["properties"]["alarms"]]
    assert set(shown) == {f"<{name}.Arn>" for name in template.made("AWS::CloudWatch::Alarm")}
