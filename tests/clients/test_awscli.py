"""The simulator as the AWS CLI sees it."""

AMI = "ami-0123456789abcdef0"
OTHER = "ami-0123456789abcdef1"


def test_a_task_is_created_and_listed(sim, aws):
    made = aws("create-store-image-task", "--image-id", AMI, "--bucket", "b")
    assert made[:2] == (0, {"ObjectKey": f"{AMI}.bin"})
    sim.advance("10m")
    [task] = aws("describe-store-image-tasks")[1]["StoreImageTaskResults"]
    assert (task["AmiId"], task["StoreTaskState"]) == (AMI, "Completed")


def test_filters_and_paging(sim, aws):
    generate = {"count": 25, "bucket": "old", "failed_every": 5}
    sim.admin("POST", "/tasks", {"generate": [generate]})
    _, listed, _ = aws("describe-store-image-tasks", "--page-size", "10")
    assert len(listed["StoreImageTaskResults"]) == 25
    tokens = [dict(call["parameters"]).get("NextToken") for call in sim.calls()]
    assert len(tokens) == 3 and tokens[0] is None and all(tokens[1:])
    wanted = "Name=task-state,Values=Failed"
    _, listed, _ = aws("describe-store-image-tasks", "--filters", wanted)
    assert len(listed["StoreImageTaskResults"]) == 5
    _, listed, _ = aws("describe-store-image-tasks", "--max-items", "7")
    assert len(listed["StoreImageTaskResults"]) == 7 and listed["NextToken"]


def test_waiting_ends_well_or_badly(sim, aws):
    sim.stores(
        {"image_id": AMI, "bucket": "b", "start": "-1h"},
        {"image_id": OTHER, "bucket": "b", "start": "-1h", "end": "Failed"},
    )
    assert aws("wait", "store-image-task-complete", "--image-ids", AMI)[0] == 0
    status, _, error = aws("wait", "store-image-task-complete", "--image-ids", OTHER)
    assert status == 255 and "terminal failure" in error


def test_errors_reach_the_user(sim, aws):
    status, _, error = aws("describe-store-image-tasks", "--dry-run")
    assert status != 0 and "DryRunOperation" in error
    status, _, error = aws("describe-store-image-tasks", "--image-ids", "i-1")
    assert status != 0 and "InvalidAMIID.Malformed" in error
    sim.fault("denied", action="DescribeBundleTasks")
    status, _, error = aws("describe-bundle-tasks")
    assert status != 0 and "UnauthorizedOperation" in error


def test_bundle_tasks_are_listed_with_filters(sim, aws):
    sim.bundles({"bundle_id": "bun-00000001", "instance_id": "i-00000001", "bucket": "b",
                 "start": "-20m", "end": "Failed", "code": "Client.S3Error", "message": "no"})
    wanted = "Name=error-code,Values=Client.S3Error"
    [task] = aws("describe-bundle-tasks", "--filters", wanted)[1]["BundleTasks"]
    assert task["BundleTaskError"] == {"Code": "Client.S3Error", "Message": "no"}


def test_a_wait_for_a_snapshot_ends_with_its_import(sim, aws):
    bucket = "S3Bucket=images,S3Key=disk.raw"
    disk = f"Format=RAW,UserBucket={{{bucket}}}"
    _, started, _ = aws("import-snapshot", "--disk-container", disk)
    task = ("--import-task-ids", started["ImportTaskId"])
    sim.advance("10m")
    assert aws("wait", "snapshot-imported", *task)[0] == 0
    _, listed, _ = aws("describe-import-snapshot-tasks", *task)
    detail = listed["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]
    assert (detail["Status"], detail["Format"]) == ("completed", "RAW")
