"""Who is told: subscriptions, and the queue, function and dead letters of each webhook."""

import re

import pytest
from stacks import APPS, EVERYTHING, WEBHOOKS, actions, statements
from template_reader import Template

ARN = "arn:aws:sqs:us-east-1:123456789012:"


def with_app(app, **parameters):
    return Template(**{f"{app}WebhookParameter": f"/amiwatch/{app.lower()}"}, **parameters)


def policy(template, queue):
    return {s["Sid"]: s for s in template.properties(f"{queue}Policy")["PolicyDocument"]["Statement"]}


def test_only_who_is_named_is_subscribed():
    assert Template().made("AWS::SNS::Subscription") == []
    assert Template(Email="a@example.com").properties("EmailSubscription") == {
        "TopicArn": "<Topic>",
        "Protocol": "email",
        "Endpoint": "a@example.com",
    }
    assert Template(**EVERYTHING).made("AWS::SNS::Subscription") == [
        "EmailSubscription",
        "AlarmEmailSubscription",
        "SlackSubscription",
        "SlackAlarmSubscription",
        "TeamsSubscription",
        "TeamsAlarmSubscription",
    ]


@pytest.mark.parametrize("app", APPS)
def test_a_webhooks_queue_gets_events_and_alarms_as_they_are(app):
    template = with_app(app)
    topics = {f"{app}Subscription": "<Topic>", f"{app}AlarmSubscription": "<AlarmTopic>"}
    for name, topic in topics.items():
        subscription = template.properties(name)
        assert (subscription["TopicArn"], subscription["Protocol"]) == (topic, "sqs")
        assert subscription["Endpoint"] == f"<{app}Queue.Arn>"
        assert subscription["RawMessageDelivery"] is True
        assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": f"<{app}DeadLetters.Arn>"}
    for queue in (f"{app}Queue", f"{app}DeadLetters"):
        allowed = policy(template, queue)["Topics"]
        assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
        assert allowed["Resource"] == f"<{queue}.Arn>"
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": list(topics.values())}}
    other = {"Slack": "Teams", "Teams": "Slack"}[app]
    assert not [name for name in template.made() if name.startswith(other)]


@pytest.mark.parametrize("app", APPS)
def test_an_alarm_about_a_webhook_is_not_posted_to_it(app):
    # Else each would become a dead letter, and that the next alarm.
    template = with_app(app, Alarms="all")
    subscription = template.properties(f"{app}AlarmSubscription")
    assert subscription["FilterPolicyScope"] == "MessageBody"
    # CloudFormation calls an alarm STACK-NAME-RANDOM.
    [rule] = subscription["FilterPolicy"]["AlarmName"]
    prefix = rule["anything-but"]["prefix"]
    kept = [name for name in template.made("AWS::CloudWatch::Alarm") if not f"amiwatch-{name}-X".startswith(prefix)]
    about = [
        name for name in template.made("AWS::CloudWatch::Alarm") if f"<{app}" in str(template.properties(name))
    ]
    assert about and not set(about) & set(kept)
    assert {"FailingAlarm", "SilentAlarm", "UntoldAlarm", "BlindAlarm", "DeadLettersAlarm"} <= set(kept)


