"""A fleet on this machine: EC2 and STS of many accounts, what else the function calls, and the function."""

import json
import os
import sys
import time
import urllib.request
from collections import Counter
from datetime import datetime

from runtime_api import Function
from stack import ROOT, Server

# The account of the function itself, which is none of those that it polls.
HUB = "999988887777"
HOME = "us-east-1"
ROLE = "amiwatch-member"
# The function's, in template.yaml.
TIMEOUT_S = 55
# As many fit into its environment.
ACCOUNTS_MAX = 200
# Between polls, so that EC2's buckets refill as they do with a poll a minute.
BETWEEN = "60s"
LISTINGS = ("DescribeStoreImageTasks", "DescribeBundleTasks")


# What is ended, whatever happens: servers and functions.
RUNNING = []


def end_all():
    while RUNNING:
        process = RUNNING.pop()
        process.kill()
        process.wait()


def accounts(count):
    return [f"{100_000_000_000 + number}" for number in range(1, count + 1)]


def polling(accounts, regions):
    """Settings of a function that polls these accounts itself."""
    return {"AMIWATCH_ACCOUNTS": ",".join(accounts), "AMIWATCH_REGIONS": ",".join(regions)}


def places(accounts, regions):
    return [(account, region) for account in accounts for region in regions]


class Fleet:
    """The stand-ins. In each place so many store tasks have ended; EC2 lists them for a month."""

    def __init__(self, folder, places, tasks, with_tls=False):
        self.folder, self.with_tls, self.functions = folder, with_tls, 0
        self.sim = Server([os.environ["AMIWATCH_BIN"], "sim", "--listen", "127.0.0.1:0"])
        command = [sys.executable, str(ROOT / "bench/fleet_aws.py"), self.sim.url, HOME]
        self.aws = Server(command + [str(folder)] * with_tls)
        RUNNING.extend([self.sim.process, self.aws.process])
        self.latency_ms = 0
        if tasks:
            for account, region in places:
                self.add_tasks(account, region, tasks)

    def add_tasks(self, account, region, count):
        old = {"count": count, "bucket": "backup", "newest": "-2h", "every": "4m"}
        place = {"account": account, "region": region, "generate": [old]}
        self.sim_admin("POST", "/tasks", place)

    def sim_admin(self, method, path, body=None):
        return asked(method, f"{self.sim.url}/_sim{path}", body)

    def aws_admin(self, what, value=None):
        return asked("POST", f"{self.aws.url}/_bench/{what}", value)

    def latency(self, milliseconds):
        """How long each answer takes, of all services."""
        self.latency_ms = milliseconds
        self.sim_admin("DELETE", "/faults")
        if milliseconds:
            self.sim_admin("POST", "/faults", {"kind": "slow", "by": f"{milliseconds}ms"})
        self.aws_admin("latency", milliseconds / 1000)

    def fault(self, **rule):
        self.sim_admin("POST", "/faults", rule)

    def advance(self):
        self.sim_admin("POST", "/advance", {"by": BETWEEN})

    def reset(self):
        """Counts from now on. Says by how many seconds the simulator's clock is ahead of this one."""
        self.sim_admin("DELETE", "/calls")
        self.aws_admin("reset")
        before = time.time()
        now = self.sim_admin("GET", "/clock")["now"]
        self.ahead = datetime.fromisoformat(now).timestamp() - (before + time.time()) / 2

    def counted(self):
        """What was called since the last reset, and when each place was begun and done."""
        sim = self.sim_admin("GET", "/calls")["calls"]
        counted = self.aws_admin("counted")
        calls = Counter(counted["calls"]) + Counter(call["action"] for call in sim)
        refused = Counter(call["action"] for call in sim if call["status"] >= 400)
        listed = Counter(
            f"{call['account']}#{call['region']}"
            for call in sim
            if call["status"] == 200 and call["action"] in LISTINGS
        )
        spans = {}
        for place, at in counted.pop("queries"):
            first, last = spans.get(place, (at, at))
            spans[place] = (min(first, at), max(last, at))
        for call in sim:
            at = datetime.fromisoformat(call["at"]).timestamp() - self.ahead
            place = f"{call['account']}#{call['region']}"
            # A role is assumed in the name of the hub.
            if place in spans:
                first, last = spans[place]
                spans[place] = (min(first, at), max(last, at))
        # What is noted is when a call came.
        wait = self.latency_ms / 1000
        spans = {place: (first, last + wait) for place, (first, last) in spans.items()}
        return counted | {"calls": calls, "refused": refused, "listed": listed, "spans": spans}

    def function(self, more, share=None):
        self.functions += 1
        return FleetFunction(self, more, share)

    def take_baselines(self, accounts, regions):
        """Polls until nothing is a first sight any more. What is measured then is quiet."""
        # More do not fit into a function's environment.
        for first in range(0, len(accounts), ACCOUNTS_MAX):
            function = self.function(polling(accounts[first : first + ACCOUNTS_MAX], regions))
            while True:
                answer = function.well({"poll": {}})["answer"]
                if not any(target["baseline"] for target in answer["targets"]):
                    break
            function.end()

    def end(self):
        self.sim.end()
        self.aws.end()


