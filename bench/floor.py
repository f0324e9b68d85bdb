"""bench/floor: a quiet poll against its own requests, sent again by clients that read no answer."""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import urllib.parse
from pathlib import Path

import report
from runtime_api import processor_ms
from stack import Stack

ROUNDS = 5


class Client:
    """A program that does as many rounds as it is told, line by line."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def rounds(self, count):
        """The processor time of one round, of so many."""
        before = processor_ms(self.process.pid)
        print(count, file=self.process.stdin, flush=True)
        if self.process.stdout.readline().strip() != "done":
            raise SystemExit(f"{self.process.args} ended; see its message above")
        return (processor_ms(self.process.pid) - before) / count

    def end(self):
        self.process.kill()
        self.process.wait()


def raw(request):
    """The bytes of a request."""
    url = urllib.parse.urlsplit(request["url"])
    body = request["body"].encode()
    headers = {**request["headers"], "Content-Length": len(body)}
    head = [f"{request['method']} {url.path or '/'} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    return url.netloc, "\r\n".join(head).encode() + b"\r\n\r\n" + body


def clients(requests, folder):
    """The bare clients that there are, by name."""
    (folder / "requests.json").write_text(json.dumps(requests))
    program = folder / "socket_client"
    source = Path(__file__).with_name("socket_client.rs")
    subprocess.run(["rustc", "--edition=2024", "-O", source, "-o", program], check=True)
    command = [str(program)]
    for index, request in enumerate(requests):
        host, content = raw(request)
        path = folder / f"request-{index}"
        path.write_bytes(content)
        command += [host, str(path)]
    result = {"socket": Client(command)}
    if bare := os.environ.get("AMIWATCH_BARE_CLIENT"):
        result["HTTP client"] = Client([bare, str(folder / "requests.json")])
    return result


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--old", default="100,1000,10000", help="numbers of old ended tasks")
    arguments.add_argument("--turns", type=int, default=12, help=f"of {ROUNDS} polls each")
    arguments.add_argument("--dry", action="store_true", help="print, and write no file")
    options = arguments.parse_args()
    rows = []
    for old in (int(number) for number in options.old.split(",")):
        with tempfile.TemporaryDirectory() as name:
            rows += measure(old, options.turns, Path(name))
    text = "\n\n".join(
        [
            report.machine("bench/floor"),
            f"Processor ms of a round of three requests; the median of {options.turns} turns of "
            f"{ROUNDS} rounds. One task is open.",
            report.table(
                ["old tasks", "client", "processor ms", "quiet poll, processor ms", "ratio"], rows
            ),
        ]
    )
    print(text) if options.dry else report.put("bench/floor", text)


def measure(old, turns, folder):
    stack = Stack(old, 1, folder)
    function = stack.function("amiwatch")
    while function.poll()["baseline"]:
        stack.advance("60s")
    for proxy in (function.ec2, function.others):
        proxy.record()
    poll = function.poll()
    requests = function.ec2.recorded + function.others.recorded
    for proxy in (function.ec2, function.others):
        proxy.recorded = None
    if len(requests) != 3:
        raise SystemExit(f"a quiet poll makes 3 requests, not these: {poll['calls']}")
    bare = clients(requests, folder)
    figures = {name: [] for name in ("poll", *bare)}
    for client in bare.values():
        client.rounds(1)
    for _ in range(turns):
        polls = []
        for _ in range(ROUNDS):
            # Two simulated seconds a token; each round of each client takes one.
            stack.advance("60s")
            polls.append(function.poll()["processor_ms"])
        figures["poll"].append(statistics.mean(polls))
        for name, client in bare.items():
            figures[name].append(client.rounds(ROUNDS))
    medians = {name: statistics.median(some) for name, some in figures.items()}
    for client in bare.values():
        client.end()
    function.end()
    stack.end()
    poll = medians.pop("poll")
    return [
        [f"{old:,}", name, f"{one:.3f}", f"{poll:.3f}", f"{poll / one:.2f}"]
        for name, one in medians.items()
    ]


if __name__ == "__main__":
    main()
