"""Import and export tasks as boto3 sees them."""

import pytest
from botocore.exceptions import ClientError, WaiterError

DISK = {"Format": "VMDK", "UserBucket": {"S3Bucket": "images", "S3Key": "disk.vmdk"}}
TAGS = [{"Key": "team", "Value": "images"}]


def code(call, **arguments):
    """The HTTP status and error code of a call that must fail."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def tags(kind):
    return [{"ResourceType": kind, "Tags": TAGS}]


def wait(ec2, name, **arguments):
    ec2.get_waiter(name).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 30}, **arguments)


def test_a_snapshot_is_imported(sim, ec2):
    started = ec2.import_snapshot(
        DiskContainer=DISK,
        Description="root",
        Encrypted=True,
        TagSpecifications=tags("import-snapshot-task"),
    )
    task_id = started["ImportTaskId"]
    assert started["SnapshotTaskDetail"]["StatusMessage"] == "pending"
    assert started["SnapshotTaskDetail"]["DiskImageSize"] == 0
    assert "Progress" not in started["SnapshotTaskDetail"]

    sim.advance("5m")
    [task] = ec2.describe_import_snapshot_tasks(ImportTaskIds=[task_id])["ImportSnapshotTasks"]
    detail = task["SnapshotTaskDetail"]
    assert (task["Description"], task["Tags"]) == ("root", TAGS)
    assert (detail["Status"], detail["StatusMessage"]) == ("active", "downloading/converting")
    assert 50 <= int(detail["Progress"]) < 60
    assert (detail["SnapshotId"], detail["Encrypted"]) == ("", True)
    assert detail["UserBucket"] == DISK["UserBucket"]
    assert detail["DiskImageSize"] > 1_000_000, "bytes, whatever the model says"

    sim.advance("6m")
    [task] = ec2.describe_import_snapshot_tasks(ImportTaskIds=[task_id])["ImportSnapshotTasks"]
    detail = task["SnapshotTaskDetail"]
    assert detail["Status"] == "completed" and detail["SnapshotId"].startswith("snap-")
    assert not {"Progress", "StatusMessage"} & set(detail)
    assert code(ec2.cancel_import_task, ImportTaskId=task_id) == (400, "IncorrectState")


def test_the_waiter_for_snapshots_sees_the_end_and_no_failure(run):
    sim = run("--speed", "300")
    ec2 = sim.client()
    task_id = ec2.import_snapshot(DiskContainer=DISK)["ImportTaskId"]
    wait(ec2, "snapshot_imported", ImportTaskIds=[task_id])
    failed = {"task_id": "import-snap-failed", "disk": {"url": "https://b/d"}, "start": "-1h"}
    failed |= {"duration": "1m", "end": "Failed", "reason": "ClientError: no"}
    sim.admin("POST", "/tasks", {"import_snapshot_tasks": [failed]})
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        ec2.get_waiter("snapshot_imported").wait(
            ImportTaskIds=[failed["task_id"]], WaiterConfig={"Delay": 0, "MaxAttempts": 3}
        )


def test_an_image_is_imported_from_several_disks(sim, ec2):
    started = ec2.import_image(
        DiskContainers=[
            {**DISK, "DeviceName": "/dev/sda1"},
            {"Format": "RAW", "Url": "https://images/data.raw?X-Amz-Signature=secret"},
        ],
        Architecture="x86_64",
        Platform="Linux",
        LicenseType="BYOL",
        BootMode="uefi",
        LicenseSpecifications=[{"LicenseConfigurationArn": "arn:aws:license-manager:x"}],
        TagSpecifications=tags("import-image-task"),
    )
    assert started["Status"] == "active" and "ImageId" not in started
    sim.advance("9m")
    [task] = ec2.describe_import_image_tasks()["ImportImageTasks"]
    assert (task["StatusMessage"], task["BootMode"]) == ("preparing ami", "uefi")
    assert (task["Architecture"], task["Platform"]) == ("x86_64", "Linux")
    assert task["LicenseSpecifications"][0]["LicenseConfigurationArn"].startswith("arn:aws:")
    assert [disk["Status"] for disk in task["SnapshotDetails"]] == ["completed"] * 2
    assert task["SnapshotDetails"][1]["Url"].endswith("secret")
    sim.advance("2m")
    [task] = ec2.describe_import_image_tasks()["ImportImageTasks"]
    assert task["Status"] == "completed" and task["ImageId"].startswith("ami-")


def test_imports_are_filtered_and_come_in_pages(free):
    ec2 = free.client()
    disks = [{"bucket": "b", "key": "d"}]
    tasks = [{"task_id": f"import-ami-{number}z", "disks": disks} for number in range(7)]
    ended = {"task_id": "import-ami-ended", "disks": disks, "start": "-1h"}
    free.admin("POST", "/tasks", {"import_image_tasks": [*tasks, ended]})
    paginator = ec2.get_paginator("describe_import_image_tasks")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["ImportImageTasks"]) for page in pages] == [3, 3, 2]
    active = [{"Name": "task-state", "Values": ["active", "deleting"]}]
    found = ec2.describe_import_image_tasks(Filters=active)["ImportImageTasks"]
    assert {task["ImportTaskId"] for task in found} == {task["task_id"] for task in tasks}
    wrong = [{"Name": "state", "Values": ["active"]}]
    refused = code(ec2.describe_import_image_tasks, Filters=wrong)
    assert refused == (400, "InvalidParameterValue")
    unknown = code(ec2.describe_import_image_tasks, ImportTaskIds=["import-ami-unknown"])
    assert unknown == (400, "InvalidConversionTaskId.Malformed")
    assert code(ec2.describe_import_image_tasks, DryRun=True) == (412, "DryRunOperation")


def test_an_import_is_cancelled(sim, ec2):
    task_id = ec2.import_image(DiskContainers=[DISK])["ImportTaskId"]
    answer = ec2.cancel_import_task(ImportTaskId=task_id, CancelReason="no longer needed")
    assert (answer["ImportTaskId"], answer["PreviousState"]) == (task_id, "active")
    assert answer["State"] == "deleting"
    sim.advance("1m")
    [task] = ec2.describe_import_image_tasks()["ImportImageTasks"]
    assert task["Status"] == "deleted"
    assert task["StatusMessage"] == "User initiated task cancelation"


def test_an_instance_is_exported_and_the_waiters_see_both_ends(run):
    sim = run("--speed", "300")
    ec2 = sim.client()

    def start():
        return ec2.create_instance_export_task(
            InstanceId="i-0123456789abcdef0",
            TargetEnvironment="vmware",
            ExportToS3Task={"DiskImageFormat": "VMDK", "S3Bucket": "b", "S3Prefix": "out/"},
            TagSpecifications=tags("export-instance-task"),
        )["ExportTask"]

    task = start()
    assert task["InstanceExportDetails"]["InstanceId"] == "i-0123456789abcdef0"
    wait(ec2, "export_task_completed", ExportTaskIds=[task["ExportTaskId"]])
    [listed] = ec2.describe_export_tasks()["ExportTasks"]
    assert listed["ExportToS3Task"] == {
        "DiskImageFormat": "vmdk",
        "S3Bucket": "b",
        "S3Key": f"out/{task['ExportTaskId']}.vmdk",
    }
    assert "InstanceId" not in listed["InstanceExportDetails"]
    other = start()["ExportTaskId"]
    ec2.cancel_export_task(ExportTaskId=other)
    wait(ec2, "export_task_cancelled", ExportTaskIds=[other])
    unknown = code(ec2.describe_export_tasks, ExportTaskIds=["export-i-unknown"])
    assert unknown == (400, "InvalidExportTaskID.NotFound")
    wrong = code(ec2.describe_export_tasks, ExportTaskIds=["i-unknown"])
    assert wrong == (400, "InvalidExportTaskID.Malformed")


def test_an_expired_export_is_a_cancelled_one_with_a_text(sim, ec2):
    expired = {"task_id": "export-i-0z", "instance_id": "i-00000001", "target": {"bucket": "b"}}
    expired |= {"start": "-5d", "duration": "100h", "end": "expired"}
    sim.admin("POST", "/tasks", {"export_instance_tasks": [expired]})
    [task] = ec2.describe_export_tasks()["ExportTasks"]
    assert task["State"] == "cancelled"
    assert task["StatusMessage"] == "Task expired and automatically canceled"


def test_the_admin_surface_says_what_is_wrong_in_a_task(sim):
    task = {"task_id": "import-snap-1", "disk": {"bucket": "b"}}
    status, error = sim.refused("POST", "/tasks", {"import_snapshot_tasks": [task]})
    assert (status, error["field"]) == (400, "import_snapshot_tasks[0].disk.key")
    assert error["way_out"] == "add key"
