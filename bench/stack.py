"""AWS on this machine: the simulator for EC2, moto for DynamoDB and SNS, and the two functions."""

import json
import os
import ssl
import subprocess
import sys
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

import boto3

from proxy import COUNTED, Proxy
from runtime_api import Function

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNTS = {"amiwatch": "111111111111", "boto3": "222222222222"}
LISTENING = "listening on "


class Server:
    """A child process that prints `listening on URL` first."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        line = self.process.stdout.readline().decode().strip()
        if not line.startswith(LISTENING):
            self.end()
            raise SystemExit(f"the first line of {command} is {line!r}, not '{LISTENING}…'")
        self.url = line.removeprefix(LISTENING)

    def end(self):
        self.process.kill()
        self.process.wait()


class Stack:
    """Tasks, alike in the account of each function, and what the functions run with."""

    def __init__(self, old_tasks, open_tasks, folder, certificate=None):
        self.folder = Path(folder)
        self.certificate = certificate
        self.count = self.functions = 0
        self.sim = Server([os.environ["AMIWATCH_BIN"], "sim", "--listen", "127.0.0.1:0"])
        self.moto = Server([sys.executable, str(ROOT / "tests/support/moto_server.py")])
        options = {
            "endpoint_url": self.moto.url,
            "region_name": REGION,
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        self.dynamodb = boto3.client("dynamodb", **options)
        self.sns = boto3.client("sns", **options)
        self.open = {name: [] for name in ACCOUNTS}
        for account in ACCOUNTS.values():
            self.old_tasks(account, old_tasks)
        self.open_tasks(open_tasks)

    def admin(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.sim.url + "/_sim" + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def old_tasks(self, account, count):
        """Tasks that ended, within 28 of the 31 days that EC2 lists: at 10,000 they are 4 minutes apart."""
        every = f"{min(240, 2_400_000 // max(count, 1))}s"
        old = {"count": count, "bucket": "backup", "newest": "-2h", "every": every}
        self.admin("POST", "/tasks", {"account": account, "generate": [old]})

    def advance(self, by):
        self.admin("POST", "/advance", {"by": by})

    def open_tasks(self, count):
        """Tasks that run, and whose progress stands still until they are ended."""
        start = datetime.now(timezone.utc) - timedelta(seconds=30)
        tasks = []
        for index in range(count):
            self.count += 1
            moment = (start + timedelta(milliseconds=index)).isoformat(timespec="milliseconds")
            tasks.append(
                {
                    "image_id": f"ami-f{self.count:016x}",
                    "bucket": "backup",
                    "start": moment.replace("+00:00", "Z"),
                    "duration": "20d",
                }
            )
        for name, account in ACCOUNTS.items():
            made = self.admin("POST", "/tasks", {"account": account, "store_tasks": tasks})
            self.open[name] = made["store_tasks"]
            for task in self.open[name]:
                self.admin("PUT", f"/tasks/{task}", {"state": "InProgress", "progress": 40})

    def end_tasks(self):
        for tasks in self.open.values():
            for task in tasks:
                self.admin("PUT", f"/tasks/{task}", {"state": "Completed", "progress": 100})

    def table(self, name):
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k, _ in keys],
            KeySchema=[{"AttributeName": k, "KeyType": t} for k, t in keys],
        )
        return name

    def topic(self, name):
        return self.sns.create_topic(Name=name)["TopicArn"]

    def function(self, name, prefix=(), dynamodb=None, **more):
        return Measured(self, name, prefix, dynamodb, more)

    def end(self):
        self.sim.end()
        self.moto.end()


class Measured:
    """One of the two functions, behind proxies of its own."""

    def __init__(self, stack, name, prefix, dynamodb, more):
        self.name = name
        certificate = stack.certificate
        context = certificate and certificate.context
        self.ec2 = Proxy(stack.sim.url, context)
        self.others = Proxy(stack.moto.url, context)
        self.proxies = [self.ec2, self.others]
        stack.functions += 1
        label = f"{name}-{stack.functions}"
        table, topic = stack.table(label), stack.topic(label)
        variables = {
            "AWS_ENDPOINT_URL": self.others.url,
            "AWS_ENDPOINT_URL_EC2": self.ec2.url,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            # As in Lambda's Amazon Linux, which has its root certificates in one file. Debian has each
            # of them once more in the folder beside it, where a program that looks for them reads both.
            "SSL_CERT_FILE": ssl.get_default_verify_paths().cafile or "",
        }
        if name == "amiwatch":
            command = [*prefix, os.environ["AMIWATCH_POLLER"]]
            # As template.yaml has them.
            variables |= {
                "AMIWATCH_TABLE": table,
                "AMIWATCH_TOPIC_ARN": topic,
                "AMIWATCH_REGIONS": REGION,
                "AMIWATCH_KINDS": "store-image,bundle",
                "AMIWATCH_TELL": "completed,failed,vanished,stalled",
                "AMIWATCH_STALLED_AFTER_MINUTES": "180",
                "AMIWATCH_LISTING_CALLS": "10",
                "AMIWATCH_CHAT": "false",
                "AMIWATCH_EVENT_BUS": "",
            }
        else:
            command = [sys.executable, str(ROOT / "bench/python_runtime.py")]
            command.append("boto3_function.handler")
            variables |= {"TABLE": table, "TOPIC_ARN": topic}
        if dynamodb:
            # Its table is there, and not in moto.
            self.proxies.append(Proxy(dynamodb, context))
            variables["AWS_ENDPOINT_URL_DYNAMODB"] = self.proxies[-1].url
        if certificate:
            variables |= {"SSL_CERT_FILE": certificate.bundle, "AWS_CA_BUNDLE": certificate.bundle}
        variables |= more
        self.log = stack.folder / f"{label}.log"
        self.arguments = (command, variables, ACCOUNTS[name], REGION, self.log)
        self.begin()

    def begin(self):
        self.function = Function(*self.arguments)
        self.start = self.function.start

    def again(self):
        """A new process of the same function."""
        self.function.end()
        self.begin()

    def poll(self):
        for proxy in self.proxies:
            proxy.reset()
        poll = self.function.invoke()
        for kind in COUNTED:
            poll[kind] = {}
            for proxy in self.proxies:
                poll[kind] |= proxy.counted[kind]
        poll["received"] = sum(poll["bytes"].values())
        poll["baseline"] = self.is_baseline(poll["answer"])
        return poll

    def is_baseline(self, answer):
        if self.name == "boto3":
            return answer["baseline"]
        return any(target["baseline"] for target in answer["targets"])

    def end(self):
        self.function.end()