class FleetFunction:
    """The function in a process of its own."""

    def __init__(self, fleet, more, share):
        self.fleet = fleet
        variables = {
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            # As template.yaml has them.
            "AMIWATCH_TABLE": "amiwatch",
            "AMIWATCH_TOPIC_ARN": f"arn:aws:sns:{HOME}:{HUB}:amiwatch",
            "AMIWATCH_KINDS": "store-image,bundle",
            "AMIWATCH_TELL": "completed,failed,vanished,stalled",
            "AMIWATCH_STALLED_AFTER_MINUTES": "180",
            "AMIWATCH_LISTING_CALLS": "10",
            "AMIWATCH_CHAT": "false",
            "AMIWATCH_EVENT_BUS": "",
            "AMIWATCH_ROLE_NAME": ROLE,
            "AMIWATCH_SCHEDULE_MINUTES": "5",
        }
        if fleet.with_tls:
            variables |= {
                "HTTPS_PROXY": fleet.aws.url,
                "NO_PROXY": "127.0.0.1",
                "AWS_CA_BUNDLE": str(fleet.folder / "bundle.pem"),
            }
        else:
            variables |= {
                "AWS_ENDPOINT_URL": fleet.aws.url,
                "AWS_ENDPOINT_URL_EC2": fleet.sim.url,
                "AWS_ENDPOINT_URL_STS": fleet.sim.url,
            }
        self.log = fleet.folder / f"{fleet.functions}.log"
        command = [os.environ["AMIWATCH_POLLER"]]
        self.function = Function(
            command, variables | more, HUB, HOME, self.log, timeout_s=TIMEOUT_S
        )
        RUNNING.append(self.function.process)
        self.start = self.function.start
        if share:
            # A process that may not run for the rest of a period does not wait for an invocation.
            self.function.step_s = 0.06
            share.take(self.function.process.pid)

    def invoke(self, payload=None):
        """One invocation, with what it called and logged."""
        self.fleet.advance()
        self.fleet.reset()
        logged = self.log.stat().st_size
        invocation = self.function.attempt(payload)
        counted = self.fleet.counted()
        at = invocation["at"]
        counted["spans"] = {
            place: (first - at, last - at) for place, (first, last) in counted["spans"].items()
        }
        return invocation | counted | {"logged": self.log.stat().st_size - logged}

    def well(self, payload=None):
        """An invocation that has to end well."""
        invocation = self.invoke(payload)
        if invocation["outcome"] != "response":
            raise SystemExit(f"the function answered with an error: {str(invocation['answer'])[:2000]}")
        return invocation

    def peak_mib(self):
        return self.function.peak_memory_kib() / 1024

    def end(self):
        self.function.end()


def asked(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)
