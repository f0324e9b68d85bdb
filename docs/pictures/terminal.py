"""Runs commands of amiwatch in a pseudo-terminal, and keeps what the terminal gets for terminal.mjs.

    python terminal.py AMIWATCH FOLDER

EC2 is `amiwatch sim` with terminal.yaml, STS, DynamoDB and SNS are moto. So that the history is two days
long and not a few seconds, faketime sets the clock of the polls that make it; the commands that are shown
run by the real one. Takes about two minutes, as `amiwatch wait` looks once a minute.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import boto3
import yaml

HERE = Path(__file__).resolve().parent
MOTO = HERE.parents[1] / "tests/support/moto_server.py"
SCENARIO = HERE / "terminal.yaml"
REGION, ACCOUNT = "us-east-1", "123456789012"
COLUMNS, ROWS = 120, 60
SPAN = timedelta(hours=48)
# A poll a minute sees a change half a minute later, on average.
LATE = timedelta(seconds=30)
UNITS = {"h": "hours", "m": "minutes", "s": "seconds"}

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:image-tasks"
RUNNING = ["list", "--running", "--kind", "all"]
FAILED = ["list", "--failed", "--kind", "all"]
HISTORY = ["history"]
TIMELINE = ["history", "--timeline"]
DOCTOR = ["doctor", "--kind", "all", "--table", "amiwatch", "--topic", TOPIC]
WAIT = [
    "wait",
    "ami-0b11f4a9c8d7e6f51",
    "ami-0f5a07b8c3d4e2916",
    "import-snap-0b7c6d5e4f3a29180",
]


def length(text: str) -> timedelta:
    """A length of time as in a scenario, such as +47h36m."""
    parts = re.findall(r"(\d+)([hms])", text)
    return timedelta(**{UNITS[unit]: int(number) for number, unit in parts})


def changes(scenario: dict) -> list[timedelta]:
    """When tasks start and end, until the end of the two days."""
    (place,) = scenario["places"]
    tasks = [task for name in place if name.endswith("_tasks") for task in place[name]]
    starts = [(length(task["start"]), length(task["duration"])) for task in tasks]
    return sorted({at for start, takes in starts for at in (start, start + takes) if at + LATE < SPAN})


@contextlib.contextmanager
def server(*command: str, **options: object) -> Iterator[str]:
    """A server that says `listening on URL` first, until the block ends."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options
    )
    try:
        said = process.stdout.readline().split()
        if said[:2] != ["listening", "on"]:
            sys.exit(f"terminal.py: {command[0]} does not start")
        yield said[2]
    finally:
        process.kill()
        process.wait()


class Sim:
    """The admin surface of `amiwatch sim`."""

    def __init__(self, url: str, start: datetime) -> None:
        self.url, self.start = url, start

    def post(self, path: str, body: dict[str, object]) -> None:
        urllib.request.urlopen(f"{self.url}/_sim/{path}", json.dumps(body).encode()).close()

    def advance_to(self, after: timedelta) -> None:
        with urllib.request.urlopen(f"{self.url}/_sim/clock") as answer:
            now = datetime.fromisoformat(json.load(answer)["now"].replace("Z", "+00:00"))
        seconds = int((self.start + after - now).total_seconds())
        self.post("advance", {"by": f"{max(seconds, 0)}s"})


def prepare_aws(url: str) -> dict[str, str]:
    """A table without an expiry, a topic with a listener, and the keys of a role."""
    session = boto3.Session("any", "any", region_name=REGION)
    session.client("dynamodb", endpoint_url=url).create_table(
        TableName="amiwatch",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    sns = session.client("sns", endpoint_url=url)
    sns.create_topic(Name=TOPIC.rsplit(":", 1)[1])
    sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ops@example.com")
    role = session.client("sts", endpoint_url=url).assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/image-builder", RoleSessionName="ci"
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
        "AWS_SESSION_TOKEN": role["SessionToken"],
    }


def poll(amiwatch: str, environment: dict[str, str], at: datetime) -> None:
    when = at.strftime("%Y-%m-%d %H:%M:%S")
    done = subprocess.run(
        ["faketime", when, amiwatch, "poll", "--kind", "all"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"terminal.py: poll: {done.stderr.decode()}")


def on_terminal(amiwatch: str, arguments: list[str], environment: dict[str, str], until: str | None) -> bytes:
    """What a command writes to a terminal, to its end or a moment after `until` was written."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(amiwatch, [amiwatch, *arguments], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    written, end = b"", time.monotonic() + 240
    try:
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 0.5)[0]:
                continue
            try:
                more = os.read(terminal, 65536)
            except OSError:  # the end, on Linux
                return written
            if not more:
                return written
            written += more
            if until and until.encode() in written:
                until, end = None, time.monotonic() + 1.5
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
    if until:
        sys.exit(f"terminal.py: {arguments[0]} did not write {until!r}")
    return written


def main() -> None:
    amiwatch, folder = os.path.abspath(sys.argv[1]), Path(sys.argv[2])
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["NO_PROXY"] = "127.0.0.1"
    scenario = yaml.safe_load(SCENARIO.read_text())
    start = datetime.now(timezone.utc).replace(microsecond=0) - SPAN
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "TZ": "UTC"}
        filled = Path(home, "scenario.yaml")
        filled.write_text(f"start: {start:%Y-%m-%dT%H:%M:%SZ}\n{SCENARIO.read_text()}")
        sim = server(amiwatch, "sim", "--throttle", "off", "--scenario", str(filled), env=environment)
        with server(sys.executable, str(MOTO)) as moto, sim as ec2:
            environment |= prepare_aws(moto) | {
                "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_ENDPOINT_URL": moto, "AWS_ENDPOINT_URL_EC2": ec2,
            }
            simulator = Sim(ec2, start)
            for after in changes(scenario):
                simulator.advance_to(after + LATE)
                poll(amiwatch, environment, start + after + LATE)
            simulator.advance_to(SPAN)
            # For doctor to find: the two calls before it are those of list.
            simulator.post("faults", {"kind": "denied", "action": "DescribeExportImageTasks", "skip": 2})
            for name, commands, until in [
                ("list", [RUNNING, FAILED], None),
                ("history-terminal", [HISTORY, TIMELINE], None),
                ("doctor", [DOCTOR], None),
                ("wait", [WAIT], "Failed:"),
            ]:
                shown = [
                    {"command": " ".join(["amiwatch", *it]),
                     "output": on_terminal(amiwatch, it, environment, until).decode()}
                    for it in commands
                ]
                text = json.dumps({"columns": COLUMNS, "shown": shown})
                Path(folder, f"{name}.json").write_text(text)


if __name__ == "__main__":
    main()
