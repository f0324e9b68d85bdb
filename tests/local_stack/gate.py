"""One address for all of AWS: passes each call on to ministack, and adds what ministack lacks.

- EC2's image tasks: ministack is asked first, with the call as it came. It checks the caller's signature and
  rights, as it does for every service; where it does not refuse, the simulator answers. What a role's session
  signed, the simulator gets as signed by the role's account (`sessions.py`).
- Mail: a message that a topic took is sent to the topic's subscribers by email, in its text for `email`.
- Single calls that ministack does not know (`standins.py`): it is asked first there too.
"""

import json
import re
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from . import standins
from .sessions import Sessions

# What the new connection says for itself.
OWN = {"connection", "keep-alive", "content-length", "expect"}
# How ministack refuses a caller.
REFUSED = {401, 403}
# Longer than a function may run.
PATIENCE = 180


def service(headers):
    """The service that a call is signed for."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request", headers.get("Authorization", ""))
    return scope and scope[1]


def ask(base, method, path, headers, body):
    """Makes a call with the headers as they came: the signature holds for these only."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            if name.lower() not in OWN:
                connection.putheader(name, value)
        if body or method in ("POST", "PUT"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Gate:
    """Where calls go. `subscribers` finds a topic's subscribers by email, `mails` takes mails, `stand_ins` answer
    single calls."""

    def __init__(self, ministack, simulator, mails, subscribers, stand_ins):
        self.ministack = ministack
        self.simulator = simulator
        self.mails = mails
        self.subscribers = subscribers
        self.stand_ins = stand_ins
        self.sessions = Sessions()

    def call(self, method, path, headers, body):
        answer = ask(self.ministack, method, path, headers, body)
        status = answer[0]
        match service(headers):
            case "ec2" if status not in REFUSED:
                return ask(self.simulator, method, path, self.sessions.in_account(headers), body)
            case "sts" if status == 200:
                self.sessions.learn(answer[2])
            case "sns" if status == 200:
                self.mail(parse_qs(body.decode(), keep_blank_values=True))
        stand_in = self.stand_ins.get(headers.get("X-Amz-Target"))
        if stand_in and status not in REFUSED:
            return standins.answer(stand_in, body) or answer
        return answer

    def mail(self, form):
        def field(name):
            return form.get(name, [""])[0]

        if field("Action") != "Publish":
            return
        text = field("Message")
        if field("MessageStructure") == "json":
            texts = json.loads(text)
            text = texts.get("email", texts["default"])
        for address in self.subscribers(field("TopicArn")):
            self.mails.send(address, field("Subject"), text)

    def handler(self):
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                if "Transfer-Encoding" in self.headers:
                    return self.send_error(411)  # no client here sends chunks
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, body = gate.call(self.command, self.path, self.headers, body)
                self.send_response_only(status)
                for name, value in headers.items():
                    if name.lower() not in OWN | {"transfer-encoding"}:
                        self.send_header(name, value)
                # The answer to HEAD says how long the one to GET would be.
                length = headers.get("Content-Length") if self.command == "HEAD" else None
                self.send_header("Content-Length", length or str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = answer

            def log_message(self, *_):
                pass

        return Handler
