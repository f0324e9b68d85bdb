"""A local AWS for the tests: moto on a free port of 127.0.0.1.

Prints `listening on http://127.0.0.1:PORT` first and on a line of its own, and ends when its standard
input reaches its end. The test that starts it holds the other end of that pipe, so that the server
cannot outlive it, whatever ends the test.
"""

import logging
import os
import sys
import threading

from moto.dynamodb.responses import DynamoHandler
from moto.server import ThreadedMotoServer


def isolate_transactions() -> None:
    """One DynamoDB request at a time.

    moto rolls a cancelled transaction back by putting back a copy of every table, and with it loses
    what other requests wrote meanwhile. DynamoDB's transactions are isolated.
    """
    lock = threading.RLock()
    call_action = DynamoHandler.call_action

    def locked(self: DynamoHandler) -> object:
        with lock:
            return call_action(self)

    DynamoHandler.call_action = locked


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    isolate_transactions()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"listening on http://{host}:{port}", flush=True)
    while sys.stdin.buffer.read(4096):
        pass
    # Not server.stop(): it waits for connections that a client keeps open.
    os._exit(0)


if __name__ == "__main__":
    main()
