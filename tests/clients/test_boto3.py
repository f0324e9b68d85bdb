"""The simulator as boto3 sees it."""

import base64
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    IncompleteReadError,
    WaiterError,
)
from botocore.parsers import ResponseParserError
from conftest import ACCOUNT, REGION

AMI = "ami-0123456789abcdef0"
OTHER = "ami-0123456789abcdef1"
S3 = {
    "AWSAccessKeyId": "AKIDEXAMPLE",
    "Bucket": "bundles",
    "Prefix": "web",
    "UploadPolicy": b"the policy",
    "UploadPolicySignature": "the signature",
}


def code(call, **arguments):
    """The HTTP status and error code of a call that must fail."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    response = error.value.response
    assert response["ResponseMetadata"]["RequestId"]
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def generate(sim, count, **more):
    sim.admin("POST", "/tasks", {"generate": [{"count": count, "bucket": "old", **more}]})


def test_a_task_is_created_runs_and_completes(sim, ec2):
    assert ec2.create_store_image_task(ImageId=AMI, Bucket="b")["ObjectKey"] == f"{AMI}.bin"
    assert code(ec2.create_store_image_task, ImageId=AMI, Bucket="c") == (400, "InvalidRequest")
    sim.advance("5m")
    [task] = ec2.describe_store_image_tasks()["StoreImageTaskResults"]
    assert task["StoreTaskState"] == "InProgress" and 50 <= task["ProgressPercentage"] < 60
    assert (task["AmiId"], task["Bucket"], task["S3objectKey"]) == (AMI, "b", f"{AMI}.bin")
    assert task["TaskStartTime"].utcoffset() == timedelta(0)
    sim.advance("6m")
    [task] = ec2.describe_store_image_tasks()["StoreImageTaskResults"]
    assert (task["StoreTaskState"], task["ProgressPercentage"]) == ("Completed", 100)
    assert code(ec2.create_store_image_task, ImageId=AMI, Bucket="b") == (400, "InvalidRequest")
    place = {"region": REGION, "bucket": "b", "object_key": f"{AMI}.bin"}
    sim.admin("DELETE", "/objects", place)
    ec2.create_store_image_task(ImageId=AMI, Bucket="b")
    assert len(ec2.describe_store_image_tasks()["StoreImageTaskResults"]) == 2


def test_the_paginator_reads_every_page_newest_first(sim, ec2):
    generate(sim, 450, failed_every=10)
    pages = list(ec2.get_paginator("describe_store_image_tasks").paginate())
    assert [len(page["StoreImageTaskResults"]) for page in pages] == [200, 200, 50]
    tasks = [task for page in pages for task in page["StoreImageTaskResults"]]
    starts = [task["TaskStartTime"] for task in tasks]
    assert starts == sorted(starts, reverse=True)
    assert len({task["AmiId"] for task in tasks}) == 450
    failed = [task for task in tasks if task["StoreTaskState"] == "Failed"]
    assert len(failed) == 45 and all(task["StoreTaskFailureReason"] for task in failed)


def test_the_client_gets_through_throttling_by_trying_again(sim):
    generate(sim, 30)
    sim.fault("throttle", action="DescribeStoreImageTasks", skip=1, next=2)
    paginator = sim.client(attempts=5).get_paginator("describe_store_image_tasks")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 10}))
    assert [len(page["StoreImageTaskResults"]) for page in pages] == [10, 10, 10]
    assert [call["status"] for call in sim.calls()] == [200, 503, 503, 200, 200]


def test_the_bucket_holds_fifty_calls_and_refills_with_the_clock(sim, ec2):
    for _ in range(50):
        ec2.describe_store_image_tasks()
    assert code(ec2.describe_store_image_tasks) == (503, "RequestLimitExceeded")
    sim.client("eu-west-1").describe_store_image_tasks()
    sim.client(aws_access_key_id="210987654321").describe_store_image_tasks()
    sim.advance("2s")
    ec2.describe_store_image_tasks()


def test_without_throttling_there_is_no_limit(free):
    ec2 = free.client()
    for _ in range(120):
        ec2.describe_store_image_tasks()


def test_filters_are_anded_and_their_values_ored(sim, ec2):
    sim.stores(
        {"image_id": AMI, "bucket": "a", "start": "-1h"},
        {"image_id": OTHER, "bucket": "b", "start": "-2h", "end": "Failed", "reason": "why"},
        {"image_id": AMI, "bucket": "b"},
    )

    def found(**filters):
        filters = [{"Name": name.replace("_", "-"), "Values": v} for name, v in filters.items()]
        tasks = ec2.describe_store_image_tasks(Filters=filters)["StoreImageTaskResults"]
        return [(task["AmiId"], task["Bucket"]) for task in tasks]

    assert found(bucket=["b"]) == [(AMI, "b"), (OTHER, "b")]
    assert found(task_state=["Completed", "Failed"]) == [(AMI, "a"), (OTHER, "b")]
    assert found(task_state=["Completed", "Failed"], bucket=["b"]) == [(OTHER, "b")]
    assert found(task_state=["completed"]) == found(bucket=["*"]) == []


def test_with_ids_only_the_newest_task_of_each_comes(sim, ec2):
    sim.stores(
        {"image_id": AMI, "bucket": "old", "start": "-2h"},
        {"image_id": AMI, "bucket": "new", "start": "-1h"},
    )
    [task] = ec2.describe_store_image_tasks(ImageIds=[AMI])["StoreImageTaskResults"]
    assert task["Bucket"] == "new"
    assert ec2.describe_store_image_tasks(ImageIds=[OTHER])["StoreImageTaskResults"] == []


def test_every_documented_error_has_its_code(sim, ec2):
    sim.stores(region="eu-west-1", images=[AMI])
    stores, bundles = ec2.describe_store_image_tasks, ec2.describe_bundle_tasks
    elsewhere = sim.client("eu-west-1").describe_store_image_tasks
    many = [{"Name": "bucket", "Values": ["b"]}] * 51
    for call, arguments, expected in [
        (stores, {"DryRun": True}, (412, "DryRunOperation")),
        (bundles, {"DryRun": True}, (412, "DryRunOperation")),
        (stores, {"MaxResults": 201}, (400, "InvalidParameterValue")),
        (stores, {"MaxResults": 5, "ImageIds": [AMI]}, (400, "InvalidParameterCombination")),
        (stores, {"NextToken": "nonsense"}, (400, "InvalidNextToken")),
        (stores, {"ImageIds": [AMI] * 21}, (400, "InvalidParameterValue")),
        (stores, {"ImageIds": ["i-1"]}, (400, "InvalidAMIID.Malformed")),
        (elsewhere, {"ImageIds": [OTHER]}, (400, "InvalidAMIID.NotFound")),
        (stores, {"Filters": many}, (400, "FilterLimitExceeded")),
        (stores, {"Filters": [{"Name": "x", "Values": ["y"]}]}, (400, "InvalidParameterValue")),
        (stores, {"Filters": [{"Name": "bucket"}]}, (400, "MissingParameter")),
        (bundles, {"BundleIds": ["bun-00000000"]}, (400, "InvalidBundleID.NotFound")),
        (ec2.describe_vpcs, {}, (400, "InvalidAction")),
    ]:
        assert code(call, **arguments) == expected, (call, arguments)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("throttle", (503, "RequestLimitExceeded")),
        ("internal-error", (500, "InternalError")),
        ("unavailable", (503, "Unavailable")),
        ("denied", (403, "UnauthorizedOperation")),
        ("expired-token", (400, "RequestExpired")),
        ("auth-failure", (401, "AuthFailure")),
    ],
)
def test_a_fault_gives_its_error_and_then_is_over(sim, ec2, kind, expected):
    sim.fault(kind, action="DescribeBundleTasks", next=1)
    ec2.describe_store_image_tasks()
    assert code(ec2.describe_bundle_tasks, DryRun=True) == expected
    ec2.describe_bundle_tasks()


def test_a_cut_connection_is_seen_as_one(sim, ec2):
    generate(sim, 100)
    sim.fault("cut", next=1)
    # urllib3 may hand over the half body as if it were whole: then it is its XML that is broken.
    with pytest.raises((ConnectionClosedError, IncompleteReadError, ResponseParserError)):
        ec2.describe_store_image_tasks()
    ec2.describe_store_image_tasks()


def test_missing_fields_are_missing_from_the_items_that_are_meant(sim, ec2):
    generate(sim, 3)
    sim.fault("missing-fields", fields=["taskStartTime", "bucket"], item=1, next=1)
    tasks = ec2.describe_store_image_tasks()["StoreImageTaskResults"]
    assert ["Bucket" in task for task in tasks] == [True, False, True]


def test_a_token_is_of_its_region_and_filters(sim, ec2):
    generate(sim, 3)
    token = ec2.describe_store_image_tasks(MaxResults=2)["NextToken"]
    expected = (400, "InvalidPaginationToken")
    elsewhere = sim.client("us-west-2").describe_store_image_tasks
    assert code(elsewhere, NextToken=token) == expected
    filters = [{"Name": "bucket", "Values": ["old"]}]
    assert code(ec2.describe_store_image_tasks, NextToken=token, Filters=filters) == expected
    assert "NextToken" not in ec2.describe_store_image_tasks(NextToken=token)


def test_the_waiters_tell_success_from_failure(sim, ec2):
    sim.stores({"image_id": AMI, "bucket": "b", "start": "-1h"})
    ec2.get_waiter("store_image_task_complete").wait(ImageIds=[AMI])
    sim.stores({"image_id": OTHER, "bucket": "b", "start": "-1h", "end": "Failed"})
    with pytest.raises(WaiterError, match="terminal failure"):
        ec2.get_waiter("store_image_task_complete").wait(ImageIds=[OTHER])
    sim.bundles({"bundle_id": "bun-00000001", "instance_id": "i-00000001", "bucket": "b",
                 "start": "-20m"})
    ec2.get_waiter("bundle_task_complete").wait(BundleIds=["bun-00000001"])


def test_a_waiter_waits_while_the_task_runs(run):
    sim = run("--speed", "600")
    ec2 = sim.client()
    ec2.create_store_image_task(ImageId=AMI, Bucket="b")
    waiter = ec2.get_waiter("store_image_task_complete")
    waiter.wait(ImageIds=[AMI], WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})
    assert len(sim.calls()) > 2


def test_a_bundle_runs_to_its_end_and_leaves_the_list(sim, ec2):
    task = ec2.bundle_instance(InstanceId="i-0123456789abcdef0", Storage={"S3": S3})["BundleTask"]
    assert task["State"] == "pending" and task["Progress"] == "0%"
    sim.advance("5m")
    [task] = ec2.describe_bundle_tasks(BundleIds=[task["BundleId"]])["BundleTasks"]
    assert task["State"] == "bundling" and task["UpdateTime"] > task["StartTime"]
    sim.advance("6m")
    [task] = ec2.describe_bundle_tasks()["BundleTasks"]
    assert task["State"] == "complete" and "BundleTaskError" not in task
    sim.advance("2h")
    assert ec2.describe_bundle_tasks()["BundleTasks"] == []


def test_a_cancelled_bundle_fails(sim, ec2):
    storage = {"S3": S3}
    task = ec2.bundle_instance(InstanceId="i-0123456789abcdef0", Storage=storage)["BundleTask"]
    cancelled = ec2.cancel_bundle_task(BundleId=task["BundleId"])["BundleTask"]
    assert cancelled["State"] == "cancelling"
    sim.advance("1m")
    [task] = ec2.describe_bundle_tasks()["BundleTasks"]
    assert (task["State"], task["BundleTaskError"]["Code"]) == ("failed", "Client.Cancelled")


def test_the_api_shows_a_bundles_secrets_so_that_clients_must_drop_them(ec2):
    ec2.bundle_instance(InstanceId="i-0123456789abcdef0", Storage={"S3": S3})
    [task] = ec2.describe_bundle_tasks()["BundleTasks"]
    assert task["Storage"]["S3"] == S3


def signed(sim, auth, query, data=None):
    """Sends a request that botocore signed."""
    method = "GET" if data is None else "POST"
    request = AWSRequest(method=method, url=f"{sim.url}/{query}", data=data)
    auth(Credentials(ACCOUNT, "secret"), "ec2", REGION).add_auth(request)
    prepared = request.prepare()
    headers = dict(prepared.headers)
    plain = urllib.request.Request(prepared.url, data=prepared.body, headers=headers, method=method)
    with urllib.request.urlopen(plain, timeout=10) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("auth", [SigV4Auth, SigV4QueryAuth])
def test_get_requests_work_signed_in_a_header_or_in_the_query(sim, auth):
    sim.stores({"image_id": AMI, "bucket": "b"})
    query = "?Action=DescribeStoreImageTasks&Version=2016-11-15&MaxResults=5"
    answer = signed(sim, auth, query)
    assert f"<amiId>{AMI}</amiId>" in answer
    [call] = sim.calls()
    assert (call["account"], call["region"]) == (ACCOUNT, REGION)
    assert call["parameters"] == [["MaxResults", "5"]]


def test_a_request_without_a_signature_is_an_authentication_failure(sim):
    url = f"{sim.url}/?Action=DescribeRegions&Version=2016-11-15"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url, timeout=10)
    with error.value as answer:
        assert answer.code == 401 and b"<Code>AuthFailure</Code>" in answer.read()


def test_regions_are_listed(ec2):
    names = [region["RegionName"] for region in ec2.describe_regions()["Regions"]]
    assert "us-east-1" in names and "me-south-1" not in names


def test_the_admin_surface_names_what_it_refuses(sim):
    status, error = sim.refused("POST", "/tasks", {"store_tasks": [{"image_id": AMI}]})
    assert status == 400 and error["field"] == "store_tasks[0]"
    assert error["way_out"] == "add `bucket`"
    assert sim.refused("PUT", "/tasks/99", {"state": "x"})[0] == 404


def test_the_policy_is_base64_on_the_wire(sim, ec2):
    ec2.bundle_instance(InstanceId="i-0123456789abcdef0", Storage={"S3": S3})
    query = "?Action=DescribeBundleTasks&Version=2016-11-15"
    policy = base64.b64encode(S3["UploadPolicy"]).decode()
    assert f"<uploadPolicy>{policy}</uploadPolicy>" in signed(sim, SigV4Auth, query)
