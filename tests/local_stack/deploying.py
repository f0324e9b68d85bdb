"""A stack of the template in a running AWS."""

import os
import shutil
import subprocess
from functools import partial

from botocore.exceptions import ClientError

from . import ROOT, caller, template_copy


class NotDeployed(Exception):
    """`sam deploy` failed."""


def sam():
    found = os.environ.get("AMIWATCH_TEST_SAM") or shutil.which("sam")
    if not found:
        raise NotDeployed("the AWS SAM CLI is missing: `pip install aws-sam-cli`, or set AMIWATCH_TEST_SAM")
    return found


class Stack:
    """A deployed stack."""

    def __init__(self, name, clients):
        self.name = name
        self.client = clients
        described = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def physical(self, resource):
        """What a resource of the template is called in this stack."""
        resources = self.client("cloudformation")
        found = resources.describe_stack_resource(StackName=self.name, LogicalResourceId=resource)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def delete(self):
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=self.name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )


def why_it_failed(cloud, name):
    """The reasons of a stack's failures, which sam prints in columns of a few letters."""
    try:
        events = cloud.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    except ClientError:
        return ""  # it did not come to a stack
    return "\n".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    )


def complete(stack, template):
    """Does what ministack's CloudFormation passes over: a table's time to live, and the boundaries of roles."""
    for name in template.made("AWS::DynamoDB::Table"):
        specification = template.properties(name)["TimeToLiveSpecification"]
        stack.client("dynamodb").update_time_to_live(
            TableName=stack.physical(name), TimeToLiveSpecification=specification
        )
    for name in template.made("AWS::IAM::Role"):
        boundary = template.properties(name).get("PermissionsBoundary")
        if boundary:
            stack.client("iam").put_role_permissions_boundary(
                RoleName=stack.physical(name), PermissionsBoundary=boundary
            )


def deploy(cloud, name, source=None, **parameters):
    """Deploys the template with `sam deploy`."""
    folder = cloud.folder / name
    copy = template_copy.write(folder, cloud.binaries, source, **parameters)
    bucket = f"{name}-code"
    cloud.client("s3").create_bucket(Bucket=bucket)
    command = [
        sam(), "deploy", "--template-file", copy, "--stack-name", name, "--s3-bucket", bucket,
        "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar",
    ]  # fmt: skip
    if parameters:
        command += ["--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items())]
    environment = caller.environment(cloud.endpoint, SAM_CLI_TELEMETRY="0")
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotDeployed(f"sam deploy: {why_it_failed(cloud, name) or (done.stdout + done.stderr)[-3000:]}")
    stack = Stack(name, cloud.client)
    complete(stack, template_copy.read(source, **parameters))
    return stack


MEMBER_ROLE = ROOT / "member-role.yaml"


def deploy_member(cloud, account, name, **parameters):
    """Deploys member-role.yaml in an account, or changes the parameters of what is deployed there."""
    client = partial(cloud.client, account=account)
    copy = template_copy.write(cloud.folder / f"{name}-{account}", cloud.binaries, MEMBER_ROLE, **parameters)
    asked = {
        "StackName": name,
        "TemplateBody": copy.read_text(),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    cloudformation = client("cloudformation")
    try:
        cloudformation.describe_stacks(StackName=name)
    except ClientError:
        cloudformation.create_stack(**asked)
        waiter = "stack_create_complete"
    else:
        cloudformation.update_stack(**asked)
        waiter = "stack_update_complete"
    cloudformation.get_waiter(waiter).wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return Stack(name, client)
