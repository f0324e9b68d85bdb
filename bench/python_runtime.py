"""A minimal runtime for a Python function: what awslambdaric does, without its extras.

    python_runtime.py MODULE.FUNCTION

It imports the function first and asks for an invocation then, as the real one does.
"""

import http.client
import importlib
import json
import os
import sys
import traceback


class Context:
    """What the function may ask of its invocation."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])


def main():
    module, _, name = sys.argv[1].rpartition(".")
    function = getattr(importlib.import_module(module), name)
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def call(method, path, body=None):
        api.request(method, "/2018-06-01/runtime/invocation/" + path, body)
        answer = api.getresponse()
        return answer.headers, answer.read()

    while True:
        headers, event = call("GET", "next")
        context = Context(headers)
        try:
            result = json.dumps(function(json.loads(event), context))
        except Exception as error:
            report = {
                "errorMessage": str(error),
                "errorType": type(error).__name__,
                "stackTrace": traceback.format_exc().splitlines(),
            }
            call("POST", context.aws_request_id + "/error", json.dumps(report))
        else:
            call("POST", context.aws_request_id + "/response", result)


if __name__ == "__main__":
    main()
