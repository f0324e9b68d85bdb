"""Exports of images as boto3 sees them."""

import pytest
from botocore.exceptions import ClientError

AMI = "ami-0123456789abcdef0"


def export(ec2):
    return ec2.export_image(
        ImageId=AMI,
        DiskImageFormat="VMDK",
        S3ExportLocation={"S3Bucket": "b", "S3Prefix": "out/"},
        TagSpecifications=[
            {"ResourceType": "export-image-task", "Tags": [{"Key": "team", "Value": "images"}]}
        ],
    )


def test_an_image_is_exported(sim, ec2):
    started = export(ec2)
    task_id = started["ExportImageTaskId"]
    assert (started["ImageId"], started["Progress"]) == (AMI, "0")
    assert (started["Status"], started["StatusMessage"]) == ("active", "validating")
    sim.advance("5m")
    [task] = ec2.describe_export_image_tasks(ExportImageTaskIds=[task_id])["ExportImageTasks"]
    assert task["StatusMessage"] == "converting" and 50 <= int(task["Progress"]) < 60
    assert task["S3ExportLocation"] == {"S3Bucket": "b", "S3Prefix": "out/"}
    assert "ImageId" not in task and task["Tags"][0]["Value"] == "images"
    sim.advance("6m")
    [task] = ec2.describe_export_image_tasks()["ExportImageTasks"]
    assert task["Status"] == "completed" and not {"Progress", "StatusMessage"} & set(task)


def test_its_task_is_also_one_of_the_other_exports(sim, ec2):
    task_id = export(ec2)["ExportImageTaskId"]
    for ids in ([], [task_id]):
        [task] = ec2.describe_export_tasks(ExportTaskIds=ids)["ExportTasks"]
        assert (task["ExportTaskId"], task["State"]) == (task_id, "active")
        assert task["ExportToS3Task"]["S3Key"] == f"out/{task_id}.vmdk"
    ec2.cancel_export_task(ExportTaskId=task_id)
    waiter = ec2.get_waiter("export_task_cancelled")
    sim.advance("1m")
    waiter.wait(ExportTaskIds=[task_id], WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    [task] = ec2.describe_export_image_tasks()["ExportImageTasks"]
    assert task["Status"] == "deleted"
    assert task["StatusMessage"] == "User initiated task cancelation"


def test_pages_have_at_most_500_tasks(free):
    ec2 = free.client()
    tasks = [
        {"task_id": f"export-ami-{number}z", "image_id": AMI, "target": {"bucket": "b"}}
        for number in range(501)
    ]
    free.admin("POST", "/tasks", {"export_image_tasks": tasks})
    paginator = ec2.get_paginator("describe_export_image_tasks")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 500}))
    assert [len(page["ExportImageTasks"]) for page in pages] == [500, 1]
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        ec2.describe_export_image_tasks(MaxResults=501)
    active = [{"Name": "task-state", "Values": ["active"]}]
    found = ec2.describe_export_image_tasks(Filters=active, MaxResults=500)
    assert len(found["ExportImageTasks"]) == 500
