"""What the tests of the template share: sets of parameters, and readers of roles."""

import itertools

from template_reader import Template

WEBHOOKS = {"SlackWebhookParameter": "/amiwatch/slack", "TeamsWebhookParameter": "/amiwatch/teams"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d"
EVERYTHING = {
    "Kinds": "all",
    "Email": "a@example.com",
    "EventBusName": "default",
    "Chat": "true",
    "Regions": "us-east-1, eu-west-1",
    "StoreBuckets": "my-bucket, other-bucket",
    "Accounts": "123456789012, 210987654321",
    "ExternalId": "amiwatch-of-ours",
    "FanOutAbove": 100,
    "Alarms": "all",
    "Dashboard": "true",
    "KmsKeyArn": KEY,
    "PermissionsBoundary": "arn:aws:iam::123456789012:policy/bound",
    **WEBHOOKS,
}
# The functions, with the folder of each one's code.
FUNCTIONS = {"Poller": "poller", "Worker": "poller", "SlackWebhook": "webhook", "TeamsWebhook": "webhook"}
APPS = ["Slack", "Teams"]

# Each changes which resources there are, or what they refer to.
_SWITCHES = [
    {"Email": "a@example.com"},
    {"SlackWebhookParameter": "/amiwatch/slack"},
    {"TeamsWebhookParameter": "/amiwatch/teams"},
    {"EventBusName": "default"},
    {"Regions": "us-east-1,eu-west-1"},
    {"Regions": "all"},
    {"StoreBuckets": "my-bucket"},
    {"Accounts": "210987654321,345678901234"},
    {"TargetsParameter": "/amiwatch/targets"},
    {"FanOutAbove": 100},
    {"Alarms": "all"},
    {"Alarms": "none"},
    {"AlarmEmail": "b@example.com"},
    {"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:ours"},
    {"Dashboard": "true"},
    {"ExistingTable": "an-older-one"},
    {"KmsKeyArn": KEY},
]


def combinations():
    """The default stack, each switch alone, each two of them, and everything."""
    yield Template()
    for count in (1, 2):
        for some in itertools.combinations(_SWITCHES, count):
            template = Template(**{name: value for one in some for name, value in one.items()})
            if template.accepted():
                yield template
    yield Template(**EVERYTHING)


def statements(template=None, role="PollerRole"):
    """The statements of a role's own policies, and of those that are attached to it."""
    template = template or Template(**EVERYTHING)
    documents = [policy["PolicyDocument"] for policy in template.properties(role).get("Policies", [])]
    for name in template.made("AWS::IAM::ManagedPolicy"):
        policy = template.properties(name)
        if f"<{role}>" in policy["Roles"]:
            documents.append(policy["PolicyDocument"])
    return [statement for document in documents for statement in document["Statement"]]


def actions(statement):
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def statement_for(action, template=None, role="PollerRole"):
    [found] = [s for s in statements(template, role) if action in actions(s)]
    return found


def environment(function="Poller", **parameters):
    return Template(**parameters).properties(function)["Environment"]["Variables"]
