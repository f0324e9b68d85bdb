"""What an organisation asks for: bounds, keys, refusals."""

import pytest
from stacks import EVERYTHING, KEY, WEBHOOKS, actions, combinations, statements
from template_reader import Template

ROLES = ["ScheduleRole", "PollerRole", "WorkerRole", "SlackWebhookRole", "TeamsWebhookRole"]


def test_every_reference_of_every_stack_leads_somewhere():
    # The reader refuses what refers to a resource that is not made.
    for template in combinations():
        for name in template.made():
            template.properties(name)
            depends = template.raw["Resources"][name].get("DependsOn", [])
            for other in [depends] if isinstance(depends, str) else depends:
                assert template.has(other), f"{name} waits for {other}"
        for name in template.raw["Outputs"]:
            template.output(name)


def test_every_role_is_bound_and_trusts_one_service_for_one_account():
    template = Template(**EVERYTHING)
    assert template.made("AWS::IAM::Role") == ROLES
    for name in ROLES:
        role = template.properties(name)
        assert role["PermissionsBoundary"] == EVERYTHING["PermissionsBoundary"]
        [trust] = role["AssumeRolePolicyDocument"]["Statement"]
        assert set(trust["Principal"]) == {"Service"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
        assert "PermissionsBoundary" not in Template(FanOutAbove=100, **WEBHOOKS).properties(name)


def test_sam_makes_no_role_of_its_own():
    template = Template(**EVERYTHING)
    for name in template.made("AWS::Serverless::Function"):
        function = template.properties(name)
        assert function["Role"] == f"<{name}Role.Arn>"
        for event in function["Events"].values():
            # ScheduleV2 would make one.
            assert event["Type"] == "SQS" or event["Properties"]["RoleArn"] == "<ScheduleRole.Arn>"


def test_the_roles_are_outputs_for_key_policies():
    template = Template(**EVERYTHING)
    outputs = {template.output(name) for name in template.raw["Outputs"] if name.endswith("RoleArn")}
    assert outputs == {f"<{name}.Arn>" for name in ROLES}


def policies(template):
    for kind, about in (("AWS::SNS::TopicPolicy", "Topics"), ("AWS::SQS::QueuePolicy", "Queues")):
        for name in template.made(kind):
            properties = template.properties(name)
            [target] = properties[about]
            yield target, properties["PolicyDocument"]["Statement"]


def test_every_topic_and_queue_refuses_plain_http():
    for template in (Template(), Template(**EVERYTHING)):
        refused = set()
        for target, found in policies(template):
            [deny] = [s for s in found if s["Effect"] == "Deny"]
            assert deny["Principal"] == "*"
            assert deny["Action"] == ("sns:Publish" if target in ("<Topic>", "<AlarmTopic>") else "sqs:*")
            assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert deny["Resource"] in (target, f"{target[:-1]}.Arn>")
            refused.add(target)
        made = [*template.made("AWS::SNS::Topic"), *template.made("AWS::SQS::Queue")]
        assert refused == {f"<{name}>" for name in made}


def test_a_topics_policy_leaves_the_account_its_rights_and_lets_alarms_in():
    for target, found in policies(Template()):
        if target not in ("<Topic>", "<AlarmTopic>"):
            continue
        allowed = {s["Sid"]: s for s in found if s["Effect"] == "Allow"}
        # A policy of one's own takes the place of SNS's: these are its actions.
        assert allowed["Account"]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
        assert len(allowed["Account"]["Action"]) == 8
        if target == "<AlarmTopic>":
            assert allowed["Alarms"]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            assert allowed["Alarms"]["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
        assert set(allowed) == ({"Account", "Alarms"} if target == "<AlarmTopic>" else {"Account"})


# A key of the customer's

FIELDS = {
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
}


def test_a_key_encrypts_everything_that_is_kept():
    template = Template(**EVERYTHING)
    for kind, field in FIELDS.items():
        for name in template.made(kind):
            assert template.properties(name)[field] == KEY, name
            assert "SqsManagedSseEnabled" not in template.properties(name)
    assert template.properties("Table")["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": KEY,
    }


def test_without_a_key_nothing_names_one():
    template = Template(FanOutAbove=100, **WEBHOOKS)
    assert "SSESpecification" not in template.properties("Table")
    for kind, field in FIELDS.items():
        for name in template.made(kind):
            assert field not in template.properties(name)
    for name in template.made("AWS::SQS::Queue"):
        assert template.properties(name)["SqsManagedSseEnabled"] is True
    for role in ROLES:
        assert not any("kms" in action for s in statements(template, role) for action in actions(s))


@pytest.mark.parametrize(
    ("role", "rights", "services"),
    [
        ("PollerRole", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], ["dynamodb", "sns", "sqs"]),
        ("WorkerRole", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], ["dynamodb", "sns", "sqs"]),
        ("ScheduleRole", ["kms:Decrypt", "kms:GenerateDataKey"], ["sqs"]),
        ("SlackWebhookRole", ["kms:Decrypt", "kms:GenerateDataKey"], ["sqs"]),
        ("TeamsWebhookRole", ["kms:Decrypt", "kms:GenerateDataKey"], ["sqs"]),
    ],
)
def test_a_role_may_use_the_key_through_the_services_that_it_calls_only(role, rights, services):
    [found] = [s for s in statements(role=role) if any("kms" in action for action in actions(s))]
    assert (found["Resource"], found["Action"]) == (KEY, rights)
    through = found["Condition"]["StringEquals"]["kms:ViaService"]
    through = through if isinstance(through, list) else [through]
    assert through == [f"{service}.us-east-1.amazonaws.com" for service in services]


def test_resources_of_sam_have_the_tags_of_the_function():
    template = Template(**EVERYTHING)
    for name in template.made("AWS::Serverless::Function"):
        function = template.properties(name)
        assert function["PropagateTags"] is True
        assert function["Tags"] == {"application": "amiwatch"}
