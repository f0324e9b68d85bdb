"""An HTTP server on asyncio for many connections at once, with a latency that is the same for each answer.

A thread for each of some hundred connections would take a processor from the function that is measured.
"""

import asyncio
import json

HEAD_END = b"\r\n\r\n"
HEADERS = "HTTP/1.1 {status} -\r\nContent-Type: {type}\r\nContent-Length: {length}\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request.

    `app.answer(method, path, headers, body)` gives status, content type and body; `app.latency` is in seconds;
    `app.connected(connection)` is told of each connection that asks for something.
    """

    def __init__(self, app):
        self.app, self.buffer, self.transport, self.is_known = app, b"", None, False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        # Without a transport, TLS is being set up.
        while self.transport and (request := self.request()) is not None:
            method, path, headers, body = request
            if method == "CONNECT":
                # What the client says next is for the protocol that comes.
                self.transport.pause_reading()
                self.app.tunnel(self, path)
                return
            if not path.startswith("/_bench") and not self.is_known:
                self.is_known = True
                self.app.connected(self)
            status, kind, content = self.app.answer(method, path, headers, body)
            head = HEADERS.format(status=status, type=kind, length=len(content)).encode()
            latency = 0 if path.startswith("/_bench") else self.app.latency
            if latency:
                asyncio.get_running_loop().call_later(latency, self.send, head + content)
            else:
                self.send(head + content)

    def request(self):
        """The next whole request of what has come, if there is one."""
        end = self.buffer.find(HEAD_END)
        if end < 0:
            return None
        first, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        begin = end + len(HEAD_END)
        length = int(headers.get("content-length") or 0)
        if len(self.buffer) < begin + length:
            return None
        body, self.buffer = self.buffer[begin : begin + length], self.buffer[begin + length :]
        method, path, _ = first.split(" ", 2)
        return method, path, headers, body

    def send(self, content):
        if not self.transport.is_closing():
            self.transport.write(content)


def as_json(status, answer, kind="application/x-amz-json-1.0"):
    return status, kind, json.dumps(answer).encode()
