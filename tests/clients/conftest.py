"""Starts `amiwatch sim` and gives tests its clients. AMIWATCH_BIN names the binary."""

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

ACCOUNT = "123456789012"
REGION = "us-east-1"
KEYS = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "secret"}


class Simulator:
    """A running simulator and its admin surface."""

    def __init__(self, url):
        self.url = url

    def admin(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/_sim" + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def refused(self, method, path, body):
        with pytest.raises(urllib.error.HTTPError) as error:
            self.admin(method, path, body)
        with error.value as answer:
            return answer.code, json.load(answer)["error"]

    def stores(self, *tasks, **place):
        return self.admin("POST", "/tasks", {"store_tasks": list(tasks), **place})["store_tasks"]

    def bundles(self, *tasks, **place):
        return self.admin("POST", "/tasks", {"bundle_tasks": list(tasks), **place})["bundle_tasks"]

    def advance(self, by):
        return self.admin("POST", "/advance", {"by": by})["now"]

    def fault(self, kind, **rule):
        return self.admin("POST", "/faults", {"kind": kind, **rule})["id"]

    def calls(self):
        return self.admin("GET", "/calls")["calls"]

    def client(self, region=REGION, attempts=1, service="ec2", **keys):
        config = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
        keys = {**KEYS, **keys}
        return boto3.client(
            service, region_name=region, endpoint_url=self.url, config=config, **keys
        )


def start(*arguments):
    binary = os.environ.get("AMIWATCH_BIN")
    if not binary:
        pytest.fail("AMIWATCH_BIN is not set: set it to the path of the amiwatch binary")
    command = [str(Path(binary).resolve()), "sim", "--listen", "127.0.0.1:0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline().strip()
    prefix = "listening on "
    if not line.startswith(prefix):
        end(process)
        pytest.fail(f"the first line of {command} is {line!r}: it should start with {prefix!r}")
    return process, Simulator(line.removeprefix(prefix))


def end(process):
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


@pytest.fixture
def run():
    """Starts simulators with arguments of the test's own."""
    processes = []

    def run(*arguments):
        process, simulator = start(*arguments)
        processes.append(process)
        return simulator

    yield run
    for process in processes:
        end(process)


@pytest.fixture
def sim(run):
    return run()


@pytest.fixture
def free(run):
    return run("--throttle", "off")


@pytest.fixture
def ec2(sim):
    return sim.client()


def command():
    beside = Path(sys.executable).with_name("aws")
    found = str(beside) if beside.exists() else shutil.which("aws")
    return found or pytest.fail("there is no aws command: pip install awscli")


@pytest.fixture
def aws_of(tmp_path):
    """Makes a function that runs `aws ec2 …` against a simulator, and gives the exit code, the output
    (JSON read) and the errors."""

    def of(sim):
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_EC2": sim.url,
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }

        def aws(*arguments):
            line = [command(), "ec2", *arguments, "--output", "json"]
            done = subprocess.run(
                line, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            output = json.loads(done.stdout) if done.stdout.strip() else None
            return done.returncode, output, done.stderr

        return aws

    return of


@pytest.fixture
def aws(sim, aws_of):
    """Runs `aws ec2 …` against the simulator."""
    return aws_of(sim)