@pytest.mark.parametrize("app", APPS)
def test_two_functions_at_most_post_to_an_app_and_each_message_by_itself(app):
    function = with_app(app).properties(f"{app}Webhook")
    assert function["Events"]["Waiting"] == {
        "Type": "SQS",
        "Properties": {
            "Queue": f"<{app}Queue.Arn>",
            "BatchSize": 1,
            "ScalingConfig": {"MaximumConcurrency": 2},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
    }
    # What came by the topic alone would start a function for each event.
    assert "EventInvokeConfig" not in function


@pytest.mark.parametrize("app", APPS)
def test_a_chat_that_is_away_for_half_a_day_costs_no_event(app):
    template = with_app(app)
    queue = template.properties(f"{app}Queue")
    timeout = template.properties(f"{app}Webhook")["Timeout"]
    # Lambda's own advice, so that a message is not taken a second time while it is posted.
    assert queue["VisibilityTimeout"] >= 6 * timeout
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == f"<{app}DeadLetters.Arn>"
    tries = queue["RedrivePolicy"]["maxReceiveCount"]
    assert tries * queue["VisibilityTimeout"] >= 12 * 3600
    # A dead letter keeps the age that it had in the queue: both keep for as long as there is.
    for name in (f"{app}Queue", f"{app}DeadLetters"):
        assert template.properties(name)["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("app", APPS)
def test_dead_letters_go_back_to_the_queue_by_one_command(app):
    template = with_app(app)
    queue = template.properties(f"{app}Queue")
    # The dead-letter queue names its queue by the name that this is given.
    assert template.properties(f"{app}DeadLetters")["RedriveAllowPolicy"] == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [ARN + queue["QueueName"]],
    }
    assert queue["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}
    assert len(queue["QueueName"]) <= 80
    # Its two arguments are outputs.
    assert template.output(f"{app}DeadLetterQueueArn") == f"<{app}DeadLetters.Arn>"
    assert template.output(f"{app}QueueArn") == f"<{app}Queue.Arn>"
    assert Template().output(f"{app}QueueArn") is None


def test_the_apps_share_no_queue():
    template = Template(**WEBHOOKS)
    names = {template.properties(f"{app}Queue")["QueueName"] for app in APPS}
    urls = {template.properties(f"{app}Webhook")["Environment"]["Variables"]["AMIWATCH_DEAD_LETTERS_URL"] for app in APPS}
    assert len(names) == 2
    assert urls == {"<SlackDeadLetters>", "<TeamsDeadLetters>"}


@pytest.mark.parametrize("app", APPS)
def test_the_role_has_rights_on_its_own_queues_and_parameter_only(app):
    granted = {action: s["Resource"] for s in statements(with_app(app), f"{app}WebhookRole") for action in actions(s)}
    assert granted == {
        "ssm:GetParameter": f"arn:aws:ssm:us-east-1:123456789012:parameter/amiwatch/{app.lower()}",
        "sqs:DeleteMessage": f"<{app}Queue.Arn>",
        "sqs:GetQueueAttributes": f"<{app}Queue.Arn>",
        "sqs:ReceiveMessage": f"<{app}Queue.Arn>",
        "sqs:SendMessage": f"<{app}DeadLetters.Arn>",
        "logs:CreateLogStream": "<WebhookLog.Arn>",
        "logs:PutLogEvents": "<WebhookLog.Arn>",
    }


def test_slack_and_teams_differ_in_their_names_only():
    template = Template(**EVERYTHING)
    for name in template.raw["Resources"]:
        if name.startswith("Slack"):
            slack = str(template.raw["Resources"][name])
            teams = str(template.raw["Resources"][name.replace("Slack", "Teams", 1)])
            same = slack.replace("the Slack webhook", "the Microsoft Teams webhook")
            same = same.replace("a Slack webhook", "a Microsoft Teams webhook")
            assert same.replace("Slack", "Teams").replace("slack", "teams") == teams


def test_a_webhooks_url_is_refused_where_its_parameters_name_is_asked_for():
    parameters = Template().raw["Parameters"]
    for name in WEBHOOKS:
        pattern = parameters[name]["AllowedPattern"]
        assert re.fullmatch(pattern, "/amiwatch/slack")
        assert not re.fullmatch(pattern, "https://hooks.slack.com/services/T0/B0/x")


# The chat channels of Amazon Q Developer, which have a template of their own


class Chat(Template):
    FILE = "chat.yaml"


TOPICS = {
    "TopicArn": "arn:aws:sns:us-east-1:123456789012:amiwatch-Topic",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:amiwatch-AlarmTopic",
}
SLACK = {"SlackWorkspaceId": "T0123456789", "SlackChannelId": "C0123456789"}
TEAMS = {
    "TeamsTenantId": "0a1b2c3d-0000-11ee-8000-0123456789ab",
    "TeamsTeamId": "0a1b2c3d-0000-11ee-8000-0123456789ac",
    "TeamsChannelId": "19%3aab0123456789%40thread.tacv2",
}
CHANNELS = {"SlackChannel": SLACK, "TeamsChannel": TEAMS}


def test_the_stack_itself_has_nothing_of_a_chat():
    # Where a partition lacks a type, CloudFormation refuses the whole template, whatever the condition.
    assert not [it["Type"] for it in Template().raw["Resources"].values() if "Chatbot" in it["Type"]]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_gets_both_topics_under_a_name_of_the_stack_and_its_region(channel):
    chat = Chat(**TOPICS, **CHANNELS[channel])
    properties = chat.properties(channel)
    assert properties["SnsTopicArns"] == list(TOPICS.values())
    # An account has one list of names for all Regions.
    assert properties["ConfigurationName"] == "amiwatch-us-east-1-" + channel.removesuffix("Channel").lower()
    assert [name for name in CHANNELS if chat.has(name)] == [channel]
    assert Chat(TopicArn=TOPICS["TopicArn"], **CHANNELS[channel]).properties(channel)["SnsTopicArns"] == [TOPICS["TopicArn"]]


@pytest.mark.parametrize("channel", CHANNELS)
def test_nobody_gets_rights_from_a_chat_channel(channel):
    chat = Chat(**TOPICS, **CHANNELS[channel])
    assert chat.properties(channel)["GuardrailPolicies"] == ["arn:aws:iam::aws:policy/AWSDenyAll"]
    assert chat.properties(channel)["IamRoleArn"] == "<ChatRole.Arn>"
    assert set(chat.properties("ChatRole")) == {"Description", "AssumeRolePolicyDocument"}


def test_a_channel_is_refused_unless_all_of_it_is_given():
    assert Chat(**TOPICS, **SLACK).accepted()
    assert Chat(**TOPICS, **TEAMS).accepted()
    assert not Chat(**TOPICS).accepted()
    for channel in (SLACK, TEAMS):
        for name in channel:
            assert not Chat(**TOPICS, **channel | {name: ""}).accepted()


def test_every_parameter_of_the_chat_is_used():
    assert set(Chat().raw["Parameters"]) == {*TOPICS, *SLACK, *TEAMS, "PermissionsBoundary"}
    bound = Chat(**TOPICS, **SLACK, PermissionsBoundary="arn:aws:iam::123456789012:policy/bound")
    assert bound.properties("ChatRole")["PermissionsBoundary"] == "arn:aws:iam::123456789012:policy/bound"
