"""Roles of other accounts as boto3 assumes them."""

from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

MEMBER = "111122223333"
ROLE = f"arn:aws:iam::{MEMBER}:role/amiwatch-member"
SESSION = {"RoleArn": ROLE, "RoleSessionName": "amiwatch"}
AMI = "ami-0123456789abcdef0"


def test_a_session_sees_the_tasks_of_its_roles_account(sim):
    sim.stores({"image_id": AMI, "bucket": "b"}, account=MEMBER)
    sts = sim.client(service="sts")
    answer = sts.assume_role(**SESSION, DurationSeconds=900, ExternalId="e-1")
    user = answer["AssumedRoleUser"]
    assert user["Arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/amiwatch-member/amiwatch"
    credentials = answer["Credentials"]
    left = credentials["Expiration"] - datetime.now(timezone.utc)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    keys = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    [task] = sim.client(**keys).describe_store_image_tasks()["StoreImageTaskResults"]
    assert task["AmiId"] == AMI
    assert sim.client().describe_store_image_tasks()["StoreImageTaskResults"] == []
    identity = sim.client(service="sts", **keys).get_caller_identity()
    assert identity["Account"] == MEMBER
    assert [call["action"] for call in sim.calls()] == [
        "AssumeRole", "DescribeStoreImageTasks", "DescribeStoreImageTasks", "GetCallerIdentity",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("denied", 403, "AccessDenied"), ("throttle", 400, "Throttling")],
)
def test_one_account_can_shut_out_its_callers(sim, kind, status, code):
    sim.fault(kind, action="AssumeRole", account=MEMBER)
    sts = sim.client(service="sts")
    with pytest.raises(ClientError) as error:
        sts.assume_role(**SESSION)
    response = error.value.response
    assert response["Error"]["Code"] == code and response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RequestId"]
    other = {**SESSION, "RoleArn": ROLE.replace(MEMBER, "444455556666")}
    assert sts.assume_role(**other)["Credentials"]["AccessKeyId"] == "444455556666"


def test_an_account_has_the_regions_that_were_said(sim):
    regions = ["eu-west-1", "me-south-1"]
    sim.admin("POST", "/accounts", {"account": MEMBER, "regions": regions})
    described = sim.client(aws_access_key_id=MEMBER).describe_regions()["Regions"]
    assert [region["RegionName"] for region in described] == regions
    assert len(sim.client().describe_regions()["Regions"]) > len(regions)


def test_what_is_no_role_is_refused(sim):
    sts = sim.client(service="sts")
    with pytest.raises(ClientError, match="is invalid") as error:
        sts.assume_role(**{**SESSION, "RoleArn": f"arn:aws:iam::{MEMBER}:user/someone"})
    assert error.value.response["Error"]["Code"] == "ValidationError"
