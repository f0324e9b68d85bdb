"""bench/start: the processor time of a command from its start to its first request."""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import report

AWS_CLI = str(Path(sys.executable).parent / "aws")
COMMANDS = {
    "amiwatch list": ["list"],
    "amiwatch wait": ["wait", "ami-0123456789abcdef0"],
    "amiwatch poll": ["poll"],
    "amiwatch doctor": ["doctor"],
}


def spent_ms(pid):
    """What all threads of a process have spent so far, which the kernel counts in nanoseconds."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def until_request(command, environment):
    """Starts a command, and reads what it has spent when its first request arrives."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        process = subprocess.Popen(
            command,
            env=environment | {"AWS_ENDPOINT_URL": url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            connection, _ = server.accept()
            with connection:
                connection.recv(1)
                return spent_ms(process.pid)
        finally:
            process.kill()
            process.wait()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--repeats", type=int, default=21, help="starts of each command")
    arguments.add_argument("--dry", action="store_true", help="print, and write no file")
    options = arguments.parse_args()
    amiwatch = os.environ["AMIWATCH_BIN"]
    commands = {name: [amiwatch, *rest] for name, rest in COMMANDS.items()}
    commands["aws ec2 describe-store-image-tasks"] = [
        sys.executable, AWS_CLI, "ec2", "describe-store-image-tasks", "--region", "us-east-1",
    ]  # fmt: skip
    figures = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"HOME": home, "AWS_REGION": "us-east-1"}
        # In turns, so that a busy moment of the machine hits all alike.
        for _ in range(options.repeats):
            for name, command in commands.items():
                figures[name].append(until_request(command, environment))
    rows = [
        [f"`{name}`", report.number(statistics.median(all_)), report.number(max(all_))]
        for name, all_ in figures.items()
    ]
    text = "\n\n".join(
        [
            report.machine("bench/start"),
            f"Processor time of all threads, of {options.repeats} starts each.",
            report.table(["command", "median, ms", "most, ms"], rows),
        ]
    )
    print(text) if options.dry else report.put("bench/start", text)


if __name__ == "__main__":
    main()
