"""bench/fleet: the stand-in for DynamoDB, SQS and Parameter Store, in a process of its own.

    fleet_aws.py SIMULATOR REGION [FOLDER]

Prints `listening on URL` first, and ends when its standard input does. Everything that is set and asked of it
by the bench is under `/_bench`. The Region is the function's. With a folder it is also a proxy with TLS, for
the real names of AWS's endpoints: the certificate of its authority is in `bundle.pem` there. Calls of EC2 and
STS go on to the simulator.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import certificate
from capacity import read_units, write_units
from fleet_http import Connection, as_json
from fleet_parameters import Parameters
from fleet_queue import Queue
from fleet_tls import hosts, upgrade
from little_table import Table

SERVICES = {"DynamoDB_20120810": "DynamoDB", "AmazonSQS": "SQS", "AmazonSSM": "SSM"}


class Aws:
    def __init__(self, simulator, context):
        self.simulator = urlsplit(simulator)
        self.context = context
        self.latency = 0
        self.tunnels, self.known = set(), {}
        self.table, self.queue, self.parameters = Table(), Queue(), Parameters()
        self.reset()

    def reset(self):
        self.calls, self.connections = Counter(), Counter()
        # Units are computed when they are asked for, and not while the function waits.
        self.table_calls = []

    def connected(self, connection):
        # With TLS they are counted where they begin.
        if not self.context:
            self.connections["stand-in"] += 1

    def tunnel(self, connection, target):
        host = target.partition(":")[0]
        self.connections[host.partition(".")[0]] += 1
        task = asyncio.ensure_future(upgrade(self, connection, host))
        self.tunnels.add(task)
        task.add_done_callback(self.tunnels.discard)

    def answer(self, method, path, headers, body):
        if path.startswith("/_bench/"):
            return as_json(*self.control(path.removeprefix("/_bench/"), json.loads(body or "null")))
        target, _, operation = headers.get("x-amz-target", "").partition(".")
        service = SERVICES.get(target)
        if service is None:
            # SNS, which a quiet poll does not call.
            operation = parse_qs(body.decode()).get("Action", ["?"])[0]
        self.calls[operation] += 1
        if service == "DynamoDB":
            return self.table_answer(operation, body)
        if operation == "SendMessageBatch":
            return as_json(*self.queue.send_batch(json.loads(body)))
        if operation == "GetParametersByPath":
            return as_json(*self.parameters.by_path(json.loads(body)))
        return as_json(400, {"__type": "ValidationException", "message": f"no {operation} here"})

    def table_answer(self, operation, body):
        """What is read again as it was is not looked for again: DynamoDB has many processors, and this has one."""
        known = self.known.get(body)
        if known is None:
            request = json.loads(body)
            status, answer = self.table.answered(operation, request)
            known = operation, request, status, json.dumps(answer).encode()
            if operation == "Query":
                self.known[body] = known
            else:
                self.known.clear()
        self.table_calls.append((known, time.time()))
        return known[2], "application/x-amz-json-1.0", known[3]

    def control(self, what, value):
        if what == "reset":
            self.reset()
        elif what == "latency":
            self.latency = value
        elif what == "parameters":
            self.parameters.set(value)
        elif what == "messages":
            requests, self.queue.requests = self.queue.requests, []
            return 200, {"requests": requests, "refused": self.queue.refused}
        elif what == "counted":
            return 200, self.counted()
        else:
            return 404, {}
        return 200, {}

    def counted(self):
        reads = writes = 0
        queries = []
        for (operation, request, status, content), at in self.table_calls:
            reads += read_units(operation, content) if status == 200 else 0
            writes += write_units(operation, request)
            if operation == "Query":
                queries.append((place_of(request), at))
        return {
            "calls": self.calls,
            "connections": self.connections,
            "read_units": reads,
            "write_units": writes,
            "queries": queries,
        }


def place_of(query):
    values = query["ExpressionAttributeValues"]
    return next(value["S"] for name, value in values.items() if name in (":pk", ":v0"))


async def main(simulator, home, folder=None):
    context = certificate.of_hosts(folder, hosts(home)) if folder else None
    app = Aws(simulator, context)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(app), "127.0.0.1", 0, backlog=1024)
    print("listening on http://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    # Not server.close(): it would wait for connections that a client keeps open.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
