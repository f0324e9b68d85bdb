"""A thin HTTP proxy that counts calls by operation, the bytes of their answers, and DynamoDB's read units.

Both functions speak to AWS's stand-ins through one of these, so that what it costs is the same for
both, and no processor time of theirs.
"""

import http.client
import threading
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from capacity import read_units

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
COUNTED = ("calls", "bytes", "refused", "units")


def operation(path, headers, body):
    """The name of the AWS operation, in each of the protocols that the SDKs use."""
    target = headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    action = urllib.parse.parse_qs(body.decode("utf-8", "replace")).get("Action")
    return action[0] if action else path.rpartition("/")[2]


class Server(ThreadingHTTPServer):
    """Any free port, many connections, none of which keeps the process alive."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A function that is killed leaves its connections; that is no news."""


class Proxy:
    """Stands before one upstream `http://host:port`; with a context it speaks TLS."""

    def __init__(self, upstream, context=None):
        self.upstream = urllib.parse.urlsplit(upstream).netloc
        self.lock = threading.Lock()
        self.recorded = None
        self.reset()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body would otherwise wait for each other's acknowledgement.
            disable_nagle_algorithm = True
            wbufsize = 65536

            def forward(self):
                proxy.forward(self)

            do_GET = do_POST = do_PUT = forward

            def log_message(self, *arguments):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if context:
            # The handshake is for the thread of the connection, not for the one that accepts.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "https" if context else "http"
        self.url = "%s://127.0.0.1:%d" % (scheme, self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self):
        """What was counted since the last reset."""
        with self.lock:
            counted = getattr(self, "counted", None)
            self.counted = {kind: Counter() for kind in COUNTED}
        return counted

    def record(self):
        """Keeps the requests from now on, to be sent again."""
        self.recorded = []

    def forward(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in HOP_BY_HOP}
        upstream = http.client.HTTPConnection(self.upstream, timeout=120)
        upstream.request(handler.command, handler.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if self.recorded is not None:
            request = {
                "method": handler.command,
                "url": self.url + handler.path,
                "headers": headers,
                "body": body.decode(),
            }
            self.recorded.append(request)
        handler.send_response_only(answer.status, answer.reason)
        received = 0
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                handler.send_header(name, value)
                received += len(name) + len(value) + 4
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
        handler.wfile.flush()
        name = operation(handler.path, handler.headers, body)
        units = read_units(name, content) if answer.status == 200 else 0
        with self.lock:
            self.counted["calls"][name] += 1
            self.counted["bytes"][name] += received + len(content)
            if units:
                self.counted["units"][name] += units
            if answer.status >= 400:
                self.counted["refused"][name] += 1
