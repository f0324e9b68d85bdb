"""`amiwatch wait` beside the waiter of AWS, in the four cases in which that one is wrong.

`aws ec2 wait` and boto3 have one waiter: 40 looks, 5 seconds apart. Where it uses them up, boto3's is
given a shorter pause.
"""

import os
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import WaiterError
from conftest import ACCOUNT, REGION

AMI = "ami-0123456789abcdef0"
FAST = {"Delay": 0, "MaxAttempts": 40}


@pytest.fixture
def wait(free, tmp_path):
    """Runs `amiwatch wait`; gives its exit code, its output and its errors."""

    def wait(*arguments):
        command = [str(Path(os.environ["AMIWATCH_BIN"]).resolve()), "wait", "--pause", "1s", *arguments]
        environment = {
            "HOME": str(tmp_path),
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_EC2": free.url,
        }
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return wait


def waiter(sim):
    return sim.client().get_waiter("store_image_task_complete")


def test_aws_gives_up_after_40_looks_and_amiwatch_waits_on(free, wait):
    [task] = free.stores({"image_id": AMI, "bucket": "b", "duration": "1h"})
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter(free).wait(ImageIds=[AMI], WaiterConfig=FAST)
    assert len(free.calls()) == 40
    code, _, said = wait(AMI, "--timeout", "3s")
    assert code == 3 and f"timed out: {AMI} is InProgress" in said
    free.admin("PUT", f"/tasks/{task}", {"state": "Completed", "progress": 100})
    code, told, _ = wait(AMI)
    assert code == 0 and told.startswith(f"Completed: AMI store {AMI} to b")


def test_aws_succeeds_with_a_failure_on_its_second_page_and_amiwatch_reads_all(free, wait, aws_of):
    free.stores({"image_id": AMI, "bucket": "b", "start": "-2d", "duration": "1m", "end": "Failed"})
    done = {"count": 200, "bucket": "b", "newest": "-1h", "duration": "1m"}
    free.admin("POST", "/tasks", {"generate": [done]})
    assert aws_of(free)("wait", "store-image-task-complete")[0] == 0
    code, told, _ = wait(AMI)
    assert code == 1 and told.startswith(f"Failed: AMI store {AMI} to b")


def test_aws_spins_on_an_unknown_task_and_amiwatch_says_so_at_once(free, wait):
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter(free).wait(ImageIds=[AMI], WaiterConfig=FAST)
    before = len(free.calls())
    code, told, said = wait(AMI)
    assert (code, told) == (2, "") and f"does not list {AMI} in {REGION}" in said
    assert len(free.calls()) == before + 1


def test_aws_does_not_say_why_a_store_failed_and_amiwatch_does(free, wait, aws_of):
    why = "Snapshot snap-0fedcba9876543210 was deleted."
    free.stores(
        {"image_id": AMI, "bucket": "b", "start": "-1h", "duration": "1m", "end": "Failed", "reason": why}
    )
    code, _, said = aws_of(free)("wait", "store-image-task-complete", "--image-ids", AMI)
    assert code == 255 and "terminal failure state" in said and why not in said
    code, told, _ = wait(AMI)
    assert code == 1 and why in told


def test_amiwatch_waits_for_what_the_aws_cli_has_just_started(free, wait, aws_of):
    aws = aws_of(free)
    disk = "Format=VMDK,UserBucket={S3Bucket=disks,S3Key=root.vmdk}"
    code, started, _ = aws("import-snapshot", "--disk-container", disk, "--query", "ImportTaskId")
    assert code == 0
    free.advance("1h")
    code, told, said = wait(started)
    assert code == 0 and told.startswith(f"Completed: snapshot import {started}"), said
