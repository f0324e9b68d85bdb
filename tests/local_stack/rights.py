"""What the functions' roles may do: as the template says, and as it is in a deployed stack."""

import json
from contextlib import contextmanager
from copy import deepcopy

# Every caller may do this, whatever its policies say: it stands where a right was taken away.
HARMLESS = "sts:GetCallerIdentity"
# Operations that IAM counts to another action, by that action. ministack asks for the right to each by its own name.
# There is no such action, so it stands in the copy of a template only.
ALSO_ASKED = {"sqs:SendMessage": "sqs:SendMessageBatch"}

# Rights that a function's role needs in AWS, and that ministack does not ask the role for, each with the reason.
LOGS = "Lambda writes the log in the function's name; ministack does not ask the role for it"
TAKES = "Lambda takes the queue's messages in the function's name; ministack does not ask the role for it"
BY_LAMBDA = {
    "logs:CreateLogStream": LOGS,
    "logs:PutLogEvents": LOGS,
    "sqs:ReceiveMessage": TAKES,
    "sqs:DeleteMessage": TAKES,
    "sqs:GetQueueAttributes": TAKES,
}


def actions_of(statement):
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def is_of(reference, resource):
    """Whether a reference, as the reader of templates writes it, is to a resource or one of its attributes."""
    return reference == f"<{resource}>" or str(reference).startswith(f"<{resource}.")


def binary(template, function):
    """The program that a function runs."""
    return template.raw["Resources"][function]["Metadata"]["BuildProperties"]["Binary"]


def functions(template):
    """The functions that a template makes, each with its role."""
    for name, resource in template.raw["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function" and template.has(name):
            role = template.properties(name)["Role"]
            yield name, role.strip("<>").removesuffix(".Arn")


def documents(template, role):
    """The policies of a role: its own, and managed ones of the template."""
    properties = template.properties(role)
    yield from (policy["PolicyDocument"] for policy in properties.get("Policies", []))
    for name, resource in template.raw["Resources"].items():
        if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy") and template.has(name):
            policy = template.properties(name)
            attached = any(is_of(arn, name) for arn in properties.get("ManagedPolicyArns", []))
            if attached or any(is_of(one, role) for one in policy.get("Roles", [])):
                yield policy["PolicyDocument"]


def granted_by(policies):
    """Every action that policies name."""
    return {action for policy in policies for statement in policy["Statement"] for action in actions_of(statement)}


def granted(template):
    """Every right of every function: its function and its action."""
    return [
        (function, action)
        for function, role in functions(template)
        for action in sorted(granted_by(documents(template, role)))
    ]


def without(document, action):
    """A policy without one right."""
    changed = deepcopy(document)
    gone = {action, ALSO_ASKED.get(action)}
    for statement in changed["Statement"]:
        statement["Action"] = [HARMLESS if one in gone else one for one in actions_of(statement)]
    return changed


class Role:
    """A role of a deployed stack."""

    def __init__(self, iam, name):
        self.iam = iam
        self.name = name

    def policies(self):
        """Its policies: a way to write each, and what it says."""
        for name in self.iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            document = self.iam.get_role_policy(RoleName=self.name, PolicyName=name)["PolicyDocument"]
            yield self.put(name), document
        for attached in self.iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            document = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            yield self.put_version(arn, version), document

    def put(self, name):
        def write(document):
            self.iam.put_role_policy(RoleName=self.name, PolicyName=name, PolicyDocument=json.dumps(document))

        return write

    def put_version(self, arn, version):
        def write(document):
            # A policy has five versions at most: what is neither the first nor the new one goes.
            for one in self.iam.list_policy_versions(PolicyArn=arn)["Versions"]:
                if not one["IsDefaultVersion"] and one["VersionId"] != version:
                    self.iam.delete_policy_version(PolicyArn=arn, VersionId=one["VersionId"])
            self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)

        return write

    def actions(self):
        return granted_by(document for _, document in self.policies()).difference(ALSO_ASKED.values())

    @contextmanager
    def without(self, action):
        """Takes a right away, and gives it back."""
        before = list(self.policies())
        try:
            for write, document in before:
                write(without(document, action))
            yield
        finally:
            for write, document in before:
                write(document)
