"""A stand-in for Lambda's Runtime API, and a function that runs under it and is measured."""

import json
import os
import queue
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler

from proxy import Server

TIMEOUT_S = 50


def processor_clock(pid):
    """Linux's clock of the processor time of a process, all its threads, in nanoseconds.

    /proc/<pid>/stat counts in steps of 10 ms, more than a whole poll takes.
    """
    return (~pid << 3) | 2


def processor_ms(pid):
    return time.clock_gettime(processor_clock(pid)) * 1e3


class Function:
    """A function under the stand-in. `start` says what its start cost."""

    def __init__(self, command, variables, account, region, log, patience=120, timeout_s=TIMEOUT_S):
        self.account, self.region, self.patience = account, region, patience
        # What is between two looks at whether it waits.
        self.step_s = 0.01
        self.invocations = queue.Queue()
        self.answers = queue.Queue()
        self.idle = threading.Semaphore(0)
        function = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 65536

            def do_GET(self):
                function.idle.release()
                payload = function.invocations.get()
                arn = f"arn:aws:lambda:{region}:{account}:function:bench"
                deadline = int((time.time() + timeout_s) * 1000)
                self.answer(
                    200,
                    json.dumps(payload).encode(),
                    {
                        "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                        "Lambda-Runtime-Deadline-Ms": str(deadline),
                        "Lambda-Runtime-Invoked-Function-Arn": arn,
                        "Lambda-Runtime-Trace-Id": "Root=1-0-0",
                    },
                )

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outcome = self.path.rpartition("/")[2]
                function.answers.put((outcome, json.loads(body), time.perf_counter()))
                self.answer(202, b"", {})

            def answer(self, status, body, headers):
                self.send_response_only(status)
                for name, value in {**headers, "Content-Type": "application/json"}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def log_message(self, *arguments):
                pass

        self.api = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.api.serve_forever, daemon=True).start()
        environment = {
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % self.api.server_address[1],
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            # The simulator takes an access key id of 12 digits for the account.
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "PATH": os.environ["PATH"],
            **variables,
        }
        self.log = open(log, "w+")
        began = time.perf_counter()
        self.process = subprocess.Popen(
            command, env=environment, stdout=self.log, stderr=subprocess.STDOUT
        )
        self.wait_until_idle()
        wall = (time.perf_counter() - began) * 1e3
        self.start = {"processor_ms": self.settled(), "wall_ms": wall}

    def wait_until_idle(self):
        for _ in range(self.patience * 10):
            if self.idle.acquire(timeout=0.1):
                return
            if self.process.poll() is not None:
                break
        self.log.seek(0)
        raise SystemExit(f"{self.process.args} ended or hangs:\n{self.log.read()[-3000:]}")

    def settled(self):
        """The processor time, once it stands still: the function waits."""
        last = processor_ms(self.process.pid)
        while True:
            time.sleep(self.step_s)
            now = processor_ms(self.process.pid)
            if now == last:
                return now
            last = now

    def invoke(self, payload=None):
        """An invocation that has to end well."""
        invocation = self.attempt(payload)
        if invocation.pop("outcome") != "response":
            self.log.flush()
            answer = json.dumps(invocation["answer"])
            raise SystemExit(f"{self.process.args} answered with an error: {answer}")
        return invocation

    def attempt(self, payload=None):
        """An invocation, however it ends: `outcome` is `response` or `error`."""
        before = self.settled()
        began, at = time.perf_counter(), time.time()
        self.invocations.put(payload or {"source": "aws.scheduler"})
        outcome, answer, ended = self.answers.get(timeout=self.patience)
        self.wait_until_idle()
        return {
            "outcome": outcome,
            "processor_ms": self.settled() - before,
            "wall_ms": (ended - began) * 1e3,
            "answer": answer,
            # Since 1970.
            "at": at,
        }

    def peak_memory_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
        raise SystemExit("/proc has no VmHWM: this needs Linux")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.api.shutdown()
        self.api.server_close()
