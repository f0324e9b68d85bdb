"""What the tests of the documents start: a simulated EC2, and commands in an environment of their own."""

import json
import os
import subprocess
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
REGION = "us-east-1"


def environment(folder, endpoint=None):
    """Variables with which nothing reaches a real account, nor a file of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AMIWATCH_", "XDG_"))}
    return kept | {
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
        # Without a simulator nothing listens.
        "AWS_ENDPOINT_URL": endpoint or "http://127.0.0.1:9",
    }


class Simulator:
    """A running `amiwatch sim`."""

    def __init__(self, binary, *arguments):
        self.process = subprocess.Popen([binary, "sim", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip().removeprefix("listening on ")

    def post(self, path, body):
        request = urllib.request.Request(f"{self.url}/_sim{path}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.process.stdout.close()
