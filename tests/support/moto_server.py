"""A local AWS for the tests: moto on a free port of 127.0.0.1.

Prints `listening on http://127.0.0.1:PORT` first and on a line of its own, and ends when its standard
input reaches its end. The test that starts it holds the other end of that pipe, so that the server
cannot outlive it, whatever ends the test.
"""

import logging
import os
import sys

from moto.server import ThreadedMotoServer


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
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
