"""The archive of a release, unpacked: it is deployed as it is, with nothing built."""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import time

import pytest

from . import ROOT, deploying
from .driving import Driver, Listener
from .waiting import wait_for

STORED = "ami-0a5c41fe000000001"


@pytest.fixture(scope="module")
def unpacked(programs, tmp_path_factory):
    """An archive of the programs that were built for tests, for this machine's processor."""
    folder = tmp_path_factory.mktemp("archive")
    built = folder / "built" / platform.machine()
    built.mkdir(parents=True)
    for name in ("poller", "webhook"):
        shutil.copy(programs.function(name), built)
        if shutil.which("strip"):
            # What is packed is mostly names for debuggers.
            subprocess.run(["strip", built / name], check=False, capture_output=True)
    # For the manual. The program itself would take most of the time to pack, and nothing here runs it.
    amiwatch = built / "amiwatch"
    amiwatch.write_text(f"""#!/bin/sh\nexec '{programs.amiwatch}' "$@"\n""")
    amiwatch.chmod(0o755)
    command = [sys.executable, "-m", "archive", "write", "--only", platform.machine(), "--out", folder, folder / "built"]
    variables = os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run(command, env=variables, check=True)
    [packed] = folder.glob("*.tar.gz")
    with tarfile.open(packed) as tar:
        tar.extractall(folder, filter="data")
    [top] = (path for path in folder.glob("amiwatch-*") if path.is_dir())
    return top


@pytest.fixture(scope="module")
def deployed(aws_here, unpacked):
    begun = time.monotonic()
    stack = deploying.deploy(aws_here, "archive", unpacked / "template.yaml")
    took = time.monotonic() - begun
    yield Driver(aws_here, stack), took
    stack.delete()


def test_an_archive_is_deployed_within_a_minute(deployed):
    assert deployed[1] < 60


def test_its_stack_tells_an_ending(deployed, aws_here):
    driver, _ = deployed
    url = aws_here.subscribe_queue(driver.stack.outputs["TopicArn"], "archive")
    queue = Listener(aws_here.client("sqs"), url)
    # So that the polls are those below, the first of which takes the baseline.
    driver.set_schedule("DISABLED")
    driver.invoke().summary()
    aws_here.simulator.stores({"image_id": STORED, "bucket": "my-bucket", "duration": "1s"})

    def told():
        driver.invoke().summary()
        return [event for event in queue.listen() if STORED in str(event)]

    [event] = wait_for("the ending", told, 30, every=1)
    assert event["detail"]["outcome"] == "completed"
